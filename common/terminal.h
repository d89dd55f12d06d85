/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * terminal - what a person sees the output on: how wide, and in colour or not
 */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

enum {
	TERMINAL_WIDTH = 80, /* of what has no width of its own */
	TERMINAL_WIDTH_MIN = 60,
	TERMINAL_WIDTH_MAX = 200,
};

struct terminal {
	size_t width; /* columns, within the bounds above */
	bool colour;
};

/* How wide it is; TERMINAL_WIDTH if it does not say. */
size_t terminal_columns(int descriptor);

/*
 * Colour only on a terminal that can show it (TERM is set, and not "dumb")
 * and where NO_COLOR is not set, or empty (https://no-color.org).
 */
struct terminal terminal_of(int descriptor);

#endif
