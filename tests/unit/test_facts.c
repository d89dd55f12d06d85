/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_facts - extensions among the lines of EHLO */
#include "facts.h"
#include "unit.h"

static const struct ehlo ehlo = {
    .count = 6,
    .extension = {"PIPELINING", "SIZE 10485760", "starttls", "AUTH LOGIN PLAIN",
	"XSTARTTLS", "AUTH=LOGIN"},
};

static const struct offer_case {
	const char *sentence;
	const char *keyword;
	const char *parameters; /* NULL: not offered */
} offer_cases[] = {
    {"A keyword alone is offered without parameters.", "PIPELINING", ""},
    {"A keyword's parameters follow it.", "SIZE", "10485760"},
    {"All parameters follow it.", "AUTH", "LOGIN PLAIN"},
    {"Letter case does not matter.", "STARTTLS", ""},
    {"A part of a keyword is none.", "PIPE", NULL},
    {"The end of a keyword is none.", "TTLS", NULL},
    {"A parameter is no keyword.", "PLAIN", NULL},
    {"A keyword that is missing is not offered.", "SMTPUTF8", NULL},
    {"Nothing is not offered.", "", NULL},
};

static void
offers(void **state)
{
	const struct offer_case *row = *state;
	const char *parameters = ehlo_offers(&ehlo, row->keyword);

	assert_int_equal(parameters != NULL, row->parameters != NULL);
	if (row->parameters != NULL)
		assert_string_equal(parameters, row->parameters);
}

static void
has_line(void **state)
{
	(void)state;
	assert_true(ehlo_has_line(&ehlo, "size 10485760"));
	assert_false(ehlo_has_line(&ehlo, "SIZE"));
	assert_false(ehlo_has_line(&ehlo, "SIZE 1048576"));
}

int
main(void)
{
	UNIT_TABLE(offer_cases, offers);
	unit_add("A line is found whole, letter case aside.", has_line);
	return unit_run("facts");
}
