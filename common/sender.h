/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sender - who loses mail: which kinds of senders would not deliver
 *
 * The same fault stops some senders and not others: without STARTTLS a plain
 * sender goes on, one that requires TLS does not. Pure, as judge is.
 */
#ifndef SENDER_H
#define SENDER_H

#include "result.h"
#include "target.h"
#include "facts.h"

enum sender {
	SENDER_PLAIN,  /* delivers in the clear where there is no TLS */
	SENDER_TLS,    /* delivers by TLS only, --min-tls or better, to any
			 name */
	SENDER_MTASTS, /* heeds a policy in force, else is a plain one */
	SENDER_DANE,   /* heeds TLSA records, else is a plain one */
	SENDER_V4,     /* a plain one that has no IPv6 */
	SENDER_V6,     /* or no IPv4 */
	SENDERS        /* their number */
};

enum delivery {
	DELIVERY_UNKNOWN, /* not tested, or deferred just now */
	DELIVERY_WORKS,
	DELIVERY_FAILS,
	DELIVERY_NO_WAY, /* a server of the other address family */
};

/* "TLS-requiring sender", and for programs "tls_requiring". */
const char *sender_name(enum sender sender);
const char *sender_key(enum sender sender);

/* A server, and what is known of it and its domain. */
struct sender_place {
	const struct target *target;
	const struct facts *facts; /* or NULL */
	const struct result *result;
	const struct mtasts *mtasts; /* of the domain; zeroed: not asked */
};

/*
 * Whether a server takes that sender's mail, judged by what was found and
 * observed there; where not, *why is the finding that stops it.
 */
enum delivery sender_delivery(enum sender sender,
    const struct sender_place *place, const struct finding **why);

/* The finding about a set that stops every sender, or NULL. */
const struct finding *sender_stopped_by_set(const struct result *set);

/*
 * Whether a host is known to have no address of the family that the sender
 * needs; false for senders that take either.
 */
bool sender_lacks_address(enum sender sender, const struct target_host *host);

/* Whether the look-up of that family failed, so that it may have one. */
bool sender_may_miss_address(
    enum sender sender, const struct target_host *host);

#endif
