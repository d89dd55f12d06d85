/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * evidence - what a verdict rests on, for -v, -vv and -vvv
 */
#ifndef EVIDENCE_H
#define EVIDENCE_H

#include <stddef.h>

#include "text.h"
#include "result.h"
#include "facts.h"

/*
 * Behind the line of its server: at verbosity 1 what was observed and the
 * notes, at 2 causes and remedies too, at 3 the dialogue. `facts` may be
 * NULL where nothing was observed.
 */
void evidence_add(const struct facts *facts, const struct result *result,
    unsigned verbosity, struct text *out);

/* The same in parts: what was observed, a line each, and the dialogue. */
void evidence_observed(const struct facts *facts, struct text *out);
void evidence_dialogue(const struct facts *facts, struct text *out);

/* The domain's MTA-STS record and policy, and TLSRPT, as far as found. */
void evidence_domain(const struct mtasts *mtasts, struct text *out);

/* "mode enforce, max_age 604800 s, mx a, *.b"; "" without a policy. */
void evidence_policy(const struct mtasts *mtasts, struct text *out);

/* "TLSA 3 1 1 8cb0fc6c... matches", of the record by its number. */
void evidence_tlsa(const struct facts *facts, size_t record, struct text *out);

/*
 * What came of one step, as part of a line and as the server said it: EHLO,
 * the handshake, a MAIL or RCPT command of a relay test.
 */
void evidence_ehlo(const struct ehlo *ehlo, struct text *out);
void evidence_session(const struct handshake *handshake, struct text *out);
void evidence_mail(const struct relay_probe *probe, struct text *out);
void evidence_rcpt(const struct relay_probe *probe, struct text *out);

/* " got 250 2.1.5 Ok", a line's end; a refusal's enhanced code explained. */
void evidence_outcome(const struct answer *answer, struct text *out);

/* What login is offered, and what came of it: a line each, ended. */
void evidence_login(const struct facts *facts, struct text *out);

/* A transaction, and what came of the message: a line a command, each ended. */
void evidence_delivery(const struct delivery_facts *delivery, struct text *out);
void evidence_arrival(const struct arrival *arrival, struct text *out);

/* Cause and remedy of each finding of a result, its text first. */
void evidence_remedies(
    const struct result *result, size_t indent, struct text *out);

#endif
