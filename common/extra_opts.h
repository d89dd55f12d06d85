/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * extra_opts - options from an ini file, by the rules of monitoring-plugins
 *
 *	--extra-opts[=[SECTION][@FILE]]
 *
 * SECTION is the program's name by default; FILE is the first of the usual
 * ones that is there (see EXTRA_OPTS_HELP in the .c). Each line "option=value"
 * is "--option=value" on the command line (a letter is "-l value"), put in
 * place of --extra-opts, so that what comes behind it has the last word. What
 * is in the file is in nobody's process list: passwords belong there.
 */
#ifndef EXTRA_OPTS_H
#define EXTRA_OPTS_H

#include <stdbool.h>

#include "text.h"

/* An argument vector of our own, NULL last. */
struct arguments {
	int count;
	char **value;
};

/*
 * argv with each --extra-opts replaced by what it brings. False with `why`
 * naming file and line, or section, at the first thing wrong. What it holds
 * is never freed: options point into it.
 */
bool extra_opts_expand(struct arguments *arguments, const char *program,
    int argc, char **argv, struct text *why);

#endif
