/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_message - a test message as written, taken over, and on the wire */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "message.h"
#include "unit.h"

/* 2026-01-15T12:00:00Z */
static const int64_t MOMENT = 1768478400;

enum {
	ROOM = 1 << 20,
	LINE_MAX_OCTETS = 998, /* RFC 5322 2.1.1 */
};

static const char *const nobody[] = {NULL};
static const char *const friend[] = {"friend@example.com", NULL};

static struct message_params
make_params(void)
{
	struct message_params params = {.from = "check_mx@mon.example",
	    .to = friend,
	    .subject = "a test",
	    .headers = nobody,
	    .token = "0123456789abcdef0123456789abcdef",
	    .host = "mon.example",
	    .server = "mx.example",
	    .date = MOMENT};

	return params;
}

static struct text
write_message(const struct message_params *params)
{
	struct text out;

	text_init(&out, ROOM);
	message_write(params, &out);
	assert_false(out.cut);
	return out;
}

/* Where the value of the nth header of a name begins, NULL if there is none. */
static const char *
find_header(const struct text *message, const char *name, unsigned nth)
{
	const char *end = strstr(message->data, "\r\n\r\n");
	size_t length = strlen(name);

	assert_non_null(end);
	for (const char *at = message->data; at < end;) {
		if (strncasecmp(at, name, length) == 0 && at[length] == ':'
		    && nth-- == 0)
			return at + length + 1;
		at = strstr(at, "\r\n") + 2;
	}
	return NULL;
}

static void
assert_header(const struct text *message, const char *name, const char *value)
{
	const char *found = find_header(message, name, 0);
	char line[1024];

	assert_non_null(found);
	while (*found == ' ')
		found++;
	text_print(
	    line, sizeof(line), "%.*s", (int)strcspn(found, "\r"), found);
	assert_string_equal(line, value);
	assert_null(find_header(message, name, 1));
}

static void
tokens_are_random(void **state)
{
	char one[MESSAGE_TOKEN_SIZE], two[MESSAGE_TOKEN_SIZE];

	(void)state;
	assert_true(message_make_token(one));
	assert_true(message_make_token(two));
	assert_int_equal(strlen(one), 32);
	assert_int_equal(strspn(one, "0123456789abcdef"), 32);
	assert_string_not_equal(one, two);
}

static void
has_all_headers(void **state)
{
	struct message_params params = make_params();
	struct text message = write_message(&params);
	const char *date = find_header(&message, "Date", 0);

	(void)state;
	assert_non_null(date);
	assert_contains(date, "Thu, 15 Jan 2026 12:00:00 ");
	assert_null(find_header(&message, "Date", 1));
	assert_header(&message, "Subject", "a test");
	assert_header(&message, MESSAGE_TOKEN_HEADER, params.token);
	assert_header(&message, "Auto-Submitted", "auto-generated");
	assert_contains(
	    find_header(&message, "From", 0), "check_mx@mon.example");
	assert_contains(find_header(&message, "To", 0), "friend@example.com");
	assert_contains(find_header(&message, "Message-ID", 0), "<");
	assert_contains(
	    find_header(&message, "Message-ID", 0), "@mon.example>\r\n");
	assert_true(strlen(strstr(message.data, "\r\n\r\n")) > 6);
	text_release(&message);
}

static void
message_ids_differ(void **state)
{
	struct message_params params = make_params();
	struct text one = write_message(&params), two;

	(void)state;
	params.token = "fedcba9876543210fedcba9876543210";
	two = write_message(&params);
	assert_int_not_equal(strncmp(find_header(&one, "Message-ID", 0),
				 find_header(&two, "Message-ID", 0), 40),
	    0);
	text_release(&one);
	text_release(&two);
}

/* From: is an author's mailbox (RFC 5322 3.6.2), whoever gets the bounces. */
static void
null_sender_has_an_author(void **state)
{
	struct message_params params = make_params();
	struct text message;
	const char *author;

	(void)state;
	params.from = "";
	message = write_message(&params);
	author = find_header(&message, "From", 0);
	assert_non_null(author);
	assert_non_null(memchr(author, '@', strcspn(author, "\r")));
	text_release(&message);
}

/* RFC 5322 3.4.1: an address there has a domain. */
static void
postmaster_has_a_domain(void **state)
{
	static const char *const to[] = {
	    "postmaster", "kate@example.com", NULL};
	struct message_params params = make_params();
	struct text message;
	const char *value;

	(void)state;
	params.to = to;
	message = write_message(&params);
	value = find_header(&message, "To", 0);
	assert_non_null(value);
	assert_contains(value, "postmaster@mx.example");
	assert_contains(value, "kate@example.com>");
	text_release(&message);
}

static void
assert_lines_in_form(const struct text *message)
{
	for (const char *at = message->data; *at != '\0';) {
		size_t length = strcspn(at, "\r\n");

		assert_true(length <= LINE_MAX_OCTETS);
		assert_int_equal(strncmp(at + length, "\r\n", 2), 0);
		at += length + 2;
	}
}

static void
names_all_recipients(void **state)
{
	static char address[32][251];
	const char *to[33] = {NULL};
	struct message_params params = make_params();
	struct text message;
	const char *value;

	(void)state;
	for (size_t i = 0; i < 32; i++) {
		memset(address[i], 'a' + (int)(i % 26), 64);
		text_print(address[i] + 64, sizeof(address[i]) - 64,
		    "@%zu.%0175d.example", i, 0);
		to[i] = address[i];
	}
	params.to = to;
	message = write_message(&params);
	assert_lines_in_form(&message);
	value = find_header(&message, "To", 0);
	assert_non_null(value);
	for (size_t i = 0; i < 32; i++)
		assert_contains(value, address[i]);
	text_release(&message);
}

static const struct subject_case {
	const char *sentence;
	const char *subject;
	const char *shown; /* NULL: in encoded words */
} subject_cases[] = {
    {"An ASCII subject stays as it is.", "hello, world", "hello, world"},
    {"A German subject is encoded.", "Grüße aus Köln", NULL},
    {"A Japanese subject is encoded.", "監視テスト", NULL},
    {"Four-byte characters are encoded.", "check \xf0\x9f\x93\xac", NULL},
    {"A long subject is encoded in several words.",
	"äöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöü",
	NULL},
};

/* RFC 2047 2: a word has at most 75 characters, each of its lines 76. */
static void
assert_encoded(const struct text *message)
{
	const char *line = strstr(message->data, "\r\nSubject: =?UTF-8?");
	const char *word;

	assert_non_null(line);
	for (line += 2;
	     (word = strstr(line, "=?")) != NULL && word < strstr(line, "\r\n");
	     line = strstr(line, "\r\n") + 2) {
		assert_true(strcspn(word, " \r") <= 75);
		assert_true(strcspn(line, "\r") <= 76);
	}
}

static void
encodes_subject(void **state)
{
	const struct subject_case *row = *state;
	struct message_params params = make_params();
	struct text message;

	params.subject = row->subject;
	message = write_message(&params);
	assert_false(message_is_8bit(&message));
	assert_lines_in_form(&message);
	if (row->shown != NULL)
		assert_header(&message, "Subject", row->shown);
	else
		assert_encoded(&message);
	text_release(&message);
}

static const struct own_case {
	const char *sentence;
	const char *header;
	const char *name;
	const char *value;
} own_cases[] = {
    {"A header of one's own is added.", "X-Probe: 7", "X-Probe", "7"},
    {"An own Subject replaces ours.", "Subject: mine", "Subject", "mine"},
    {"Letter case aside.", "SUBJECT: mine", "Subject", "mine"},
    {"An own From replaces ours.", "From: me@x.example", "From",
	"me@x.example"},
    {"An own To replaces ours.", "To: list@x.example", "To", "list@x.example"},
    {"An own Date replaces ours.", "Date: Thu, 1 Jan 2026 00:00:00 +0000",
	"Date", "Thu, 1 Jan 2026 00:00:00 +0000"},
    {"An own Message-ID replaces ours.", "Message-ID: <1@x.example>",
	"Message-ID", "<1@x.example>"},
    {"An own Auto-Submitted replaces ours.", "Auto-Submitted: no",
	"Auto-Submitted", "no"},
};

static void
takes_own_header(void **state)
{
	const struct own_case *row = *state;
	const char *const headers[] = {row->header, NULL};
	struct message_params params = make_params();
	struct text message;

	params.headers = headers;
	message = write_message(&params);
	assert_header(&message, row->name, row->value);
	assert_header(&message, MESSAGE_TOKEN_HEADER, params.token);
	text_release(&message);
}

static void
a_longer_name_replaces_nothing(void **state)
{
	const char *const headers[] = {
	    "Subject-Matter: x", "Dates: y", "X-To: z", NULL};
	struct message_params params = make_params();
	struct text message;

	(void)state;
	params.headers = headers;
	message = write_message(&params);
	assert_header(&message, "Subject", "a test");
	assert_header(&message, "Subject-Matter", "x");
	assert_non_null(find_header(&message, "Date", 0));
	assert_non_null(find_header(&message, "To", 0));
	text_release(&message);
}

#define BYTES(string) (string), sizeof(string) - 1

static const struct take_case {
	const char *sentence;
	const char *bytes;
	size_t length;
	const char *taken; /* NULL: refused */
} take_cases[] = {
    {"LF becomes CRLF.", BYTES("A: b\n\nc\n"), "A: b\r\n\r\nc\r\n"},
    {"CRLF stays.", BYTES("A: b\r\n\r\nc\r\n"), "A: b\r\n\r\nc\r\n"},
    {"Both may be mixed.", BYTES("A: b\r\n\nc\n\r\n"), "A: b\r\n\r\nc\r\n\r\n"},
    {"Dots, blanks and tabs stay.", BYTES("A: b\n\n.\n..\n \t \n"),
	"A: b\r\n\r\n.\r\n..\r\n \t \r\n"},
    {"Bytes above 127 stay.", BYTES("A: b\n\n\xff\xc3\xa4\n"),
	"A: b\r\n\r\n\xff\xc3\xa4\r\n"},
    {"A folded header stays.", BYTES("A: b\n c\n\nx\n"),
	"A: b\r\n c\r\n\r\nx\r\n"},
    {"A header may be empty.", BYTES("A:\n\nb\n"), "A:\r\n\r\nb\r\n"},
    {"NUL is refused.", BYTES("A: b\n\nc\0d\n"), NULL},
    {"NUL at the end is refused.", BYTES("A: b\n\nc\n\0"), NULL},
    {"A bare CR is refused.", BYTES("A: b\n\nc\rd\n"), NULL},
    {"CR CR LF is refused.", BYTES("A: b\n\nc\r\r\n"), NULL},
    {"A bare CR at the end is refused.", BYTES("A: b\n\nc\r"), NULL},
    {"An empty message is refused.", BYTES(""), NULL},
    {"A body alone is refused.", BYTES("\nhello\n"), NULL},
    {"A text without a header is refused.", BYTES("hello world\n"), NULL},
    {"A header without a name is refused.", BYTES(": b\n\nc\n"), NULL},
    {"A name with a blank is refused.", BYTES("A b: c\n\nx\n"), NULL},
    {"A continuation line alone is refused.", BYTES(" A: b\n\nc\n"), NULL},
    {"The From line of an mbox is refused.",
	BYTES("From a@b.example Thu Jan  1 00:00:00 2026\nA: b\n\nc\n"), NULL},
    {"A colon on the next line makes no header.", BYTES("A\n: b\n"), NULL},
};

static void
takes(void **state)
{
	const struct take_case *row = *state;
	struct text out, why;
	/* A copy that ends where it ends: reading on is seen by ASan. */
	char *bytes = malloc(row->length + 1);
	bool taken;

	assert_non_null(bytes);
	memcpy(bytes, row->bytes, row->length);
	text_init(&out, ROOM);
	text_init(&why, 200);
	taken = message_take(bytes, row->length, &out, &why);
	assert_int_equal(taken, row->taken != NULL);
	if (taken)
		assert_string_equal(out.data, row->taken);
	else
		assert_true(why.length > 0);
	text_release(&out);
	text_release(&why);
	free(bytes);
}

static void
completes_the_last_line(void **state)
{
	struct text out, why, sent;

	(void)state;
	text_init(&out, ROOM);
	text_init(&why, 200);
	text_init(&sent, ROOM);
	assert_true(message_take(BYTES("A: b\n\nc"), &out, &why));
	message_stuff(&out, &sent);
	assert_string_equal(sent.data, "A: b\r\n\r\nc\r\n.\r\n");
	text_release(&out);
	text_release(&why);
	text_release(&sent);
}

static void
marks_at_the_top(void **state)
{
	struct text message;

	(void)state;
	text_init(&message, ROOM);
	text_add(&message, "A: b\r\n\r\nc\r\n");
	message_mark(&message, "f00d");
	assert_string_equal(
	    message.data, MESSAGE_TOKEN_HEADER ": f00d\r\nA: b\r\n\r\nc\r\n");
	assert_int_equal(message.length, strlen(message.data));
	text_release(&message);
}

static const struct header_case {
	const char *sentence;
	const char *header;
	bool valid;
} header_cases[] = {
    {"A name and a value are a header.", "X-Probe: seven", true},
    {"A blank behind the colon is custom.", "X-Probe:seven", true},
    {"A value may hold colons.", "X-Probe: a: b", true},
    {"A value may be UTF-8.", "X-Probe: Grüße", true},
    {"A value may hold a tab.", "X-Probe: a\tb", true},
    {"CRLF is refused.", "X-Probe: a\r\nBcc: you@x.example", false},
    {"LF is refused.", "X-Probe: a\nBcc: you@x.example", false},
    {"CR is refused.", "X-Probe: a\rBcc: you@x.example", false},
    {"CRLF at the end is refused.", "X-Probe: a\r\n", false},
    {"An own fold is refused.", "X-Probe: a\r\n b", false},
    {"LF in the name is refused.", "X-\nProbe: a", false},
    {"A name alone is refused.", "X-Probe", false},
    {"A value alone is refused.", ": a", false},
    {"A name with a blank is refused.", "X Probe: a", false},
    {"A name before a blank is refused.", "X-Probe : a", false},
    {"A leading blank is refused.", " X-Probe: a", false},
    {"A name in UTF-8 is refused.", "X-Größe: a", false},
    {"A name with a control byte is refused.", "X-\x01: a", false},
    {"Nothing is refused.", "", false},
};

static void
validates_header(void **state)
{
	const struct header_case *row = *state;

	assert_int_equal(message_header_valid(row->header), row->valid);
}

static const struct need_case {
	const char *sentence;
	const char *message;
	bool body;
	bool headers;
} need_cases[] = {
    {"ASCII needs nothing.", "A: b\r\n\r\nc\r\n", false, false},
    {"An 8-bit body needs 8BITMIME alone.", "A: b\r\n\r\n\xc3\xa4\r\n", true,
	false},
    {"8-bit headers need SMTPUTF8.", "A: \xc3\xa4\r\n\r\nc\r\n", true, true},
    {"A header's first byte counts.", "\xc3\xa4: b\r\n\r\nc\r\n", true, true},
    {"Headers end at the first empty line.", "A: b\r\n\r\n\r\n\xc3\xa4\r\n",
	true, false},
    {"Headers without a body count.", "A: \xc3\xa4\r\n", true, true},
    {"A folded header is one.", "A: b\r\n \xc3\xa4\r\n\r\nc\r\n", true, true},
    {"DEL is ASCII.", "A: b\r\n\r\n\x7f\r\n", false, false},
};

static void
knows_its_needs(void **state)
{
	const struct need_case *row = *state;
	struct text message;

	text_init(&message, ROOM);
	text_add(&message, "%s", row->message);
	assert_int_equal(message_is_8bit(&message), row->body);
	assert_int_equal(message_has_8bit_headers(&message), row->headers);
	text_release(&message);
}

static const struct stuff_case {
	const char *sentence;
	const char *message;
	const char *sent;
} stuff_cases[] = {
    {"A message ends with a dot.", "a\r\n", "a\r\n.\r\n"},
    {"A dot alone is doubled.", "a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n.\r\n"},
    {"A leading dot is doubled.", "a\r\n.b\r\n", "a\r\n..b\r\n.\r\n"},
    {"Two leading dots become three.", "a\r\n..\r\n", "a\r\n...\r\n.\r\n"},
    {"The first line counts.", ".a\r\n", "..a\r\n.\r\n"},
    {"Dots within a line stay.", "a.b.\r\nc .\r\n", "a.b.\r\nc .\r\n.\r\n"},
    {"Each of several lines counts.", ".\r\n.\r\n.\r\n",
	"..\r\n..\r\n..\r\n.\r\n"},
    {"Empty lines stay.", "a\r\n\r\n\r\n", "a\r\n\r\n\r\n.\r\n"},
    {"An empty message is a dot.", "", ".\r\n"},
};

static void
stuffs(void **state)
{
	const struct stuff_case *row = *state;
	struct text message, sent;

	text_init(&message, ROOM);
	text_init(&sent, ROOM);
	text_add(&message, "%s", row->message);
	message_stuff(&message, &sent);
	assert_string_equal(sent.data, row->sent);
	assert_int_equal(sent.length, strlen(row->sent));
	text_release(&message);
	text_release(&sent);
}

int
main(void)
{
	unit_add("A token is 128 random bits in hex.", tokens_are_random);
	unit_add("A message has all its headers, and a body.", has_all_headers);
	unit_add("Two messages have two Message-IDs.", message_ids_differ);
	unit_add("A message from the null sender has an author.",
	    null_sender_has_an_author);
	unit_add("A postmaster without a domain has the server's in To.",
	    postmaster_has_a_domain);
	unit_add("32 long recipients are all in To, in lines that are allowed.",
	    names_all_recipients);
	UNIT_TABLE(subject_cases, encodes_subject);
	UNIT_TABLE(own_cases, takes_own_header);
	unit_add("A header whose name begins like one of ours replaces none.",
	    a_longer_name_replaces_nothing);
	UNIT_TABLE(take_cases, takes);
	unit_add("A last line without an end is completed.",
	    completes_the_last_line);
	unit_add("The token goes to the top.", marks_at_the_top);
	UNIT_TABLE(header_cases, validates_header);
	UNIT_TABLE(need_cases, knows_its_needs);
	UNIT_TABLE(stuff_cases, stuffs);
	return unit_run("message");
}
