/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * earlier - the output of an earlier run, that this one goes on with
 *
 * Its domains are done, whatever their state; a line that says that one was
 * not tested is none of them. A line without its end was cut off.
 */
#ifndef EARLIER_H
#define EARLIER_H

#include <stdbool.h>
#include <sys/types.h>

#include "diagnosis.h"
#include "text.h"

struct earlier {
	void *domains; /* a tree */
	bool torn;     /* our output ends in half a line, which begins at: */
	off_t end;
};

/*
 * Reads it; a file that is not there has nothing done. False with `why` filled
 * in if it can't be read to its end, is none of ours, or is the standard output
 * too and would be written over.
 */
bool earlier_read(struct earlier *earlier, const char *file, struct text *why);

/* Cuts half a line off the standard output. 0, or the errno. */
int earlier_mend(const struct earlier *earlier);

/* Whether a domain is done, and in which state it was. Of any thread. */
bool earlier_has(
    const struct earlier *earlier, const char *domain, enum state *state);

void earlier_release(struct earlier *earlier);

#endif
