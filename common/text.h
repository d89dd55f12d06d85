/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * text - a bounded builder, hostile text made harmless, a bounded cursor
 *
 * Every byte that a server, a resolver or a user sends passes printable()
 * before it is kept, and text_add_line() where it leaves for a Nagios line.
 */
#ifndef TEXT_H
#define TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

enum { TEXT_WIDTH = 79 }; /* of what is folded for any terminal */

/*
 * A text that grows up to `max` bytes and then is cut, with "..." as its
 * end. Out of memory cuts it too. `data` is always a C string.
 */
struct text {
	char *data;
	size_t length;
	size_t size;
	size_t max;
	bool cut;
};

/* No allocation yet; an empty text is "". */
void text_init(struct text *text, size_t max);
void text_release(struct text *text);

void text_add(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void text_vadd(struct text *text, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
void text_add_bytes(struct text *text, const char *bytes, size_t length);

/*
 * Adds a string to a line of output: a newline becomes a blank, `|` a `!`, and
 * what printable() would not let pass, whoever let it in, a `?`.
 */
void text_add_line(struct text *text, const char *string);

/*
 * Adds lines folded at blanks to at most `width` columns, each indented; the
 * first one starts in `column`, where the text already stands. A word that
 * no line can hold is broken. A line that begins with a blank stays as it is.
 */
void text_add_folded(struct text *text, const char *lines, size_t indent,
    size_t column, size_t width);

/*
 * Copies `length` bytes into `out` as clean UTF-8 of at most `size` bytes
 * with its NUL. Control bytes (C0, DEL, C1), U+2028/2029, bidirectional
 * controls, other invisible format characters and invalid UTF-8 become `?`;
 * a text too long ends in "...", never in half a character.
 */
void printable(char *out, size_t size, const char *bytes, size_t length);

/* snprintf() whose cut text ends in "...", never in half a character. */
void text_print(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A position in bytes that need not end with NUL. */
struct cursor {
	const char *at;
	const char *end;
};

struct cursor cursor_of(const char *string);
bool cursor_at_end(const struct cursor *cursor);

/* Passes `c`, or returns false and stays. */
bool cursor_skip(struct cursor *cursor, char c);
void cursor_skip_blanks(struct cursor *cursor);

/*
 * Reads decimal digits as a number of at most `max`; false, and stays, if
 * there are none or the number is larger.
 */
bool cursor_number(
    struct cursor *cursor, unsigned long long max, unsigned long long *number);

/* Reads up to the next blank; false, and stays, at a blank or the end. */
bool cursor_word(struct cursor *cursor, struct cursor *word);

/* Reads up to the next newline, and passes that; false at the end. */
bool cursor_line(struct cursor *cursor, struct cursor *line);

/* Whether the rest is `string`, letter case aside. */
bool cursor_equals(const struct cursor *cursor, const char *string);

#endif
