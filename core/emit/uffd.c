// SPDX-License-Identifier: GPL-2.0-only
#include "core/emit/emit.h"

const char emit_uffd_includes[] = "#include <linux/userfaultfd.h>\n"
				  "#include <sys/ioctl.h>\n"
				  "#include <sys/syscall.h>\n";

/* All arguments of these ioctls are 64-bit words, in one order. */
const char emit_uffd_text[] =
	"#ifndef UFFDIO_MOVE\n"
	"#define UFFDIO_MOVE _IOWR(UFFDIO, 5, unsigned long long[5])\n"
	"#endif\n"
	"#ifndef UFFDIO_POISON\n"
	"#define UFFDIO_POISON _IOWR(UFFDIO, 8, unsigned long long[4])\n"
	"#endif\n\n"
	"/* What userfaultfd stops is SIGBUS: nobody has to resolve faults. */\n"
	"static int uffd(unsigned long request, char *at, unsigned long a, unsigned long b,\n"
	"\t\tunsigned long c)\n"
	"{\n"
	"\tstruct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_SIGBUS };\n"
	"\tunsigned long long arg[5] = { (unsigned long)at, a, b, c };\n"
	"\tstatic pid_t owner;\n"
	"\tstatic int fd;\n"
	"\tint err;\n\n"
	"\tif (owner != getpid()) {\n"
	"\t\towner = getpid();\n"
	"\t\tfd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);\n"
	"\t\tif (fd < 0 || ioctl(fd, UFFDIO_API, &api))\n"
	"\t\t\tdie(\"userfaultfd\");\n"
	"\t}\n"
	"\tdo {\n"
	"\t\terr = ioctl(fd, request, arg);\n"
	"\t} while (err && errno == EAGAIN);\n"
	"\treturn err;\n"
	"}\n\n";
