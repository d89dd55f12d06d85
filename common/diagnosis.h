/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * diagnosis - every code the suite can report, and what each one means
 *
 * diagnosis.def is the one table: the enum below, --explain, the manual and
 * the tests come from it. Codes are promises to users: unique, never reused.
 * Its order breaks ties between equally bad findings.
 */
#ifndef DIAGNOSIS_H
#define DIAGNOSIS_H

#include <stdbool.h>

/* Exit codes; state_worse() knows which one outweighs which. */
enum state { STATE_OK, STATE_WARNING, STATE_CRITICAL, STATE_UNKNOWN };

enum diagnosis {
#define DIAGNOSIS(code, state, penalty, tlsrpt, title, cause, remedy) code,
#include "diagnosis.def"
#undef DIAGNOSIS
	DIAGNOSIS_END /* their number, and the end of a list of codes */
};

enum { FULL_SCORE = 100 };

/* No session under TLS, of whatever version, for lists of codes. */
#define DIAGNOSES_STOP_TLS                                                     \
	STARTTLS_NOT_OFFERED, STARTTLS_STRIPPED, STARTTLS_REFUSED,             \
	    STARTTLS_INJECTION, TLS_HANDSHAKE, TLS_TIMEOUT, TLS_CLOSED

struct diagnosis_entry {
	const char *code;
	enum state state;   /* by default; STATE_OK is a note */
	int penalty;        /* of FULL_SCORE, a server's points */
	const char *tlsrpt; /* result type of RFC 8460 4.3, or NULL */
	const char *title;
	const char *cause;  /* lines */
	const char *remedy; /* lines */
};

const struct diagnosis_entry *diagnosis_entry(enum diagnosis diagnosis);

/* By its code, letter case aside; false if there is none. */
bool diagnosis_find(const char *code, enum diagnosis *diagnosis);

/* "OK", "WARNING", "CRITICAL" or "UNKNOWN". */
const char *state_name(enum state state);

/* By its name, letter case aside; false if it is none. */
bool state_find(const char *name, enum state *state);

/* CRITICAL, WARNING, UNKNOWN, OK: the order of the guidelines. */
enum state state_worse(enum state a, enum state b);

#endif
