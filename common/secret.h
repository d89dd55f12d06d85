/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * secret - what must never be shown, whoever says it
 *
 * A password or token is remembered here, and whatever is about to be kept or
 * printed goes through secret_mask(): a server that echoes a secret, raw or in
 * base64 as it crossed the line, does not get it into any output. The secret
 * itself stays with who loaded it.
 */
#ifndef SECRET_H
#define SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "deadline.h"
#include "text.h"

enum {
	SECRETS_MAX = 6,
	SECRET_SIZE = 4096, /* access tokens are long; the final NUL counted */
	SECRET_MASKED_MIN = 4, /* shorter ones are no secret, and anywhere */
};

/*
 * Remembers a secret: its bytes as they are, and what they look like inside
 * base64 at any of the three alignments. Before any thread starts; false if
 * it is too long, or one too many. From the first one on the process leaves
 * no core dump and can't be traced by others.
 */
bool secret_add(const char *secret);

/* Puts '*' over every secret in these bytes, in place. */
void secret_mask(char *bytes, size_t length);

/*
 * Reads a secret from the first line of a file or a pipe, its line end dropped;
 * false with `why` filled in if there is none in time. It is to be nobody
 * else's concern: a file that others may read is refused.
 */
bool secret_read_file(const char *file, char secret[SECRET_SIZE],
    struct deadline deadline, struct text *why);

/*
 * Takes a secret out of a string that others may see, such as an argument or
 * the environment: copies it, and overwrites the original with 'x'.
 */
bool secret_take(char *original, char secret[SECRET_SIZE], struct text *why);

/* Forgets them all, beyond recovery. */
void secret_wipe(void);

#endif
