/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conn - bytes to and from one server before a deadline: TCP, then TLS
 *
 * The only file that waits. Each function returns false once the connection
 * has failed; the first failure stays in `failure`, and later calls do
 * nothing. conn_open() leaves an object that conn_close() accepts even when
 * it fails.
 */
#ifndef CONN_H
#define CONN_H

#include <stdbool.h>
#include <stddef.h>

#include "deadline.h"
#include "failure.h"
#include "text.h"
#include "dns.h"
#include "tls.h"

enum {
	CONN_BUFFER_SIZE = 16384, /* the longest line accepted, and more */
	CONN_RAW_SIZE = 2048,
};

struct conn_params {
	const union dns_address *address; /* port included */
	const union dns_address *source;  /* to bind to, or NULL */
	bool proxy; /* PROXY protocol version 1 header goes first */
	struct deadline deadline;
	struct text *transcript; /* gets the dialogue, printable; or NULL */
};

struct conn {
	int fd;             /* -1: not open */
	struct ssl_st *ssl; /* NULL: in the clear */
	struct deadline deadline;
	struct failure failure;
	struct text *transcript;
	bool heard; /* a byte has come in since conn_open() */
	bool hides; /* challenges are masked in the transcript */
	/* The newest line unmasked, "" if it does not fit: never to be shown. */
	char raw[CONN_RAW_SIZE];
	size_t start; /* unread bytes are buffer[start..end) */
	size_t end;
	char buffer[CONN_BUFFER_SIZE];
};

bool conn_open(struct conn *conn, const struct conn_params *params);

/* Sends close_notify inside TLS, if the line stands, and closes. */
void conn_close(struct conn *conn);

/*
 * The handshake, recorded in `handshake` (zeroed). `host` is the reference
 * name. Bytes that came before it and
 * are still unread are the caller's to judge: see conn_pending().
 */
bool conn_starttls(struct conn *conn, struct ssl_ctx_st *context,
    const struct tls_policy *policy, const char *host,
    const struct tls_offer *offer, struct handshake *handshake);

/* Sends all of it. */
bool conn_write(struct conn *conn, const char *bytes, size_t length);

/* The same, but the transcript has the line `shown` instead. */
bool conn_write_as(
    struct conn *conn, const char *bytes, size_t length, const char *shown);

/*
 * The next line without its LF or CRLF, secrets masked, valid until the next
 * call. A line beyond `max` bytes is FAILURE_TOO_LONG.
 */
bool conn_line(
    struct conn *conn, size_t max, const char **line, size_t *length);

/*
 * Reads and drops what still comes, up to the other side's end, `max` bytes or
 * the deadline: closing with bytes unread would reset the connection, and
 * take away what was sent last.
 */
void conn_drain(struct conn *conn, size_t max);

/*
 * Whether nothing has come in that nobody has read. Does not wait; a connection
 * that failed or ended is quiet.
 */
bool conn_is_quiet(struct conn *conn);

/* Bytes received in the clear that nobody has read, and never will. */
bool conn_pending(const struct conn *conn);

/* "192.0.2.7": our end of the connection; "" if unknown. */
void conn_local_text(const struct conn *conn, char out[INET6_ADDRSTRLEN]);

/* Records a failure found by who reads the bytes; the first one stays. */
bool conn_fail(struct conn *conn, enum failure_kind kind, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/* Whether bytes can still be sent. */
bool conn_stands(const struct conn *conn);

#endif
