/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_mx_dane - would senders that verify by DANE deliver?
 *
 * MX, address and TLSA answers each have to be validated; the certificates
 * of each server, RSA and ECDSA, have to match a record (RFC 6698, RFC 7671,
 * RFC 7672). With --next-cert: would they after the next renewal?
 */
#include <string.h>

#include "dane.h"
#include "judge.h"
#include "settings.h"
#include "when.h"
#include "step_dane.h"
#include "program.h"

static struct thresholds limits;
static const char *next_file;
static struct chain next;
static const bool always = true;
static struct tls_policy policy = {
    .verify = TLS_VERIFY_NOTES,
    .keep = true,
};

static const struct option_row own_options[] = {
    OPTION_HEADING("What to check:"),
    OPTION_STRING(0, "next-cert", "FILE", &next_file,
	"would the records published now match this chain (PEM, leaf first), "
	"too? Names the record to publish, and the earliest safe moment to "
	"switch (default: only what is in use)"),
    OPTION_RANGE('w', "warning", &limits.warning,
	"seconds from connecting to the end of the handshake (default: none)"),
    OPTION_RANGE('c', "critical", &limits.critical,
	"the same for CRITICAL (default: none)"),
    OPTION_END,
};

static const struct option_row *const options[] = {own_options, NULL};

static const enum diagnosis asides[] = {
    PLUGIN_DNS_ASIDES, PLUGIN_SMTP_ASIDES, DIAGNOSIS_END};

static bool
prepare(struct text *why)
{
	struct text reason;
	bool readable;

	if (next_file == NULL)
		return true;
	text_init(&reason, 300);
	readable = dane_read_chain(next_file, &next, &reason);
	if (!readable)
		text_add(why, "--next-cert: %s", reason.data);
	text_release(&reason);
	return readable;
}

static void
observe(const struct smtp_params *params, struct facts *facts)
{
	struct smtp_params own = *params;

	step_dane_prepare(&own);
	if (next_file != NULL)
		step_dane_rehearse(&own, &next, facts);
	smtp_see_tls(&own, facts);
	step_dane_observe(&own, facts);
	step_dane_observe_other(&own, facts);
}

/* "_25._tcp.mx1.example.com. IN TLSA 3 1 1 8cb0fc6c..." */
static void
name_next_record(const struct target *target, struct text *out)
{
	const char *base = target->host->tlsa.base;

	text_add(out, "_%u._tcp.%s. IN TLSA ", target_port(target),
	    base[0] != '\0' ? base : target->host->name);
	dane_record_for(&next, out);
}

/* The old answer may live in caches for a TTL after it was replaced. */
static void
judge_next(const struct facts *facts, struct result *result)
{
	const struct tlsa_set *tlsa = &facts->target->host->tlsa;
	char moment[WHEN_TEXT_SIZE];
	struct text record;

	if (!facts->dane.next.seen || facts->dane.next.matches)
		return;
	text_init(&record, 300);
	name_next_record(facts->target, &record);
	when_print(facts->when + 2 * (int64_t)tlsa->ttl_s, moment);
	result_add(result, DANE_RENEWAL_BREAKS,
	    "no TLSA record matches the next certificate: publish %s, and "
	    "switch no earlier than two TTLs later, %s if published now",
	    record.data, moment);
	text_release(&record);
}

/* Where there are none yet, there is no time to wait either. */
static void
judge_first(const struct facts *facts, struct result *result)
{
	struct text record;

	if (next_file == NULL
	    || target_host_dane(facts->target->host) != DANE_STANDS_NONE)
		return;
	text_init(&record, 300);
	name_next_record(facts->target, &record);
	result_add(result, DANE_NONE, "to have DANE publish %s", record.data);
	text_release(&record);
}

static void
summarize(const struct facts *facts, struct result *result)
{
	const struct tlsa_set *tlsa = &facts->target->host->tlsa;
	const struct dane *dane = &facts->dane;
	struct text text;
	char name[64];

	text_init(&text, sizeof(result->summary) - 1);
	for (size_t i = 0; i < tlsa->count; i++) {
		if (!dane->chain[0].matched[i] && !dane->chain[1].matched[i])
			continue;
		tlsa_text(&tlsa->record[i], name, sizeof(name));
		text_add(&text, "%sTLSA %s matches",
		    text.length > 0 ? ", " : "", name);
	}
	if (dane->next.matches)
		text_add(&text, ", the next certificate too: safe to switch");
	if (text.length == 0)
		text_add(&text,
		    tlsa->count > 0 ? "no TLSA record compared"
				    : "no TLSA records");
	text_print(result->summary, sizeof(result->summary), "%s", text.data);
	text_release(&text);
}

static void
judge(const struct facts *facts, struct result *result)
{
	judge_failure(facts, result);
	judge_time(facts, facts->seconds.total, &limits, result);
	judge_banner(facts, NULL, result);
	judge_ehlo(facts, NULL, result);
	judge_starttls(facts, result);
	judge_dane(facts->target, facts, true, result);
	judge_next(facts, result);
	judge_first(facts, result);
	summarize(facts, result);
}

/* Hosts without records are a fault of the whole, or only of some. */
static void
conclude(const struct conclusion *conclusion)
{
	const struct target_set *set = conclusion->set;
	bool any = false;

	judge_dane_set(set, conclusion->result);
	for (size_t i = 0; i < set->host_count; i++) {
		enum dane_standing standing = target_host_dane(&set->hosts[i]);

		any = any || standing == DANE_STANDS_ON
		    || standing == DANE_STANDS_UNUSABLE
		    || standing == DANE_STANDS_BROKEN;
	}
	for (size_t i = 0; !any && i < conclusion->count; i++)
		result_restate(
		    conclusion->server[i].result, DANE_NONE, STATE_CRITICAL);
}

static const struct plugin plugin = {
    .name = "check_mx_dane",
    .service = "MX_DANE",
    .purpose = "would senders that verify by DANE deliver?",
    .notes = "Looks up the TLSA records of each MX host through DNSSEC and "
	     "compares them with the certificates that the server shows. Wants "
	     "a validating resolver on this host.\n"
	     "\nExamples:\n"
	     "  check_mx_dane example.com\n"
	     "  check_mx_dane example.com --nameserver=127.0.0.1\n"
	     "  check_mx_dane -H mx1.example.com "
	     "--next-cert=fullchain.pem\n",
    .steps = PLUGIN_STEPS_TLS,
    .options = options,
    .asides = asides,
    .policy = &policy,
    .dnssec = &always,
    .prepare = prepare,
    .observe = observe,
    .judge = judge,
    .conclude = conclude,
};

int
main(int argc, char **argv)
{
	return program_main(&plugin, argc, argv);
}
