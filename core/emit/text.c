// SPDX-License-Identifier: GPL-2.0-only
#include "core/emit/emit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/verb/list.h"

static const struct emit_kind kinds[] = {
	{ "anon", "MAP_PRIVATE | MAP_ANONYMOUS", "MADV_NOHUGEPAGE", NULL, false, false },
	{ "thp", "MAP_PRIVATE | MAP_ANONYMOUS", "MADV_HUGEPAGE", NULL, false, false },
	{ "hugetlb-2M", "MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | 21 << 26", NULL, NULL, false,
	  false },
	{ "zeropage", "MAP_PRIVATE | MAP_ANONYMOUS", "MADV_NOHUGEPAGE", NULL, true, false },
	{ "swapped", "MAP_PRIVATE | MAP_ANONYMOUS", "MADV_NOHUGEPAGE", NULL, false, true },
	{ "shared-anon", "MAP_SHARED | MAP_ANONYMOUS", "MADV_NOHUGEPAGE", NULL, false, false },
	{ "private-tmpfs", "MAP_PRIVATE", "MADV_NOHUGEPAGE", "memfd_create(\"pinfold\", 0)", false,
	  false },
	{ "shared-tmpfs", "MAP_SHARED", "MADV_NOHUGEPAGE", "memfd_create(\"pinfold\", 0)", false,
	  false },
	{ "private-memfd", "MAP_PRIVATE", "MADV_NOHUGEPAGE",
	  "memfd_create(\"pinfold\", MFD_ALLOW_SEALING)", false, false },
	{ "shared-memfd", "MAP_SHARED", "MADV_NOHUGEPAGE",
	  "memfd_create(\"pinfold\", MFD_ALLOW_SEALING)", false, false },
	{ "private-ext4", "MAP_PRIVATE", "MADV_NOHUGEPAGE", "mkstemp(file)", false, false },
};

const struct emit_kind *emit_kind_find(const char *mem)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].mem, mem))
			return &kinds[i];
	return NULL;
}

const char *emit_process(int proc)
{
	static const char *const name[PROCS_MAX] = { "P", "C", "C2", "C3", "C4", "C5" };

	return name[proc];
}

static const char text_stop[] =
	"static __attribute__((noreturn)) void stop(int code, const char *what)\n"
	"{\n"
	"\tprintf(\"%s%s: %s\\n\", code == 1 ? \"FAIL \" : \"set-up failed: \", now, what);\n"
	"\tall->verdict = code;\n"
	"\texit(code);\n"
	"}\n"
	"#define die(what) stop(2, what)\n\n";

static const char text_turn[] =
	"/* Step n begins when all before it are done, whichever process made them. */\n"
	"static void turn(int n, const char *step)\n"
	"{\n"
	"\tif (mine)\n"
	"\t\tall->done = mine;\n"
	"\tmine = n;\n"
	"\tnow = step ? step : \"end\";\n"
	"\tfor (int i = 0; all->done < n - 1 && !all->verdict; i++)\n"
	"\t\tif (usleep(100) || i == 300000)\n"
	"\t\t\tdie(\"no turn\");\n"
	"\tif (all->verdict || !step)\n"
	"\t\texit(0);\n"
	"\tputs(step);\n"
	"}\n\n";

static const char text_fork[] = "static void fork_child(int n, void (*steps)(void))\n"
				"{\n"
				"\tpid_t pid = fork();\n\n"
				"\tif (!pid) {\n"
				"\t\tmine = 0;\n"
				"\t\tsteps();\n"
				"\t}\n"
				"\tif (pid < 0)\n"
				"\t\tdie(\"fork\");\n"
				"\tall->pid[n] = pid;\n"
				"}\n\n";

/* Signals: `armed` only where faults() is used. */
static const char text_signal[] = "static void on_signal(int sig)\n"
				  "{\n"
				  "\tstop(1, strsignal(sig));\n"
				  "}\n\n";

static const char text_faults[] =
	"static sigjmp_buf back;\n"
	"static volatile sig_atomic_t armed;\n\n"
	"static void on_signal(int sig)\n"
	"{\n"
	"\tif (armed)\n"
	"\t\tsiglongjmp(back, sig);\n"
	"\tstop(1, strsignal(sig));\n"
	"}\n\n"
	"/* Each page of the place must fault. */\n"
	"static void faults(volatile char *at, size_t len, int signal, int store)\n"
	"{\n"
	"\tfor (volatile size_t i = 0; i < len; i += 4096) {\n"
	"\t\tint sig = sigsetjmp(back, 1);\n\n"
	"\t\tif (!sig) {\n"
	"\t\t\tarmed = 1;\n"
	"\t\t\tif (store)\n"
	"\t\t\t\tat[i] = 1;\n"
	"\t\t\telse\n"
	"\t\t\t\t(void)at[i];\n"
	"\t\t}\n"
	"\t\tarmed = 0;\n"
	"\t\tif (sig != signal)\n"
	"\t\t\tstop(1, sig ? \"another signal\" : \"no fault\");\n"
	"\t}\n"
	"}\n\n";

static const char text_check[] = "static void check(int failed)\n"
				 "{\n"
				 "\tif (failed)\n"
				 "\t\tstop(1, strerror(errno));\n"
				 "}\n\n";

static const char text_check_errno[] =
	"static int wanted; /* errno of the next call, 0: it succeeds */\n\n"
	"static void check(int failed)\n"
	"{\n"
	"\tif ((failed ? errno : 0) != wanted)\n"
	"\t\tstop(1, failed ? strerror(errno) : \"did not fail\");\n"
	"\twanted = 0;\n"
	"}\n\n";

static const char text_expect[] =
	"/* Bytes [at, at + len) of a region or its image are one of the allowed values. */\n"
	"static void expect(const char *base, size_t at, size_t len, unsigned allowed)\n"
	"{\n"
	"\tfor (size_t i = at; i < at + len; i++) {\n"
	"\t\tunsigned v = (unsigned char)base[i];\n\n"
	"\t\tif (v < VALUES && allowed & 1u << v)\n"
	"\t\t\tcontinue;\n"
	"\t\tprintf(\"FAIL %s page %zu offset %zu: read %s (%u), allowed\", now, i / UNIT,\n"
	"\t\t       i % UNIT, v < VALUES ? name[v] : \"something else\", v);\n"
	"\t\tfor (v = 0; v < VALUES; v++)\n"
	"\t\t\tif (allowed & 1u << v)\n"
	"\t\t\t\tprintf(\" %s (%u)\", name[v], v);\n"
	"\t\tputchar('\\n');\n"
	"\t\tall->verdict = 1;\n"
	"\t\texit(1);\n"
	"\t}\n"
	"}\n\n";

static const char text_move[] =
	"static char *move_region(char *from, int n, size_t len)\n"
	"{\n"
	"\tchar *to = AT(n, from == AT(n, 0));\n\n"
	"\tto = mremap(from, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, to);\n"
	"\tcheck(to == MAP_FAILED);\n"
	"\treturn to == MAP_FAILED ? from : to;\n"
	"}\n\n";

static bool used(const struct emit *e, const char *what)
{
	for (int i = 0; i < EMIT_BODIES; i++)
		if (e->body[i].text && strstr(e->body[i].text, what))
			return true;
	return false;
}

/* Words of text, wrapped; a comment must not end early. */
static void print_comment(FILE *out, const char *label, const char *text)
{
	size_t column = strlen(label) + 3;

	fprintf(out, " * %s", label);
	for (const char *p = text; *p;) {
		size_t n = strcspn(p, " \n");

		if (column + n > 90) {
			fprintf(out, "\n *	");
			column = 8;
		}
		for (size_t i = 0; i < n; i++)
			fputc(p[i] == '/' && i && p[i - 1] == '*' ? '|' : p[i], out);
		column += n + 1;
		p += n + strspn(p + n, " \n");
		if (*p)
			fputc(' ', out);
	}
	fputc('\n', out);
}

static bool uses_uring(const struct emit *e)
{
	for (int i = 0; i < e->plan.npins; i++)
		if (!strncmp(e->pin_op[i].pin_kind->name, "uring", 5))
			return true;
	return false;
}

static void print_head(FILE *out, const struct emit *e)
{
	const struct program *p = e->cell->program;
	char *steps = steps_print(p);

	fprintf(out, "// SPDX-License-Identifier: GPL-2.0-only\n/*\n");
	if (p->about)
		print_comment(out, "", p->about);
	if (*p->name)
		print_comment(out, "cell:  ", e->cell->id);
	print_comment(out, "mem:   ", e->cell->mem->about);
	print_comment(out, "steps: ", steps ? steps : "");
	fprintf(out,
		" *\n * Printed by pinfold emit-c. Compile with: cc -Wall -Wextra FILE.c%s\n"
		" * Exits 0: every read was allowed, 1: a law broke, 2: no set-up.\n */\n",
		uses_uring(e) ? " -luring" : "");
	free(steps);
}

static int pin_text(FILE *out, const struct emit *e, const char *what)
{
	int err = 0;

	for (int i = 0; i < e->plan.npins && !err; i++) {
		const struct op *op = &e->pin_op[i];
		struct pin p = { .kind = op->pin_kind,
				 .index = i,
				 .region = op->region,
				 .start = op->first * BASE_PAGE,
				 .len = op_bytes(op) };

		if (i && !strcmp(what, "include") && op->pin_kind == e->pin_op[0].pin_kind)
			continue;
		err = op->pin_kind->emit(out, what, &p);
	}
	return err;
}

static int print_includes(FILE *out, const struct emit *e)
{
	int err;

	fprintf(out, "#define _GNU_SOURCE\n#include <errno.h>\n#include <fcntl.h>\n");
	err = pin_text(out, e, "include");
	fputs(used(e, "uffd(") ? emit_uffd_includes : "", out);
	if (used(e, "faults("))
		fprintf(out, "#include <setjmp.h>\n");
	fprintf(out,
		"#include <signal.h>\n#include <stdatomic.h>\n#include <stdio.h>\n"
		"#include <stdlib.h>\n#include <string.h>\n#include <sys/mman.h>\n"
		"#include <sys/prctl.h>\n%s#include <sys/wait.h>\n#include <unistd.h>\n\n",
		emit_kind_find(e->cell->mem->name)->pages_out ? "#include <sys/sysinfo.h>\n" : "");
	return err;
}

static void print_data(FILE *out, const struct emit *e)
{
	size_t most = 0;
	char text[16];

	fprintf(out, "enum {");
	for (int i = 0; i < e->nvalues; i++)
		fprintf(out, " %s,", value_identifier(e->value[i], text, sizeof(text)));
	fprintf(out, " VALUES }; /* who stored the byte, and which number of its own */\n");
	for (int i = 0; i < e->nvalues && used(e, "expect("); i++)
		fprintf(out, "%s \"%s\"", i ? "," : "static const char *const name[VALUES] = {",
			value_print(e->value[i], text, sizeof(text)));
	fprintf(out,
		"%s\nstatic struct {\n\tatomic_int done, verdict;\n\tpid_t pid[%d];\n"
		"} *all; /* shared by all processes */\n\n",
		used(e, "expect(") ? " };\n" : "", e->plan.nprocs);
	for (int i = 0; i < e->plan.nregions; i++) {
		size_t len = e->model.region[i].npages * BASE_PAGE;

		most = len > most ? len : most;
		fprintf(out, "static char *r%d; /* region %s */\nstatic int fd%d = -1;\n", i,
			e->plan.region[i].name, i);
	}
	fprintf(out,
		"static __attribute__((unused)) char img[%zu]; /* what a device read */\n"
		"static const char *now = \"set-up\";\n"
		"static int mine; /* this process's last turn */\n\n",
		most);
	fprintf(out,
		"enum { UNIT = %zu }; /* bytes of a page */\n"
		"/* The addresses of region n. */\n#define AT(n, other) "
		"((char *)0x100000000000 + ((n) * 2 + (other)) * 0x100000000)\n\n",
		e->cell->mem->unit);
}

static void print_map(FILE *out, const struct emit_kind *k)
{
	fprintf(out,
		"static char *map_region(int n, size_t len, int fd)\n{\n"
		"\tchar *at = mmap(AT(n, 0), len, PROT_READ | PROT_WRITE,\n"
		"\t\t\t%s | MAP_FIXED_NOREPLACE, fd, 0);\n\n"
		"\tif (at == MAP_FAILED)\n\t\tdie(\"mmap\");\n",
		k->flags);
	if (k->advice)
		fprintf(out, "\tmadvise(at, len, %s);\n", k->advice);
	if (k->reads)
		fprintf(out, "\tfor (size_t i = 0; i < len; i += UNIT)\n"
			     "\t\t(void)*(volatile char *)(at + i); /* maps the zero page */\n");
	fprintf(out, "\treturn at;\n}\n\n");
}

static int print_helpers(FILE *out, const struct emit *e)
{
	bool moves = used(e, "move_region(");

	fputs(text_stop, out);
	fputs(text_turn, out);
	fputs(used(e, "faults(") ? text_faults : text_signal, out);
	if (used(e, "wanted = "))
		fputs(text_check_errno, out);
	else if (moves || used(e, "check("))
		fputs(text_check, out);
	fputs(used(e, "uffd(") ? emit_uffd_text : "", out);
	fputs(text_fork, out);
	if (used(e, "expect("))
		fputs(text_expect, out);
	print_map(out, emit_kind_find(e->cell->mem->name));
	if (moves)
		fputs(text_move, out);
	return pin_text(out, e, "declare");
}

static int print_processes(FILE *out, const struct emit *e)
{
	int err = 0;

	for (int i = e->plan.nprocs - 1; i >= 0 && !err; i--) {
		const char *text = e->body[i].text;

		if (i && !strstr(text, "turn(") && e->plan.parent[i] < 0)
			continue;
		fprintf(out, "static void process_%s(void)\n{\n", emit_process(i));
		if (!i)
			err = pin_text(out, e, "prepare");
		fputs(text, out);
		fprintf(out, "\tturn(%d, NULL); /* stays until the last look */\n}\n\n",
			e->turn + 1);
	}
	return err;
}

static void print_files(FILE *out, const struct emit *e, const struct emit_kind *k)
{
	char first[16];

	value_identifier(value_make(WRITER_FILE, VALUE_FILE_FIRST), first, sizeof(first));
	for (int i = 0; i < e->plan.nregions && k->file; i++) {
		size_t len = e->model.region[i].npages * BASE_PAGE;

		fprintf(out,
			"\tmemset(img, %s, %zu);\n\tfd%d = %s;\n"
			"\tif (fd%d < 0 || pwrite(fd%d, img, %zu, 0) != %zu)\n\t\tdie(\"file\");\n",
			first, len, i, k->file, i, i, len, len);
		if (strstr(k->file, "(file)"))
			fprintf(out, "\tunlink(file);\n\tstrcpy(file, \"pinfold-XXXXXX\");\n");
	}
}

static void print_main(FILE *out, const struct emit *e)
{
	const struct emit_kind *k = emit_kind_find(e->cell->mem->name);

	fprintf(out, "int main(void)\n{\n");
	if (k->pages_out)
		fprintf(out, "\tstruct sysinfo info;\n\n");
	if (k->file && strstr(k->file, "(file)"))
		fprintf(out, "\tchar file[] = \"pinfold-XXXXXX\"; /* here is ext4 */\n\n");
	fprintf(out, "\tsetvbuf(stdout, NULL, _IOLBF, 0);\n"
		     "\tall = mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE, "
		     "MAP_SHARED | MAP_ANONYMOUS, "
		     "-1, 0);\n\tif (all == MAP_FAILED || prctl(PR_SET_CHILD_SUBREAPER, 1))\n"
		     "\t\treturn 2;\n"
		     "\tsignal(SIGSEGV, on_signal);\n\tsignal(SIGBUS, on_signal);\n");
	if (k->pages_out)
		fprintf(out, "\tif (sysinfo(&info) || !info.totalswap)\n"
			     "\t\tdie(\"needs swap, but there is none\");\n");
	print_files(out, e, k);
	fprintf(out,
		"\tfork_child(0, process_P);\n%s\twhile (wait(NULL) > 0)\n\t\t;\n"
		"\tputs(all->verdict ? \"failed\" : \"passed\");\n\treturn all->verdict;\n}\n",
		e->body[EMIT_RUNNER].text);
}

int emit_text(FILE *out, const struct emit *e)
{
	int err;

	print_head(out, e);
	err = print_includes(out, e);
	if (err)
		return err;
	print_data(out, e);
	err = print_helpers(out, e);
	if (!err)
		err = print_processes(out, e);
	if (!err)
		print_main(out, e);
	return err;
}
