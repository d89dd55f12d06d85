/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * smtp - the dialogue with one server, step by step (RFC 5321, RFC 3207)
 *
 * Each step is one function that says its lines, waits for the replies and
 * records in `facts` what happened; false means that the dialogue can't go
 * on, with the reason in the facts. So a check reads as the dialogue:
 *
 *	smtp_open(...) && smtp_greeting(...) && smtp_ehlo(...) && ...
 *	smtp_close(...);
 *
 * Polite by construction: nothing is sent before the whole greeting, and
 * smtp_close() says QUIT whenever the line still stands.
 */
#ifndef SMTP_H
#define SMTP_H

#include <stdbool.h>
#include <stddef.h>

#include "deadline.h"
#include "dns.h"
#include "reply.h"
#include "tls.h"
#include "facts.h"
#include "conn.h"

/* What a dialogue needs to know; all of it outlives the dialogue. */
struct smtp_params {
	const struct target *target;
	const char *domain; /* --domain, or NULL */
	const char *fqdn;   /* for EHLO; NULL: our address literal */
	bool fqdn_chosen;   /* by the user: say it whatever it is */
	bool ssl;           /* TLS from the first byte */
	bool proxy;         /* PROXY protocol header first */
	bool lmtp;          /* LHLO instead of EHLO (RFC 2033) */
	const union dns_address *source; /* or NULL */
	struct tls_offer offer;
	struct ssl_ctx_st *context; /* NULL: TLS is not to be expected */
	const struct tls_policy *policy;
	struct deadline deadline;
};

struct smtp {
	const struct smtp_params *params;
	struct facts *facts;
	const struct ehlo *ehlo; /* the newest one */
	double began;
	bool greeted;
	bool surplus; /* answers to nothing are looked for: say on */
	bool in_data; /* DATA was said: what is said now may be message */
	char name[DOMAIN_SIZE + 8]; /* what we say in EHLO */
	struct reply reply;
	struct conn conn;
};

/* One command of a group, its line without CRLF, and where the answer goes. */
struct smtp_command {
	const char *line;
	struct answer *answer;
};

/* Connects; with params->ssl the handshake follows at once. */
bool smtp_open(
    struct smtp *smtp, const struct smtp_params *params, struct facts *facts);

/* Waits for the greeting; true if it is a 220. */
bool smtp_greeting(struct smtp *smtp);

/*
 * EHLO, or HELO where that is refused; into facts->ehlo, the second time
 * into facts->ehlo_tls. True if one of them was accepted.
 */
bool smtp_ehlo(struct smtp *smtp);

/*
 * STARTTLS and the handshake; true once inside TLS, also if it was already.
 * Without the offer nothing is sent. Plaintext behind the 220 ends it.
 */
bool smtp_starttls(struct smtp *smtp);

/* What follows belongs to `step`, should it fail. */
void smtp_begin(struct smtp *smtp, enum step step);

/* Sends one command and reads its reply; true whatever the reply but 421. */
bool smtp_say(struct smtp *smtp, const char *line, struct answer *answer);

/* Reads one more reply, to a command that was not smtp_say()'s. */
bool smtp_hear(struct smtp *smtp, struct answer *answer);

/*
 * The same with a line that holds a secret, or may: the transcript has `shown`
 * instead.
 */
bool smtp_say_secret(struct smtp *smtp, const char *line, const char *shown,
    struct answer *answer);

/*
 * What the newest reply says behind its code, secrets and all, for who has
 * to answer a challenge (334): never to be shown. "" if it is too long.
 */
const char *smtp_challenge(const struct smtp *smtp);

/*
 * Sends commands at once without waiting; each is answered by smtp_hear().
 * Whether that is allowed is for the caller to know.
 */
bool smtp_send(
    struct smtp *smtp, const struct smtp_command *command, size_t count);

/* Records a failure of our own; always false. */
bool smtp_fail(struct smtp *smtp, const char *why);

/*
 * Sends a message as it stands, dots stuffed, and reads the reply to it unless
 * `answer` is NULL.
 */
bool smtp_send_message(
    struct smtp *smtp, const struct text *message, struct answer *answer);

/*
 * Sends a group that RFC 2920 allows to pipeline: at once where the server
 * offers PIPELINING, else one by one, and no further than the first command
 * if that is refused. True if all that was sent was answered.
 */
bool smtp_exchange(
    struct smtp *smtp, const struct smtp_command *command, size_t count);

/*
 * Says QUIT if the server greeted and the line stands, waits for its answer
 * a moment, and closes. Goes with every smtp_open(). While DATA is open there
 * is nothing to say: closing is what discards a message (RFC 5321 4.1.1.4).
 */
void smtp_close(struct smtp *smtp);

/* The dialogue whole, from smtp_open() by STARTTLS to smtp_close(). */
void smtp_see_tls(const struct smtp_params *params, struct facts *facts);

#endif
