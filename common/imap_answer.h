/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * imap_answer - what an IMAP server says without a tag (RFC 9051 7)
 *
 * An answer is lines as they came; those that are about something else are
 * passed over.
 */
#ifndef IMAP_ANSWER_H
#define IMAP_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

/* Whether CAPABILITY lists the name, letter case aside. */
bool imap_answer_has_capability(const char *answer, const char *name);

/*
 * The largest UID of SEARCH, 0 if there is none; false if one of its lines is
 * no list of UIDs.
 */
bool imap_answer_newest(const char *answer, uint32_t *newest);

#endif
