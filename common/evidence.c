/* SPDX-License-Identifier: GPL-3.0-or-later */
/* evidence - what a verdict rests on, for -v, -vv and -vvv */
#include <stdarg.h>
#include <string.h>

#include "when.h"
#include "explain.h"
#include "evidence.h"

enum { INDENT = 4 };

/* One line of evidence; `|` and newlines can't get into it. */
static void add_line(struct text *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
add_line(struct text *out, const char *format, ...)
{
	struct text line;
	va_list arguments;

	text_init(&line, 8192);
	va_start(arguments, format);
	text_vadd(&line, format, arguments);
	va_end(arguments);
	text_add(out, "%*s", INDENT, "");
	text_add_line(out, line.data);
	text_add(out, "\n");
	text_release(&line);
}

static void
add_reverse(const struct reverse *reverse, struct text *out)
{
	struct text names;

	if (reverse->count == 0)
		return;
	text_init(&names, 2048);
	for (size_t i = 0; i < reverse->count; i++)
		text_add(&names, "%s%s", i > 0 ? ", " : "", reverse->name[i]);
	add_line(out, "ptr: %s%s", names.data,
	    reverse->confirmed ? " (leads back)" : "");
	text_release(&names);
}

static void
add_banner(const struct facts *facts, struct text *out)
{
	if (facts->banner.came)
		add_line(out, "banner: %d %s (%.3f s)", facts->banner.code,
		    facts->banner.text, facts->seconds.banner);
}

static void
add_answer(const struct answer *answer, struct text *out)
{
	if (answer->code == 0)
		text_add(out, "no answer");
	else
		text_add(out, "%d %s", answer->code, answer->text);
}

void
evidence_ehlo(const struct ehlo *ehlo, struct text *out)
{
	if (!answer_is(&ehlo->answer, 2)) {
		add_answer(&ehlo->answer, out);
		text_add(out, "; HELO: ");
		add_answer(&ehlo->helo, out);
		return;
	}
	text_add(
	    out, "%s offers %s", ehlo->name, ehlo->count > 0 ? "" : "nothing");
	for (size_t i = 0; i < ehlo->count; i++)
		text_add(out, "%s%s", i > 0 ? ", " : "", ehlo->extension[i]);
}

static void
add_ehlo(const struct ehlo *ehlo, const char *label, struct text *out)
{
	struct text line;

	if (ehlo->answer.code == 0)
		return;
	text_init(&line, 8192);
	evidence_ehlo(ehlo, &line);
	add_line(out, "%s: %s", label, line.data);
	text_release(&line);
}

static void
add_certificate(
    const struct certificate *certificate, size_t place, struct text *out)
{
	char from[WHEN_TEXT_SIZE], until[WHEN_TEXT_SIZE];
	size_t kept = certificate->name_count - certificate->names_left_out;
	struct text names;

	text_init(&names, 2048);
	for (size_t i = 0; i < kept; i++)
		text_add(
		    &names, "%s%s", i > 0 ? ", " : "", certificate->names[i]);
	add_line(out, "certificate %zu: %s", place, certificate->subject);
	add_line(out, "  issuer: %s", certificate->issuer);
	if (certificate->name_count > 0)
		add_line(out, "  names: %s", names.data);
	when_print(certificate->not_before, from);
	when_print(certificate->not_after, until);
	if (certificate->dates_valid)
		add_line(out, "  valid: %s to %s", from, until);
	add_line(out, "  key: %s %d bits, signature: %s", certificate->key_type,
	    certificate->key_bits, certificate->signature);
	add_line(out, "  sha256: %s", certificate->sha256);
	text_release(&names);
}

void
evidence_session(const struct handshake *handshake, struct text *out)
{
	text_add(out, "%s %s%s%s", handshake->version_name, handshake->cipher,
	    handshake->group[0] != '\0' ? " " : "", handshake->group);
}

static void
add_handshake(const struct handshake *handshake, struct text *out)
{
	const struct chain *chain = &handshake->chain;
	struct text line;

	if (!handshake->done)
		return;
	text_init(&line, 256);
	evidence_session(handshake, &line);
	add_line(out, "tls: %s", line.data);
	text_release(&line);
	for (size_t i = 0; i < chain->count; i++)
		add_certificate(&chain->certificate[i], i, out);
	for (size_t i = 0; i < chain->error_count; i++)
		add_line(out, "verification: certificate %d: %s",
		    chain->error[i].depth, chain->error[i].text);
}

/* Which of the server's certificates a record matches, if it has two. */
static const char *
which_matches(const struct dane *dane, size_t record)
{
	const struct dane_chain *first = &dane->chain[0];
	bool one = first->matched[record],
	     other = dane->chain[1].matched[record];
	bool first_is_rsa = strcmp(first->key_type, "RSA") == 0;

	if (!dane->chain[1].seen || one == other)
		return one ? "matches" : "does not match";
	return one == first_is_rsa ? "matches the RSA certificate"
				   : "matches the ECDSA certificate";
}

void
evidence_tlsa(const struct facts *facts, size_t record, struct text *out)
{
	const struct tlsa *tlsa = &facts->target->host->tlsa.record[record];
	const char *fault = tlsa_fault(tlsa);
	char text[64];

	tlsa_text(tlsa, text, sizeof(text));
	text_add(out, "TLSA %s", text);
	if (fault != NULL)
		text_add(out, " is unusable: %s", fault);
	else if (facts->dane.chain[0].seen)
		text_add(out, " %s", which_matches(&facts->dane, record));
}

static void
add_tlsa(const struct facts *facts, struct text *out)
{
	const struct tlsa_set *tlsa = &facts->target->host->tlsa;

	for (size_t i = 0; i < tlsa->count; i++) {
		struct text line;

		text_init(&line, 256);
		evidence_tlsa(facts, i, &line);
		add_line(out, "dane: %s, at %s%s", line.data, tlsa->base,
		    tlsa->secure ? ", secure" : ", not secure");
		text_release(&line);
	}
}

void
evidence_policy(const struct mtasts *mtasts, struct text *out)
{
	const struct mtasts_policy *policy = &mtasts->policy;

	if (!mtasts->valid)
		return;
	text_add(out, "mode %s, max_age %u s", mtasts_mode_name(policy->mode),
	    policy->max_age_s);
	for (size_t i = 0; i < policy->mx_count; i++)
		text_add(out, "%s%s", i == 0 ? ", mx " : ", ", policy->mx[i]);
}

void
evidence_domain(const struct mtasts *mtasts, struct text *out)
{
	struct text policy;

	text_init(&policy, 2048);
	evidence_policy(mtasts, &policy);
	if (mtasts->record == MTASTS_RECORD_VALID)
		add_line(out, "mta-sts: id %s", mtasts->id);
	if (policy.length > 0)
		add_line(out, "mta-sts policy: %s", policy.data);
	/* RFC 8461 3.2: some senders insist on text/plain. */
	if (mtasts->fetched)
		add_line(out, "mta-sts media type: %s",
		    mtasts->media_type[0] != '\0' ? mtasts->media_type
						  : "none");
	if (mtasts->asked && mtasts->tlsrpt == MTASTS_RECORD_VALID)
		add_line(out, "tlsrpt: reports are asked for");
	text_release(&policy);
}

void
evidence_mail(const struct relay_probe *probe, struct text *out)
{
	text_add(out, "MAIL FROM:%s got ", probe->from);
	add_answer(&probe->mail, out);
}

void
evidence_rcpt(const struct relay_probe *probe, struct text *out)
{
	text_add(out, "RCPT TO:%s got ", probe->to);
	add_answer(&probe->rcpt, out);
}

/* What one of its two commands got. */
static void
add_command(const struct relay_probe *probe,
    void (*describe)(const struct relay_probe *probe, struct text *out),
    struct text *out)
{
	struct text line;

	text_init(&line, 2048);
	describe(probe, &line);
	add_line(out, "relay %s: %s", probe->name, line.data);
	text_release(&line);
}

static void
add_probe(const struct relay_probe *probe, struct text *out)
{
	if (probe->to[0] == '\0')
		return;
	if (probe->from[0] != '\0')
		add_command(probe, evidence_mail, out);
	add_command(probe, evidence_rcpt, out);
}

static void
add_relay(const struct relay *relay, struct text *out)
{
	if (relay->count == 0)
		return;
	add_probe(&relay->control, out);
	add_probe(&relay->catch_all, out);
	for (size_t i = 0; i < relay->count; i++)
		add_probe(&relay->probe[i], out);
}

/* Each of these lines, behind its label. */
static void
add_lines(const char *label, const char *lines, struct text *out)
{
	struct cursor rest = cursor_of(lines), line;

	while (cursor_line(&rest, &line))
		add_line(
		    out, "%s: %.*s", label, (int)(line.end - line.at), line.at);
}

static void
add_login(const struct facts *facts, struct text *out)
{
	struct text lines;

	text_init(&lines, 8192);
	evidence_login(facts, &lines);
	add_lines("login", lines.data, out);
	text_release(&lines);
}

static void
add_delivery(const struct delivery_facts *delivery, struct text *out)
{
	struct text lines;

	text_init(&lines, 65536);
	evidence_delivery(delivery, &lines);
	add_lines("delivery", lines.data, out);
	text_release(&lines);
	text_init(&lines, 256);
	evidence_arrival(&delivery->arrival, &lines);
	add_lines("arrival", lines.data, out);
	text_release(&lines);
}

/* The server's line tells the findings; the notes are told here. */
static void
add_notes(const struct result *result, struct text *out)
{
	for (size_t i = 0; i < result->count; i++)
		if (!finding_is_told(&result->finding[i]))
			add_line(out, "note: %s (%s)", result->finding[i].text,
			    diagnosis_entry(result->finding[i].code)->code);
}

void
evidence_remedies(const struct result *result, size_t indent, struct text *out)
{
	for (size_t i = 0; i < result->count; i++) {
		const struct finding *finding = &result->finding[i];

		text_add(out, "%*s%s: ", (int)indent, "",
		    diagnosis_entry(finding->code)->code);
		text_add_line(out, finding->text);
		text_add(out, "\n");
		explain_remedy(finding->code, indent + 2, TEXT_WIDTH, out);
	}
}

void
evidence_dialogue(const struct facts *facts, struct text *out)
{
	const char *dialogue = facts->transcript.data;
	struct cursor rest = cursor_of(dialogue != NULL ? dialogue : ""), line;

	while (cursor_line(&rest, &line))
		add_line(out, "%.*s", (int)(line.end - line.at), line.at);
}

void
evidence_observed(const struct facts *facts, struct text *out)
{
	add_reverse(&facts->reverse, out);
	add_banner(facts, out);
	add_ehlo(&facts->ehlo, "ehlo", out);
	add_handshake(&facts->handshake, out);
	add_tlsa(facts, out);
	add_ehlo(&facts->ehlo_tls, "ehlo in tls", out);
	add_relay(&facts->relay, out);
	add_login(facts, out);
	add_delivery(&facts->delivery, out);
}

void
evidence_add(const struct facts *facts, const struct result *result,
    unsigned verbosity, struct text *out)
{
	if (facts != NULL)
		evidence_observed(facts, out);
	add_notes(result, out);
	if (verbosity >= 2)
		evidence_remedies(result, INDENT, out);
	if (verbosity >= 3 && facts != NULL)
		evidence_dialogue(facts, out);
}
