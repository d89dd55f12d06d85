/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * score - a server in points, and how much of the test was made there
 *
 * A test is a diagnosis that would count: it was made where the server could
 * have been found to have it. The score is 100 less the penalty, in
 * diagnosis.def, of every code found that counts, once however often it was
 * found, and never below 0. What was not tested is neither pass nor failure:
 * the coverage tells of it. Pure, as judge is.
 */
#ifndef SCORE_H
#define SCORE_H

#include <stdbool.h>

#include "diagnosis.h"
#include "range.h"
#include "result.h"
#include "target.h"
#include "facts.h"

/* What a run is to test; the later ones only if the user asks. */
enum score_scope {
	SCORE_BASE = 0x8000, /* what has to be done to come any further */
	SCORE_DNS = 1 << 0,
	SCORE_PTR = 1 << 1,
	SCORE_BANNER = 1 << 2,
	SCORE_STARTTLS = 1 << 3, /* the offer; not with --ssl */
	SCORE_TLS = 1 << 4,
	SCORE_CERTIFICATE = 1 << 5,
	SCORE_RELAY = 1 << 6,
	SCORE_DANE = 1 << 13,
	SCORE_MTASTS = 1 << 14,
	SCORE_EXPECTED_MX = 1 << 7,
	SCORE_EXPECTED_BANNER = 1 << 8,
	SCORE_REQUIRED = 1 << 9,
	SCORE_PINS = 1 << 10,
	SCORE_OLD_VERSIONS = 1 << 11,
	SCORE_COMMAND_INJECTION = 1 << 12,
	SCORE_REQUIRED_MODE = 1 << 16,
};

/* A server, and what is known of it and its domain. */
struct score_place {
	const struct target *target;
	const struct facts *facts; /* or NULL */
	const struct mtasts *mtasts;
	const struct result *set;
};

/*
 * Adds to a server's result: its tests, planned and made; its score, as the
 * metric "score", unless nothing could be tested; SCORE_LOW by the limits.
 * Findings of the set count at every server.
 */
void score_server(const struct score_place *place, unsigned scope,
    const struct thresholds *limits, struct result *result);

/* The same for a set that has no server at all: from its own findings. */
void score_empty_set(const struct thresholds *limits, struct result *set);

/* Whether a code is one of the tests that are counted. */
bool score_is_test(enum diagnosis code);

#endif
