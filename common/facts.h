/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * facts - what was observed at one server, without a verdict
 *
 * Filled in by the dialogue (smtp, relay), read by judge and report. Zeroed
 * by its owner; a part that is still zero was not reached. It is large: it
 * lives on the heap and is never copied.
 */
#ifndef FACTS_H
#define FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "text.h"
#include "reply.h"
#include "reverse.h"
#include "mtasts.h"
#include "target.h"
#include "tls.h"

/* Where a dialogue stands, or broke off. */
enum step {
	STEP_CONNECT,
	STEP_BANNER,
	STEP_EHLO,
	STEP_STARTTLS,
	STEP_TLS,
	STEP_AUTH,
	STEP_RELAY,
	STEP_MAIL, /* MAIL, RCPT and RSET */
	STEP_DATA, /* DATA, the message and its reply */
};

struct banner {
	bool came;  /* a whole reply, whatever its code */
	bool begun; /* at least one byte of it */
	int code;
	char text[REPLY_TEXT_SIZE]; /* first line, behind the code */
	char lines[2048];           /* all of them, "220 text" each */
	char host[DOMAIN_SIZE];     /* the name it states, "" if none */
};

enum { EHLO_KEYWORDS_MAX = REPLY_LINES_MAX, EHLO_KEYWORD_SIZE = 256 };

/* One EHLO, and the HELO tried where EHLO was refused. */
struct ehlo {
	struct answer answer;   /* to EHLO; code 0: not asked */
	struct answer helo;     /* to HELO; code 0: not asked */
	char name[DOMAIN_SIZE]; /* the server's own, first word of the reply */
	size_t count;           /* extensions offered */
	char extension[EHLO_KEYWORDS_MAX][EHLO_KEYWORD_SIZE];
};

enum obsolete_answer {
	OBSOLETE_NOT_ASKED,
	OBSOLETE_REFUSED,
	OBSOLETE_ACCEPTED,
	OBSOLETE_NOT_TESTABLE, /* not in this OpenSSL, or no clear answer */
};

enum { OBSOLETE_VERSIONS = 2 }; /* TLS 1.0 and TLS 1.1 */

enum injection_answer {
	INJECTION_NOT_ASKED,
	INJECTION_IGNORED, /* as it should be */
	INJECTION_EXECUTED,
	INJECTION_UNCLEAR,
};

struct starttls {
	bool asked;
	struct answer answer;
	bool leftover; /* plaintext behind the 220 (RFC 3207 4.2) */
	enum obsolete_answer obsolete[OBSOLETE_VERSIONS];
	enum injection_answer injection;
};

/* What an accepted recipient of this form would prove. */
enum relay_kind {
	RELAY_OUTSIDE, /* mail leaves: the server relays */
	RELAY_ODD,     /* may be a strange local mailbox, bounced later */
	RELAY_LOCAL,   /* the server's own mail: nothing */
};

/* A chain of certificates against the host's TLSA records. */
struct dane_chain {
	bool seen;
	char key_type[24]; /* of the leaf: "RSA", "EC" */
	bool matches;      /* one record or more */
	bool
	    issuer_matches; /* but for its name or dates one of usage 2 would */
	bool matched[TLSA_MAX];
};

struct dane {
	struct dane_chain chain[2]; /* the one the server prefers, and that of
				       the other key type, if it has one */
	bool both;                  /* the other one was looked for */
	struct dane_chain next;     /* --next-cert */
};

enum { RELAY_PROBES_MAX = 64, RELAY_ADDRESS_SIZE = 520 };

struct relay_probe {
	const char *name; /* static */
	enum relay_kind kind;
	char from[RELAY_ADDRESS_SIZE]; /* as sent, brackets included */
	char to[RELAY_ADDRESS_SIZE];
	struct answer mail;
	struct answer rcpt; /* code 0: not answered */
};

struct relay {
	bool trusted;           /* skipped: we may relay here */
	bool inside_tls;        /* asked after STARTTLS */
	bool starttls_required; /* MAIL or RCPT got 530, but not inside TLS */
	bool for_another;       /* the control is of another domain */
	/* Both from the first probe's sender, in its transaction. */
	struct relay_probe control;   /* a local mailbox: must be accepted */
	struct relay_probe catch_all; /* a local name that can't exist */
	size_t planned;
	size_t too_long; /* forms that fit into no command line here */
	size_t count;    /* probes begun */
	struct relay_probe probe[RELAY_PROBES_MAX];
	bool cut; /* it ended before the last probe was answered */
	char cut_reason[160];
};

/* A login, and why it came to nothing if it did. */
struct auth {
	bool asked; /* what is offered is to be told, login or not */
	bool wanted;
	const char *chosen;   /* mechanism that the user wants, or NULL */
	const char *withheld; /* static: why nothing was sent; NULL: it was */
	bool missing;         /* that one is not offered, or none we know */
	char mechanism[24];   /* tried; "" if none was */
	struct answer answer; /* that ended it; code 0: none came */
	bool said; /* the credentials, as far as a refusal can mean them */
	bool accepted;
	bool unproven;       /* the server's own proof (SCRAM) is wrong */
	const char *failure; /* static: our side gave up; NULL: it did not */
	bool unprepared;     /* for want of fit credentials, not the server's
				fault */
};

/* A mailbox that was watched for a message. */
struct arrival {
	bool asked;
	bool seen;
	bool removed;   /* the message was deleted again */
	double seconds; /* from DATA to the first look that found it */
	char why[256];  /* why the mailbox can't be looked at; "" if it can */
};

enum { TRANSACTION_RECIPIENTS_MAX = 32 };

struct recipient {
	const char *address;
	struct answer rcpt;
	struct answer delivered; /* LMTP's own reply after the message */
};

/* A transaction; answers with code 0 did not come, or were not asked for. */
struct delivery_facts {
	bool asked;
	bool lmtp;      /* each recipient has its own reply to the message */
	char from[256]; /* without brackets; "" for the null sender */
	const char *lacking; /* static: extension that it can't do without */
	bool dsn_dropped;    /* DSN was asked for, and is not offered */
	struct answer mail;
	size_t count;
	struct recipient recipient[TRANSACTION_RECIPIENTS_MAX];
	struct answer reset;   /* to RSET */
	struct answer data;    /* to DATA */
	struct answer message; /* to the message; with LMTP the first one */
	char queue_id[96];     /* the server's name for the message, or "" */
	char token[40];        /* ours; "" where nothing was sent */
	double sent;           /* clock_seconds() of DATA */
	struct arrival arrival;
};

/* Durations of the steps made, in seconds; `total` up to the last of them. */
struct seconds {
	double connect;
	double banner;  /* connected, or inside TLS, to the complete banner */
	double greeted; /* from the start to the complete banner */
	double ehlo;
	double tls;
	double ehlo_tls;
	double relay; /* on all connections */
	double auth;
	double mail; /* each from its command, or the reply before it where */
	double rcpt; /* they went as a group, to its last reply */
	double data;
	double total;
};

struct facts {
	int64_t when; /* the moment that the verdict is for, since 1970 */
	const struct target *target;
	enum step step;         /* the last one begun */
	struct failure failure; /* how it broke off, if it did */
	struct answer busy;     /* the 421 of FAILURE_BUSY */
	struct seconds seconds;
	struct reverse reverse;
	struct banner banner;
	struct ehlo ehlo;
	struct ehlo ehlo_tls; /* asked again inside TLS */
	struct starttls starttls;
	struct handshake handshake;
	struct dane dane;
	struct relay relay;
	struct auth auth;
	struct delivery_facts delivery;
	struct text transcript; /* for -vvv; max 0: not wanted */
};

/* What was observed of the domain as a whole, beside its servers. */
struct domain_facts {
	struct mtasts mtasts;
};

void domain_facts_release(struct domain_facts *facts);

/*
 * Facts of their own for a further connection to the same server, which
 * carry on its transcript; NULL if out of memory. `facts` is not to be used
 * for a dialogue until facts_end_aside().
 */
struct facts *facts_begin_aside(struct facts *facts);

/* Takes the transcript back and frees `aside`. */
void facts_end_aside(struct facts *facts, struct facts *aside);

/* With all that they own; NULL is fine. */
void facts_free(struct facts *facts);

/*
 * The parameters of an extension offered ("" if it has none), NULL if it is
 * not; keywords are compared whole, letter case aside (RFC 5321 4.1.1.1).
 */
const char *ehlo_offers(const struct ehlo *ehlo, const char *keyword);

/* Whether a line, keyword and parameters, is among the extensions. */
bool ehlo_has_line(const struct ehlo *ehlo, const char *line);

enum {
	MECHANISMS_MAX = 32,
	MECHANISM_SIZE = 24, /* RFC 4422 3.1: 20 characters */
};

/* SASL mechanisms in the order of the offer, each once. */
struct mechanisms {
	size_t count;
	char name[MECHANISMS_MAX][MECHANISM_SIZE];
};

/* Those that AUTH offers, also in its old form "AUTH=LOGIN". */
void ehlo_mechanisms(const struct ehlo *ehlo, struct mechanisms *mechanisms);

/* "PLAIN, LOGIN". */
void mechanisms_list(const struct mechanisms *mechanisms, struct text *out);

/* Whether there is any. */
bool ehlo_offers_login(const struct ehlo *ehlo);

/* Whether one of them is offered, letter case aside (RFC 4954 3). */
bool ehlo_offers_mechanism(const struct ehlo *ehlo, const char *mechanism);

/* Whether the session was inside TLS before anything was said. */
bool facts_tls_first(const struct facts *facts);

/* The newest EHLO: inside TLS if there was one. */
const struct ehlo *facts_ehlo(const struct facts *facts);

/* The newest answer that came in a transaction; NULL: none. */
const struct answer *delivery_last_answer(
    const struct delivery_facts *delivery);

/* How many recipients were accepted, from a sender who was, too. */
size_t delivery_accepted(const struct delivery_facts *delivery);

/*
 * How the message fared for a recipient that was accepted, by its place; NULL
 * if there is no such reply.
 */
const struct answer *delivery_outcome(
    const struct delivery_facts *delivery, size_t place);

/* For how many recipients the server took the message. */
size_t delivery_taken(const struct delivery_facts *delivery);

/* EHLO, or HELO after it (RFC 5321 3.2). */
bool ehlo_is_accepted(const struct ehlo *ehlo);

#endif
