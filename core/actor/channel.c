// SPDX-License-Identifier: GPL-2.0-only
#include "core/actor/channel.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/actor/fault.h"
#include "core/base/futex.h"
#include "core/base/util.h"

struct channel *channel_map(int fd)
{
	/* A wish: there 64 KiB begin with it, see struct channel. */
	void *at = mmap(actor_address(REGIONS_MAX, 0), sizeof(struct channel),
			PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

struct channel *channel_open(void)
{
	int fd = memfd_create("pinfold-channel", 0);
	struct channel *ch = NULL;

	if (fd >= 0 && !ftruncate(fd, sizeof(*ch)))
		ch = channel_map(fd);
	if (ch) {
		ch->fd = fd;
		ch->runner = getpid();
	} else if (fd >= 0) {
		close(fd);
	}
	return ch;
}

void channel_close(struct channel *ch)
{
	close(ch->fd);
	munmap(ch, sizeof(*ch));
}

int channel_bank(const struct channel *ch)
{
	return ch->bank;
}

void channel_reset(struct channel *ch, int bank)
{
	ch->bank = bank;
	memset(ch->slot[ch->bank], 0, sizeof(ch->slot[ch->bank]));
	ch->room[0].why[0] = ch->room[1].why[0] = '\0';
	atomic_store(&ch->timing.exit, EXIT_UNTIMED);
}

void channel_count(struct channel *ch, bool on)
{
	ch->timing.count = on;
}

struct verb *channel_lie(struct channel *ch)
{
	return &ch->lie;
}

void channel_place(struct channel *ch, struct actor *a, bool background, size_t place)
{
	struct room *room = &ch->room[background];

	a->outcome = room->outcome + place;
	a->image = room->image + place * BASE_PAGE;
	a->sectors = room->sectors + place;
	a->read = room->read + place;
	a->why = room->why;
}

void channel_attach(struct channel *ch, struct actor *a, bool background)
{
	channel_place(ch, a, background, 0);
	a->channel = ch;
	a->bank = ch->bank;
	a->timing = &ch->timing;
}

const struct timing *channel_timing(const struct channel *ch)
{
	return &ch->timing;
}

void channel_give_turn(struct channel *ch, int bank, struct message *m)
{
	const struct op *op = &m->op[atomic_load(&m->turn)];
	struct slot *slot = slot_at(ch, bank, op->proc, op->thread);

	atomic_store(&slot->background, op->background);
	atomic_fetch_add(&slot->command, 1);
	futex_wake(&slot->command);
}

/* Everything that an actor touches anyway, before a cell runs. */
void channel_warm(struct channel *ch)
{
	extern const char __executable_start[], etext[];
	enum { STRIDE = 16 * BASE_PAGE, STACK = 4 * BASE_PAGE };
	volatile char stack[STACK];
	char sector[SECTOR];

	for (const volatile char *p = __executable_start; p < etext; p += STRIDE)
		(void)*p;
	for (size_t i = 0; i < offsetof(struct channel, room); i += BASE_PAGE)
		(void)((const volatile char *)ch)[i];
	(void)*(const volatile uint8_t *)ch->room[0].outcome;
	(void)*(const volatile uint8_t *)ch->room[0].sectors;
	for (size_t i = 0; i < HUGE_PAGE / BASE_PAGE; i++)
		(void)*(const volatile uint64_t *)&ch->room[0].read[i][0].word;
	for (size_t i = 0; i < STRIDE; i += BASE_PAGE)
		(void)((const volatile char *)ch->room[0].image)[i];
	for (size_t i = 0; i < STACK; i += BASE_PAGE)
		stack[i] = 0;
	fault_copy(sector, ch->room[0].image, 1);
	errno = (int)now_ns() & stack[0];
}
