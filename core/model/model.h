/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reference model: what each view may read. See docs/laws.md.
 *
 * A world is one possible state of one base page: objects with a value for each
 * sector, what each address space maps there, and what each pin holds. Every
 * base page has a set of worlds of its own, since no rule couples the contents
 * of two pages. A step maps each world to one or more; an observation removes
 * the worlds that disagree; none left is a failure.
 *
 * Neighbours that have had the same steps and showed the same have equal sets, and
 * share one: what happens to the first of them happens to all. Alike pages are only
 * ever parted, so sharing is the same pointer, and never skips a page.
 *
 * Private anonymous memory is modelled as if fork copied at once: how long the
 * kernel shares the page is its own affair, and that nobody can tell is the law.
 */
#ifndef CORE_MODEL_MODEL_H
#define CORE_MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/pattern.h"
#include "core/base/util.h"

enum {
	PROCS_MAX = 6,
	PINS_MAX = 4,
	REGIONS_MAX = 3,
	OBJECTS_MAX = 16,
	WORLDS_MAX = 16, /* of one page; more is -EOVERFLOW, never a pass */
	HIST_MAX = 12,	 /* values that a weak pin may show, for each sector */
};

/* What backs a region. A pin's promise and a discard's result depend on it. */
enum share {
	SHARE_PRIVATE_ANON,
	SHARE_PRIVATE_FILE, /* MAP_PRIVATE of a file with first content */
	SHARE_SHARED,	    /* MAP_SHARED, anonymous or a file */
	/* For model_add_region() only: shared, and ... */
	SHARE_SHARED_TRACKED, /* of a file system that tracks dirty pages */
	SHARE_SHARED_SECRET,  /* the kernel gives out no reference to its pages */
};

enum object_kind {
	OBJECT_FREE,
	OBJECT_ANON,
	OBJECT_FILE,   /* the page cache page that the file owns now */
	OBJECT_GONE,   /* behind the end of a truncated file */
	OBJECT_ORPHAN, /* left its file, pins may still hold it */
};

struct object {
	uint8_t kind;
	bool lazyfree; /* MADV_FREE: may be dropped until the next store */
	value_t value[PAGE_SECTORS];
};

enum view_state {
	VIEW_NONE,   /* no mapping in this address space: access is SIGSEGV */
	VIEW_ABSENT, /* mapped, nothing of its own: zeros or the file's page */
	VIEW_OBJECT,
};

enum view_prot { VIEW_RW, VIEW_RO, VIEW_NO };
enum view_fork { FORK_DONT, FORK_WIPE }; /* bits of view.fork */
/* userfaultfd, without anybody who resolves faults: what it stops is SIGBUS. */
enum view_uffd {
	UFFD_WP = 1,	  /* a store faults */
	UFFD_MISSING = 2, /* an access of an absent page faults */
	UFFD_POISON = 4,  /* likewise, whether registered or not */
};

/* Bits of view.flags. */
enum view_flags {
	VIEW_LOCKED = 1,  /* mlock: not inherited by a child */
	VIEW_SEALED = 2,  /* mseal */
	VIEW_GUARDED = 4, /* MADV_GUARD_INSTALL: any access is SIGSEGV */
	VIEW_KEYED = 8,	  /* of a protection key without rights: only remote access goes */
};

struct view {
	uint8_t state, object, prot, fork, flags;
	uint8_t place; /* 0 where the region was mapped first, 1 where remap takes it */
	uint8_t uffd;  /* of enum view_uffd */
	bool shared;   /* was there at a fork and not stored to since */
	bool no_write; /* mapped when the file was sealed: never writable */
};

/* How a pin was taken (include/linux/mm.h, Documentation/core-api/pin_user_pages.rst). */
enum pin_class { PIN_RW, PIN_RO, PIN_GET, PIN_CLASSES };

/* What the newest kernel promises for it; older kernels are deviations. */
enum promise {
	PROMISE_SAME_OBJECT,   /* FOLL_PIN|FOLL_LONGTERM */
	PROMISE_PINNER_VALUES, /* FOLL_GET */
	PROMISE_SHORT_RO,      /* FOLL_PIN for reading: the object, where there is an own one */
	PROMISE_FILE_PAGE,     /* the page cache's page, no address: what the file shows */
	PROMISE_FOLLOWS,       /* no pin: a notifier keeps up with its owner's address */
};

struct pinned {
	bool live, from_file;
	bool weak;    /* holds no object: PROMISE_PINNER_VALUES and PROMISE_FOLLOWS */
	bool follows; /* PROMISE_FOLLOWS: an access by its owner, at that place */
	uint8_t place;
	bool writes;	       /* taken for writing */
	bool hides;	       /* its pages are MADV_DONTFORK while it is held */
	uint8_t owner, keeper; /* whose view it shows; who has the handle, and may be another */
	uint8_t object, nhist[PAGE_SECTORS];
	value_t hist[PAGE_SECTORS][HIST_MAX];
};

/* Object 0 belongs to the file (or to shared anonymous memory). */
struct world {
	bool pending;	   /* a step with '&' has not taken effect yet */
	uint8_t ended;	   /* it has: with these outcomes (enum outcome) */
	int16_t ended_err; /* and this errno, 0 for any */
	struct object object[OBJECTS_MAX];
	struct view view[PROCS_MAX];
	struct pinned pin[PINS_MAX];
	uint8_t seals;	/* F_SEAL_* of the file, the same in all of its pages */
	bool read_only; /* its file system is: nobody opens the file to store; likewise */
};

/* Outcomes of an access or a call, as bits. */
enum outcome {
	OUTCOME_OK = 1,
	OUTCOME_SEGV = 2,
	OUTCOME_BUS = 4,
	OUTCOME_ERR = 8, /* errno in the observation */
};

/* What one world expects of a step on one page. */
struct expect {
	unsigned outcomes; /* of enum outcome */
	int err;	   /* the errno that OUTCOME_ERR stands for, or 0 for any */
	bool reads;
	uint8_t n[PAGE_SECTORS];
	value_t value[PAGE_SECTORS][HIST_MAX];
};

/* What was seen of one base page. */
struct seen {
	enum outcome outcome;
	int err;			 /* 0: the one that refusal of memory is for this verb */
	const struct pattern_read *read; /* of each sector, or NULL when nothing was read */
	uint8_t sectors;		 /* bitmap of those that were */
};

/* Pages in a row that are alike have the same members. */
struct model_page {
	struct world *world;
	int nworlds, capacity;
};

struct model_region {
	enum share share; /* SHARE_SHARED also when tracked or secret */
	bool hugetlb;
	bool tracked;  /* the kernel must hear of each store: no long-term R/W pins */
	bool secret;   /* no pins and no references */
	size_t npages; /* base pages */
	struct model_page *page;
};

/* Pages that a held pin counts against the limit of the process that took it. */
struct model_charge {
	int proc;
	size_t pages;
};

struct model {
	uint16_t nonce;
	size_t memlock[PROCS_MAX]; /* base pages a process may pin; 0: any number */
	struct model_charge charge[PINS_MAX];
	int nregions;
	struct model_region region[REGIONS_MAX];
	const struct op *background; /* between model_begin and model_end, else NULL */
};

/* One verb's step on one world of one page. */
struct model_step {
	struct model *m;
	const struct op *op;
	enum share share;
	bool hugetlb;
	size_t page;	 /* base page in the region, the first of those that are alike */
	size_t alike;	 /* so many, which lie at `set` and behind it */
	uint8_t sectors; /* bitmap of the sectors inside the step's range */
	struct model_page *set;
	const struct seen *seen; /* where a call may end in more than one way; may be NULL */
	int index;		 /* of this world; use world_of(), a branch may move it */
	struct expect expect;
	bool overflow;
};

/* The first difference that no world allows. */
struct violation {
	size_t region, page; /* page: base page in the region */
	int sector;	     /* -1: the outcome, not the bytes, is wrong */
	struct seen seen;
	struct pattern_read read;
	struct expect allowed; /* union over the worlds */
	bool overflow;
};

int model_init(struct model *m, uint16_t nonce);
void model_free(struct model *m);

/* A copy of everything; *to is overwritten. 0 or -ENOMEM. */
int model_copy(struct model *to, const struct model *m);

/*
 * Adds a region that process 0 maps. first is the content of its file, or
 * VALUE_ZERO. Returns the region's number or -errno.
 */
int model_add_region(struct model *m, enum share share, bool hugetlb, size_t npages, value_t first);

/*
 * Applies op to every page in its range (all pages for a step of a whole
 * process). seen, when not NULL, holds what was observed for each page of the
 * range; worlds that disagree are dropped. Returns 0, or 1 with *v set when no
 * world is left for some page (the model must not be used any more).
 */
int model_apply(struct model *m, const struct op *op, const struct seen *seen, struct violation *v);

/*
 * A step that takes effect at some moment from now until model_end(). op must live
 * until then and return no bytes; seen: what was observed for each page of its range.
 * Returns as model_apply().
 */
int model_begin(struct model *m, const struct op *op, struct violation *v);
int model_end(struct model *m, const struct seen *seen, struct violation *v);

/* --- Between the files of model/, and for who applies a step to a page by himself --- */

/* Lets the step take effect now in a copy of each world in which it has not yet. */
bool model_page_fire(struct model *m, int region, size_t page);

/* The page behind those that are alike, from `page` on. */
size_t model_next(const struct model_region *r, size_t page);
/* The pages from `page` on share nothing with those before any more. False without memory. */
bool model_part(struct model_region *r, size_t page);
/* Parts a page from both neighbours. */
bool model_alone(struct model_region *r, size_t page);

/* --- For the model functions of verbs --- */

struct world *world_of(struct model_step *s);

/*
 * Adds a copy of the current world as an alternative that the kernel may choose
 * and returns it; pointers from world_of() must be taken again.
 */
struct world *world_branch(struct model_step *s);

/* A new object with the values of what process proc sees, or -1 (overflow). */
int world_object_from_view(struct model_step *s, int proc);

/* The view's own object for a store or a pin; breaks COW in private memory. */
struct object *world_own(struct model_step *s, int proc);

/* The object that process proc reads, or NULL: none, or all zeros. */
const struct object *world_visible(const struct world *w, enum share share, int proc);

/* Access by a process: returns OUTCOME_OK, _SEGV or _BUS. */
enum outcome world_access(const struct world *w, enum share share, int proc, bool store);

/* The same by a way that asks no protection key, as another process would. */
enum outcome world_access_remote(const struct world *w, enum share share, int proc, bool store);

/* Access through a pin that follows its address: OUTCOME_OK, or _ERR for EFAULT. */
enum outcome world_follow(const struct world *w, enum share share, int pin, bool store);

void world_store(struct object *o, uint8_t sectors, value_t v);
void expect_object(struct expect *e, const struct object *o, uint8_t sectors);

/* The call fails with err in this world. */
void expect_errno(struct expect *e, int err);

/*
 * The file's page leaves its file (truncate, punch): pins keep it as an orphan,
 * the file has a new, empty one.
 */
void world_file_page_leaves(struct model_step *s);

/* True when the call under judgement may fail in this world, and did. */
bool step_failed(const struct model_step *s);

/* True when a live same-object pin holds the object. */
bool world_pinned(const struct world *w, int object);

/* kB of memory that process proc has locked. */
long model_locked_kb(const struct model *m, int proc);

/* True when some world of some page in op's range has a live pin there. */
bool model_range_pinned(const struct model *m, const struct op *op);
/* True when op's process has only zero pages or nothing in the range. */
bool model_range_empty(const struct model *m, const struct op *op);
/* True when a process other than op's maps the range and may share pages. */
bool model_range_shared(const struct model *m, const struct op *op);

#endif
