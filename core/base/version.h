/* SPDX-License-Identifier: GPL-2.0-only */
/* What was built; generated at each build by scripts/version.cmake. */
#ifndef CORE_BASE_VERSION_H
#define CORE_BASE_VERSION_H

extern const char pinfold_version[]; /* "0.1.0" */
extern const char pinfold_commit[];  /* "38acb91c0f12", with "-dirty"; "unknown" without git */

#endif
