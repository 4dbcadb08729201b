// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/emit/emit.h"
#include "core/emit/parts.h"
#include "core/mem/mem.h"
#include "core/run/judge.h"
#include "core/verb/list.h"

static const char includes[] =
	"#include <errno.h>\n#include <fcntl.h>\n#include <sched.h>\n"
	"#include <signal.h>\n#include <stdatomic.h>\n#include <stdint.h>\n#include <stdio.h>\n"
	"#include <stdlib.h>\n#include <string.h>\n#include <sys/mman.h>\n"
	"#include <sys/prctl.h>\n#include <sys/wait.h>\n"
	"#include <unistd.h>\n";

const char *emit_process(int proc)
{
	static const char *const name[PROCS_MAX] = { "P", "C", "C2", "C3", "C4", "C5" };

	return name[proc];
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
		if (*p && column + strcspn(p, " \n") <= 90)
			fputc(' ', out);
	}
	fputc('\n', out);
}

static void add_needs(char *text, size_t size, const char *const *needs)
{
	for (; *needs; needs++) {
		size_t len = strlen(text);

		if (!strstr(text, *needs))
			snprintf(text + len, size - len, "%s%s", len ? " " : "", *needs);
	}
}

static void print_needs(FILE *out, const struct emit *e)
{
	char text[512] = "";

	add_needs(text, sizeof(text), e->cell->mem->needs);
	for (int i = 0; i < e->plan.nops; i++) {
		add_needs(text, sizeof(text), e->plan.op[i].verb->needs);
		if (e->plan.op[i].pin_kind)
			add_needs(text, sizeof(text), e->plan.op[i].pin_kind->needs);
	}
	if (*text)
		print_comment(out, "needs: ", text);
}

/* Arguments and libraries, as the program's own text has them. */
static void print_head(FILE *out, const struct emit *e, const char *main_text)
{
	const struct program *p = e->cell->program;
	char *steps = steps_print(p);

	fprintf(out, "// SPDX-License-Identifier: GPL-2.0-only\n/*\n");
	if (p->about)
		print_comment(out, "", p->about);
	print_comment(out, "cell:  ", e->cell->id);
	print_comment(out, "steps: ", steps ? steps : "");
	print_comment(out, "mem:   ", e->cell->mem->about);
	for (int i = 0; i < e->plan.npins; i++)
		print_comment(out, "pin:   ", e->pin_op[i].pin_kind->about);
	print_needs(out, e);
	fprintf(out,
		" *\n * Printed by pinfold emit-c. cc -Wall -Wextra FILE.c%s && ./a.out%s%s%s\n"
		" * Exits 0: every check held, 1: a law broke, 4: it can't tell here.\n */\n"
		"#define _GNU_SOURCE\n",
		strstr(main_text, "rdma_open(") ? " -libverbs" : "",
		strstr(main_text, "vfio_open(") ? " PCI-ADDRESS" : "",
		strstr(main_text, "rdma_open(") ? " RDMA-DEVICE" : "",
		strstr(main_text, "file_in(") ? " FOLDER" : "");
	free(steps);
}

static void print_data(FILE *out, const struct emit *e)
{
	char text[16], names[64] = "";
	size_t most = 0;

	for (int i = 0; i < e->plan.nprocs; i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), " %s,",
			 emit_process(i));
	fprintf(out, "enum {");
	for (int i = 0; i < e->nvalues; i++)
		fprintf(out, " %s,", value_identifier(e->value[i], text, sizeof(text)));
	fprintf(out, " VALUES }; /* who stored the byte, and which number of its own */\n");
	for (int i = 0; i < e->plan.nregions; i++) {
		size_t len = e->model.region[i].npages * BASE_PAGE;

		most = len > most ? len : most;
	}
	fprintf(out,
		"enum {%s MAIN }; /* processes */\n"
		"enum { UNIT = %zu, SIZE = %zu }; /* bytes of a page, of the largest region */\n"
		"enum { PINS = %d, LAST = %d }; /* number of pins, of steps */\n"
		"enum { READS, STORES }; /* what a device does */\n\n"
		"static struct {\n\tatomic_int done, verdict;\n\tpid_t pid[%d];\n"
		"} *all; /* shared by all processes */\n\n",
		names, e->cell->mem->unit, most, e->plan.npins, e->turn, e->plan.nprocs);
	for (int i = 0; i < e->plan.nregions; i++)
		fprintf(out, "static char *r%d; /* region %s */\n", i, e->plan.region[i].name);
	if (e->kind->file && e->cell->mem->prepare)
		fprintf(out, "static int fd[%d]; /* of the file behind region n */\n",
			e->plan.nregions);
	fprintf(out, "static const char *now = \"set-up\";\n"
		     "static int me = MAIN, mine; /* this process; its step that isn't over */\n"
		     "/* The addresses of region n. */\n#define AT(n, other) "
		     "((char *)0x100000000000 + ((n) * 2 + (other)) * 0x100000000)\n\n");
}

void emit_kind_text(FILE *out, const char *text, const struct emit *e, int r)
{
	size_t len = e->model.region[r].npages * BASE_PAGE;

	for (const char *p = text; *p; p++) {
		if (*p != '$')
			fputc(*p, out);
		else if (p[1] == '0' && p++)
			fprintf(out, "r%d", r);
		else if (p[1] == '1' && p++)
			fprintf(out, "%zu", len);
		else
			fprintf(out, "r%d, %zu", r, len);
	}
}

static void print_map(FILE *out, const struct emit *e)
{
	const struct emit_kind *k = e->kind;

	fprintf(out, "static char *map_region(int n, size_t len)\n{\n");
	if (k->map)
		fprintf(out, "\tchar *at = %s;\n\n", k->map);
	else
		fprintf(out,
			"\tchar *at = mmap(AT(n, 0), %s, PROT_READ | PROT_WRITE,\n"
			"\t\t\t%s | MAP_FIXED_NOREPLACE, %s, 0);\n\n",
			k->whole_thps ? "((len - 1) >> 21 << 21) + (2 << 20)" : "len", k->flags,
			!k->file	      ? "-1" :
			e->cell->mem->prepare ? "fd[n]" :
						k->file);
	fprintf(out, "\tneed(at != MAP_FAILED, \"mmap\");\n");
	if (k->advice)
		fprintf(out, "\tmadvise(at, %s, %s);\n",
			k->whole_thps ? "((len - 1) >> 21 << 21) + (2 << 20)" : "len", k->advice);
	if (k->bind)
		fprintf(out, "\t%s;\n", k->bind);
	fprintf(out, "\treturn at;\n}\n\n");
	if (strstr(e->body_text, "map_again("))
		fprintf(out,
			"static char *map_again(int n, size_t len)\n{\n"
			"\tchar *at = mmap(AT(n, 0), len, PROT_READ, %s | MAP_FIXED_NOREPLACE, "
			"fd[n], 0);\n\n\tcheck(at == MAP_FAILED);\n\treturn at;\n}\n\n",
			k->flags);
}

/* '#' is the number of the pin, '%' its bytes. */
static void print_call(FILE *out, const char *call, const struct op *pin)
{
	fputc('\t', out);
	for (; *call; call++)
		if (*call == '#')
			fprintf(out, "%d", pin->pin);
		else if (*call == '%')
			fprintf(out, "%zu", pin->len ? pin->len : op_bytes(pin));
		else
			fputc(*call, out);
	fprintf(out, ";\n");
}

/* What must not reach a process: values of address spaces that it has parted from. */
static void print_names(FILE *out, const struct emit *e)
{
	char text[16];

	fprintf(out, "static const unsigned foreign[MAIN + 1] = {");
	for (int p = 0; p < e->plan.nprocs; p++) {
		const struct op reader = { .by = ACTOR_PROCESS, .proc = p };
		const char *before = " [%s] = 1u << %s";

		for (int i = 0; i < e->nvalues; i++) {
			if (!judge_foreign(&e->plan, &reader, e->value[i]))
				continue;
			value_identifier(e->value[i], text, sizeof(text));
			if (*before == ' ' && before[1] == '[')
				fprintf(out, before, emit_process(p), text);
			else
				fprintf(out, " | 1u << %s", text);
			before = "";
		}
		if (!*before)
			fputc(',', out);
	}
	fprintf(out, " }; /* whose values must not be seen */\n"
		     "static const char *const name[VALUES] = {");
	for (int i = 0; i < e->nvalues; i++)
		fprintf(out, "%s \"%s\"", i ? "," : "",
			value_print(e->value[i], text, sizeof(text)));
	fprintf(out, " };\n");
}

static void print_files(FILE *out, const struct emit *e)
{
	char first[16];

	value_identifier(value_make(WRITER_FILE, VALUE_FILE_FIRST), first, sizeof(first));
	for (int i = 0; i < e->plan.nregions && e->kind->file && e->cell->mem->prepare; i++) {
		size_t len = e->model.region[i].npages * BASE_PAGE;

		fprintf(out,
			"\tmemset(img, %s, %zu);\n\tfd[%d] = %s;\n"
			"\tneed(pwrite(fd[%d], img, %zu, 0) == %zu, \"file\");\n",
			first, len, i, e->kind->file, i, len, len);
	}
}

/* All processes on one CPU: a page that another one touched sits in that one's LRU batch. */
static void print_main(FILE *out, const struct emit *e)
{
	char *text = NULL;
	size_t size;
	FILE *body = open_memstream(&text, &size);

	if (!body)
		return;
	if (e->kind->swap)
		fprintf(body, "\tneed_swap();\n");
	print_files(body, e);
	for (int i = 0; i < e->plan.npins; i++)
		if (e->pin_op[i].pin_kind->text->open)
			print_call(body, e->pin_op[i].pin_kind->text->open, &e->pin_op[i]);
	fprintf(body, "\tfork_child(P);\n");
	for (int i = 0; i < e->plan.npins; i++)
		if (e->pin_op[i].pin_kind->text->prepare) {
			fprintf(body, "\tif (me == P)\n\t");
			print_call(body, e->pin_op[i].pin_kind->text->prepare, &e->pin_op[i]);
		}
	fputs(e->body_text, body);
	fclose(body);
	fprintf(out,
		"int main(%s)\n{\n\tcpu_set_t cpu;\n\n"
		"\tsetvbuf(stdout, NULL, _IOLBF, 0);\n\tCPU_ZERO(&cpu);\n"
		"\tCPU_SET(sched_getcpu(), &cpu); /* one CPU: the LRU has a batch for each */\n"
		"\tsched_setaffinity(0, sizeof(cpu), &cpu);\n"
		"\tall = mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE, "
		"MAP_SHARED | MAP_ANONYMOUS, -1, 0);\n"
		"\tif (all == MAP_FAILED || prctl(PR_SET_CHILD_SUBREAPER, 1))\n\t\treturn 4;\n"
		"\tsignal(SIGSEGV, on_signal);\n\tsignal(SIGBUS, on_signal);\n%s"
		"\tstep(LAST + 1, me, \"end\"); /* all stay until the last look */\n"
		"\tif (me != MAIN)\n\t\treturn 0;\n\twhile (wait(NULL) > 0)\n\t\t;\n"
		"\tputs(\"PASS\");\n"
		"\treturn 0;\n}\n",
		strstr(text, "argv") ? "int argc, char **argv" : "void", text);
	free(text);
}

int emit_text(FILE *out, const struct emit *e)
{
	char *code = NULL;
	size_t size;
	FILE *f = open_memstream(&code, &size);
	struct parts *parts;

	if (!f)
		return -ENOMEM;
	print_map(f, e);
	print_main(f, e);
	fclose(f);
	parts = parts_for(code);
	if (parts) {
		print_head(out, e, code);
		parts_includes(parts, includes, out);
		fputc('\n', out);
		print_data(out, e);
		if (strstr(code, "expect("))
			print_names(out, e);
		fputc('\n', out);
		parts_print(parts, out);
		fputs(code, out);
	}
	free(code);
	parts_free(parts);
	return parts ? 0 : -ENOMEM;
}
