/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_imap_answer - capabilities and UIDs, and what is neither */
#include "imap_answer.h"
#include "unit.h"

static const struct capability_case {
	const char *sentence;
	const char *answer;
	bool there;
} capability_cases[] = {
    {"A capability is found.", "* CAPABILITY IMAP4rev1 UIDPLUS\r\n", true},
    {"Letter case is no matter.", "* capability uidplus\r\n", true},
    {"LF alone will do.", "* CAPABILITY UIDPLUS\n", true},
    {"It may come on a later line.",
	"* OK hello\r\n* CAPABILITY A\r\n* CAPABILITY B UIDPLUS\r\n", true},
    {"A longer word is another.", "* CAPABILITY UIDPLUS2\r\n", false},
    {"A shorter word is another.", "* CAPABILITY UIDPLU\r\n", false},
    {"Another response lists none.", "* OK UIDPLUS\r\n", false},
    {"A line with a tag lists none.", "A1 CAPABILITY UIDPLUS\r\n", false},
    {"Nothing lists none.", "", false},
};

static const struct search_case {
	const char *sentence;
	const char *answer;
	bool valid;
	uint32_t newest;
} search_cases[] = {
    {"A UID is read.", "* SEARCH 7\r\n", true, 7},
    {"The newest of several is the largest.", "* SEARCH 3 9 7\r\n", true, 9},
    {"The lists of several lines are one.", "* SEARCH 3\r\n* SEARCH 2\r\n",
	true, 3},
    {"No UID is 0.", "* SEARCH\r\n", true, 0},
    {"A blank at the end is none.", "* SEARCH 7 \r\n", true, 7},
    {"No line is no UID.", "* 3 EXISTS\r\n", true, 0},
    {"Nothing is no UID.", "", true, 0},
    {"Other lines are passed over.", "* 3 EXISTS\r\n* SEARCH 7\r\n* OK 9\r\n",
	true, 7},
    {"The largest number is one.", "* SEARCH 4294967295\r\n", true, UINT32_MAX},
    {"A larger one is none.", "* SEARCH 4294967296\r\n", false, 0},
    {"A far larger one is none.", "* SEARCH 99999999999999999999\r\n", false,
	0},
    {"0 is none.", "* SEARCH 0\r\n", false, 0},
    {"A negative one is none.", "* SEARCH -1\r\n", false, 0},
    {"A range is none.", "* SEARCH 1:9\r\n", false, 0},
    {"A star is none.", "* SEARCH *\r\n", false, 0},
    {"A word behind it makes it none.", "* SEARCH 7 x\r\n", false, 0},
    {"A letter behind it makes it none.", "* SEARCH 7x\r\n", false, 0},
};

static void
finds_capability(void **state)
{
	const struct capability_case *row = *state;

	assert_int_equal(
	    imap_answer_has_capability(row->answer, "UIDPLUS"), row->there);
}

static void
reads_search(void **state)
{
	const struct search_case *row = *state;
	uint32_t newest;

	assert_int_equal(imap_answer_newest(row->answer, &newest), row->valid);
	if (row->valid)
		assert_int_equal(newest, row->newest);
}

int
main(void)
{
	UNIT_TABLE(capability_cases, finds_capability);
	UNIT_TABLE(search_cases, reads_search);
	return unit_run("imap_answer");
}
