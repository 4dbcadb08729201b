// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/util.h"
#include "core/guard/guard.h"
#include "core/need/kind.h"
#include "vfio/vfio.h"

static const uint64_t probe_iova = 0x04000000;

/* Maps a page, waits for the runner, and undoes what that could not undo. */
static _Noreturn void map_in_child(int ready, int over)
{
	void *page =
		mmap(NULL, BASE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int err;
	char c;

	guard_forget();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	err = page == MAP_FAILED ? -errno : vfio_map(probe_iova, page, BASE_PAGE, true);
	if (!err && write(ready, "", 1) == 1 && read(over, &c, 1) >= 0)
		vfio_unmap(probe_iova, BASE_PAGE);
	_exit(-err);
}

/* Bytes that could be undone of what a child mapped, or -errno. */
static int64_t unmap_of_child(void)
{
	int ready[2], over[2], status;
	int64_t n = -EIO;
	pid_t pid;
	char c;

	if (pipe2(ready, O_CLOEXEC))
		return -errno;
	if (pipe2(over, O_CLOEXEC)) {
		close(ready[0]);
		close(ready[1]);
		return -errno;
	}
	pid = fork();
	if (!pid) {
		close(over[1]);
		map_in_child(ready[1], over[0]);
	}
	close(ready[1]);
	if (pid > 0 && read(ready[0], &c, 1) == 1)
		n = vfio_unmap(probe_iova, BASE_PAGE);
	close(over[1]);
	if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status))
		n = -WEXITSTATUS(status);
	close(ready[0]);
	close(over[0]);
	return n;
}

static enum { NOT_TRIED, OWN_ONLY, BY_OTHERS } tried;

static int keep_probe(char *why, size_t size)
{
	if (tried == NOT_TRIED)
		return unmet(why, size, "not tried: that takes a device");
	return tried == BY_OTHERS ?
		       0 :
		       unmet(why, size, "a mapping can be undone by its own address space alone");
}

static bool keep_can_provide(void)
{
	char why[200];

	return !need_check("vfio", false, why, sizeof(why)) &&
	       !need_check("dma", false, why, sizeof(why));
}

/* By doing, with a device, which is bound and given back for it. */
static int keep_provide(char *why, size_t size)
{
	bool opened = !vfio.backend;
	int err = !keep_can_provide() ? -ENODEV : opened ? vfio_open(&vfio_type1) : 0;
	int64_t n;

	if (!opened && vfio.backend != &vfio_type1)
		return unmet(why, size, "not tried: the devices belong to iommufd");
	if (err)
		return unmet(why, size, "VFIO: %s", errno_name(-err));
	n = unmap_of_child();
	if (opened)
		vfio_close();
	if (n < 0)
		return unmet(why, size, "VFIO mapping of a child: %s", errno_name((int)-n));
	tried = n ? BY_OTHERS : OWN_ONLY;
	return 0;
}

const struct need need_vfio_keep = {
	.name = "vfio-keep",
	.about = "VFIO mappings that another process can undo",
	.hint = "--vfio 0000:BB:DD.F, on a newer kernel: scripts/lab --kernel 6.12 -- check",
	.probe = keep_probe,
	.provide = keep_provide,
	.can_provide = keep_can_provide,
};
