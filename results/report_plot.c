// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/embedded.h"
#include "core/base/util.h"
#include "results/page.h"
#include "results/report_internal.h"
#include "results/run_internal.h"

static const char *script_of(const char *kind)
{
	char name[64];

	snprintf(name, sizeof(name), "scripts/report.d/%s.gp", kind);
	for (const struct embedded_file *f = embedded_plots; f->name; f++)
		if (!strcmp(f->name, name))
			return f->text;
	return "";
}

int plots_begin(struct report *r, const char *dir)
{
	char path[4096];
	int err;

	snprintf(r->dir, sizeof(r->dir), "%s/plots", dir);
	err = make_dirs(r->dir);
	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/plots.gp", r->dir);
	r->script = fopen(path, "we");
	return r->script ? 0 : -errno;
}

FILE *plot_begin(struct report *r, const char *kind, const char *name, const char *settings)
{
	struct plot *p = &r->plot[r->plots];
	char path[4200];
	FILE *f;

	if (r->plots == PLOTS_MAX)
		return NULL;
	snprintf(p->name, sizeof(p->name), "%s", name);
	p->caption[0] = '\0';
	p->drawn = false;
	snprintf(path, sizeof(path), "%s/%s.svg", r->dir, p->name);
	unlink(path);
	snprintf(path, sizeof(path), "%s/%s.dat", r->dir, p->name);
	f = fopen(path, "we");
	if (!f)
		return NULL;
	fprintf(r->script, "reset\ndata = '%s.dat'\nout = '%s.svg'\n%s\n%s%sunset output\n\n",
		p->name, p->name, settings, script_of("style"), script_of(kind));
	r->plots++;
	return f;
}

void plot_caption(struct report *r, const char *format, ...)
{
	struct plot *p = &r->plot[r->plots - 1];
	va_list ap;

	va_start(ap, format);
	vsnprintf(p->caption, sizeof(p->caption), format, ap);
	va_end(ap);
}

/* Whether it was there and drew everything. */
static int run_gnuplot(const char *dir)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		int out = chdir(dir) ? -1 : open("gnuplot.log", O_WRONLY | O_CREAT | O_TRUNC, 0666);

		if (out < 0)
			_exit(126);
		dup2(out, STDOUT_FILENO);
		dup2(out, STDERR_FILENO);
		execlp("gnuplot", "gnuplot", "plots.gp", (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 126;
	return WEXITSTATUS(status);
}

void plots_draw(struct report *r)
{
	int status = 0;

	fclose(r->script);
	if (r->plots)
		status = run_gnuplot(r->dir);
	if (status == 127)
		snprintf(r->remark, sizeof(r->remark),
			 "no plots: gnuplot is not installed (Debian: gnuplot-nox)");
	else if (status)
		snprintf(r->remark, sizeof(r->remark),
			 "plots are missing: gnuplot ended with %d, see gnuplot.log in the folder "
			 "plots",
			 status);
	for (size_t i = 0; i < r->plots; i++) {
		char path[4200];

		snprintf(path, sizeof(path), "%s/%s.svg", r->dir, r->plot[i].name);
		r->plot[i].drawn = !status && !access(path, R_OK);
	}
}

/* The file without its head; names of one drawing must not be those of another. */
static void put_svg(const struct report *r, const struct plot *p, FILE *out)
{
	static const char *const names[] = { "id=\"", "id='", "href='#", "href=\"#", "url(#" };
	char path[4200], *line = NULL;
	size_t room = 0;
	bool begun = false;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.svg", r->dir, p->name);
	f = fopen(path, "re");
	while (f && getline(&line, &room, f) > 0) {
		begun |= strstr(line, "<svg") != NULL;
		for (const char *c = line; begun && *c;) {
			size_t n = 0;

			for (size_t i = 0; i < ARRAY_SIZE(names) && !n; i++)
				if (!strncmp(c, names[i], strlen(names[i])))
					n = strlen(names[i]);
			if (n)
				fprintf(out, "%.*s%s-", (int)n, c, p->name);
			else
				fputc(*c, out);
			c += n ? n : 1;
		}
	}
	free(line);
	if (f)
		fclose(f);
}

bool page_plots(const struct report *r, const char *prefix, const char *class, FILE *out)
{
	bool any = false;

	for (size_t i = 0; i < r->plots; i++) {
		const struct plot *p = &r->plot[i];

		if (strncmp(p->name, prefix, strlen(prefix)) != 0)
			continue;
		if (!any)
			fprintf(out, "<div class=%s>\n", class);
		any = true;
		fputs("<figure>", out);
		if (p->drawn)
			put_svg(r, p, out);
		fprintf(out, "<figcaption><b>Figure %zu.</b> ", i + 1);
		page_text(out, p->caption);
		if (!p->drawn) {
			fputs(" (", out);
			page_text(out, r->remark[0] ? r->remark : "gnuplot did not draw it");
			fprintf(out, "; data: plots/%s.dat)", p->name);
		}
		fputs("</figcaption></figure>\n", out);
	}
	if (any)
		fputs("</div>\n", out);
	return any;
}
