/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_mailbox - addresses as MAIL and RCPT want them */
#include "mailbox.h"

#include "unit.h"

#define L64 "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz01"
#define L63 "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0"

static const struct mailbox_case {
	const char *sentence;
	const char *string;
	const char *mailbox; /* NULL: refused */
} mailbox_cases[] = {
    {"A mailbox stays.", "user@example.com", "user@example.com"},
    {"Its domain is in lower case, its user is not.", "User@Example.COM",
	"User@example.com"},
    {"Tags and dots are allowed.", "first.last+tag@example.com",
	"first.last+tag@example.com"},
    {"An internationalised domain becomes A-labels.",
	"user@m\303\274nchen.example", "user@xn--mnchen-3ya.example"},
    {"A user of 64 octets is allowed.", L64 "@example.com", L64 "@example.com"},
    {"A user of 65 octets is refused.", L64 "x@example.com", NULL},
    {"More than 254 octets are refused.", L64 "@" L63 "." L63 "." L63, NULL},
    {"A domain alone is refused.", "example.com", NULL},
    {"No user is refused.", "@example.com", NULL},
    {"No domain is refused.", "user@", NULL},
    {"Brackets are refused.", "<user@example.com>", NULL},
    {"A blank is refused.", "us er@example.com", NULL},
    {"A newline is refused.", "user@example.com\nDATA", NULL},
    {"A carriage return in the user is refused.", "user\r\nDATA@example.com",
	NULL},
    {"Two at signs are refused.", "a@b@example.com", NULL},
    {"Quotes are refused.", "\"user\"@example.com", NULL},
    {"A user in UTF-8 is allowed.", "us\303\274r@example.com",
	"us\303\274r@example.com"},
    {"A user in Latin-1 is refused.", "us\374r@example.com", NULL},
    {"Bidirectional controls in the user are refused.",
	"us\342\200\256r@example.com", NULL},
    {"A dot at the beginning is refused.", ".user@example.com", NULL},
    {"A dot before the at sign is refused.", "user.@example.com", NULL},
    {"Nothing is refused.", "", NULL},
};

static void
parses_mailbox(void **state)
{
	const struct mailbox_case *row = *state;
	char mailbox[MAILBOX_SIZE];
	struct text why;

	text_init(&why, 200);
	assert_int_equal(
	    mailbox_parse(row->string, mailbox, &why), row->mailbox != NULL);
	assert_int_equal(why.length == 0, row->mailbox != NULL);
	if (row->mailbox != NULL)
		assert_string_equal(mailbox, row->mailbox);
	text_release(&why);
}

static void
knows_ascii(void **state)
{
	(void)state;
	assert_true(mailbox_is_ascii("user@example.com"));
	assert_true(mailbox_is_ascii(""));
	assert_false(mailbox_is_ascii("us\303\274r@example.com"));
}

int
main(void)
{
	UNIT_TABLE(mailbox_cases, parses_mailbox);
	unit_add("What is beyond ASCII wants SMTPUTF8.", knows_ascii);
	return unit_run("mailbox");
}
