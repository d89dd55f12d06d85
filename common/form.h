/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * form - the address forms that servers have been tricked into relaying by
 *
 * From the tests of abuse.net, mail-abuse.org, DSBL, nmap and the knowledge
 * base of Microsoft (Q304897), and some of our own.
 */
#ifndef FORM_H
#define FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "domain.h"
#include "text.h"
#include "facts.h"

enum { FORMS_MAX = 40 };

struct form {
	const char *name;
	enum relay_kind kind;
	const char *from; /* patterns, see form_expand() */
	const char *to;
};

/* What the letters of a pattern stand for at one server. */
struct form_meaning {
	char sender[RELAY_ADDRESS_SIZE];    /* %f: our usual one */
	char mailbox[RELAY_ADDRESS_SIZE];   /* %r: outside, before the @ */
	char domain[DOMAIN_SIZE];           /* %d: and behind it */
	char host[DOMAIN_SIZE + 8];         /* %h: the server's name */
	char literal[INET6_ADDRSTRLEN + 8]; /* %i: and address literal */
	const char *local;                  /* %l: a domain it serves */
};

/* The plain form is number 0. NULL beyond the last one. */
const struct form *form_number(size_t number);

/*
 * The pattern with its letters replaced; "%%" is a percent sign. False if the
 * address is too long for a command line (512 octets, RFC 5321 4.5.3.1.4).
 */
bool form_expand(char out[RELAY_ADDRESS_SIZE], const char *pattern,
    const struct form_meaning *meaning);

/* The table for a reader: name, sender and recipient of each form. */
void form_list(struct text *out);

/* "basic", "all" or names separated by commas, into wanted[number]. */
bool form_parse(const char *string, bool wanted[FORMS_MAX], struct text *why);

#endif
