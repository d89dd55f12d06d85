/* SPDX-License-Identifier: GPL-3.0-or-later */
/* facts - what was observed at one server, without a verdict */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "reply.h"
#include "facts.h"

struct facts *
facts_begin_aside(struct facts *facts)
{
	struct facts *aside = calloc(1, sizeof(*aside));

	if (aside == NULL)
		return NULL;
	aside->when = facts->when;
	aside->target = facts->target;
	aside->transcript = facts->transcript;
	return aside;
}

void
facts_end_aside(struct facts *facts, struct facts *aside)
{
	facts->transcript = aside->transcript;
	chain_release(&aside->handshake.chain);
	free(aside);
}

void
facts_free(struct facts *facts)
{
	if (facts == NULL)
		return;
	text_release(&facts->transcript);
	chain_release(&facts->handshake.chain);
	free(facts);
}

void
domain_facts_release(struct domain_facts *facts)
{
	mtasts_release(&facts->mtasts.policy);
}

const char *
ehlo_offers(const struct ehlo *ehlo, const char *keyword)
{
	for (size_t i = 0; i < ehlo->count; i++) {
		struct cursor line = cursor_of(ehlo->extension[i]);
		struct cursor word;

		if (!cursor_word(&line, &word)
		    || !cursor_equals(&word, keyword))
			continue;
		cursor_skip_blanks(&line);
		return line.at;
	}
	return NULL;
}

bool
ehlo_has_line(const struct ehlo *ehlo, const char *line)
{
	for (size_t i = 0; i < ehlo->count; i++)
		if (strcasecmp(ehlo->extension[i], line) == 0)
			return true;
	return false;
}

static bool
has_mechanism(const struct mechanisms *mechanisms, const char *name)
{
	for (size_t i = 0; i < mechanisms->count; i++)
		if (strcasecmp(mechanisms->name[i], name) == 0)
			return true;
	return false;
}

static void
keep_mechanism(struct mechanisms *mechanisms, const struct cursor *word)
{
	char name[MECHANISM_SIZE];

	text_print(
	    name, sizeof(name), "%.*s", (int)(word->end - word->at), word->at);
	if (mechanisms->count < MECHANISMS_MAX
	    && !has_mechanism(mechanisms, name))
		memcpy(
		    mechanisms->name[mechanisms->count++], name, sizeof(name));
}

void
ehlo_mechanisms(const struct ehlo *ehlo, struct mechanisms *mechanisms)
{
	mechanisms->count = 0;
	for (size_t i = 0; i < ehlo->count; i++) {
		const char *line = ehlo->extension[i];
		struct cursor list = cursor_of(line + strlen("AUTH")), word;

		if (strncasecmp(line, "AUTH", strlen("AUTH")) != 0
		    || strchr(" \t=", *list.at) == NULL)
			continue;
		cursor_skip(&list, '=');
		while (cursor_skip_blanks(&list), cursor_word(&list, &word))
			keep_mechanism(mechanisms, &word);
	}
}

void
mechanisms_list(const struct mechanisms *mechanisms, struct text *out)
{
	for (size_t i = 0; i < mechanisms->count; i++)
		text_add(out, "%s%s", i > 0 ? ", " : "", mechanisms->name[i]);
}

bool
ehlo_offers_login(const struct ehlo *ehlo)
{
	struct mechanisms offered;

	ehlo_mechanisms(ehlo, &offered);
	return offered.count > 0;
}

bool
ehlo_offers_mechanism(const struct ehlo *ehlo, const char *mechanism)
{
	struct mechanisms offered;

	ehlo_mechanisms(ehlo, &offered);
	return has_mechanism(&offered, mechanism);
}

bool
facts_tls_first(const struct facts *facts)
{
	return facts->seconds.tls > 0 && !facts->starttls.asked;
}

const struct ehlo *
facts_ehlo(const struct facts *facts)
{
	return ehlo_is_accepted(&facts->ehlo_tls) ? &facts->ehlo_tls
						  : &facts->ehlo;
}

const struct answer *
delivery_last_answer(const struct delivery_facts *delivery)
{
	const struct answer *last = NULL;

	if (delivery->mail.code != 0)
		last = &delivery->mail;
	for (size_t i = 0; i < delivery->count; i++)
		if (delivery->recipient[i].rcpt.code != 0)
			last = &delivery->recipient[i].rcpt;
	if (delivery->data.code != 0)
		last = &delivery->data;
	if (delivery->message.code != 0)
		last = &delivery->message;
	for (size_t i = 0; i < delivery->count; i++)
		if (delivery->recipient[i].delivered.code != 0)
			last = &delivery->recipient[i].delivered;
	return last;
}

static bool
is_accepted(const struct delivery_facts *delivery, size_t place)
{
	return answer_is(&delivery->mail, 2)
	    && answer_is(&delivery->recipient[place].rcpt, 2);
}

size_t
delivery_accepted(const struct delivery_facts *delivery)
{
	size_t accepted = 0;

	for (size_t i = 0; i < delivery->count; i++)
		accepted += is_accepted(delivery, i);
	return accepted;
}

const struct answer *
delivery_outcome(const struct delivery_facts *delivery, size_t place)
{
	const struct answer *outcome = delivery->lmtp
	    ? &delivery->recipient[place].delivered
	    : &delivery->message;

	return is_accepted(delivery, place) && outcome->code != 0 ? outcome
								  : NULL;
}

size_t
delivery_taken(const struct delivery_facts *delivery)
{
	size_t taken = 0;

	for (size_t i = 0; i < delivery->count; i++) {
		const struct answer *outcome = delivery_outcome(delivery, i);

		taken += outcome != NULL && answer_is(outcome, 2);
	}
	return taken;
}

bool
ehlo_is_accepted(const struct ehlo *ehlo)
{
	return answer_is(&ehlo->answer, 2) || answer_is(&ehlo->helo, 2);
}
