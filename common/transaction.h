/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * transaction - MAIL, RCPT, and DATA or RSET (RFC 5321 3.3, RFC 2033)
 *
 * In one group where PIPELINING is offered (RFC 2920), else step by step.
 * Unless the message is to be sent it ends after RCPT, with RSET: no mail
 * comes of it.
 */
#ifndef TRANSACTION_H
#define TRANSACTION_H

#include <stdbool.h>

#include "text.h"
#include "facts.h"
#include "smtp.h"

/* RFC 3461; all of it is left out where DSN is not offered. */
struct dsn_request {
	const char *notify; /* "NEVER", "SUCCESS,FAILURE"; NULL: not asked */
	const char *ret;    /* "HDRS" or "FULL", or NULL */
	const char *envid;  /* or NULL */
};

struct transaction_params {
	const char *from;      /* "" for the null sender */
	const char *const *to; /* NULL last; TRANSACTION_RECIPIENTS_MAX */
	struct dsn_request dsn;
	const struct text *message; /* whole, its dots not yet stuffed */
	bool send;
};

/*
 * Makes the transaction and records it in facts->delivery, the durations of
 * its steps in facts->seconds. True if all of the dialogue was had, whatever
 * the answers. Nothing is said where the server lacks an extension that
 * addresses or message can't do without.
 */
bool transaction_make(
    struct smtp *smtp, const struct transaction_params *params);

/* The server's own name for a message, from its reply; "" if it has none. */
void transaction_queue_id(const struct answer *answer, char *out, size_t size);

#endif
