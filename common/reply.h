/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reply - an SMTP reply, read line by line (RFC 5321 4.2)
 *
 * Pure: lines in, status out; the bytes come from conn. More generous than
 * the RFC in length only, strict in form: three digits 200-599, the same in
 * every line, then "-", a blank or the end.
 */
#ifndef REPLY_H
#define REPLY_H

#include <stdbool.h>
#include <stddef.h>

enum {
	REPLY_LINE_MAX = 8192,   /* bytes of a line, its end not counted */
	REPLY_BYTES_MAX = 65536, /* of all lines of a reply */
	REPLY_LINES_MAX = 200,
	REPLY_TEXT_SIZE = 512, /* kept of a line, made printable */
};

enum reply_status {
	REPLY_MORE, /* a "250-" line: the reply goes on */
	REPLY_DONE,
	REPLY_MALFORMED,
	REPLY_TOO_LONG,
};

/* What is kept of a reply: enough to quote it. */
struct answer {
	int code;                   /* 0: none came */
	char text[REPLY_TEXT_SIZE]; /* printable, after the code: the last line,
	                               of a refusal all lines as one */
	char enhanced[12];          /* "5.7.1" (RFC 3463), or "" */
};

/* A reply while it comes in. */
struct reply {
	int code;
	size_t lines;
	size_t bytes;
	char text[REPLY_TEXT_SIZE];   /* of the newest line, printable */
	char joined[REPLY_TEXT_SIZE]; /* of all lines */
};

void reply_init(struct reply *reply);

/* Takes the next line, without its CRLF or LF; it may hold any byte. */
enum reply_status reply_line(
    struct reply *reply, const char *line, size_t length);

/*
 * Keeps what is worth quoting. Why something is refused stands on the first
 * line as often as on the last; the enhanced code, which each may bear, once.
 */
void reply_keep(const struct reply *reply, struct answer *answer);

/* 2yz, 4yz, 5yz. */
bool answer_is(const struct answer *answer, int hundreds);

/*
 * Whether it is the sender that is refused, at MAIL or, as most servers put
 * it off, at RCPT: X.1.7, X.1.8 (RFC 3463), or in Postfix' or Exim's words.
 */
bool answer_blames_sender(const struct answer *answer);

/* The enhanced code without its class, ".1.8", or "". */
const char *answer_detail(const struct answer *answer);

#endif
