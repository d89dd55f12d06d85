/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_reply - SMTP replies, line by line */
#include <stdio.h>
#include <string.h>

#include "reply.h"
#include "unit.h"

static enum reply_status
say(struct reply *reply, const char *line)
{
	return reply_line(reply, line, strlen(line));
}

static const struct line_case {
	const char *sentence;
	const char *line;
	enum reply_status status;
	int code;
	const char *text;
} line_cases[] = {
    {"A code with text is a whole reply.", "220 mx.example.com ESMTP",
	REPLY_DONE, 220, "mx.example.com ESMTP"},
    {"A bare code is a whole reply.", "220", REPLY_DONE, 220, ""},
    {"A code and a blank are a whole reply.", "250 ", REPLY_DONE, 250, ""},
    {"A hyphen makes the reply go on.", "250-mx.example.com", REPLY_MORE, 250,
	"mx.example.com"},
    {"A hyphen without text makes it go on too.", "250-", REPLY_MORE, 250, ""},
    {"The lowest code is 200.", "200 ok", REPLY_DONE, 200, "ok"},
    {"The highest code is 599.", "599 no", REPLY_DONE, 599, "no"},
    {"A code below 200 is malformed.", "199 x", REPLY_MALFORMED, 0, "199 x"},
    {"A code above 599 is malformed.", "600 x", REPLY_MALFORMED, 0, "600 x"},
    {"Four digits are malformed.", "2200 x", REPLY_MALFORMED, 0, "2200 x"},
    {"Two digits are malformed.", "22", REPLY_MALFORMED, 0, "22"},
    {"An empty line is malformed.", "", REPLY_MALFORMED, 0, ""},
    {"A blank in front is malformed.", " 220 x", REPLY_MALFORMED, 0, " 220 x"},
    {"HTTP is malformed.", "HTTP/1.1 400 Bad Request", REPLY_MALFORMED, 0,
	"HTTP/1.1 400 Bad Request"},
    {"SSH is malformed.", "SSH-2.0-OpenSSH_9.2", REPLY_MALFORMED, 0,
	"SSH-2.0-OpenSSH_9.2"},
    {"A letter behind the code is malformed.", "220x", REPLY_MALFORMED, 0,
	"220x"},
    {"An underscore behind the code is malformed.", "250_x", REPLY_MALFORMED, 0,
	"250_x"},
    {"Control bytes in the text are replaced.", "250 a\033[2Jb\007", REPLY_DONE,
	250, "a?[2Jb?"},
    {"A lone carriage return is replaced.", "250 a\rb", REPLY_DONE, 250, "a?b"},
    {"A number in the text is no code.", "554 not 220", REPLY_DONE, 554,
	"not 220"},
};

static void
reads_line(void **state)
{
	const struct line_case *row = *state;
	struct reply reply;

	reply_init(&reply);
	assert_int_equal(say(&reply, row->line), row->status);
	assert_string_equal(reply.text, row->text);
	if (row->status != REPLY_MALFORMED)
		assert_int_equal(reply.code, row->code);
}

static void
takes_nul(void **state)
{
	static const char line[] = "250 a\0b";
	struct reply reply;

	(void)state;
	reply_init(&reply);
	assert_int_equal(
	    reply_line(&reply, line, sizeof(line) - 1), REPLY_DONE);
	assert_string_equal(reply.text, "a?b");
}

static void
reads_many_lines(void **state)
{
	struct answer answer;
	struct reply reply;

	(void)state;
	reply_init(&reply);
	assert_int_equal(say(&reply, "250-mx.example.com"), REPLY_MORE);
	assert_int_equal(say(&reply, "250-SIZE 1000"), REPLY_MORE);
	assert_int_equal(say(&reply, "250 STARTTLS"), REPLY_DONE);
	assert_int_equal(reply.lines, 3);
	reply_keep(&reply, &answer);
	assert_int_equal(answer.code, 250);
	assert_string_equal(answer.text, "STARTTLS");
}

static const struct refusal_case {
	const char *sentence;
	const char *line[3];
	const char *text, *enhanced;
} refusal_cases[] = {
    {"Of a refusal all lines are kept, its enhanced code once.",
	{"550-5.1.1 No such user.", "550-5.1.1 Check the address.",
	    "550 5.1.1 - gsmtp"},
	"5.1.1 No such user. Check the address. - gsmtp", "5.1.1"},
    {"Another code in a later line stays.",
	{"550-5.1.1 No", "550-5.7.1 and", "550 no"}, "5.1.1 No 5.7.1 and no",
	"5.1.1"},
    {"Without enhanced codes it is the same.",
	{"451-Later", "451-", "451 please"}, "Later please", ""},
    {"Lines without words leave nothing.", {"554-", "554-", "554"}, "", ""},
};

static void
joins_refusal(void **state)
{
	const struct refusal_case *row = *state;
	struct answer answer;
	struct reply reply;

	reply_init(&reply);
	assert_int_equal(say(&reply, row->line[0]), REPLY_MORE);
	assert_int_equal(say(&reply, row->line[1]), REPLY_MORE);
	assert_int_equal(say(&reply, row->line[2]), REPLY_DONE);
	reply_keep(&reply, &answer);
	assert_string_equal(answer.text, row->text);
	assert_string_equal(answer.enhanced, row->enhanced);
}

static void
bounds_refusal(void **state)
{
	struct answer answer;
	struct reply reply;
	char line[304];

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, "550-", 4);
	reply_init(&reply);
	for (int i = 0; i < 100; i++)
		reply_line(&reply, line, sizeof(line));
	reply_keep(&reply, &answer);
	assert_int_equal(strlen(answer.text), sizeof(answer.text) - 1);
	assert_string_equal(answer.text + sizeof(answer.text) - 4, "...");
}

static void
refuses_mixed_codes(void **state)
{
	struct reply reply;

	(void)state;
	reply_init(&reply);
	assert_int_equal(say(&reply, "250-mx.example.com"), REPLY_MORE);
	assert_int_equal(say(&reply, "220 hello"), REPLY_MALFORMED);
	assert_string_equal(reply.text, "220 hello");
}

static enum reply_status
say_long(struct reply *reply, const char *start, size_t length)
{
	static char line[REPLY_BYTES_MAX + 2];

	memset(line, 'x', sizeof(line));
	memcpy(line, start, strlen(start));
	return reply_line(reply, line, length);
}

static void
bounds_lines(void **state)
{
	struct reply reply;

	(void)state;
	reply_init(&reply);
	assert_int_equal(say_long(&reply, "220 ", REPLY_LINE_MAX), REPLY_DONE);
	assert_int_equal(strlen(reply.text), REPLY_TEXT_SIZE - 1);
	assert_string_equal(reply.text + REPLY_TEXT_SIZE - 4, "...");
	reply_init(&reply);
	assert_int_equal(
	    say_long(&reply, "220 ", REPLY_LINE_MAX + 1), REPLY_TOO_LONG);
}

static void
bounds_bytes(void **state)
{
	struct reply reply;

	(void)state;
	reply_init(&reply);
	for (int i = 0; i < REPLY_BYTES_MAX / REPLY_LINE_MAX; i++)
		assert_int_equal(
		    say_long(&reply, "220-", REPLY_LINE_MAX), REPLY_MORE);
	assert_int_equal(say(&reply, "220 x"), REPLY_TOO_LONG);
}

static void
bounds_count(void **state)
{
	struct reply reply;

	(void)state;
	reply_init(&reply);
	for (int i = 0; i < REPLY_LINES_MAX; i++)
		assert_int_equal(say(&reply, "250-X"), REPLY_MORE);
	assert_int_equal(say(&reply, "250 X"), REPLY_TOO_LONG);
}

static const struct enhanced_case {
	const char *sentence;
	const char *line;
	const char *enhanced;
} enhanced_cases[] = {
    {"An enhanced status code is kept.", "550 5.7.1 Relaying denied", "5.7.1"},
    {"One without text is kept.", "250 2.1.0", "2.1.0"},
    {"Three digits a part are kept.", "450 4.999.999 x", "4.999.999"},
    {"A detail of two digits is kept.", "556 5.1.10 null MX", "5.1.10"},
    {"Text has none.", "250 Ok: queued", ""},
    {"No text has none.", "250", ""},
    {"Two parts are none.", "250 2.0 Ok", ""},
    {"A part of four digits is none.", "550 5.1000.1 x", ""},
    {"A class above 5 is none.", "550 6.1.1 x", ""},
    {"Class 3 does not exist.", "550 3.1.1 x", ""},
    {"An address is none.", "554 5.188.62.1 is on a block list", ""},
    {"A word that begins so is none.", "550 5.7.1beta of a server", ""},
    {"One in mid-text is none.", "550 denied 5.7.1", ""},
};

static void
keeps_enhanced(void **state)
{
	const struct enhanced_case *row = *state;
	struct answer answer;
	struct reply reply;

	memset(&answer, 'x', sizeof(answer));
	reply_init(&reply);
	assert_int_equal(say(&reply, row->line), REPLY_DONE);
	reply_keep(&reply, &answer);
	assert_string_equal(answer.enhanced, row->enhanced);
}

static void
tells_classes(void **state)
{
	struct answer answer = {.code = 251};

	(void)state;
	assert_true(answer_is(&answer, 2));
	assert_false(answer_is(&answer, 5));
	answer.code = 0;
	assert_false(answer_is(&answer, 2));
}

int
main(void)
{
	UNIT_TABLE(line_cases, reads_line);
	UNIT_TABLE(enhanced_cases, keeps_enhanced);
	UNIT_TABLE(refusal_cases, joins_refusal);
	unit_add("A refusal without end is cut.", bounds_refusal);
	unit_add("A NUL byte is replaced and hides nothing.", takes_nul);
	unit_add("Of many lines the last one is kept.", reads_many_lines);
	unit_add(
	    "Another code in mid-reply is malformed.", refuses_mixed_codes);
	unit_add("A line of 8 KiB is the longest.", bounds_lines);
	unit_add("A reply of 64 KiB is the longest.", bounds_bytes);
	unit_add("A reply of 200 lines is the longest.", bounds_count);
	unit_add("An answer knows its class.", tells_classes);
	return unit_run("reply");
}
