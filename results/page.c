// SPDX-License-Identifier: GPL-2.0-only
#include "results/page.h"

#include <string.h>

/* Okabe and Ito's colours; every state has a symbol too. */
static const char style[] =
	":root{--ink:#1c2430;--soft:#5b6675;--line:#d9dee5;--wash:#f5f7f9;--fail:#b23c00;"
	"--fail-bg:#fdeee4;--broken:#8a2f6b;--broken-bg:#f9eaf3;--pass:#00598c;"
	"--open:#7a5a00;--open-bg:#fdf6dd}"
	"*{box-sizing:border-box}"
	"body{font:15px/1.5 system-ui,'Liberation Sans',sans-serif;color:var(--ink);"
	"max-width:76rem;margin:2rem auto;padding:0 1.5rem;background:#fff}"
	"h1{font-size:1.7rem;margin:0}h2{font-size:1.2rem;margin:2.6rem 0 .7rem;"
	"padding-top:.7rem;border-top:2px solid var(--ink);break-after:avoid}"
	"h3{font-size:1rem;margin:1.8rem 0 .2rem;break-after:avoid}"
	"p{margin:.3rem 0}.soft{color:var(--soft)}"
	"code,.mono{font-family:ui-monospace,'DejaVu Sans Mono',monospace;font-size:.86em}"
	".wide{overflow-x:auto}table{border-collapse:collapse;margin:.6rem 0}"
	"th,td{text-align:left;vertical-align:top;padding:.3rem .9rem .3rem .5rem;"
	"border-bottom:1px solid var(--line)}"
	"thead th{border-bottom:1px solid var(--ink);white-space:nowrap}"
	"tbody th{font-weight:400}.runs tbody th{white-space:nowrap}"
	".runs td{overflow-wrap:anywhere;min-width:8rem}tr{break-inside:avoid}"
	".grid td,.costs td{white-space:nowrap;font-variant-numeric:tabular-nums}"
	".costs td.num,.costs th.num{text-align:right}"
	".costs tbody th{overflow-wrap:anywhere;min-width:14rem}"
	".fail{color:var(--fail);background:var(--fail-bg);font-weight:600}"
	".known{color:var(--fail)}"
	".broken{color:var(--broken);background:var(--broken-bg);font-weight:600}"
	".pass,.good{color:var(--pass)}.skip,.none{color:var(--soft)}"
	".unreached{color:var(--open);background:var(--open-bg)}"
	".rest{font-weight:400;font-size:.85em;color:var(--soft);margin-left:.5em}"
	".head{border:1px solid var(--line);border-left:8px solid var(--pass);padding:.7rem 1.1rem;"
	"margin:1rem 0;background:var(--wash);overflow-wrap:anywhere}"
	".head.red{border-left-color:var(--fail);background:var(--fail-bg)}"
	".head.open{border-left-color:var(--open);background:var(--open-bg)}"
	".head .first{font-size:1.25rem;font-weight:600}.red .first{color:var(--fail)}"
	".head ul{margin:.3rem 0 0;padding-left:1.2rem}"
	"nav a{color:var(--pass);margin-right:1.1rem}@media print{nav{display:none}}"
	".card{border:1px solid var(--line);border-left:4px solid var(--fail);"
	"border-radius:3px;margin:.8rem 0;padding:.6rem 1rem;break-inside:avoid}"
	".card.broken-card{border-left-color:var(--broken)}"
	".card.known-card{border-left:4px dashed var(--fail)}"
	".card.open-card{border-left-color:var(--open)}"
	".card h4{margin:0 0 .3rem;font-size:1rem}"
	"dl{display:grid;grid-template-columns:minmax(6rem,max-content) 1fr;"
	"column-gap:1rem;margin:.5rem 0;row-gap:.1rem}"
	"dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}"
	"dl+dl{border-top:1px dashed var(--line);padding-top:.5rem}"
	".cell{display:inline-block;background:var(--wash);border-radius:3px;"
	"padding:0 .4rem;margin:0 .3rem .2rem 0}"
	"figure{margin:1rem 0 1.6rem;break-inside:avoid}figure svg{width:100%;height:auto}"
	"figcaption{color:var(--soft);font-size:.87rem;overflow-wrap:anywhere}"
	"figcaption b{color:var(--ink)}"
	".plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,30rem),1fr));"
	"column-gap:2rem}.one figure{max-width:52rem}"
	"@media print{body{margin:0;max-width:none;font-size:10pt;padding:0}"
	".plots{grid-template-columns:1fr 1fr;column-gap:1rem}"
	"table{font-size:8pt}th,td{padding:.15rem .4rem .15rem .2rem}"
	".costs tbody th{min-width:9rem}.wide{overflow:visible}*{print-color-adjust:exact}}"
	"@media (max-width:40rem){body{margin:1rem auto;padding:0 .8rem;font-size:14px}"
	"th,td{padding:.25rem .5rem .25rem .3rem}.costs tbody th{min-width:10rem}}";

void page_text(FILE *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '&')
			fputs("&amp;", out);
		else if (*s == '<')
			fputs("&lt;", out);
		else if (*s == '>')
			fputs("&gt;", out);
		else if (*s == '"')
			fputs("&quot;", out);
		else
			fputc(*s, out);
	}
}

void page_tagged(FILE *out, const char *tag, const char *s)
{
	fprintf(out, "<%s>", tag);
	page_text(out, s);
	fprintf(out, "</%.*s>", (int)strcspn(tag, " "), tag);
}

void page_begin(FILE *out, const char *title)
{
	fprintf(out,
		"<!doctype html>\n<html lang=en><meta charset=utf-8>"
		"<meta name=viewport content='width=device-width'><title>%s</title>"
		"<style>%s</style>\n<h1>%s</h1>\n",
		title, style, title);
}
