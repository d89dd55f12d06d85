/* SPDX-License-Identifier: GPL-3.0-or-later */
/* facts - what was observed at one server, without a verdict */
#include <stdlib.h>
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

bool
ehlo_offers_mechanism(const struct ehlo *ehlo, const char *mechanism)
{
	const char *list = ehlo_offers(ehlo, "AUTH");
	struct cursor line = cursor_of(list != NULL ? list : ""), word;

	while (cursor_word(&line, &word))
		if (cursor_equals(&word, mechanism))
			return true;
	return false;
}

const struct ehlo *
facts_ehlo(const struct facts *facts)
{
	return ehlo_is_accepted(&facts->ehlo_tls) ? &facts->ehlo_tls
						  : &facts->ehlo;
}

bool
ehlo_is_accepted(const struct ehlo *ehlo)
{
	return answer_is(&ehlo->answer, 2) || answer_is(&ehlo->helo, 2);
}
