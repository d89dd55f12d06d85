/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * auth - a login by SASL (RFC 4954), by GNU SASL
 *
 * The only file with libgsasl, which only programs that call this are linked
 * with. It logs in wherever it is told to: whether the line and the
 * certificate deserve a secret is for the caller to judge before.
 */
#ifndef AUTH_H
#define AUTH_H

#include <stdbool.h>

#include "facts.h"
#include "smtp.h"

enum { AUTH_USER_MAX = 1024 }; /* bytes, for a response to fit into a line */

struct auth_params {
	const char *user;
	const char *secret;    /* password, or the access token of XOAUTH2 */
	const char *mechanism; /* NULL: the best one that is offered */
};

/* PLAIN, LOGIN, CRAM-MD5, SCRAM-SHA-1, SCRAM-SHA-256, XOAUTH2; case aside. */
bool auth_mechanism_known(const char *mechanism);

/* All of them, the best first, "SCRAM-SHA-256, ...". */
const char *auth_mechanism_list(void);

/* Once, before any thread starts; false if out of memory. */
bool auth_prepare(void);

/*
 * Logs in by what the newest EHLO offers, and records in facts->auth what
 * came of it. True once the server has accepted the login, and with SCRAM has
 * proved that it knows the password too. Nothing is sent where the mechanism
 * is not offered.
 */
bool auth_login(struct smtp *smtp, const struct auth_params *params);

#endif
