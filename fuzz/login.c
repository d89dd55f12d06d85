/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * login - a server's part of a login, its challenges first of all
 *
 * The first byte chooses the mechanism, all of which are offered; then come
 * the server's turns, see server.h.
 */
#include <string.h>
#include <sys/prctl.h>

#include "auth.h"
#include "secret.h"
#include "fuzz.h"
#include "outcome.h"
#include "server.h"

static const char *const mechanisms[] = {NULL, "SCRAM-SHA-256", "SCRAM-SHA-1",
    "CRAM-MD5", "PLAIN", "LOGIN", "XOAUTH2"};

enum { MECHANISMS = sizeof(mechanisms) / sizeof(mechanisms[0]) };

static void
offer_all(struct ehlo *ehlo)
{
	ehlo->answer.code = 250;
	ehlo->count = 1;
	text_print(ehlo->extension[0], EHLO_KEYWORD_SIZE, "AUTH %s %s",
	    "SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5", "PLAIN LOGIN XOAUTH2");
}

/* Once; leaks are looked for by tracing, which a secret forbids. */
static void
prepare(const char *secret)
{
	if (outcome_secret != NULL)
		return;
	fuzz_require(auth_prepare() && secret_add(secret));
	outcome_secret = secret;
	prctl(PR_SET_DUMPABLE, 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct facts *facts = outcome_facts();
	struct auth_params credentials = {.user = "user", .secret = "pencil"};
	struct smtp_params params = {
	    .target = &outcome_target, .deadline = deadline_in(60)};
	struct smtp smtp;

	prepare(credentials.secret);
	if (size > 0)
		credentials.mechanism = mechanisms[bytes[0] % MECHANISMS];
	facts->auth.asked = facts->auth.wanted = true;
	offer_all(&facts->ehlo);
	server_start(bytes + (size > 0), size - (size > 0));
	if (smtp_open(&smtp, &params, facts))
		auth_login(&smtp, &credentials);
	fuzz_require(!facts->auth.accepted || facts->auth.answer.code == 235);
	smtp_close(&smtp);
	server_end();
	outcome_of(facts);
	return 0;
}
