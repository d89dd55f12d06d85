/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * progress - how far many domains are: a line on the terminal, then a summary
 *
 * Both go to the standard error. Counts may be read and raised at any time; of
 * the rest one thread at a time may be in it, the caller sees to that.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "deadline.h"
#include "diagnosis.h"
#include "text.h"

struct progress {
	const char *name; /* of the program */
	double began;
	unsigned long total; /* domains in the input; 0: not known */
	bool on_terminal;
	bool shares_terminal; /* with the standard output */
	struct deadline next; /* to be drawn again */
	atomic_ulong count[STATE_UNKNOWN + 1];
	atomic_ulong left_out;
};

/* Whether anybody is there to see a line. */
bool progress_is_seen(void);

/* Begins to measure; the line is drawn at once. */
void progress_begin(
    struct progress *progress, const char *name, unsigned long total);

/* A domain is done. */
void progress_count(struct progress *progress, enum state state);
unsigned long progress_done(const struct progress *progress);

/* A second after it was last drawn, if not as soon as there is something new. */
void progress_draw(struct progress *progress, bool ending);

/* What is written next to the standard output must not stand behind it. */
void progress_make_way(struct progress *progress);

/* A line of its own, for whoever is there. */
void progress_say(struct progress *progress, const char *words);

/* "check_mx: 10000 domains in 53 s: 9400 OK, 600 CRITICAL", and what follows. */
void progress_summarize(struct progress *progress, const char *more);

#endif
