/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * message - a mail message to be sent as a test (RFC 5322)
 *
 * Pure: text in, text out; CRLF at the end of each line. Dots are stuffed
 * only when it is sent (RFC 5321 4.5.2).
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

enum {
	MESSAGE_MAX = 32 << 20, /* bytes, of a file */
	MESSAGE_TOKEN_SIZE = 40,
};

/* The header that tells one test message from all others. */
#define MESSAGE_TOKEN_HEADER "X-Check-MX-Token"

/* What a message of our own says; strings are UTF-8. */
struct message_params {
	const char *from;      /* "" for the null sender */
	const char *const *to; /* NULL last */
	const char *subject;
	const char *const *headers; /* "Name: value", NULL last */
	const char *token;
	const char *host;   /* ours, for the Message-ID; "[...]": a literal */
	const char *server; /* theirs, for a postmaster without a domain */
	int64_t date;       /* seconds since 1970 */
};

/* 128 random bits in hex; false if the system has none to give. */
bool message_make_token(char token[MESSAGE_TOKEN_SIZE]);

/*
 * Date, Message-ID, From, To, Subject (RFC 2047 where it is not ASCII), own
 * headers, a line of body. A header given replaces the one made.
 */
void message_write(const struct message_params *params, struct text *out);

/*
 * A whole message as its owner wrote it, headers and body: LF becomes CRLF,
 * nothing else changes. False with `why` for NUL or a bare CR, which no server
 * has to take (RFC 5321 2.3.8), and for one that begins with no header.
 */
bool message_take(
    const char *bytes, size_t length, struct text *out, struct text *why);

/* Puts the header with the token first. */
void message_mark(struct text *message, const char *token);

/* "Name: value" that no line of its own can be smuggled in with. */
bool message_header_valid(const char *header);

/* What it needs of a server: 8BITMIME (RFC 6152), SMTPUTF8 (RFC 6531). */
bool message_is_8bit(const struct text *message);
bool message_has_8bit_headers(const struct text *message);

/* As it goes over the line: dots stuffed, ended by its own line end, ".". */
void message_stuff(const struct text *message, struct text *out);

#endif
