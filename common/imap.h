/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * imap - a mailbox on an IMAP server, looked into for one message
 *
 * By libcurl (RFC 9051, 4315, 5092). All looks share one connection, with TLS
 * unless the user says otherwise. Only a message that holds the token is ever
 * marked as deleted, and expunged only by itself.
 */
#ifndef IMAP_H
#define IMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deadline.h"
#include "imap_url.h"
#include "look.h"
#include "text.h"
#include "tls.h"
#include "transfer.h"

enum { IMAP_ANSWER_MAX = 16384 }; /* bytes of untagged responses */

struct imap_params {
	const struct imap_url *url;
	const char *user;
	const char *secret;
	bool by_token; /* the secret is an access token (XOAUTH2) */
	bool in_clear; /* no STARTTLS */
	const struct tls_policy *policy;
};

/* Of the whole contents only `why` is for others to read. */
struct imap {
	struct imap_params params;
	struct transfer transfer;
	struct deadline deadline; /* of the command under way */
	bool logged_in;
	bool looked;       /* without hindrance, at least once */
	bool uidplus;      /* single messages can be expunged */
	uint32_t uid;      /* of the message found */
	char refusal[160]; /* the newest NO or BAD, printable; "" for none */
	char answer[IMAP_ANSWER_MAX + 1];
	size_t length;
	char why[LOOK_WHY_SIZE]; /* "" if the last look was a good one */
};

/* Connects to nobody yet. What the params point to has to outlive it. */
void imap_open(struct imap *imap, const struct imap_params *params);

/*
 * Logs in and selects the mailbox; false with `why` filled in if that can't be
 * done. Looks do it themselves where it was not done before.
 */
bool imap_enter(struct imap *imap, struct deadline deadline);

/* Searches for the newest message with the token in that header. */
enum look imap_look(struct imap *imap, const char *header, const char *token,
    struct deadline deadline);

/*
 * Deletes the message found. True if it is gone: where the server can't
 * expunge a single message, it stays, marked.
 */
bool imap_remove(struct imap *imap, struct deadline deadline);

void imap_close(struct imap *imap, struct deadline deadline);

#endif
