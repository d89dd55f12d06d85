/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_facts - extensions among the lines of EHLO, and facts put aside */
#include <string.h>

#include "judging.h"
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

/* A further connection begins with nothing but whom it is to. */
static void
begins_aside(void **state)
{
	static const struct facts untouched;
	struct facts *facts = &judging_start()->facts;
	struct facts *aside;

	(void)state;
	facts->step = STEP_RELAY;
	facts->failure.kind = FAILURE_TLS;
	facts->banner.came = facts->starttls.asked = true;
	facts->relay.count = 1;
	aside = facts_begin_aside(facts);
	assert_non_null(aside);
	assert_true(aside->when == facts->when && facts->when != 0);
	assert_ptr_equal(aside->target, facts->target);
	aside->when = 0;
	aside->target = NULL;
	memset(&aside->transcript, 0, sizeof(aside->transcript));
	assert_memory_equal(aside, &untouched, sizeof(untouched));
	facts_end_aside(facts, aside);
	assert_int_equal(facts->step, STEP_RELAY);
	assert_int_equal(facts->failure.kind, FAILURE_TLS);
	assert_int_equal(facts->relay.count, 1);
}

/* It may have grown, to another place in memory. */
static void
carries_on_the_transcript(void **state)
{
	struct facts *facts = &judging_start()->facts;
	struct facts *aside;

	(void)state;
	text_init(&facts->transcript, 10000);
	text_add(&facts->transcript, "first, ");
	aside = facts_begin_aside(facts);
	assert_non_null(aside);
	text_add(&aside->transcript, "%05000d", 0);
	facts_end_aside(facts, aside);
	text_add(&facts->transcript, ", last");
	assert_int_equal(facts->transcript.length, 7 + 5000 + 6);
	assert_memory_equal(facts->transcript.data, "first, 000", 10);
	assert_string_equal(facts->transcript.data + 7 + 5000 - 3, "000, last");
	text_release(&facts->transcript);
}

static void
carries_on_no_transcript(void **state)
{
	struct facts *facts = &judging_start()->facts;
	struct facts *aside;

	(void)state;
	text_init(&facts->transcript, 0);
	aside = facts_begin_aside(facts);
	assert_non_null(aside);
	assert_int_equal(aside->transcript.max, 0);
	facts_end_aside(facts, aside);
	assert_int_equal(facts->transcript.max, 0);
	assert_string_equal(facts->transcript.data, "");
}

int
main(void)
{
	UNIT_TABLE(offer_cases, offers);
	unit_add("A line is found whole, letter case aside.", has_line);
	unit_add("Facts of a further connection begin anew.", begins_aside);
	unit_add("One transcript tells of all connections.",
	    carries_on_the_transcript);
	unit_add(
	    "Where none is wanted there is none.", carries_on_no_transcript);
	return unit_run("facts");
}
