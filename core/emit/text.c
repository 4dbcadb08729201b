// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/emit/emit.h"
#include "core/emit/parts.h"
#include "core/mem/mem.h"
#include "core/verb/list.h"

const char *emit_process(int proc)
{
	static const char *const name[PROCS_MAX] = { "P", "C", "C2", "C3", "C4", "C5" };

	return name[proc];
}

static size_t largest_region(const struct emit *e)
{
	size_t most = 0;

	for (int i = 0; i < e->plan.nregions; i++) {
		size_t len = e->model.region[i].npages * BASE_PAGE;

		most = len > most ? len : most;
	}
	return most;
}

/* Those constants that the program has. */
static void print_constants(FILE *out, const struct emit *e, const char *code)
{
	const struct {
		const char *name;
		size_t value;
	} constants[] = {
		{ "UNIT", e->cell->mem->unit },
		{ "SIZE", largest_region(e) },
		{ "READS", 0 },
		{ "STORES", 1 },
	};
	const char *before = "enum {";

	for (size_t i = 0; i < ARRAY_SIZE(constants); i++) {
		if (!parts_mention(code, constants[i].name))
			continue;
		fprintf(out, "%s %s = %zu", before, constants[i].name, constants[i].value);
		before = ",";
	}
	if (*before == ',')
		fprintf(out, " };\n");
}

/* Values: who stored the byte, and which number of its own. */
static void print_values(FILE *out, const struct emit *e, const char *code)
{
	char text[16];

	fprintf(out, "enum {");
	for (int i = 0; i < e->nvalues; i++)
		fprintf(out, "%s %s", i ? "," : "",
			value_identifier(e->value[i], text, sizeof(text)));
	fprintf(out, " }; /* what a byte holds: the store of a step */\n");
	if (!parts_mention(code, "name")) {
		fprintf(out, "static const char *now = \"set-up\";\n");
		return;
	}
	fprintf(out, "static const char *now = \"set-up\", *const name[256] = {");
	for (int i = 0; i < e->nvalues; i++)
		fprintf(out, "%s \"%s\"", i ? "," : "",
			value_identifier(e->value[i], text, sizeof(text)));
	fprintf(out, " };\n");
}

static void print_data(FILE *out, const struct emit *e, const char *code)
{
	print_values(out, e, code);
	if (!e->solo) {
		fprintf(out, "static enum {");
		for (int i = 0; i < e->plan.nprocs; i++)
			fprintf(out, " %s,", emit_process(i));
		fprintf(out, " MAIN } me = MAIN; /* this process */\n"
			     "static volatile int *turn, steps; /* turn, shared: steps that are "
			     "over, or minus an exit code */\n");
	}
	print_constants(out, e, code);
	fprintf(out, "static char ");
	for (int i = 0; i < e->plan.nregions; i++)
		fprintf(out, "%s*r%d", i ? ", " : "", i);
	if (parts_mention(code, "img"))
		fprintf(out, ", img[%zu] __attribute__((aligned(4096)))", largest_region(e));
	fprintf(out, ";%s\n", parts_mention(code, "img") ? " /* img: what a device has */" : "");
	if (e->kind->file && e->cell->mem->prepare)
		fprintf(out, "static int fd[%d]; /* of the file behind region n */\n",
			e->plan.nregions);
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

/* The words at, n and len of a kind's text. */
static void print_words(FILE *out, const char *text, int r, size_t len)
{
	for (const char *p = text, *end; *p; p = end) {
		for (end = p; isalnum((unsigned char)*end) || *end == '_';)
			end++;
		if (end - p == 1 && *p == 'n')
			fprintf(out, "%d", r);
		else if (end - p == 2 && !strncmp(p, "at", 2))
			fprintf(out, "r%d", r);
		else if (end - p == 3 && !strncmp(p, "len", 3))
			fprintf(out, "%zu", len);
		else
			fprintf(out, "%.*s", (int)(end > p ? end - p : 1), p);
		end += end == p;
	}
}

/* Nothing asks for an address, or may find another mapping at one that was left. */
static bool anywhere(const struct emit *e)
{
	static const struct verb *const leaves[] = { &verb_unmap, &verb_remap, &verb_remap_keep,
						     &verb_resize, &verb_uffd_move };

	for (int i = 0; i < e->plan.nops; i++)
		for (size_t k = 0; k < ARRAY_SIZE(leaves); k++)
			if (e->plan.op[i].verb == leaves[k])
				return false;
	return e->plan.nregions == 1 && e->cell->mem->unit == BASE_PAGE && !e->kind->whole_thps;
}

void emit_map(FILE *out, const struct emit *e, int r, bool fails)
{
	size_t len = e->model.region[r].npages * BASE_PAGE;
	static const char *const offset[REGIONS_MAX] = { "", " | 2ul << 32", " | 4ul << 32" };
	const struct emit_kind *k = e->kind;

	if (k->whole_thps)
		len = (len + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
	fprintf(out, "\tr%d = ", r);
	if (k->map) {
		print_words(out, k->map, r, len);
	} else {
		if (anywhere(e))
			fprintf(out, "mmap(NULL, %zu, PROT_READ | PROT_WRITE, %s, ", len, k->flags);
		else
			fprintf(out,
				"mmap((void *)(1ul << 44%s), %zu, PROT_READ | PROT_WRITE,\n"
				"\t\t  %s | MAP_FIXED_NOREPLACE, ",
				offset[r], len, k->flags);
		if (k->file && e->cell->mem->prepare)
			fprintf(out, "fd[%d]", r);
		else
			print_words(out, k->file ? k->file : "-1", r, len);
		fprintf(out, ", 0)");
	}
	fprintf(out,
		fails ? ";\n\tcheck(r%d == MAP_FAILED);\n" :
			";\n\tneed(r%d != MAP_FAILED, \"mmap\");\n",
		r);
	if (k->advice && !fails)
		fprintf(out, "\tmadvise(r%d, %zu, %s);\n", r, len, k->advice);
	if (k->bind && !fails) {
		fputc('\t', out);
		print_words(out, k->bind, r, len);
		fprintf(out, ";\n");
	}
}

static void print_map_again(FILE *out, const struct emit *e)
{
	fprintf(out,
		"static int map_again(char **region, int n, size_t len)\n{\n"
		"\t*region = mmap(AT(n, 0), len, PROT_READ, %s | MAP_FIXED_NOREPLACE, fd[n], 0);\n"
		"\treturn *region == MAP_FAILED;\n}\n\n",
		e->kind->flags);
}

/* '#' is the number of the pin, '%' its bytes. */
void emit_call(FILE *out, const char *call, const struct op *pin)
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

/* What is made once, before the mechanisms of several pins. */
static void print_opens(FILE *out, const struct emit *e)
{
	for (int i = 0; i < e->plan.npins; i++) {
		const char *call = e->pin_op[i].pin_kind->text->open;
		bool done = false;

		for (int k = 0; k < i && call; k++)
			done |= e->pin_op[k].pin_kind->text->open == call && !strchr(call, '#');
		if (call && !done)
			emit_call(out, call, &e->pin_op[i]);
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
	if (!e->solo)
		fprintf(body, "\tturn = mmap(NULL, 4096, PROT_READ | PROT_WRITE, "
			      "MAP_SHARED | MAP_ANONYMOUS, -1, 0);\n");
	if (!e->solo)
		fprintf(body, "\tsignal(SIGSEGV, on_signal), signal(SIGBUS, on_signal);\n");
	if (e->subreaper)
		fprintf(body, "\tprctl(PR_SET_CHILD_SUBREAPER, 1);\n");
	print_files(body, e);
	print_opens(body, e);
	if (!e->solo)
		fprintf(body, "\tfork_child(P);\n");
	fputs(e->body_text, body);
	fclose(body);
	fprintf(out,
		"int main(%s)\n{\n"
		"\tsched_setaffinity(0, 8, (void *)&(long){ 1 }); "
		"/* one CPU: one LRU batch */\n%s%s"
		"}\n",
		strstr(text, "argc") ? "int argc, char **argv" :
		strstr(text, "argv") ? "int argc __attribute__((unused)), char **argv" :
				       "void",
		text,
		e->solo ? "\tstep(\"PASS\");\n" :
			  "\tstep(me, me == MAIN ? \"PASS\" : \"end\"); "
			  "/* all stay until the last look */\n");
	free(text);
}

static char *main_text(const struct emit *e)
{
	char *code = NULL;
	size_t size;
	FILE *f = open_memstream(&code, &size);

	if (!f)
		return NULL;
	if (strstr(e->body_text, "map_again("))
		print_map_again(f, e);
	print_main(f, e);
	fclose(f);
	return code;
}

/* main(), with what it calls once in place. */
static int print_code(FILE *out, struct parts *parts, const char *code)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return -ENOMEM;
	parts_put_in_place(parts, code, f);
	fclose(f);
	parts_print(parts, out);
	fputs(text, out);
	free(text);
	return 0;
}

/* [PINS] becomes their number. */
static void print_sized(FILE *out, const char *text, int pins)
{
	static const char size[] = "[PINS]";

	for (const char *at; (at = strstr(text, size)); text = at + strlen(size))
		fprintf(out, "%.*s[%d]", (int)(at - text), text, pins);
	fputs(text, out);
}

int emit_text(FILE *out, const struct emit *e)
{
	char *code = main_text(e), *all = NULL;
	struct parts *parts = code ? parts_for(code) : NULL;
	size_t size;
	FILE *f = parts ? open_memstream(&all, &size) : NULL;
	int err = f ? print_code(f, parts, code) : -ENOMEM;

	if (f)
		fclose(f);
	if (!err) {
		emit_head(out, e, code);
		emit_includes(out, parts, all);
		print_data(out, e, all);
		fputc('\n', out);
		print_sized(out, all, e->plan.npins);
	}
	free(all);
	free(code);
	parts_free(parts);
	return err;
}
