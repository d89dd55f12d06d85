/* SPDX-License-Identifier: GPL-3.0-or-later */
/* text - a bounded builder, hostile text made harmless, a bounded cursor */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "text.h"

#define ELLIPSIS "..."

void
text_init(struct text *text, size_t max)
{
	static char empty[] = "";

	*text = (struct text){.data = empty, .max = max};
}

void
text_release(struct text *text)
{
	if (text->size > 0)
		free(text->data);
	text_init(text, text->max);
}

/* Steps back over a UTF-8 character that a cut at `length` would halve. */
static size_t
whole_characters(const char *string, size_t length)
{
	while (length > 0 && ((unsigned char)string[length] & 0xc0) == 0x80)
		length--;
	return length;
}

static bool
reserve(struct text *text, size_t extra)
{
	size_t wanted = text->length + extra + 1;
	size_t size = text->size > 0 ? text->size : 64;
	char *data;

	if (wanted <= text->size)
		return true;
	while (size < wanted)
		size *= 2;
	data = realloc(text->size > 0 ? text->data : NULL, size);
	if (data == NULL)
		return false;
	text->data = data;
	text->size = size;
	return true;
}

static void
append(struct text *text, const char *bytes, size_t length)
{
	if (length == 0)
		return;
	if (!reserve(text, length)) {
		text->cut = true;
		return;
	}
	memcpy(text->data + text->length, bytes, length);
	text->length += length;
	text->data[text->length] = '\0';
}

void
text_add_bytes(struct text *text, const char *bytes, size_t length)
{
	size_t room, dots = strlen(ELLIPSIS);

	if (text->cut)
		return;
	if (text->length + length <= text->max) {
		append(text, bytes, length);
		return;
	}
	text->cut = true;
	room = text->max > dots ? text->max - dots : 0;
	if (text->length <= room) {
		append(
		    text, bytes, whole_characters(bytes, room - text->length));
	} else if (text->size > 0) {
		text->length = whole_characters(text->data, room);
		text->data[text->length] = '\0';
	}
	append(text, ELLIPSIS, dots < text->max ? dots : text->max);
}

void
text_vadd(struct text *text, const char *format, va_list arguments)
{
	char small[512];
	char *large;
	va_list again;
	int length;

	va_copy(again, arguments);
	length = vsnprintf(small, sizeof(small), format, arguments);
	if (length >= 0 && (size_t)length < sizeof(small)) {
		text_add_bytes(text, small, (size_t)length);
	} else if (length >= 0
	    && (large = malloc((size_t)length + 1)) != NULL) {
		vsnprintf(large, (size_t)length + 1, format, again);
		text_add_bytes(text, large, (size_t)length);
		free(large);
	} else {
		text->cut = true;
	}
	va_end(again);
}

void
text_add(struct text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	text_vadd(text, format, arguments);
	va_end(arguments);
}

/*
 * Reads one UTF-8 character (RFC 3629: shortest form, no surrogates, up to
 * U+10FFFF) and returns its length, or 0 if the bytes are none.
 */
static size_t
utf8_decode(const unsigned char *bytes, size_t length, uint32_t *character)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t size = bytes[0] < 0x80 ? 1
	    : bytes[0] >> 5 == 0x06   ? 2
	    : bytes[0] >> 4 == 0x0e   ? 3
	    : bytes[0] >> 3 == 0x1e   ? 4
				      : 0;

	if (size == 0 || size > length)
		return 0;
	*character = size == 1 ? bytes[0] : bytes[0] & (0x7fU >> size);
	for (size_t i = 1; i < size; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		*character = *character << 6 | (bytes[i] & 0x3f);
	}
	if (*character < least[size] || *character > 0x10ffff
	    || (*character >= 0xd800 && *character <= 0xdfff))
		return 0;
	return size;
}

/* Characters that act on a terminal or hide, instead of being shown. */
static bool
is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad || c == 0x61c
	    || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e)
	    || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff
	    || (c >= 0xfff9 && c <= 0xfffb) || c >= 0xe0000;
}

/* How many bytes the next character has, and whether it may be shown. */
static size_t
next_character(const char *bytes, size_t length, bool *shown)
{
	uint32_t character = 0;
	size_t size =
	    utf8_decode((const unsigned char *)bytes, length, &character);

	*shown = size > 0 && !is_control(character);
	return size > 0 ? size : 1;
}

void
text_add_line(struct text *text, const char *string)
{
	size_t length = strlen(string), size;
	bool shown;

	for (; length > 0; string += size, length -= size) {
		size = next_character(string, length, &shown);
		if (*string == '\n')
			text_add_bytes(text, " ", 1);
		else if (*string == '|')
			text_add_bytes(text, "!", 1);
		else
			text_add_bytes(
			    text, shown ? string : "?", shown ? size : 1);
	}
}

void
printable(char *out, size_t size, const char *bytes, size_t length)
{
	size_t used = 0, dots = strlen(ELLIPSIS), fits = 0, step;
	bool shown;

	for (; length > 0; bytes += step, length -= step) {
		size_t width;

		step = next_character(bytes, length, &shown);
		width = shown ? step : 1;
		if (used + width + 1 > size) {
			text_print(out + fits, size - fits, ELLIPSIS);
			return;
		}
		memcpy(out + used, shown ? bytes : "?", width);
		used += width;
		if (used + dots + 1 <= size)
			fits = used;
	}
	out[used] = '\0';
}

/* How many bytes at the start can be no part of a longer character. */
static size_t
ascii_start(const char *string)
{
	size_t length = 0;

	while (string[length] != '\0' && (unsigned char)string[length] < 0x80)
		length++;
	return length;
}

void
text_print(char *out, size_t size, const char *format, ...)
{
	size_t dots = strlen(ELLIPSIS);
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(out, size, format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length < size || size == 0)
		return;
	if (size > dots)
		memcpy(out + whole_characters(out, size - dots - 1), ELLIPSIS,
		    dots + 1);
	else
		out[ascii_start(out)] = '\0';
}

struct cursor
cursor_of(const char *string)
{
	return (struct cursor){string, string + strlen(string)};
}

bool
cursor_at_end(const struct cursor *cursor)
{
	return cursor->at == cursor->end;
}

bool
cursor_skip(struct cursor *cursor, char c)
{
	if (cursor_at_end(cursor) || *cursor->at != c)
		return false;
	cursor->at++;
	return true;
}

void
cursor_skip_blanks(struct cursor *cursor)
{
	while (cursor_skip(cursor, ' ') || cursor_skip(cursor, '\t'))
		;
}

bool
cursor_number(
    struct cursor *cursor, unsigned long long max, unsigned long long *number)
{
	const char *at = cursor->at;
	unsigned long long value = 0;

	for (; at < cursor->end && *at >= '0' && *at <= '9'; at++) {
		unsigned digit = (unsigned)(*at - '0');

		if (digit > max || value > (max - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	if (at == cursor->at)
		return false;
	cursor->at = at;
	*number = value;
	return true;
}

bool
cursor_word(struct cursor *cursor, struct cursor *word)
{
	word->at = cursor->at;
	while (
	    !cursor_at_end(cursor) && *cursor->at != ' ' && *cursor->at != '\t')
		cursor->at++;
	word->end = cursor->at;
	return word->at < word->end;
}

bool
cursor_line(struct cursor *cursor, struct cursor *line)
{
	if (cursor_at_end(cursor))
		return false;
	line->at = cursor->at;
	while (!cursor_at_end(cursor) && *cursor->at != '\n')
		cursor->at++;
	line->end = cursor->at;
	cursor_skip(cursor, '\n');
	return true;
}

bool
cursor_equals(const struct cursor *cursor, const char *string)
{
	size_t length = (size_t)(cursor->end - cursor->at);

	return strlen(string) == length
	    && strncasecmp(cursor->at, string, length) == 0;
}

/* A place on a page where lines are folded. */
struct fold {
	struct text *text;
	size_t indent;
	size_t width;
	size_t column;
};

static void
fold_break(struct fold *fold)
{
	text_add(fold->text, "\n%*s", (int)fold->indent, "");
	fold->column = fold->indent;
}

/* One word; what no line can hold is broken, between characters. */
static void
fold_word(struct fold *fold, struct cursor word)
{
	size_t length;

	while ((length = (size_t)(word.end - word.at)) > 0) {
		size_t room =
		    fold->width > fold->column ? fold->width - fold->column : 0;

		if (length > room)
			length = whole_characters(word.at, room);
		if (length == 0 && fold->column == fold->indent)
			length = (size_t)(word.end - word.at);
		text_add_bytes(fold->text, word.at, length);
		fold->column += length;
		word.at += length;
		if (word.at < word.end)
			fold_break(fold);
	}
}

static void
fold_line(struct fold *fold, struct cursor line)
{
	struct cursor word;
	bool first = true;

	for (; cursor_word(&line, &word); cursor_skip_blanks(&line)) {
		size_t length = (size_t)(word.end - word.at);

		if (!first && fold->column + 1 + length > fold->width) {
			fold_break(fold);
		} else if (!first) {
			text_add(fold->text, " ");
			fold->column++;
		}
		fold_word(fold, word);
		first = false;
	}
	text_add(fold->text, "\n");
}

void
text_add_folded(struct text *text, const char *lines, size_t indent,
    size_t column, size_t width)
{
	struct fold fold = {text, indent, width, column};

	while (*lines != '\0') {
		size_t length = strcspn(lines, "\n");

		if (fold.column < indent && length > 0) {
			text_add(text, "%*s", (int)(indent - fold.column), "");
			fold.column = indent;
		}
		if (*lines == ' ')
			text_add(text, "%.*s\n", (int)length, lines);
		else
			fold_line(
			    &fold, (struct cursor){lines, lines + length});
		lines += length + (lines[length] == '\n' ? 1 : 0);
		fold.column = 0;
	}
}
