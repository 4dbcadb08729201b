/* SPDX-License-Identifier: GPL-2.0-only */
/* Pin mechanisms: kernel interfaces that keep hold of pages. */
#ifndef CORE_PIN_PIN_H
#define CORE_PIN_PIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/model/model.h"

enum pin_dirs { DEVICE_READS = 1, DEVICE_WRITES = 2 };

struct pin;
struct ring;

/* Which processes, beside the one that pinned, can use the pin by what they inherited. */
enum pin_handle {
	HANDLE_OWN,	 /* none */
	HANDLE_PREPARED, /* those that have what prepare made: all that did not exec */
	HANDLE_PINNED,	 /* those that were forked under the pin as well */
};

/* Tells the executor which bytes of a device read arrived. */
struct pin_data {
	char *dst;	  /* base of the region's image, page 0 of the region */
	uint8_t *sectors; /* a bitmap for each base page; set bits for what arrived */
};

/*
 * The order of calls for one pin is prepare, pin, {device_read, device_write},
 * unpin, release; prepare runs in the first process before step one, the others
 * in the process that pinned (which may be a descendant that inherited what
 * prepare made). Nothing may be allocated in the address space after prepare.
 */
struct pin_kind {
	const char *name, *about; /* name: "uring-rw", "vfio-ro", "vmsplice" */
	const char *rule;	  /* the kernel code or document for the promise */
	const char *needs[6];	  /* NULL-terminated, see need.h */
	enum pin_class class;
	enum promise promise;
	unsigned dirs;	  /* of enum pin_dirs */
	size_t write_max; /* bytes of one device write of a slow device; 0: any */
	bool mutant;
	bool by_name; /* only where a program or --pin names it: like another one, slower */
	/*
	 * One transfer, submitted by pin. It ends with the device step, which moves all
	 * of the pin (device_write: in pieces, in ascending order, the transfer ends
	 * with the last byte), else with unpin, and then moves nothing. pin may then
	 * take the accessible head of the range alone, as its system call does.
	 */
	bool oneshot;
	unsigned shares; /* bits 1 << enum share of the memory it works on; 0: any */
	bool file;	 /* works on memory with a file alone, through p->fd */
	bool memfd;	 /* and that is a memfd which takes seals (kinds named "...memfd") */
	bool single;	 /* one such pin at a time on the whole system */
	bool first_only; /* taken by the first process alone */
	bool remote;	 /* takes pages as another process would: no protection key is asked */
	bool one_thread; /* takes, shows and releases it by the first thread of a process alone */
	bool ahead;	 /* prepare (not NULL) may run while another cell does, maybe for nothing */
	bool charges;	 /* to RLIMIT_MEMLOCK of the process that takes it, and nothing else is */
	bool locks;	 /* charged to it with more: queues, or all rings of the user */
	bool hides;	 /* while it is held its pages are MADV_DONTFORK */
	size_t least;	 /* bytes that a pin has at least; 0: any */
	/*
	 * What open takes for itself, or NULL: mechanisms of the same word with another
	 * open are closed first.
	 */
	const char *holds;
	/*
	 * Where not HANDLE_OWN, device_read, device_write and unpin work in such a
	 * process (where p->addr means nothing), also when the one that pinned is gone.
	 */
	enum pin_handle handle;
	const char *keep_need; /* for that, beside needs; or NULL */
	/* In such a process, before the others: it takes over. NULL: nothing to do. 0 or -errno. */
	int (*keep)(struct pin *p);

	/*
	 * In the runner, once before the first cell that needs it (may be NULL):
	 * opens what is shared by cells, such as a VFIO container. close ends it.
	 */
	int (*open)(void);
	void (*close)(void);

	int (*prepare)(struct pin *p);
	/*
	 * Takes hold of the pages under [p->addr, p->addr + p->len). Returns 0 or
	 * the kernel's -errno (which the model judges), after which nothing is held.
	 */
	int (*pin)(struct pin *p);
	/*
	 * Copies what the device side sees of the pinned bytes to data->dst + p->start
	 * (p->start: offset of the pin inside its region) and marks the sectors that
	 * arrived: all of them, or for a slow device a sample of at least the first
	 * and last sector of the pin. Repeatable, but for oneshot. 0 or -errno; -ENOLINK:
	 * the device side is gone, which says nothing about the kernel. NULL when the
	 * mechanism has no such direction.
	 */
	int (*device_read)(struct pin *p, const struct pin_data *data);
	/*
	 * Stores len bytes of src at byte off of the pin. Granularity: SECTOR.
	 * Complete on return. NULL when the mechanism has no such direction.
	 */
	int (*device_write)(struct pin *p, size_t off, size_t len, const void *src);
	/* Asks for write access to what it took for reading alone. NULL: it has no such call. */
	int (*upgrade)(struct pin *p);
	/*
	 * The device tries to store to a pin that it may only read, with bytes of src (as
	 * many as the pin has) where it can choose them. When it did, and a store to memory
	 * that it may write arrives: 0, or the errno with which the store was refused;
	 * -errno is harness trouble. May be NULL.
	 */
	int (*device_try)(struct pin *p, const void *src);
	int refusal; /* the errno that device_try has to tell; 0: its device tells of none */
	/*
	 * At most `max` parts of the device's own memory that the process has mapped, or
	 * that are mapped now: registers, queues; ring_close() ends each. Their number or
	 * -errno; -ENOLINK: none can be. NULL: such a device maps nothing.
	 */
	int (*device_memory)(struct pin *p, struct ring *r, int max);
	/* Switches that memory on or off, in a process that inherited the device. May be NULL. */
	int (*device_switch)(bool on);
	/*
	 * Releases the pages before it returns. 0 or -errno; -EINPROGRESS: it is undone,
	 * and when the pages are released was not seen.
	 */
	int (*unpin)(struct pin *p);
	/* Frees what prepare made; accepts a pin in any state, also half-prepared. */
	void (*release)(struct pin *p);

	/* How emit-c prints it; NULL: it can't. */
	const struct pin_text *text;
};

/*
 * Names of functions in core/emit/parts: PREFIX_pin(n, region, at, len) and
 * PREFIX_unpin(n) return 0 or set errno; PREFIX_move(n, READS or STORES, at, len) is
 * the device, between the pin and `img`. at counts from the region. With ends the
 * device step and unpin are PREFIX_end(n, 0 or -errno, bytes).
 */
struct pin_text {
	const char *prefix;
	const char *pin;     /* another name of PREFIX_pin, or NULL */
	const char *args;    /* further arguments of it, with a comma in front */
	const char *open;    /* a call in main(); '#' is the pin's number, '%' its bytes */
	const char *prepare; /* one in P, before the first step */
	const char *keep;    /* NAME(n, region, bytes) in who takes it over; "": nothing to do */
	bool file;	     /* the pin takes the region's file in place of its address */
	bool main;	     /* the device acts in MAIN, if there is one, not where the pin is */
	bool ends;
	bool unread; /* the device may move nothing and say so to nobody */
};

struct pin {
	const struct pin_kind *kind;
	int index;	/* number of the pin in the program, from 0 */
	int region;	/* number of its region */
	char *addr;	/* in the pinning process */
	size_t len;	/* bytes, multiple of BASE_PAGE; of SECTOR for oneshot */
	size_t start;	/* byte offset of addr in its region */
	int fd;		/* of the file behind the region, or -1; set by pin-rw, pin-ro, get */
	int proc;	/* the process that took it; a child inherits the rest */
	size_t max_len; /* set before prepare: an upper bound of len */
	void *priv;	/* owned by the mechanism; prepare allocates, release frees */
	bool live;	/* between pin and unpin */
	uint16_t nonce; /* of the cell, as proc */
};

/* All mechanisms, mutants last; NULL-terminated. */
extern const struct pin_kind *const pin_kinds[];

const struct pin_kind *pin_kind_find(const char *name);

/* unpin, for who does not mind when the pages are released: -EINPROGRESS is 0. */
int pin_undo(struct pin *p);

#endif
