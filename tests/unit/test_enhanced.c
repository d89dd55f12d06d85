/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_enhanced - enhanced status codes, and what each one means */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "enhanced.h"
#include "unit.h"

enum { EXPLANATION_MAX = 4096 };

/* The registry: how many details each subject has. */
static const unsigned details[] = {1, 11, 5, 7, 8, 7, 11, 31};

static const struct code_case {
	const char *sentence;
	const char *code;
	bool valid;
} code_cases[] = {
    {"5.7.1 is a code.", "5.7.1", true},
    {"2.1.5 is a code.", "2.1.5", true},
    {"4.7.12 is a code.", "4.7.12", true},
    {"Three digits are a detail.", "5.7.139", true},
    {"A subject that nobody registered makes a code.", "5.8.1", true},
    {"0.0 is subject and detail.", "5.0.0", true},
    {"Class 3 is none.", "3.1.1", false},
    {"Class 9 is none.", "9.1.1", false},
    {"Class 55 is none.", "55.1.1", false},
    {"Two numbers are no code.", "5.7", false},
    {"Four numbers are no code.", "5.7.1.1", false},
    {"Nothing is no code.", "", false},
    {"A missing detail is no code.", "5.7.", false},
    {"A missing subject is no code.", "5..1", false},
    {"A leading zero is no number.", "5.7.01", false},
    {"Four digits are no detail.", "5.7.1000", false},
    {"A code ends behind its detail.", "5.7.1 ", false},
    {"A code begins with its class.", " 5.7.1", false},
    {"A reply is no code.", "550 5.7.1", false},
    {"Letters are no numbers.", "5.x.1", false},
    {"A sign is no digit.", "5.-7.1", false},
};

static void
is_valid(void **state)
{
	const struct code_case *row = *state;
	struct text out;

	assert_int_equal(enhanced_valid(row->code), row->valid);
	text_init(&out, EXPLANATION_MAX);
	enhanced_explain(row->code, &out);
	assert_int_equal(out.length > 0, row->valid);
	if (!row->valid)
		assert_null(enhanced_title(row->code));
	text_release(&out);
}

static const struct title_case {
	const char *sentence;
	const char *code;
	const char *title; /* NULL: none */
} title_cases[] = {
    {"5.1.1 is about the mailbox.", "5.1.1", "bad destination mailbox address"},
    {"The class changes no title.", "4.1.1", "bad destination mailbox address"},
    {"1.10 is not 1.1.", "5.1.10", "recipient address has null MX"},
    {"5.7.8 is about the password.", "5.7.8",
	"authentication credentials invalid"},
    {"5.7.26 is about SPF and DKIM.", "5.7.26",
	"multiple authentication checks failed"},
    {"4.7.12 is about passwords.", "4.7.12", "a password transition is needed"},
    {"Of an unknown detail the subject is told.", "5.7.139",
	"other or undefined security status"},
    {"An unknown subject has no title.", "5.8.1", NULL},
};

static void
has_title(void **state)
{
	const struct title_case *row = *state;
	const char *title = enhanced_title(row->code);

	if (row->title == NULL)
		assert_null(title);
	else
		assert_string_equal(title, row->title);
}

static const struct explanation_case {
	const char *sentence;
	const char *code;
	const char *part[4];
} explanation_cases[] = {
    {"An explanation begins with code, class and title.", "5.7.1",
	{"5.7.1 (permanent failure): delivery not authorized", "\n  class:  5",
	    "\n  cause:  ", "\n  remedy: "}},
    {"Class 4 is told apart.", "4.7.1",
	{"4.7.1 (temporary failure): ", "try again", "greylisting"}},
    {"So is class 2.", "2.1.5", {"2.1.5 (success): ", "it was done"}},
    {"An unknown detail is said to be one.", "5.1.99",
	{"5.1.99 (permanent failure): other address status",
	    "not in the registry", "address"}},
    {"So is an unknown subject.", "5.9.1",
	{"5.9.1 (permanent failure): ", "not in the registry", "remedy: "}},
};

static void
is_explained(void **state)
{
	const struct explanation_case *row = *state;
	struct text out;

	text_init(&out, EXPLANATION_MAX);
	enhanced_explain(row->code, &out);
	for (size_t i = 0; i < 4 && row->part[i] != NULL; i++)
		assert_contains(out.data, row->part[i]);
	text_release(&out);
}

static void
is_printed_safely(const struct text *text)
{
	size_t column = 0;

	assert_false(text->cut);
	for (const char *c = text->data; *c != '\0'; c++) {
		assert_true(
		    *c == '\n' || (isprint((unsigned char)*c) && *c != '|'));
		column = *c == '\n' ? 0 : column + 1;
		assert_true(column <= TEXT_WIDTH);
	}
}

static void
assert_registered(unsigned subject, unsigned detail, bool registered)
{
	char code[sizeof("5.999.999")];
	struct text out;

	snprintf(code, sizeof(code), "5.%u.%u", subject, detail);
	text_init(&out, EXPLANATION_MAX);
	enhanced_explain(code, &out);
	is_printed_safely(&out);
	assert_int_equal(
	    strstr(out.data, "not in the registry") == NULL, registered);
	text_release(&out);
}

static void
knows_the_registry(void **state)
{
	(void)state;
	for (unsigned subject = 0; subject < 10; subject++)
		for (unsigned detail = 0; detail < 40; detail++)
			assert_registered(subject, detail,
			    subject < UNIT_COUNT(details)
				&& detail < details[subject]);
}

int
main(void)
{
	UNIT_TABLE(code_cases, is_valid);
	UNIT_TABLE(title_cases, has_title);
	UNIT_TABLE(explanation_cases, is_explained);
	unit_add("All codes of the registry are explained, safe to print and "
		 "within a terminal's width, and no others.",
	    knows_the_registry);
	return unit_run("enhanced");
}
