/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the userfaultfd verbs share. */
#ifndef CORE_VERB_UFFD_H
#define CORE_VERB_UFFD_H

#include "core/verb/verb.h"

/* The userfaultfd of the calling actor, made at its first use: fd or -errno. */
int uffd_of(const struct actor *a);

/* Empties the place and registers it in a mode: fd or -errno. */
int uffd_registered_empty(struct actor *a, const struct op *op, unsigned long long mode);
/* Ends the registration. err, else its own. */
int uffd_finish(struct actor *a, const struct op *op, int fd, int err);

/* The view of op's process, or NULL: without a mapping any errno is expected. */
struct view *uffd_view(struct model_step *s);
/* The place is empty, with these bits of enum view_uffd. */
void uffd_empty_as(struct model_step *s, uint8_t uffd);

/* "uffd(REQUEST, place, MODE, 0)"; and the start of a check() that empties and registers. */
void uffd_emit_call(FILE *out, const struct op *op, const char *before, const char *request,
		    const char *mode);
void uffd_emit_empty(FILE *out, const struct op *op, const char *mode);

/* Memory that userfaultfd can protect: anonymous, shmem and hugetlbfs. */
bool uffd_fits_any(const struct mem_kind *mem);
bool uffd_fits_anon(const struct mem_kind *mem);
bool uffd_fits_small_anon(const struct mem_kind *mem);

/* Post-condition: every page of the place is in the page table. */
int uffd_post_present(struct actor *a, const struct op *op);

#endif
