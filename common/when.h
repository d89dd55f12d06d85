/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * when - a moment as --at takes it, and as output tells it
 */
#ifndef WHEN_H
#define WHEN_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

enum { WHEN_TEXT_SIZE = 32 };

/*
 * "+14d" from now, "2030-01-31" or "2030-01-31T12:00:00Z" (RFC 3339, UTC), in
 * seconds since 1970. False with `why` filled in if it is none of these.
 */
bool when_parse(const char *string, int64_t *when, struct text *why);

/* "2030-01-31T12:00:00Z" (RFC 3339); "" beyond what the system can count. */
void when_print(int64_t when, char out[WHEN_TEXT_SIZE]);

#endif
