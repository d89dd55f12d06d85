/* SPDX-License-Identifier: GPL-3.0-or-later */
/* evidence_login - which logins are offered, and what came of ours */
#include "evidence.h"

static void
add_offer(const struct ehlo *ehlo, const char *where, struct text *out)
{
	struct mechanisms offered;

	ehlo_mechanisms(ehlo, &offered);
	text_add(out, "offers ");
	mechanisms_list(&offered, out);
	text_add(out, "%s %s\n", offered.count > 0 ? "" : "nothing", where);
}

static void
add_offers(const struct facts *facts, struct text *out)
{
	bool tls_first = facts_tls_first(facts);

	if (!tls_first && ehlo_offers_login(&facts->ehlo))
		add_offer(&facts->ehlo, "in the clear", out);
	if (tls_first && ehlo_is_accepted(&facts->ehlo))
		add_offer(&facts->ehlo, "inside TLS", out);
	if (ehlo_is_accepted(&facts->ehlo_tls))
		add_offer(&facts->ehlo_tls, "inside TLS", out);
}

/* That none was tried, or it broke off, is told by a finding. */
void
evidence_login(const struct facts *facts, struct text *out)
{
	const struct auth *auth = &facts->auth;

	if (auth->asked)
		add_offers(facts, out);
	if (auth->answer.code == 0)
		return;
	text_add(out, "%s", auth->mechanism);
	evidence_outcome(&auth->answer, out);
}
