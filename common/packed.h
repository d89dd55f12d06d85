/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * packed - a server's facts in little room
 *
 * Facts are half a megabyte, nearly all of it zeros; packed they are a few
 * kilobytes, for keeping thousands of them.
 */
#ifndef PACKED_H
#define PACKED_H

#include <stdbool.h>
#include <stddef.h>

#include "facts.h"

struct packed;

/*
 * The facts but for the target and the transcript, certificates that were kept
 * included. NULL if out of memory.
 */
struct packed *packed_make(const struct facts *facts);

/*
 * Fills in facts that are zeroed, as their owner's. False if out of memory:
 * then the certificates that were kept are missing.
 */
bool packed_unpack(const struct packed *packed, struct facts *facts);

/* Bytes that it takes. */
size_t packed_size(const struct packed *packed);

void packed_free(struct packed *packed);

#endif
