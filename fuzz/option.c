/* SPDX-License-Identifier: GPL-3.0-or-later */
/* option - a command line, a word a line, by the options that all share */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "form.h"
#include "settings.h"
#include "when.h"
#include "fuzz.h"

enum { WORDS_MAX = 20 };

static void
parse_values(const char *string)
{
	bool wanted[FORMS_MAX] = {false};
	char shown[WHEN_TEXT_SIZE];
	struct text why;
	int64_t when;

	text_init(&why, 400);
	if (when_parse(string, &when, &why)) {
		when_print(when, shown);
		fuzz_require_printable(shown);
	}
	form_parse(string, wanted, &why);
	fuzz_require_printable(why.data);
	text_release(&why);
}

/* Some words are as if from a file: what they say is not repeated. */
static const char *
origin(const char *word)
{
	return strchr(word, '#') != NULL ? "FILE line 3" : NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const struct option_row *const own[] = {NULL};
	static const struct settings_groups groups = {.dialogue = true,
	    .certificates = true,
	    .rehearses = true,
	    .dnssec = true};
	const struct option_row *tables[SETTINGS_TABLES];
	char name[] = "fuzz", *words[WORDS_MAX + 2] = {name};
	char *string = fuzz_string(bytes, size);
	size_t count = fuzz_lines(string, words + 1, WORDS_MAX);
	struct arguments arguments = {
	    .count = (int)count + 1, .word = words, .origin = origin};
	struct option_list operands = {.count = 0};
	struct text why;

	parse_values(words[1]);
	optind = 0; /* glibc: start afresh */
	settings_tables(own, &groups, tables);
	text_init(&why, 400);
	if (!option_parse(tables, &arguments, &operands, &why))
		fuzz_require(why.length > 0);
	fuzz_require_printable(why.data);
	text_release(&why);
	free(string);
	return 0;
}
