/* SPDX-License-Identifier: GPL-3.0-or-later */
/* explain - a diagnosis in words, for --explain, -vv and the report */
#include "explain.h"

enum { LABEL_WIDTH = 8 }; /* of "cause:" and "remedy:" with their blanks */

void
explain_part(const char *label, const char *lines, size_t indent, size_t width,
    struct text *out)
{
	size_t column = indent + LABEL_WIDTH;

	text_add(out, "%*s%-*s", (int)indent, "", LABEL_WIDTH, label);
	text_add_folded(out, lines, column, column, width);
}

void
explain_remedy(
    enum diagnosis diagnosis, size_t indent, size_t width, struct text *out)
{
	const struct diagnosis_entry *entry = diagnosis_entry(diagnosis);

	explain_part("cause:", entry->cause, indent, width, out);
	explain_part("remedy:", entry->remedy, indent, width, out);
}

void
explain_diagnosis(enum diagnosis diagnosis, struct text *out)
{
	const struct diagnosis_entry *entry = diagnosis_entry(diagnosis);

	text_add(out, "%s (%s): %s\n", entry->code,
	    entry->state == STATE_OK ? "note" : state_name(entry->state),
	    entry->title);
	explain_remedy(diagnosis, 2, TEXT_WIDTH, out);
	if (entry->tlsrpt != NULL)
		text_add(out, "  %-*s%s (RFC 8460)\n", LABEL_WIDTH,
		    "report:", entry->tlsrpt);
	if (entry->penalty >= FULL_SCORE)
		text_add(out, "  %-*s0 in check_mx, whatever else is well\n",
		    LABEL_WIDTH, "score:");
	else if (entry->penalty > 0)
		text_add(out, "  %-*s%d points less in check_mx\n", LABEL_WIDTH,
		    "score:", entry->penalty);
}
