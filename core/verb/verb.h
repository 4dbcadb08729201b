/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Verbs: each keeps its system call, its meaning and its C text side by side.
 */
#ifndef CORE_VERB_VERB_H
#define CORE_VERB_VERB_H

#include <stdbool.h>
#include <stdio.h>

#include "core/lang/program.h"
#include "core/mem/mem.h"
#include "core/model/model.h"
#include "core/pin/pin.h"

enum actor_class {
	ACTOR_PROCESS = 1,
	ACTOR_FILE = 2,
	ACTOR_BYSTANDER = 4,
	ACTOR_DEVICE = 8,
};

enum arg_kind {
	ARG_NONE,
	ARG_VALUE,  /* write=2; absent: the next free number */
	ARG_CHILD,  /* fork=C2; absent: the next free child */
	ARG_PIN,    /* pin-ro=d1; absent: D, then D2, ... */
	ARG_REGION, /* map=buf:8p */
	ARG_SIZE,   /* truncate=0, in page units */
	ARG_PROT,   /* protect=ro|rw|none|cycle; absent: cycle */
	ARG_SEAL,   /* seal=write|future-write|shrink|grow|exec; absent: write */
};

enum verb_flags {
	VERB_WHOLE = 1, /* acts on all pages of all regions (fork, exit, exec) */
	VERB_LOOKS = 2, /* bytes come back: read */
	VERB_STORES = 4,
	VERB_TAKES_PIN = 8,
	VERB_DROPS_PIN = 16,
	VERB_PER_PAGE = 32, /* the outcome is one for each page, not for the call */
	VERB_TRIES = 4096,  /* a device step that must change nothing */
	VERB_SHARES = 64,   /* the new process has the address space of its maker: vfork */
	VERB_UNITS = 128,   /* takes no part of a page of the kind */
	VERB_KEEPS_PIN = 256,
	VERB_ENDS = 512,	   /* the process is no more: exit, kill */
	VERB_DEVICE_MEMORY = 1024, /* takes a pin whose device has memory that is mapped, */
	VERB_SWITCHES = 2048,	   /* and can be switched off */
	VERB_OPENS = 8192,	   /* by F: stores by a descriptor, which may be refused */
	VERB_LEAVES = 32768,	   /* a call on pages that leaves each byte of them where it is */
	VERB_PLAIN = 16384,	   /* asks for pinned, shared and empty only where op.part is set */
};

/* A resolved step. */
struct op {
	const struct verb *verb;
	const struct step *step;
	int number; /* of the step in the program, from 1 */
	enum actor_class by;
	int proc;	      /* acting process; for D: the one that keeps the pin */
	int space;	      /* whose address space it has: itself, its maker; for D: who pinned */
	int thread;	      /* of it; 0: the first one */
	int about;	      /* wait, claim: the op that it is about, by its place in the plan */
	unsigned watch;	      /* bitmap of processes whose page frames a claim compares over it */
	int child;	      /* fork: number of the new process; exit: of the parent */
	int pin;	      /* number of the pin, or -1 */
	int region;	      /* number */
	size_t first, npages; /* base pages in the region */
	size_t place;	      /* set by the executor: the page of the room where its bytes begin */
	uint32_t off, len;    /* bytes inside each place unit; see op_sectors() */
	size_t unit;	      /* bytes of a place unit */
	long arg;	      /* size in base pages, enum protect_arg, or F_SEAL_* */
	const struct pin_kind *pin_kind;
	value_t value;	 /* stored by write */
	bool background; /* the step may block; `wait` ends it */
	bool fills;	 /* set by the executor: the first store of all of the region */
	bool part;	 /* the place is smaller than a page of the kind */
	bool prove;	 /* set by the executor: check the region's kind afterwards */
	/* Set by the executor from the model, before exec; of a part: of the page around it. */
	bool pinned; /* some pin is live in the range */
	bool shared; /* another process maps the range too */
	bool empty;  /* private anonymous memory that was never stored to: zero pages */
	bool count;  /* set by the executor: what is pinned and locked is counted afterwards */
	bool timed;  /* the clock runs, see bench/timed.h */
	bool fails;  /* set by emit, as are pinned, shared, empty: an errno is expected */
	/* Set by emit: enum view_prot of the place. */
	uint8_t prot;
};

enum protect_arg { PROTECT_CYCLE, PROTECT_RO, PROTECT_RW, PROTECT_NONE };

/* Bitmap of the sectors of base page `page` (in the region) inside op's range. */
uint8_t op_sectors(const struct op *op, size_t page);

/* What a process has, prepared before step one; its threads share it. */
struct holdings {
	struct region region[REGIONS_MAX];
	struct pin pin[PINS_MAX];
};

/* A process, or a thread of it. */
struct actor {
	int proc, bank;
	int thread; /* 0: the first one */
	uint16_t nonce;
	int nregions, nthreads;
	struct region *region; /* of its holdings */
	struct pin *pin;
	/* Shared with the runner: */
	uint8_t *outcome; /* enum outcome for each base page of the op's range */
	char *image;	  /* room for bytes of the op's region, from its page 0 */
	uint8_t *sectors; /* bitmap for each base page of the region, */
	struct pattern_read (*read)[PAGE_SECTORS]; /* and what they hold; by op_decode() */
	char *why;		 /* one line about an unmet post-condition, 128 bytes */
	struct channel *channel; /* see actor.h */
	struct timing *timing;	 /* see bench/timed.h */
	char *hoard;		 /* what X filled, or NULL */
	uint32_t hoard_pages;
	bool fresh_image; /* after exec: pointers of the runner mean nothing */
	bool leave;	  /* set by exit: the process ends after its reply, */
	bool killed;	  /* set by kill: of SIGKILL */
};

struct verb {
	const char *name, *about;
	const char *rule;     /* kernel document, commit or thread of its meaning */
	const char *needs[3]; /* NULL-terminated, see need.h */
	unsigned by;	      /* of enum actor_class */
	enum arg_kind arg;
	unsigned flags; /* of enum verb_flags */
	enum pin_class pin_class;
	/* Whether the verb has a meaning for a kind; NULL: for every kind. */
	bool (*fits)(const struct mem_kind *mem);

	/*
	 * The step itself, in the acting process (for F: in the runner). Returns 0
	 * or -errno of the call; with VERB_PER_PAGE faults are in a->outcome.
	 */
	int (*exec)(struct actor *a, const struct op *op);
	/*
	 * The post-condition, after exec succeeded: 0 met; 1 not met, a->why says
	 * what was found. Must not touch the memory. NULL: nothing to prove.
	 */
	int (*post)(struct actor *a, const struct op *op);
	/* Its meaning for one page in one world; sets s->expect. */
	void (*model)(struct model_step *s);
	/* Its C text; -ENOTSUP when there is none. */
	int (*emit)(FILE *out, const struct op *op);
};

/* All verbs, NULL-terminated. */
extern const struct verb *const verbs[];

/* What was read of base page `page` is at `from`: sets a->read and a->sectors. */
void op_decode(struct actor *a, const struct op *op, size_t page, const char *from, uint8_t map);

/* The address of op's first byte in the acting process, and its bytes. */
char *op_addr(const struct actor *a, const struct op *op);
size_t op_bytes(const struct op *op);

/* A place of whole pages shows and changes the bytes that are the region's, see mem.h. */
void op_own(struct op *op, const struct mem_kind *mem);

/* Of a part: widens the place to the page of the kind around it. */
void op_around(struct op *op);

const struct verb *verb_find(const char *name);

#endif
