/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report_json_facts - what was observed at a server, for programs */
#include "enhanced.h"
#include "software.h"
#include "when.h"
#include "judge.h"
#include "report_json.h"

static json_t *
string_if_any(const char *string)
{
	return *string != '\0' ? report_json_string(string) : NULL;
}

static bool
is_answered(const struct reverse *reverse)
{
	return reverse->asked && dns_is_answer(reverse->status);
}

static json_t *
make_ptr(const struct reverse *reverse)
{
	json_t *names;
	bool known = reverse->confirmed || !reverse->forward_unknown;

	if (!is_answered(reverse))
		return NULL;
	names = json_array();
	for (size_t i = 0; i < reverse->count; i++)
		names = report_json_append(
		    names, report_json_string(reverse->name[i]));
	return json_pack("{s:o, s:o*}", "names", names, "confirmed",
	    known ? json_boolean(reverse->confirmed) : NULL);
}

static json_t *
make_banner(const struct facts *facts)
{
	const struct banner *banner = &facts->banner;

	if (!banner->came)
		return NULL;
	return json_pack("{s:i, s:o, s:o*, s:s*, s:o}", "code", banner->code,
	    "text", report_json_string(banner->text), "host",
	    string_if_any(banner->host), "software",
	    software_named(banner->text), "seconds",
	    report_json_seconds(facts->seconds.banner));
}

static json_t *
make_ehlo(const struct ehlo *ehlo)
{
	json_t *extensions;

	if (!answer_is(&ehlo->answer, 2))
		return NULL;
	extensions = json_array();
	for (size_t i = 0; i < ehlo->count; i++)
		extensions = report_json_append(
		    extensions, report_json_string(ehlo->extension[i]));
	return json_pack("{s:o, s:o}", "name", report_json_string(ehlo->name),
	    "extensions", extensions);
}

static json_t *
make_chain_error(const struct chain_error *error)
{
	char text[sizeof(error->text) + 32];

	if (error->depth == 0)
		return report_json_string(error->text);
	text_print(
	    text, sizeof(text), "%s, at depth %d", error->text, error->depth);
	return report_json_string(text);
}

static json_t *
make_chain_errors(const struct chain *chain)
{
	json_t *list = json_array();

	for (size_t i = 0; i < chain->error_count; i++)
		list = report_json_append(
		    list, make_chain_error(&chain->error[i]));
	/* We compare names ourselves; the words are OpenSSL's. */
	if (!chain->name_matches)
		list =
		    report_json_append(list, json_string("hostname mismatch"));
	return list;
}

static json_t *
make_tls(const struct handshake *handshake)
{
	const struct chain *chain = &handshake->chain;
	bool verified = chain->error_count == 0 && chain->name_matches;

	if (!handshake->done)
		return NULL;
	return json_pack("{s:s, s:s, s:o*, s:o*, s:o*}", "version",
	    handshake->version_name, "cipher", handshake->cipher, "group",
	    string_if_any(handshake->group), "verified",
	    chain->verified ? json_boolean(verified) : NULL, "errors",
	    chain->verified ? make_chain_errors(chain) : NULL);
}

static json_t *
make_names(const struct certificate *certificate)
{
	size_t kept = certificate->name_count - certificate->names_left_out;
	json_t *list = json_array();

	for (size_t i = 0; i < kept; i++)
		list = report_json_append(
		    list, report_json_string(certificate->names[i]));
	return list;
}

static json_t *
make_date(const struct certificate *certificate, int64_t date)
{
	char text[WHEN_TEXT_SIZE];

	if (!certificate->dates_valid)
		return NULL;
	when_print(date, text);
	return string_if_any(text);
}

static json_t *
make_days_left(const struct certificate *certificate, int64_t when)
{
	return certificate->dates_valid
	    ? json_integer(certificate_days_left(certificate, when))
	    : NULL;
}

static json_t *
make_key(const struct certificate *certificate)
{
	return certificate->key_type[0] != '\0' ? json_pack("{s:o, s:i}",
		   "type", report_json_string(certificate->key_type), "bits",
		   certificate->key_bits)
						: NULL;
}

static json_t *
make_certificate(const struct certificate *certificate, int64_t when)
{
	return json_pack("{s:o, s:o, s:o, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*}",
	    "subject", report_json_string(certificate->subject), "issuer",
	    report_json_string(certificate->issuer), "names",
	    make_names(certificate), "not_before",
	    make_date(certificate, certificate->not_before), "not_after",
	    make_date(certificate, certificate->not_after), "days_left",
	    make_days_left(certificate, when), "key", make_key(certificate),
	    "signature", string_if_any(certificate->signature), "sha256",
	    string_if_any(certificate->sha256));
}

static json_t *
make_certificates(const struct facts *facts)
{
	const struct chain *chain = &facts->handshake.chain;
	json_t *list;

	if (chain->count == 0)
		return NULL;
	list = json_array();
	for (size_t i = 0; i < chain->count; i++)
		list = report_json_append(list,
		    make_certificate(&chain->certificate[i], facts->when));
	return list;
}

/* The reply that decided: to MAIL if that was refused, else to RCPT. */
static json_t *
make_reply(const struct relay_probe *probe)
{
	bool refused = probe->mail.code != 0 && !answer_is(&probe->mail, 2);
	const struct answer *answer = refused ? &probe->mail : &probe->rcpt;
	char text[sizeof(answer->text) + 8];

	if (answer->code == 0)
		return NULL;
	text_print(text, sizeof(text), "%d %s", answer->code, answer->text);
	return report_json_string(text);
}

static json_t *
make_probe(const struct relay *relay, const struct relay_probe *probe)
{
	const struct relay_probe *sender =
	    probe->kind == RELAY_LOCAL ? &relay->probe[0] : probe;

	return json_pack("{s:s, s:o, s:o, s:o*, s:s}", "probe", probe->name,
	    "from", report_json_string(sender->from), "to",
	    report_json_string(probe->to), "reply", make_reply(probe),
	    "verdict", judge_relay_verdict(relay, probe));
}

static json_t *
make_relay(const struct relay *relay)
{
	json_t *list;

	if (relay->count == 0)
		return NULL;
	list = report_json_append(
	    json_array(), make_probe(relay, &relay->control));
	if (relay->catch_all.to[0] != '\0')
		list = report_json_append(
		    list, make_probe(relay, &relay->catch_all));
	for (size_t i = 0; i < relay->count; i++)
		list = report_json_append(
		    list, make_probe(relay, &relay->probe[i]));
	return list;
}

/* The rest of RFC 6698's record, in hex. */
static json_t *
make_tlsa_data(const struct tlsa *record)
{
	struct text hex;
	json_t *string;

	text_init(&hex, 2 * DNS_DATA_MAX);
	for (size_t i = 0; i < record->length; i++)
		text_add(&hex, "%02x", record->data[i]);
	string = json_string(hex.data);
	text_release(&hex);
	return string;
}

static json_t *
make_tlsa(const struct tlsa *record, bool compared, bool matched)
{
	return json_pack("{s:i, s:i, s:i, s:o, s:o}", "usage",
	    (int)record->usage, "selector", (int)record->selector, "matching",
	    (int)record->matching, "data", make_tlsa_data(record), "matched",
	    compared ? json_boolean(matched) : json_null());
}

static json_t *
make_dane(const struct facts *facts)
{
	const struct tlsa_set *tlsa = &facts->target->host->tlsa;
	const struct dane_chain *chain = facts->dane.chain;
	json_t *records;

	if (!tlsa->asked)
		return NULL;
	records = json_array();
	for (size_t i = 0; i < tlsa->count; i++)
		records = report_json_append(records,
		    make_tlsa(&tlsa->record[i], chain[0].seen,
			chain[0].matched[i] || chain[1].matched[i]));
	return json_pack("{s:b, s:o*, s:o*, s:o}", "secure", (int)tlsa->secure,
	    "next_matches",
	    facts->dane.next.seen ? json_boolean(facts->dane.next.matches)
				  : NULL,
	    "base", string_if_any(tlsa->base), "records", records);
}

/* A reply in its parts, a refusal with its meaning; NULL where none came. */
static json_t *
make_outcome(const struct answer *answer)
{
	const char *title = answer->enhanced[0] != '\0' && !answer_is(answer, 2)
	    ? enhanced_title(answer->enhanced)
	    : NULL;

	return answer->code != 0
	    ? json_pack("{s:i, s:o, s:o*, s:s*}", "code", answer->code, "text",
		report_json_string(answer->text), "enhanced",
		string_if_any(answer->enhanced), "meaning", title)
	    : NULL;
}

static json_t *
make_mechanisms(const struct ehlo *ehlo)
{
	struct mechanisms offered;
	json_t *list;

	if (!ehlo_is_accepted(ehlo))
		return NULL;
	list = json_array();
	ehlo_mechanisms(ehlo, &offered);
	for (size_t i = 0; i < offered.count; i++)
		list = report_json_append(
		    list, report_json_string(offered.name[i]));
	return list;
}

static json_t *
make_auth(const struct facts *facts)
{
	const struct auth *auth = &facts->auth;
	bool tls_first = facts_tls_first(facts);

	if (!auth->asked && !auth->wanted)
		return NULL;
	return json_pack("{s:o*, s:o*, s:o*, s:o*, s:o*}", "before_tls",
	    tls_first ? NULL : make_mechanisms(&facts->ehlo), "mechanisms",
	    make_mechanisms(tls_first ? &facts->ehlo : &facts->ehlo_tls),
	    "mechanism", string_if_any(auth->mechanism), "reply",
	    make_outcome(&auth->answer), "accepted",
	    auth->answer.code != 0 ? json_boolean(auth->accepted) : NULL);
}

static json_t *
make_recipient(const struct recipient *recipient)
{
	return json_pack("{s:o, s:o*, s:o*}", "to",
	    report_json_string(recipient->address), "reply",
	    make_outcome(&recipient->rcpt), "delivered",
	    make_outcome(&recipient->delivered));
}

static json_t *
make_arrival(const struct arrival *arrival)
{
	return arrival->asked ? json_pack("{s:b, s:b, s:o}", "seen",
		   (int)arrival->seen, "deleted", (int)arrival->removed,
		   "seconds", report_json_seconds(arrival->seconds))
			      : NULL;
}

static json_t *
make_delivery(const struct delivery_facts *delivery)
{
	bool sent = delivery_taken(delivery) > 0;
	json_t *recipients;

	if (!delivery->asked)
		return NULL;
	recipients = json_array();
	for (size_t i = 0; i < delivery->count; i++)
		recipients = report_json_append(
		    recipients, make_recipient(&delivery->recipient[i]));
	return json_pack("{s:o, s:o*, s:o, s:o*, s:o*, s:o*, s:s*, s:o*}",
	    "from", report_json_string(delivery->from), "mail",
	    make_outcome(&delivery->mail), "recipients", recipients, "data",
	    make_outcome(&delivery->data), "message",
	    make_outcome(&delivery->message), "queue_id",
	    string_if_any(delivery->queue_id), "token",
	    sent ? delivery->token : NULL, "arrival",
	    make_arrival(&delivery->arrival));
}

static json_t *
seconds_if_any(double seconds)
{
	return seconds > 0 ? report_json_seconds(seconds) : NULL;
}

static json_t *
make_durations(const struct seconds *seconds)
{
	return json_pack(
	    "{s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, "
	    "s:o*}",
	    "connect", seconds_if_any(seconds->connect), "banner",
	    seconds_if_any(seconds->banner), "ehlo",
	    seconds_if_any(seconds->ehlo), "tls", seconds_if_any(seconds->tls),
	    "ehlo_tls", seconds_if_any(seconds->ehlo_tls), "relay",
	    seconds_if_any(seconds->relay), "auth",
	    seconds_if_any(seconds->auth), "mail",
	    seconds_if_any(seconds->mail), "rcpt",
	    seconds_if_any(seconds->rcpt), "data",
	    seconds_if_any(seconds->data), "total",
	    seconds_if_any(seconds->total));
}

json_t *
report_json_facts(const struct facts *facts)
{
	return json_pack(
	    "{s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, "
	    "s:o}",
	    "ptr", make_ptr(&facts->reverse), "banner", make_banner(facts),
	    "ehlo", make_ehlo(&facts->ehlo), "ehlo_tls",
	    make_ehlo(&facts->ehlo_tls), "tls", make_tls(&facts->handshake),
	    "certificates", make_certificates(facts), "relay",
	    make_relay(&facts->relay), "auth", make_auth(facts), "dane",
	    make_dane(facts), "delivery", make_delivery(&facts->delivery),
	    "seconds", make_durations(&facts->seconds));
}
