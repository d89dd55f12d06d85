/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * judge_auth - the verdict on what login is offered, and on the one made
 *
 * Only an accepted login proves good credentials, and only a refusal for
 * their sake proves bad ones: what else a server may say of a login is told,
 * and is no proof of either.
 */
#include <ctype.h>
#include <string.h>

#include "judge.h"

bool
judge_mechanism_valid(const char *name)
{
	size_t length = strlen(name);

	for (const char *at = name; *at != '\0'; at++)
		if (!isalnum((unsigned char)*at) && *at != '-' && *at != '_')
			return false;
	return length > 0 && length <= 20;
}

/* The answer that a login goes by; NULL if the dialogue did not get there. */
static const struct ehlo *
find_offer(const struct facts *facts, const struct auth_wishes *wishes)
{
	bool first = wishes->in_clear || facts_tls_first(facts);
	const struct ehlo *ehlo = first ? &facts->ehlo : &facts->ehlo_tls;

	return ehlo_is_accepted(ehlo) ? ehlo : NULL;
}

static void
judge_clear(const struct facts *facts, const struct auth_wishes *wishes,
    struct result *result)
{
	struct mechanisms offered;
	struct text list;

	if (facts_tls_first(facts))
		return;
	ehlo_mechanisms(&facts->ehlo, &offered);
	if (offered.count == 0)
		return;
	text_init(&list, 160);
	mechanisms_list(&offered, &list);
	result_add(result, AUTH_IN_CLEAR, "login is offered before TLS: %s",
	    list.data);
	if (wishes->in_clear)
		result_restate(result, AUTH_IN_CLEAR, STATE_OK);
	text_release(&list);
}

static void
judge_requirements(const struct ehlo *ehlo, const struct mechanisms *offered,
    const char *const *mechanisms, struct result *result)
{
	struct text list;

	text_init(&list, 160);
	mechanisms_list(offered, &list);
	for (; mechanisms != NULL && *mechanisms != NULL; mechanisms++)
		if (!ehlo_offers_mechanism(ehlo, *mechanisms))
			result_add(result, AUTH_MECHANISM_MISSING,
			    "login by %s is not offered, only %s", *mechanisms,
			    list.data);
	text_release(&list);
}

void
judge_mechanisms(const struct facts *facts, const struct auth_wishes *wishes,
    struct result *result)
{
	const struct ehlo *ehlo = find_offer(facts, wishes);
	struct mechanisms offered;

	judge_clear(facts, wishes, result);
	if (ehlo == NULL)
		return;
	ehlo_mechanisms(ehlo, &offered);
	if (offered.count == 0)
		result_add(result, AUTH_NOT_OFFERED, "no login is offered%s",
		    wishes->in_clear ? "" : " inside TLS");
	else
		judge_requirements(ehlo, &offered, wishes->mechanisms, result);
}

void
judge_list_mechanisms(const struct ehlo *ehlo, struct text *out)
{
	struct mechanisms offered;

	ehlo_mechanisms(ehlo, &offered);
	mechanisms_list(&offered, out);
}

static void
judge_untried(const char *why, struct result *result)
{
	result_add_as(
	    result, NOT_TESTED, STATE_UNKNOWN, "login not tried: %s", why);
}

/* Where nothing at all is offered, that was told already. */
static void
judge_missing(const struct facts *facts, struct result *result)
{
	const char *chosen = facts->auth.chosen;
	struct text list;

	text_init(&list, 160);
	judge_list_mechanisms(facts_ehlo(facts), &list);
	if (list.length > 0 && chosen != NULL)
		result_add(result, AUTH_MECHANISM_MISSING,
		    "login by %s is not offered, only %s", chosen, list.data);
	else if (list.length > 0)
		result_add(result, AUTH_MECHANISM_MISSING,
		    "no login that we know is offered, only %s", list.data);
	text_release(&list);
}

static void
judge_giving_up(const struct auth *auth, bool reject, struct result *result)
{
	if (auth->unproven && !reject)
		result_add(result, AUTH_REJECTED,
		    "login by %s not finished: %s", auth->mechanism,
		    auth->failure);
	else if (auth->unproven)
		result_add_as(result, NOT_TESTED, STATE_UNKNOWN,
		    "login by %s proves nothing: %s", auth->mechanism,
		    auth->failure);
	else if (auth->unprepared)
		judge_untried(auth->failure, result);
	else
		result_add(result, SMTP_PROTOCOL,
		    "login by %s not finished: %s", auth->mechanism,
		    auth->failure);
}

/*
 * RFC 4954 6: 535 and 5.7.8 are about the credentials; some say it more
 * vaguely. A 535 with another reason is none: "5.7.139 ... is disabled". Nor is
 * one before the credentials were shown.
 */
static bool
blames_credentials(const struct auth *auth)
{
	static const char *const vague[] = {"", ".7.0", ".7.1", ".7.3"};
	const char *detail = answer_detail(&auth->answer);

	if (!auth->said || !answer_is(&auth->answer, 5))
		return false;
	for (size_t i = 0; i < sizeof(vague) / sizeof(vague[0]); i++)
		if (auth->answer.code == 535 && strcmp(detail, vague[i]) == 0)
			return true;
	return strcmp(detail, ".7.8") == 0;
}

static void
judge_unclear(const struct auth *auth, struct result *result)
{
	result_add_as(result, NOT_TESTED, STATE_UNKNOWN,
	    "login by %s proves nothing: %d %s", auth->mechanism,
	    auth->answer.code, auth->answer.text);
}

/* What the server decided, where it has to refuse. */
static void
judge_rejection(const struct auth *auth, struct result *result)
{
	if (auth->accepted)
		result_add(result, AUTH_ACCEPTED,
		    "login by %s accepted, which has to be refused: %d %s",
		    auth->mechanism, auth->answer.code, auth->answer.text);
	else if (!blames_credentials(auth))
		judge_unclear(auth, result);
}

static void
judge_acceptance(const struct auth *auth, struct result *result)
{
	const struct answer *answer = &auth->answer;

	if (auth->accepted && auth->unproven)
		result_add(result, AUTH_REJECTED,
		    "login by %s accepted without proof that the server knows "
		    "the password",
		    auth->mechanism);
	else if (answer_is(answer, 4))
		result_add(result, AUTH_DEFERRED, "login by %s deferred: %d %s",
		    auth->mechanism, answer->code, answer->text);
	else if (answer_is(answer, 5))
		result_add(result, AUTH_REJECTED, "login by %s rejected: %d %s",
		    auth->mechanism, answer->code, answer->text);
	else if (!auth->accepted)
		judge_unclear(auth, result);
}

void
judge_login(const struct facts *facts, const struct auth_wishes *wishes,
    struct result *result)
{
	const struct auth *auth = &facts->auth;

	if (!auth->wanted)
		return;
	if (auth->withheld != NULL)
		judge_untried(auth->withheld, result);
	else if (auth->missing)
		judge_missing(facts, result);
	else if (auth->failure != NULL)
		judge_giving_up(auth, wishes->reject, result);
	else if (auth->mechanism[0] == '\0'
	    || facts->failure.kind != FAILURE_NONE)
		return; /* that it broke off is told by judge_failure() */
	else if (wishes->reject)
		judge_rejection(auth, result);
	else
		judge_acceptance(auth, result);
}
