/* SPDX-License-Identifier: GPL-3.0-or-later */
/* enhanced - what an enhanced status code means (RFC 3463, its registry) */
#include "explain.h"
#include "enhanced.h"

enum { NUMBER_MAX = 999 };

static const struct {
	const char *name;
	const char *meaning;
} classes[] = {
    [2] = {"success", "2: it was done."},
    [4] = {"temporary failure",
	"4: not now. Senders queue the mail and try again, for days."},
    [5] = {"permanent failure",
	"5: not at all. Senders bounce the mail at once."},
};

/* RFC 3463 2: class "." subject "." detail. */
struct code {
	unsigned status;
	unsigned subject;
	unsigned detail;
};

static const struct entry {
	unsigned subject;
	unsigned detail;
	const char *title;
	const char *cause;
	const char *remedy;
} entries[] = {
#define ENHANCED(subject, detail, title, cause, remedy)                        \
	{subject, detail, title, cause, remedy},
#include "enhanced.def"
#undef ENHANCED
};

enum { ENTRIES = sizeof(entries) / sizeof(entries[0]) };

/* No leading zeros: 5.7.01 is not 5.7.1. */
static bool
parse_number(struct cursor *cursor, unsigned *number)
{
	const char *start = cursor->at;
	unsigned long long value;

	if (!cursor_number(cursor, NUMBER_MAX, &value)
	    || (*start == '0' && cursor->at - start > 1))
		return false;
	*number = (unsigned)value;
	return true;
}

static bool
parse(const char *string, struct code *code)
{
	struct cursor cursor = cursor_of(string);

	return parse_number(&cursor, &code->status)
	    && (code->status == 2 || code->status == 4 || code->status == 5)
	    && cursor_skip(&cursor, '.')
	    && parse_number(&cursor, &code->subject)
	    && cursor_skip(&cursor, '.') && parse_number(&cursor, &code->detail)
	    && cursor_at_end(&cursor);
}

static const struct entry *
find(unsigned subject, unsigned detail)
{
	for (int i = 0; i < ENTRIES; i++)
		if (entries[i].subject == subject
		    && entries[i].detail == detail)
			return &entries[i];
	return NULL;
}

/* Where nobody registered the detail, its subject still says something. */
static const struct entry *
find_best(const struct code *code)
{
	const struct entry *entry = find(code->subject, code->detail);

	return entry != NULL ? entry : find(code->subject, 0);
}

bool
enhanced_valid(const char *string)
{
	struct code code;

	return parse(string, &code);
}

const char *
enhanced_title(const char *string)
{
	struct code code;
	const struct entry *entry =
	    parse(string, &code) ? find_best(&code) : NULL;

	return entry != NULL ? entry->title : NULL;
}

void
enhanced_explain(const char *string, struct text *out)
{
	const struct entry *entry;
	struct code code;

	if (!parse(string, &code))
		return;
	entry = find_best(&code);
	if (entry == NULL)
		entry = find(0, 0);
	text_add(out, "%s (%s): %s\n", string, classes[code.status].name,
	    entry->title);
	explain_part(
	    "class:", classes[code.status].meaning, 2, TEXT_WIDTH, out);
	if (entry->subject != code.subject || entry->detail != code.detail)
		explain_part("note:",
		    "This code is not in the registry: the server's own, or a "
		    "new one. What follows is true of all codes like it.",
		    2, TEXT_WIDTH, out);
	explain_part("cause:", entry->cause, 2, TEXT_WIDTH, out);
	explain_part("remedy:", entry->remedy, 2, TEXT_WIDTH, out);
}
