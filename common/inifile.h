/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inifile - the lines of one section of an ini file
 *
 *	[section]
 *	name = value
 *	name
 *
 * Lines that begin with # or ; are comments; within a value both are as good
 * as any other character. Blanks around names and values don't count. A section
 * that is there twice goes on, and a name may be repeated.
 */
#ifndef INIFILE_H
#define INIFILE_H

#include <stdbool.h>

#include "text.h"

/*
 * Takes a line, its number counted from 1; `value` is NULL where there is no
 * "=". False with `why` filled in ends the reading.
 */
typedef bool inifile_take(void *user, unsigned line, const char *name,
    const char *value, struct text *why);

/*
 * Gives each line of the section to `take`. False with `why` filled in, "FILE
 * line 3: reason" without any value in it, where `take` says so; for a file
 * that can't be read, is no plain one, larger than 1 MiB or no text; for a line
 * of any section that is too long or malformed; and for a section without
 * lines.
 */
bool inifile_read(const char *file, const char *section, inifile_take *take,
    void *user, struct text *why);

/* "FILE line 3", printable; line 0: "FILE". */
void inifile_add_place(const char *file, unsigned line, struct text *out);

#endif
