/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * step_auth - the login: credentials, and when they may be sent
 *
 * For check_mx_auth and check_mx_delivery. The options write to variables of
 * this file, before any thread starts. A secret is sent only inside TLS, and
 * only to a server whose certificate is as it should be; --in-clear and
 * --no-verify are the user's own say.
 */
#ifndef STEP_AUTH_H
#define STEP_AUTH_H

#include <stdbool.h>

#include "text.h"
#include "option.h"
#include "result.h"
#include "facts.h"
#include "smtp.h"

/* --authtype, --authuser, --authpass, --authpass-file and --in-clear. */
extern const struct option_row step_auth_options[];

/*
 * Loads the secret from wherever it is: an option, a file, CHECK_MX_AUTHPASS.
 * False with `why` filled in if the options can't be meant.
 */
bool step_auth_prepare(struct text *why);

/* Whether credentials were given: a login is to be made. */
bool step_auth_wanted(void);

/* --in-clear: TLS is not to be started. */
bool step_auth_in_clear(void);

/* The credentials, NULL without; for a mailbox that takes the same. */
const char *step_auth_user(void);
const char *step_auth_secret(void);
bool step_auth_by_token(void); /* the secret is an access token (XOAUTH2) */

/*
 * Logs in if that was wanted and the line deserves it, else records why not.
 * True if a login was made, or none was wanted.
 */
bool step_auth_login(struct smtp *smtp);

/* Mechanisms in the clear, and the login as it should have gone: made. */
void step_auth_judge(const struct facts *facts, struct result *result);

#endif
