/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * failure - how a step with a server failed, in the operator's words
 *
 * Operations return bool; the first failure of a connection is kept in its
 * struct failure, and later operations on it do nothing and return false.
 */
#ifndef FAILURE_H
#define FAILURE_H

#include <stdbool.h>

enum failure_kind {
	FAILURE_NONE,
	FAILURE_REFUSED,     /* the port is closed */
	FAILURE_UNREACHABLE, /* a router or a firewall said so */
	FAILURE_NO_ROUTE,    /* this host itself has no IPv6 route */
	FAILURE_TIMEOUT,     /* the deadline came first */
	FAILURE_RESET,       /* RST */
	FAILURE_CLOSED,      /* end of file where a reply was due */
	FAILURE_PROTOCOL,    /* what came is no SMTP reply */
	FAILURE_TOO_LONG,    /* a line or a reply beyond all measure */
	FAILURE_TLS,         /* alert, garbage, nothing in common */
	FAILURE_BUSY,        /* 421: the server ends the session */
	FAILURE_LOCAL,       /* our own: no socket, no memory, --source */
};

struct failure {
	enum failure_kind kind;
	char text[256]; /* printable detail, may be "" */
};

/* Whether the other side ended it: told to, or without a word. */
static inline bool
failure_is_cut(const struct failure *failure)
{
	return failure->kind == FAILURE_BUSY || failure->kind == FAILURE_CLOSED
	    || failure->kind == FAILURE_RESET;
}

#endif
