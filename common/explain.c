/* SPDX-License-Identifier: GPL-3.0-or-later */
/* explain - a diagnosis in words, as --explain and -vv print it */
#include "explain.h"

enum { LABEL_WIDTH = 8 }; /* of "cause:" and "remedy:" with their blanks */

static void
add_part(struct text *out, const char *label, const char *lines, size_t indent)
{
	text_add(out, "%*s%-*s", (int)indent, "", LABEL_WIDTH, label);
	text_add_folded(out, lines, indent + LABEL_WIDTH, indent + LABEL_WIDTH);
}

void
explain_remedy(enum diagnosis diagnosis, size_t indent, struct text *out)
{
	const struct diagnosis_entry *entry = diagnosis_entry(diagnosis);

	add_part(out, "cause:", entry->cause, indent);
	add_part(out, "remedy:", entry->remedy, indent);
}

void
explain_diagnosis(enum diagnosis diagnosis, struct text *out)
{
	const struct diagnosis_entry *entry = diagnosis_entry(diagnosis);

	text_add(out, "%s (%s): %s\n", entry->code,
	    entry->state == STATE_OK ? "note" : state_name(entry->state),
	    entry->title);
	explain_remedy(diagnosis, 2, out);
}
