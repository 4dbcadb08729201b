// SPDX-License-Identifier: GPL-2.0-only
/*
 * A memory slot of a virtual machine: its guest copies between the memory under test
 * and a bounce buffer. Documentation/virt/kvm/api.rst. No pages are held; the kernel
 * follows the address by a notifier. The calls are refused to every address space but
 * the one that made the machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "core/base/util.h"
#include "core/pin/kinds.h"

enum {
	BOUNCE = 32 * 1024,
	/* Guest physical addresses. */
	CODE_AT = 0x100000,
	BOUNCE_AT = 0x200000,
	MEMORY_AT = 0x40000000,
	SEGMENT_CODE = 11,
	SEGMENT_DATA = 3,
};

enum slot { SLOT_CODE, SLOT_BOUNCE, SLOT_MEMORY };

struct guest {
	char code[BASE_PAGE]; /* a slot begins with a page */
	char bounce[BOUNCE];
	int vm, cpu;
	struct kvm_run *run;
	size_t run_len;
	bool held;
};

/* cld; rep movsd; hlt */
static const unsigned char copy_code[] = { 0xfc, 0xf3, 0xa5, 0xf4 };

static int set_slot(const struct guest *g, enum slot slot, uint64_t at, void *memory, size_t len)
{
	const struct kvm_userspace_memory_region r = { .slot = slot,
						       .guest_phys_addr = at,
						       .memory_size = len,
						       .userspace_addr = (uintptr_t)memory };

	return ioctl(g->vm, KVM_SET_USER_MEMORY_REGION, &r) ? -errno : 0;
}

static struct kvm_segment flat(unsigned type, unsigned selector)
{
	return (struct kvm_segment){ .limit = 0xffffffff,
				     .selector = (uint16_t)selector,
				     .type = (uint8_t)type,
				     .present = 1,
				     .db = 1,
				     .s = 1,
				     .g = 1 };
}

/* 32 bits, without paging. */
static int set_mode(const struct guest *g)
{
	struct kvm_sregs s;

	if (ioctl(g->cpu, KVM_GET_SREGS, &s))
		return -errno;
	s.cr0 |= 1;
	s.cs = flat(SEGMENT_CODE, 8);
	s.ds = s.es = s.ss = flat(SEGMENT_DATA, 16);
	return ioctl(g->cpu, KVM_SET_SREGS, &s) ? -errno : 0;
}

static int make_cpu(struct guest *g, int kvm)
{
	int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	void *run;

	g->cpu = size < 0 ? -1 : ioctl(g->vm, KVM_CREATE_VCPU, 0);
	if (g->cpu < 0)
		return -errno;
	run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, g->cpu, 0);
	if (run == MAP_FAILED)
		return -errno;
	g->run = run;
	g->run_len = (size_t)size;
	return set_mode(g);
}

static int make_guest(struct guest *g)
{
	own_fd kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int err;

	g->vm = kvm < 0 ? -1 : ioctl(kvm, KVM_CREATE_VM, 0);
	if (g->vm < 0)
		return -errno;
	memcpy(g->code, copy_code, sizeof(copy_code));
	err = set_slot(g, SLOT_CODE, CODE_AT, g->code, sizeof(g->code));
	if (!err)
		err = set_slot(g, SLOT_BOUNCE, BOUNCE_AT, g->bounce, sizeof(g->bounce));
	return err ? err : make_cpu(g, kvm);
}

static void kvm_release(struct pin *p)
{
	struct guest *g = p->priv;

	if (!g)
		return;
	if (g->run)
		munmap(g->run, g->run_len);
	close_fd(&g->cpu);
	close_fd(&g->vm);
	pin_free(g, sizeof(*g));
	p->priv = NULL;
}

static int kvm_prepare(struct pin *p)
{
	struct guest *g = pin_alloc(sizeof(*g));
	int err;

	if (!g)
		return -ENOMEM;
	p->priv = g;
	g->vm = g->cpu = -1;
	err = make_guest(g);
	if (err)
		kvm_release(p);
	return err;
}

static int kvm_pin(struct pin *p)
{
	struct guest *g = p->priv;
	int err = g->held ? -EBUSY : set_slot(g, SLOT_MEMORY, MEMORY_AT, p->addr, p->len);

	g->held = g->held || !err;
	return err;
}

static int kvm_unpin(struct pin *p)
{
	struct guest *g = p->priv;
	int err = g->held ? set_slot(g, SLOT_MEMORY, MEMORY_AT, p->addr, 0) : -EINVAL;

	if (!err)
		g->held = false;
	return err;
}

/*
 * What may not be accessed is a register of a device to the kernel. The access is pending
 * until the machine is entered again, and ends a loop of one round.
 */
static void settle(const struct guest *g)
{
	const struct kvm_regs last = { .rip = CODE_AT, .rflags = 2, .rdi = BOUNCE_AT, .rcx = 1 };

	ioctl(g->cpu, KVM_SET_REGS, &last);
	g->run->immediate_exit = 1;
	ioctl(g->cpu, KVM_RUN, 0);
	g->run->immediate_exit = 0;
}

/* -EFAULT: the guest's access met what its owner may not access. */
static int copy(const struct guest *g, uint64_t dst, uint64_t src, size_t len)
{
	const struct kvm_regs r = {
		.rip = CODE_AT, .rflags = 2, .rsi = src, .rdi = dst, .rcx = len / 4
	};
	int err;

	if (ioctl(g->cpu, KVM_SET_REGS, &r))
		return -errno;
	do
		err = ioctl(g->cpu, KVM_RUN, 0) ? -errno : 0;
	while (err == -EINTR || err == -EAGAIN);
	if (err)
		return err;
	if (g->run->exit_reason == KVM_EXIT_HLT)
		return 0;
	if (g->run->exit_reason != KVM_EXIT_MMIO)
		return -EIO;
	settle(g);
	return -EFAULT;
}

static int fetch(struct pin *p, size_t off, void *dst, size_t len)
{
	struct guest *g = p->priv;
	int err;

	memset(g->bounce, PIN_NO_BYTES, len);
	err = copy(g, BOUNCE_AT, MEMORY_AT + off, len);
	if (!err)
		memcpy(dst, g->bounce, len);
	return err;
}

static int store(struct pin *p, size_t off, const void *src, size_t len)
{
	struct guest *g = p->priv;

	memcpy(g->bounce, src, len);
	return copy(g, MEMORY_AT + off, BOUNCE_AT, len);
}

static int kvm_device_read(struct pin *p, const struct pin_data *data)
{
	const struct guest *g = p->priv;

	return g->held ? pin_read_pieces(p, data, BOUNCE, fetch) : -EBADF;
}

static int kvm_device_write(struct pin *p, size_t off, size_t len, const void *src)
{
	const struct guest *g = p->priv;

	return g->held ? pin_write_pieces(p, off, len, src, BOUNCE, store) : -EBADF;
}

const struct pin_kind pin_kvm = {
	.name = "kvm-rw",
	.about = "memory slot of a virtual machine whose guest loads and stores: it follows the "
		 "address",
	.rule = "Documentation/virt/kvm/locking.rst, mmu notifiers; virt/kvm/kvm_main.c: "
		"kvm->mm",
	.needs = { "kvm" },
	.class = PIN_RW,
	.promise = PROMISE_FOLLOWS,
	.dirs = DEVICE_READS | DEVICE_WRITES,
	.by_name = true,
	.first_only = true,
	.prepare = kvm_prepare,
	.pin = kvm_pin,
	.device_read = kvm_device_read,
	.device_write = kvm_device_write,
	.unpin = kvm_unpin,
	.release = kvm_release,
};
