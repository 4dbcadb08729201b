/* SPDX-License-Identifier: GPL-2.0-only */
/* What a record stores of the host, so that unlike runs are never compared. */
#ifndef RESULTS_ENVIRONMENT_H
#define RESULTS_ENVIRONMENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

enum { RECORD_FORMAT = 1 };

/* The environment line as an object; absent facts are left out. NULL without memory. */
json_t *environment_collect(const char *command);

/* Any text as a JSON string: bytes that are not UTF-8 become '?'. */
json_t *json_text(const char *text);

/*
 * Of a kernel configuration the options that matter here, as { "KSM": "y", ... }, "n"
 * for "is not set", and a hash of the whole. False when f is no configuration.
 */
bool kernel_config_read(FILE *f, json_t *config, char *hash, size_t size);
/* "config", "config_hash", "config_source" of the running kernel, when it can be had. */
void environment_put_config(json_t *o);

/* 16 hexadecimal digits. */
void hash_text(const char *text, char *buf, size_t size);

/* "2026-11-21T14:34:44Z" */
void utc_now(char *buf, size_t size);

/*
 * A short name for a kernel: "6.1.158" for release "6.1.0-41-amd64" of version
 * "... Debian 6.1.158-1 ...", else the release without distribution suffixes.
 */
void kernel_label(const char *release, const char *version, char *buf, size_t size);

#endif
