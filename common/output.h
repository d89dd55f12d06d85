/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * output - the standard output: what it is, and bytes handed over whole
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes them all, and waits as long as that takes, also where the descriptor
 * would not (others may have set O_NONBLOCK on what they share with us). 0, or
 * the errno: then some of it may have been written.
 */
int output_write(const char *bytes, size_t length);

/* Whether it is a file, which keeps what is written. */
bool output_is_file(void);

/* Whether it is the file or pipe that stands behind another descriptor. */
bool output_is(int fd);

/* Whether what is written goes to the end, whoever else writes there. */
bool output_appends(void);

#endif
