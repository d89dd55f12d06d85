/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lines - the lines of a file or a pipe, one after the other */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "input.h"
#include "lines.h"

bool
lines_open(struct lines *lines, const char *file, struct text *why)
{
	lines->number = 0;
	lines->ended = lines->cut = false;
	lines->start = lines->end = 0;
	lines->fd = input_open(file, why);
	return lines->fd >= 0;
}

void
lines_close(struct lines *lines)
{
	close(lines->fd);
}

/* More bytes behind those that are there. */
static enum lines_got
fill(struct lines *lines, struct deadline patience, struct text *why)
{
	ssize_t more;

	memmove(lines->buffer, lines->buffer + lines->start,
	    lines->end - lines->start);
	lines->end -= lines->start;
	lines->start = 0;
	if (!input_is_ready(lines->fd, patience))
		return LINES_LATER;
	more = read(lines->fd, lines->buffer + lines->end,
	    sizeof(lines->buffer) - lines->end);
	if (more < 0 && (errno == EINTR || errno == EAGAIN))
		return LINES_LATER;
	if (more < 0) {
		text_add(why, "%s", strerrordesc_np(errno));
		return LINES_FAILED;
	}
	lines->ended = more == 0;
	lines->end += (size_t)more;
	return LINES_LINE;
}

static bool
is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r';
}

/* Without the blanks around it; false for what is no line to tell of. */
static bool
keep(const char *bytes, size_t length, char line[LINES_LENGTH + 1])
{
	while (length > 0 && is_blank(*bytes)) {
		bytes++;
		length--;
	}
	while (length > 0 && is_blank(bytes[length - 1]))
		length--;
	if (length == 0 || *bytes == '#')
		return false;
	if (length > LINES_LENGTH)
		length = LINES_LENGTH;
	for (size_t i = 0; i < length; i++)
		line[i] = bytes[i] != '\0' ? bytes[i] : '\x01';
	line[length] = '\0';
	return true;
}

/* A file of UTF-8 may begin with one. */
static const char *
pass_mark(const char *start, size_t *length)
{
	static const char mark[] = "\xef\xbb\xbf";
	size_t size = sizeof(mark) - 1;

	if (*length < size || memcmp(start, mark, size) != 0)
		return start;
	*length -= size;
	return start + size;
}

/*
 * The bytes up to a line's end, or all where there is none and no room for
 * more; *whole tells which.
 */
static const char *
take(struct lines *lines, size_t *length, bool *whole)
{
	const char *start = lines->buffer + lines->start;
	size_t there = lines->end - lines->start;
	const char *end = memchr(start, '\n', there);

	if (end == NULL && there < sizeof(lines->buffer)
	    && !(lines->ended && there > 0))
		return NULL;
	*whole = end != NULL || lines->ended;
	*length = end != NULL ? (size_t)(end - start) : there;
	lines->start += *length + (end != NULL ? 1 : 0);
	if (!lines->cut)
		lines->number++;
	return lines->number == 1 && !lines->cut ? pass_mark(start, length)
						 : start;
}

enum lines_got
lines_next(struct lines *lines, struct deadline patience,
    char line[LINES_LENGTH + 1], struct text *why)
{
	for (;;) {
		enum lines_got got;
		size_t length;
		bool whole, rest = lines->cut;
		const char *bytes = take(lines, &length, &whole);

		if (bytes != NULL) {
			lines->cut = !whole;
			if (!rest && keep(bytes, length, line))
				return LINES_LINE;
			continue;
		}
		if (lines->ended)
			return LINES_END;
		got = fill(lines, patience, why);
		if (got != LINES_LINE)
			return got;
	}
}

unsigned long
lines_count(const struct lines *lines)
{
	static struct lines ahead;
	char line[LINES_LENGTH + 1];
	unsigned long count = 0;
	struct stat status;
	struct text why;
	off_t here;

	if (fstat(lines->fd, &status) != 0 || !S_ISREG(status.st_mode)
	    || (here = lseek(lines->fd, 0, SEEK_CUR)) < 0)
		return 0;
	ahead = *lines;
	text_init(&why, 100);
	while (lines_next(&ahead, deadline_in(1), line, &why) == LINES_LINE)
		count++;
	text_release(&why);
	return lseek(lines->fd, here, SEEK_SET) == here ? count : 0;
}
