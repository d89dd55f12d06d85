/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lines - the lines of a file or a pipe, one after the other, as they come
 *
 * Blanks around a line, empty lines and those that begin with # count for
 * nothing but the line number; nor does the mark that some editors begin a file
 * of UTF-8 with (U+FEFF).
 */
#ifndef LINES_H
#define LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "deadline.h"
#include "text.h"

enum {
	LINES_LENGTH = 1023, /* octets; what is longer is cut */
	LINES_BUFFER = 64 << 10,
};

struct lines {
	int fd;
	unsigned long number; /* of the line that came last */
	bool ended;
	bool cut; /* the rest of a long line is still to come */
	size_t start, end;
	char buffer[LINES_BUFFER];
};

enum lines_got {
	LINES_LINE,
	LINES_LATER, /* none came in time: ask again */
	LINES_END,
	LINES_FAILED,
};

/* "-" is the standard input. False with `why` filled in if it can't be read. */
bool lines_open(struct lines *lines, const char *file, struct text *why);

/*
 * The next line, without its end; a NUL in it becomes another control
 * character. LINES_FAILED fills in `why`.
 */
enum lines_got lines_next(struct lines *lines, struct deadline patience,
    char line[LINES_LENGTH + 1], struct text *why);

void lines_close(struct lines *lines);

/* How many are still to come from a plain file; 0 where that can't be known. */
unsigned long lines_count(const struct lines *lines);

#endif
