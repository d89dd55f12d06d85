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
#include "look.h"
#include "text.h"
#include "tls.h"
#include "transfer.h"

enum {
	IMAP_URL_SIZE = 1024,
	IMAP_ANSWER_MAX = 16384, /* bytes of untagged responses */
};

struct imap_params {
	const char *url; /* imap[s]://HOST[:PORT][/MAILBOX] */
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
	char server[IMAP_URL_SIZE];  /* "imaps://example.com/" */
	char mailbox[IMAP_URL_SIZE]; /* "imaps://example.com/INBOX" */
	char host[IMAP_URL_SIZE];
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

/* False with `why` filled in if that can't be a mailbox. */
bool imap_url_valid(const char *url, struct text *why);

/* Connects to nobody yet. The params' strings have to outlive it. */
void imap_open(struct imap *imap, const struct imap_params *params);

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
