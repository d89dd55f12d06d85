/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_lines - the lines of a file or a pipe */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lines.h"
#include "unit.h"

#define X8   "xxxxxxxx"
#define X64  X8 X8 X8 X8 X8 X8 X8 X8
#define X512 X64 X64 X64 X64 X64 X64 X64 X64

struct read_case {
	const char *sentence;
	const char *bytes;
	const char *lines[5]; /* NULL last */
	unsigned long number; /* of the last one that came */
};

static const struct read_case read_cases[] = {
    {"A line is what stands before its end.", "a\nb\n", {"a", "b"}, 2},
    {"The last line needs no end.", "a\nb", {"a", "b"}, 2},
    {"Blanks around it and a return do not belong to it.", "  a b \t\r\n",
	{"a b"}, 1},
    {"Empty lines and remarks count for the number alone.", "\n# x\n \r\n\ta\n",
	{"a"}, 4},
    {"A remark stands at the beginning.", "a # b\n", {"a # b"}, 1},
    {"Nothing has no lines.", "", {NULL}, 0},
    {"The mark before a remark counts for nothing.", "\xef\xbb\xbf# x\na\n",
	{"a"}, 2},
    {"The mark before a line is none of it.",
	"\xef\xbb\xbf"
	"a\n",
	{"a"}, 1},
    {"Elsewhere it belongs to the line.", "a\n\xef\xbb\xbf# x\n",
	{"a", "\xef\xbb\xbf# x"}, 2},
    {"Two long lines are two lines.", X512 X512 X512 "\nb\n", {X512 X512, "b"},
	2},
};

static struct lines lines;

/* A file of these bytes, opened. */
static void
open_bytes(const char *bytes, size_t length)
{
	char name[] = "/tmp/test_lines.XXXXXX";
	int fd = mkstemp(name);
	struct text why;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), length);
	text_init(&why, 100);
	assert_true(lines_open(&lines, name, &why));
	text_release(&why);
	unlink(name);
	close(fd);
}

static enum lines_got
next(char line[LINES_LENGTH + 1])
{
	struct text why;
	enum lines_got got;

	text_init(&why, 100);
	got = lines_next(&lines, deadline_in(60), line, &why);
	text_release(&why);
	return got;
}

static void
reads(void **state)
{
	const struct read_case *row = *state;
	char line[LINES_LENGTH + 1];
	unsigned long number = 0;

	open_bytes(row->bytes, strlen(row->bytes));
	for (size_t i = 0; row->lines[i] != NULL; i++) {
		assert_int_equal(next(line), LINES_LINE);
		assert_int_equal(strncmp(line, row->lines[i], LINES_LENGTH), 0);
		number = lines.number;
	}
	assert_int_equal(next(line), LINES_END);
	assert_int_equal(number, row->number);
	lines_close(&lines);
}

static void
keeps_no_nul(void **state)
{
	char line[LINES_LENGTH + 1];

	(void)state;
	open_bytes("a\0b\n", 4);
	assert_int_equal(next(line), LINES_LINE);
	assert_string_equal(line,
	    "a\x01"
	    "b");
	lines_close(&lines);
}

/* Longer than the buffer: one line, and the one behind it is line 2. */
static void
swallows_the_endless(void **state)
{
	size_t length = 3 * LINES_BUFFER;
	char *bytes = malloc(length + 3), line[LINES_LENGTH + 1];

	(void)state;
	assert_non_null(bytes);
	memset(bytes, 'x', length);
	memcpy(bytes + length, "\nb\n", 3);
	open_bytes(bytes, length + 3);
	assert_int_equal(next(line), LINES_LINE);
	assert_int_equal(strlen(line), LINES_LENGTH);
	assert_int_equal(next(line), LINES_LINE);
	assert_string_equal(line, "b");
	assert_int_equal(lines.number, 2);
	assert_int_equal(next(line), LINES_END);
	lines_close(&lines);
	free(bytes);
}

static void
counts_what_is_to_come(void **state)
{
	char line[LINES_LENGTH + 1];

	(void)state;
	open_bytes("a\n# x\nb\nc", 10);
	assert_int_equal(lines_count(&lines), 3);
	assert_int_equal(next(line), LINES_LINE);
	assert_string_equal(line, "a");
	lines_close(&lines);
}

static void
waits_for_a_pipe(void **state)
{
	char line[LINES_LENGTH + 1];
	int ends[2], input = dup(STDIN_FILENO);
	struct text why;

	(void)state;
	text_init(&why, 100);
	assert_int_equal(pipe(ends), 0);
	assert_true(dup2(ends[0], STDIN_FILENO) >= 0);
	assert_true(lines_open(&lines, "-", &why));
	assert_int_equal(write(ends[1], "a\nb", 3), 3);
	assert_int_equal(next(line), LINES_LINE);
	assert_int_equal(
	    lines_next(&lines, deadline_in(0.01), line, &why), LINES_LATER);
	assert_int_equal(write(ends[1], "c\n", 2), 2);
	assert_int_equal(next(line), LINES_LINE);
	assert_string_equal(line, "bc");
	close(ends[1]);
	assert_int_equal(next(line), LINES_END);
	lines_close(&lines);
	close(ends[0]);
	if (input >= 0) {
		dup2(input, STDIN_FILENO);
		close(input);
	}
	text_release(&why);
}

int
main(void)
{
	UNIT_TABLE(read_cases, reads);
	unit_add("A NUL becomes a control character.", keeps_no_nul);
	unit_add("A line without end is one line.", swallows_the_endless);
	unit_add(
	    "Lines are counted before they are read.", counts_what_is_to_come);
	unit_add("What a pipe has not said yet comes later.", waits_for_a_pipe);
	return unit_run("lines");
}
