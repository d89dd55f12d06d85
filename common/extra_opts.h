/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * extra_opts - options from an ini file, by the rules of monitoring-plugins
 *
 *	--extra-opts[=[SECTION][@FILE]]
 *
 * SECTION is the program's name by default. FILE is by default what
 * MP_CONFIG_FILE names, else the first monitoring-plugins.ini, plugins.ini or
 * nagios-plugins.ini in the folders of NAGIOS_CONFIG_PATH, else the first of
 * the usual places. Each line "option=value" is "--option=value" on the command
 * line ("l=value" is "-l value", "option" or "option=" a flag), put in place of
 * --extra-opts, so that what comes behind it has the last word. Lines that
 * begin with # or ; are comments; in a value both are as good as any other
 * character.
 *
 * What is in the file is in nobody's process list: passwords belong there. No
 * message about a wrong line repeats its value.
 */
#ifndef EXTRA_OPTS_H
#define EXTRA_OPTS_H

#include <stdbool.h>

#include "text.h"
#include "option.h"

#define EXTRA_OPTS "extra-opts"
#define EXTRA_OPTS_HELP                                                        \
	"options from an ini file, lines of option=value, put in here: given " \
	"twice, the last value counts, but a second domain is refused; "       \
	"repeatable (default: the section named like this program, in "        \
	"monitoring-plugins.ini, plugins.ini or nagios-plugins.ini in "        \
	"$NAGIOS_CONFIG_PATH, /etc/monitoring-plugins, /etc/nagios or /etc)"

/*
 * Replaces each --extra-opts among the arguments by what it brings. False with
 * `why` naming file and line, or section, at the first thing wrong: a file that
 * is missing, no plain one, larger than 1 MiB or no text, a section without
 * options, an option that the tables do not have. The new list of arguments is
 * the caller's to free(), the words in it never are: options point into them.
 */
bool extra_opts_expand(struct arguments *arguments,
    const struct option_row *const *tables, const char *program,
    struct text *why);

#endif
