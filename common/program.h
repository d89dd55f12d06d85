/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * program - the life of a plugin's process: options, a check or many, output
 *
 * Memory that threads may still use when time is up is never freed: the
 * process ends with _exit().
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include "plugin.h"

/*
 * Carries out `plugin` with the command line and returns the exit code: 0 OK,
 * 1 WARNING, 2 CRITICAL, 3 UNKNOWN, help and usage errors. One status line is
 * printed whatever happens, within the timeout and one second; of many domains
 * (see survey) a line each, for as long as that takes.
 */
int program_main(const struct plugin *plugin, int argc, char **argv);

#endif
