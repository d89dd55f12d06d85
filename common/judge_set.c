/* SPDX-License-Identifier: GPL-3.0-or-later */
/* judge_set - findings about the test as a whole, and the servers together */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "judge.h"

const char *
judge_obstacle(const struct facts *facts)
{
	if (facts->relay.trusted && facts->step == STEP_CONNECT
	    && facts->failure.kind == FAILURE_NONE)
		return "we are allowed to relay here";
	if (facts->step == STEP_CONNECT)
		return "no connection";
	if (facts->step == STEP_TLS && !facts->handshake.done)
		return "no TLS session";
	if (!facts->banner.came || facts->banner.code != 220)
		return "no 220 greeting";
	if (!ehlo_is_accepted(&facts->ehlo))
		return "no EHLO";
	if (facts->delivery.lacking != NULL)
		return "the server lacks an extension";
	if (facts->auth.wanted
	    && (!facts->auth.accepted || facts->auth.unproven))
		return "no login";
	return facts->handshake.done ? "the session broke off"
				     : "no TLS session";
}

static bool
was_made(const struct facts *facts, enum step step)
{
	switch (step) {
	case STEP_BANNER:
		return facts->seconds.banner > 0;
	case STEP_EHLO:
		return facts->seconds.ehlo > 0;
	case STEP_STARTTLS: /* not being offered it is a finding of its own */
		return ehlo_is_accepted(&facts->ehlo) || facts->seconds.tls > 0;
	case STEP_TLS:
		return facts->handshake.done;
	case STEP_RELAY: /* MAIL being refused is a finding, too */
		return facts->relay.trusted
		    || facts->relay.probe[0].rcpt.code != 0
		    || (facts->relay.probe[0].mail.code != 0
			&& !answer_is(&facts->relay.probe[0].mail, 2));
	case STEP_MAIL: /* if it was begun and broke off, that was told */
		return facts->delivery.mail.code != 0
		    || facts->failure.kind != FAILURE_NONE;
	default:
		return true;
	}
}

void
judge_unmade(const struct facts *facts, unsigned steps, struct result *result)
{
	static const char *const names[] = {
	    [STEP_BANNER] = "banner",
	    [STEP_EHLO] = "EHLO",
	    [STEP_STARTTLS] = "STARTTLS",
	    [STEP_TLS] = "certificate",
	    [STEP_AUTH] = "login",
	    [STEP_RELAY] = "relaying",
	    [STEP_MAIL] = "delivery",
	};
	unsigned unmade = 0;
	struct text list;

	text_init(&list, 120);
	for (int step = STEP_BANNER; step <= STEP_MAIL; step++) {
		if ((steps & 1U << step) == 0
		    || (step == STEP_RELAY
			&& result_find(result, RELAY_INCONCLUSIVE) != NULL)
		    || was_made(facts, (enum step)step))
			continue;
		text_add(&list, "%s%s", unmade != 0 ? ", " : "", names[step]);
		unmade |= 1U << step;
	}
	if (unmade != 0 && !result->untested)
		result_add_unmade(result, unmade, "%s not tested: %s",
		    list.data, judge_obstacle(facts));
	text_release(&list);
}

/* A trait of a server in words, NULL if it was not seen. */
typedef const char *trait_reader(const struct facts *facts);

static const char *
tls_floor(const struct facts *facts)
{
	if (!facts->handshake.done)
		return facts->starttls.asked ? NULL : "none";
	for (int i = 0; i < OBSOLETE_VERSIONS; i++)
		if (facts->starttls.obsolete[i] == OBSOLETE_ACCEPTED)
			return tls_version_text(0x0301 + i);
	return tls_version_text(facts->handshake.version);
}

static const char *
size_limit(const struct facts *facts)
{
	const char *size = ehlo_offers(facts_ehlo(facts), "SIZE");

	if (size == NULL)
		return "not offered";
	return *size == '\0' || strcmp(size, "0") == 0 ? "no limit" : size;
}

/* A server beside another one: by its address where the name is the same. */
static const char *
name_apart(const struct target *target, const struct target *other)
{
	return target->host == other->host ? target->address_text
					   : target->host->name;
}

/* "TLS (TLS 1.3 at mx1, TLS 1.2 at mx2)", if not all are the same. */
static void
compare_trait(const struct facts *const *facts, size_t count, const char *name,
    trait_reader *trait, struct text *out)
{
	const struct facts *first = NULL;

	for (size_t i = 0; i < count; i++) {
		const char *other = trait(facts[i]);

		if (first == NULL && other != NULL)
			first = facts[i];
		if (other == NULL || strcasecmp(trait(first), other) == 0)
			continue;
		text_add(out, "%s%s (%s at %s, %s at %s)",
		    out->length > 0 ? ", " : "", name, trait(first),
		    name_apart(first->target, facts[i]->target), other,
		    name_apart(facts[i]->target, first->target));
		return;
	}
}

static void
keyword_of(const char *extension, char out[EHLO_KEYWORD_SIZE])
{
	text_print(out, EHLO_KEYWORD_SIZE, "%.*s",
	    (int)strcspn(extension, " \t"), extension);
}

/* "mx2 lacks DSN": keywords that `facts` offers and `other` does not. */
static void
add_lacking(
    const struct facts *facts, const struct facts *other, struct text *out)
{
	const struct ehlo *ehlo = facts_ehlo(facts);
	const char *name = name_apart(other->target, facts->target);
	char keyword[EHLO_KEYWORD_SIZE];
	bool first = true;

	for (size_t i = 0; i < ehlo->count; i++) {
		keyword_of(ehlo->extension[i], keyword);
		if (strcasecmp(keyword, "STARTTLS") == 0
		    || strcasecmp(keyword, "SIZE") == 0
		    || ehlo_offers(facts_ehlo(other), keyword) != NULL)
			continue;
		if (first)
			text_add(out, "%s%s lacks", out->length > 0 ? ", " : "",
			    name);
		text_add(out, " %s", keyword);
		first = false;
	}
}

/* The first server that differs from the first one of all. */
static void
compare_extensions(
    const struct facts *const *facts, size_t count, struct text *out)
{
	struct text lacking;

	text_init(&lacking, 160);
	for (size_t i = 1; i < count && lacking.length == 0; i++) {
		add_lacking(facts[0], facts[i], &lacking);
		add_lacking(facts[i], facts[0], &lacking);
	}
	if (lacking.length > 0)
		text_add(out, "%sextensions (%s)", out->length > 0 ? ", " : "",
		    lacking.data);
	text_release(&lacking);
}

void
judge_differences(
    const struct facts *const *facts, size_t count, struct result *result)
{
	const struct facts **seen = calloc(count + 1, sizeof(struct facts *));
	size_t seen_count = 0;
	struct text text;

	text_init(&text, FINDING_TEXT_SIZE - 32);
	for (size_t i = 0; seen != NULL && i < count; i++)
		if (facts[i] != NULL && answer_is(&facts[i]->ehlo.answer, 2))
			seen[seen_count++] = facts[i];
	if (seen_count > 1) {
		compare_trait(seen, seen_count, "TLS", tls_floor, &text);
		compare_trait(seen, seen_count, "SIZE", size_limit, &text);
		compare_extensions(seen, seen_count, &text);
	}
	if (text.length > 0)
		result_add(
		    result, SET_DIFFERS, "servers differ: %s", text.data);
	text_release(&text);
	free(seen);
}
