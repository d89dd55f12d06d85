/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * perfdata - metrics as monitoring engines read them
 *
 * " label=value[unit];warning;critical;min" with a blank before each item and
 * nothing at its end that is empty. Labels hold [a-z0-9_.-] only, numbers no
 * exponent: what engines were seen to mangle is never printed.
 */
#ifndef PERFDATA_H
#define PERFDATA_H

#include "text.h"
#include "result.h"
#include "target.h"

void perfdata_add(
    struct text *out, const char *prefix, const struct metric *metric);

/* All metrics of one server, behind "mx1.example.com_v4_" and the like. */
void perfdata_add_server(
    struct text *out, const struct target *target, const struct result *result);

#endif
