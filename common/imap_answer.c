/* SPDX-License-Identifier: GPL-3.0-or-later */
/* imap_answer - what an IMAP server says without a tag (RFC 9051 7) */
#include <string.h>

#include "text.h"
#include "imap_answer.h"

/*
 * Finds the next "* KEYWORD ..." of the answer, `rest` being what follows;
 * begins at *at, and moves it.
 */
static bool
next_response(const char **at, const char *keyword, struct cursor *rest)
{
	while (**at != '\0') {
		size_t length = strcspn(*at, "\r\n");
		struct cursor line = {*at, *at + length}, word;
		bool untagged =
		    cursor_skip(&line, '*') && cursor_skip(&line, ' ');

		*at += length + strspn(*at + length, "\r\n");
		if (untagged && cursor_word(&line, &word)
		    && cursor_equals(&word, keyword)) {
			*rest = line;
			return true;
		}
	}
	return false;
}

bool
imap_answer_has_capability(const char *answer, const char *name)
{
	struct cursor rest, word;

	while (next_response(&answer, "CAPABILITY", &rest))
		for (cursor_skip_blanks(&rest); cursor_word(&rest, &word);
		     cursor_skip_blanks(&rest))
			if (cursor_equals(&word, name))
				return true;
	return false;
}

bool
imap_answer_newest(const char *answer, uint32_t *newest)
{
	struct cursor rest;

	*newest = 0;
	while (next_response(&answer, "SEARCH", &rest)) {
		unsigned long long uid;

		cursor_skip_blanks(&rest);
		while (cursor_number(&rest, UINT32_MAX, &uid)) {
			if (uid > *newest)
				*newest = (uint32_t)uid;
			if (uid == 0
			    || (!cursor_skip(&rest, ' ')
				&& !cursor_at_end(&rest)))
				return false;
			cursor_skip_blanks(&rest);
		}
		if (!cursor_at_end(&rest))
			return false;
	}
	return true;
}
