/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_text - builder, printable text, cursor, folding */
#include <string.h>

#include "text.h"
#include "unit.h"

/* A string literal with the NULs inside it counted. */
#define BYTES(literal) (literal), sizeof(literal) - 1

static const struct printable_case {
	const char *sentence;
	const char *bytes;
	size_t length;
	const char *printed;
} printable_cases[] = {
    {"Plain text stays.", BYTES("220 mx.example.com ESMTP"),
	"220 mx.example.com ESMTP"},
    {"Nothing stays nothing.", BYTES(""), ""},
    {"Newline, carriage return and tab are replaced.", BYTES("a\r\nb\tc"),
	"a??b?c"},
    {"Escape sequences are disarmed.", BYTES("\033[31mred\033[0m"),
	"?[31mred?[0m"},
    {"NUL is replaced and does not end the text.", BYTES("a\0b"), "a?b"},
    {"DEL is replaced.", BYTES("a\177b"), "a?b"},
    {"Umlauts stay.", BYTES("Gr\303\274\303\237e"), "Gr\303\274\303\237e"},
    {"A character of four bytes stays.", BYTES("\360\237\222\214"),
	"\360\237\222\214"},
    {"Latin-1 is replaced.", BYTES("Gr\374\337e"), "Gr??e"},
    {"C1 controls are replaced.", BYTES("a\302\205b\302\233c"), "a?b?c"},
    {"Line and paragraph separators are replaced.",
	BYTES("a\342\200\250b\342\200\251c"), "a?b?c"},
    {"Bidirectional overrides are replaced.",
	BYTES("\342\200\256gnp.exe\342\200\254"), "?gnp.exe?"},
    {"Bidirectional isolates are replaced.", BYTES("\342\201\246a\342\201\251"),
	"?a?"},
    {"Zero-width characters are replaced.",
	BYTES("a\342\200\213b\357\273\277c"), "a?b?c"},
    {"The soft hyphen is replaced.", BYTES("a\302\255b"), "a?b"},
    {"Tag characters are replaced.", BYTES("a\363\240\201\201b"), "a?b"},
    {"Overlong forms are replaced.", BYTES("\300\257\340\200\257"), "?????"},
    {"Surrogates are replaced.", BYTES("\355\240\200"), "???"},
    {"Code points beyond Unicode are replaced.", BYTES("\364\220\200\200"),
	"????"},
    {"A lone continuation byte is replaced.", BYTES("a\200b"), "a?b"},
    {"A character cut off by the end is replaced.", BYTES("a\342\202"), "a??"},
};

static void
prints(void **state)
{
	const struct printable_case *row = *state;
	char out[64];

	printable(out, sizeof(out), row->bytes, row->length);
	assert_string_equal(out, row->printed);
}

static const struct cut_case {
	const char *sentence;
	size_t size;
	const char *text;
	const char *printed;
} cut_cases[] = {
    {"Text that just fits is not cut.", 6, "12345", "12345"},
    {"Text too long ends in dots.", 6, "123456", "12..."},
    {"A character is not cut in half.", 8, "abc\303\274\303\274\303\274",
	"abc..."},
    {"A whole character before the cut stays.", 9,
	"abc\303\274\303\274\303\274", "abc\303\274..."},
    {"Characters that just fit are not cut.", 10, "abc\303\274\303\274\303\274",
	"abc\303\274\303\274\303\274"},
};

static void
cuts_printable(void **state)
{
	const struct cut_case *row = *state;
	char out[16];

	memset(out, 'x', sizeof(out));
	printable(out, row->size, row->text, strlen(row->text));
	assert_string_equal(out, row->printed);
	assert_int_equal(out[row->size], 'x');
}

static void
cuts_printed(void **state)
{
	const struct cut_case *row = *state;
	char out[16];

	memset(out, 'x', sizeof(out));
	text_print(out, row->size, "%s", row->text);
	assert_string_equal(out, row->printed);
	assert_int_equal(out[row->size], 'x');
}

static void
cuts_built(void **state)
{
	const struct cut_case *row = *state;
	struct text text;

	text_init(&text, row->size - 1);
	text_add(&text, "%s", row->text);
	assert_string_equal(text.data, row->printed);
	text_release(&text);
}

static void
cuts_built_bytewise(void **state)
{
	const struct cut_case *row = *state;
	struct text text;

	text_init(&text, row->size - 1);
	text_add_line(&text, row->text);
	assert_string_equal(text.data, row->printed);
	text_release(&text);
}

static void
every_byte_is_harmless(void **state)
{
	char out[8];

	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		char c = (char)byte;

		printable(out, sizeof(out), &c, 1);
		if (byte >= 0x20 && byte < 0x7f)
			assert_int_equal(out[0], byte);
		else
			assert_string_equal(out, "?");
	}
}

static void
tiny_buffers_are_kept(void **state)
{
	char out[8];

	(void)state;
	for (size_t size = 1; size < sizeof(out); size++) {
		memset(out, 'x', sizeof(out));
		printable(out, size, BYTES("\303\274bermut"));
		assert_true(strlen(out) < size);
		assert_int_equal(out[size], 'x');
	}
}

/* What is left of a long reply may be no more than a byte or two. */
static void
tiny_buffers_hold_characters(void **state)
{
	static const char *const printed[] = {
	    NULL, "", "x", "x", "...", "x...", "x..."};
	char out[8];

	(void)state;
	for (size_t size = 1; size < 7; size++) {
		memset(out, 'y', sizeof(out));
		text_print(out, size, "%s", "x\303\274\303\274\303\274");
		assert_string_equal(out, printed[size]);
		assert_int_equal(out[size], 'y');
	}
}

static void
builder_grows(void **state)
{
	struct text text;

	(void)state;
	text_init(&text, 100000);
	assert_string_equal(text.data, "");
	for (int i = 0; i < 1000; i++)
		text_add(&text, "%03d ", i);
	assert_int_equal(text.length, 4000);
	assert_int_equal(strlen(text.data), 4000);
	assert_string_equal(text.data + 3996, "999 ");
	assert_false(text.cut);
	text_release(&text);
}

static void
builder_takes_long_pieces(void **state)
{
	char piece[3001];
	struct text text;

	(void)state;
	memset(piece, 'p', sizeof(piece) - 1);
	piece[sizeof(piece) - 1] = '\0';
	text_init(&text, 10000);
	text_add(&text, "<%s>", piece);
	assert_int_equal(text.length, 3002);
	assert_int_equal(text.data[3001], '>');
	text_release(&text);
}

static void
builder_stays_cut(void **state)
{
	struct text text;

	(void)state;
	text_init(&text, 10);
	text_add(&text, "1234567");
	text_add(&text, "89012");
	assert_string_equal(text.data, "1234567...");
	assert_true(text.cut);
	text_add(&text, "more");
	assert_string_equal(text.data, "1234567...");
	text_release(&text);
	assert_string_equal(text.data, "");
	text_add(&text, "again");
	assert_string_equal(text.data, "again");
	text_release(&text);
}

/* The maximum holds even where the dots themselves do not fit. */
static void
builder_keeps_a_tiny_maximum(void **state)
{
	(void)state;
	for (size_t max = 0; max < 5; max++) {
		struct text text;

		text_init(&text, max);
		text_add(&text, "longer");
		assert_true(text.length <= max);
		assert_int_equal(text.length, strlen(text.data));
		text_release(&text);
	}
}

static void
line_is_safe(void **state)
{
	struct text text;

	(void)state;
	text_init(&text, 100);
	text_add_line(&text, "a|b\nc");
	assert_string_equal(text.data, "a!b c");
	text_release(&text);
}

static const struct number_case {
	const char *sentence;
	const char *text;
	unsigned long long max;
	bool valid;
	unsigned long long number;
	const char *rest;
} number_cases[] = {
    {"A number is read up to the first other byte.", "25;", 99, true, 25, ";"},
    {"A number equal to the maximum is read.", "65535", 65535, true, 65535, ""},
    {"A number above the maximum is not.", "65536", 65535, false, 0, "65536"},
    {"A number one digit too long is not.", "100", 99, false, 0, "100"},
    {"Leading zeros are allowed.", "0042", 42, true, 42, ""},
    {"No digit is no number.", "x", 99, false, 0, "x"},
    {"Nothing is no number.", "", 99, false, 0, ""},
    {"A sign is no digit.", "-1", 99, false, 0, "-1"},
    {"Of the maximum zero only zero is read.", "1", 0, false, 0, "1"},
    {"The largest number of all is read.", "18446744073709551615",
	18446744073709551615ULL, true, 18446744073709551615ULL, ""},
    {"One more does not wrap.", "18446744073709551616", 18446744073709551615ULL,
	false, 0, "18446744073709551616"},
};

static void
reads_number(void **state)
{
	const struct number_case *row = *state;
	struct cursor cursor = cursor_of(row->text);
	unsigned long long number = 0;

	assert_int_equal(cursor_number(&cursor, row->max, &number), row->valid);
	if (row->valid)
		assert_true(number == row->number);
	assert_string_equal(cursor.at, row->rest);
}

static void
cursor_walks_words(void **state)
{
	struct cursor cursor = cursor_of("SIZE \t 1000"), word;

	(void)state;
	assert_true(cursor_word(&cursor, &word));
	assert_true(cursor_equals(&word, "size"));
	assert_false(cursor_equals(&word, "si"));
	assert_false(cursor_equals(&word, "sizes"));
	assert_false(cursor_word(&cursor, &word));
	cursor_skip_blanks(&cursor);
	assert_true(cursor_word(&cursor, &word));
	assert_true(cursor_equals(&word, "1000"));
	assert_true(cursor_at_end(&cursor));
	assert_false(cursor_word(&cursor, &word));
}

static void
cursor_walks_lines(void **state)
{
	struct cursor cursor = cursor_of("one two\n\nthree"), line;

	(void)state;
	assert_true(cursor_line(&cursor, &line));
	assert_true(cursor_equals(&line, "one two"));
	assert_true(cursor_line(&cursor, &line));
	assert_true(cursor_equals(&line, ""));
	assert_true(cursor_line(&cursor, &line));
	assert_true(cursor_equals(&line, "three"));
	assert_false(cursor_line(&cursor, &line));
	cursor = cursor_of("ended\n");
	assert_true(cursor_line(&cursor, &line));
	assert_false(cursor_line(&cursor, &line));
	cursor = cursor_of("");
	assert_false(cursor_line(&cursor, &line));
}

static void
cursor_keeps_its_end(void **state)
{
	static const char bytes[] = {'1', '2', '3'};
	struct cursor cursor = {bytes, bytes + 2}, word;
	unsigned long long number;

	(void)state;
	assert_true(cursor_number(&cursor, 999, &number));
	assert_int_equal(number, 12);
	assert_false(cursor_skip(&cursor, '3'));
	assert_false(cursor_word(&cursor, &word));
	cursor_skip_blanks(&cursor);
	assert_true(cursor_at_end(&cursor));
}

static void
cursor_skips_one(void **state)
{
	struct cursor cursor = cursor_of("::");

	(void)state;
	assert_false(cursor_skip(&cursor, '.'));
	assert_true(cursor_skip(&cursor, ':'));
	assert_true(cursor_skip(&cursor, ':'));
	assert_false(cursor_skip(&cursor, ':'));
}

static const struct fold_case {
	const char *sentence;
	const char *lines;
	size_t indent;
	size_t column;
	size_t width;
	const char *folded;
} fold_cases[] = {
    {"Nothing is folded to nothing.", "", 4, 4, 79, ""},
    {"A short line stays, and ends.", "short", 4, 4, 79, "short\n"},
    {"The first line is moved to its column.", "short", 4, 1, 79, "   short\n"},
    {"Every further line is indented.", "one\ntwo", 4, 4, 79, "one\n    two\n"},
    {"A long line is folded at a blank.",
	"word word word word word word word word word word word word word "
	"word word word word",
	4, 4, 79,
	"word word word word word word word word word word word word word "
	"word word\n    word word\n"},
    {"A line of exactly the width stays whole.", "12345 789", 0, 0, 9,
	"12345 789\n"},
    {"One more column is folded.", "12345 7890", 0, 0, 9, "12345\n7890\n"},
    {"A word that just fits a line is not broken.", "see 1234567", 2, 2, 9,
	"see\n  1234567\n"},
    {"A longer word is broken.", "see 123456789 end", 2, 2, 9,
	"see\n  1234567\n  89 end\n"},
    {"A word is broken between characters only.", "1234567\xc3\xa4", 1, 1, 9,
	"1234567\n \xc3\xa4\n"},
    {"A first word too long for the rest is broken too.", "123456789", 2, 5, 9,
	"1234\n  56789\n"},
    {"A page too narrow for anything loses nothing.", "one two", 9, 9, 9,
	"one\n         two\n"},
    {"A line that begins with a blank stays as it is.", "use:\n  a   b", 2, 2,
	79, "use:\n    a   b\n"},
};

static void
folds(void **state)
{
	const struct fold_case *row = *state;
	struct text text;

	text_init(&text, 1000);
	text_add_folded(
	    &text, row->lines, row->indent, row->column, row->width);
	assert_string_equal(text.data, row->folded);
	text_release(&text);
}

int
main(void)
{
	UNIT_TABLE(printable_cases, prints);
	UNIT_TABLE(cut_cases, cuts_printable);
	UNIT_TABLE(cut_cases, cuts_printed);
	UNIT_TABLE(cut_cases, cuts_built);
	UNIT_TABLE(cut_cases, cuts_built_bytewise);
	UNIT_TABLE(number_cases, reads_number);
	UNIT_TABLE(fold_cases, folds);
	unit_add("Of all bytes only printable ASCII stays by itself.",
	    every_byte_is_harmless);
	unit_add("A tiny buffer is never overrun.", tiny_buffers_are_kept);
	unit_add("A tiny buffer holds no half a character.",
	    tiny_buffers_hold_characters);
	unit_add("A built text grows as needed.", builder_grows);
	unit_add("A built text takes pieces longer than its first buffer.",
	    builder_takes_long_pieces);
	unit_add("A built text that was cut takes no more until released.",
	    builder_stays_cut);
	unit_add("A built text keeps even a tiny maximum.",
	    builder_keeps_a_tiny_maximum);
	unit_add(
	    "A bar or newline never gets into a Nagios line.", line_is_safe);
	unit_add("A cursor walks words.", cursor_walks_words);
	unit_add("A cursor walks lines, ended or not.", cursor_walks_lines);
	unit_add("A cursor never reads beyond its end.", cursor_keeps_its_end);
	unit_add("A cursor skips one byte at a time.", cursor_skips_one);
	return unit_run("text");
}
