/* SPDX-License-Identifier: GPL-3.0-or-later */
/* step_dane - TLSA records against what the server shows */
#include <string.h>

#include "dane.h"
#include "step_dane.h"

/* RFC 7672 3.2.2: names that a certificate under usage 2 may bear. */
enum { NAMES_MAX = 2 };

static void
list_names(const struct smtp_params *params, const char *names[NAMES_MAX + 1])
{
	names[0] = params->target->host->tlsa.base;
	names[1] = params->domain;
	names[2] = NULL;
}

static void
match(const struct smtp_params *params, const struct chain *chain, int64_t when,
    struct dane_chain *outcome)
{
	const char *names[NAMES_MAX + 1];

	list_names(params, names);
	outcome->seen = true;
	text_print(outcome->key_type, sizeof(outcome->key_type), "%s",
	    chain->certificate[0].key_type);
	outcome->matches = dane_match(
	    &params->target->host->tlsa, chain, names, when, outcome->matched);
	if (!outcome->matches)
		outcome->issuer_matches =
		    dane_match_issuer(&params->target->host->tlsa, chain);
}

static bool
is_heeded(const struct smtp_params *params)
{
	return target_host_dane(params->target->host) == DANE_STANDS_ON;
}

void
step_dane_prepare(struct smtp_params *params)
{
	if (is_heeded(params))
		params->offer.sni = params->target->host->tlsa.base;
}

void
step_dane_observe(const struct smtp_params *params, struct facts *facts)
{
	if (is_heeded(params) && facts->handshake.done)
		match(params, &facts->handshake.chain, facts->when,
		    &facts->dane.chain[0]);
}

void
step_dane_observe_other(const struct smtp_params *params, struct facts *facts)
{
	struct smtp_params other = *params;
	const char *first = facts->handshake.chain.certificate[0].key_type;
	const char *second;
	struct facts *aside;

	if (!is_heeded(params) || !facts->handshake.done)
		return;
	other.offer.key =
	    strcmp(first, "RSA") == 0 ? TLS_KEY_ECDSA : TLS_KEY_RSA;
	aside = facts_begin_aside(facts);
	if (aside == NULL)
		return;
	smtp_see_tls(&other, aside);
	second = aside->handshake.chain.certificate[0].key_type;
	facts->dane.both = aside->handshake.done;
	if (aside->handshake.done && strcmp(first, second) != 0)
		match(params, &aside->handshake.chain, facts->when,
		    &facts->dane.chain[1]);
	facts_end_aside(facts, aside);
}

void
step_dane_rehearse(const struct smtp_params *params, const struct chain *next,
    struct facts *facts)
{
	if (is_heeded(params))
		match(params, next, facts->when, &facts->dane.next);
}
