/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * judging - one server's facts to be judged, and what was found
 *
 * The server is mx1.example.com [192.0.2.4]:25 of example.com, an MX host of
 * preference 10; the moment is fixed. Facts and result are static: fresh for
 * each test, too large for the stack.
 */
#ifndef JUDGING_H
#define JUDGING_H

#include "diagnosis.h"
#include "facts.h"
#include "result.h"
#include "target.h"

/* 2026-01-15T12:00:00Z, the moment of all verdicts. */
#define JUDGING_WHEN ((int64_t)1768478400)

struct judging {
	struct target_host host;
	struct target target;
	struct facts facts;
	struct domain_facts domain;
	struct severities severities;
	struct result result;
};

/* All steps made so far: none. */
struct judging *judging_start(void);

/* Gives the target an IPv4 or IPv6 address. */
void judging_address(struct target *target, const char *address, unsigned port);

/* Its zones are signed, our resolver validates; no TLSA records so far. */
void judging_sign(struct target_host *host);

/* One more record at such a host: selector 1, SHA-256 of 32 zeros. */
void judging_add_tlsa(struct target_host *host, unsigned usage);

/* The domain is known to have no MTA-STS policy, and no TLSRPT record. */
void judging_no_policy(struct mtasts *mtasts);

/* It has a policy, which lists mx1.example.com, and TLSRPT. */
void judging_policy(struct mtasts *mtasts, enum mtasts_mode mode);

/* "CODE CODE ...", worst first; "" for none. */
const char *judging_codes(const struct result *result);

/* The finding of a code; fails the test if there is none. */
const struct finding *judging_finding(
    const struct result *result, enum diagnosis code);

/* An answer as if these words had been read; a code of 0 leaves it alone. */
void judging_answer(struct answer *to, int code, const char *text);

#endif
