/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * input - what the user hands over as a file, a pipe or the standard input
 *
 * A pipe may never say a word, and a check has to end in time all the same.
 */
#ifndef INPUT_H
#define INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "deadline.h"
#include "text.h"

/*
 * Whether it is a plain file: what a library opens by itself has to be one, for
 * it would wait for a pipe's other end for ever.
 */
bool input_is_file(const char *file);

/*
 * A descriptor to read from, opened without waiting for a pipe's other end;
 * -1 with `why` filled in if there is none, or it is neither file nor pipe.
 * "-" is the standard input. To be closed, whichever it is.
 */
int input_open(const char *file, struct text *why);

/* Whether there is something to read in time, the end included. */
bool input_is_ready(int fd, struct deadline deadline);

/*
 * Reads until there is no more, or `size` bytes are there: how many, or -1
 * with `why` filled in, also where nothing more comes in time.
 */
ssize_t input_read(int fd, char *bytes, size_t size, struct deadline deadline,
    struct text *why);

/* The same, but no further than a read that brings the end of a line. */
ssize_t input_read_line(int fd, char *bytes, size_t size,
    struct deadline deadline, struct text *why);

#endif
