/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_mx_starttls - is mail to this domain encrypted, to the right server?
 *
 * Step 5 and the trust half of step 6: the offer, the handshake, protocol
 * and cipher suite, chain and name as a verifying sender judges them
 * (RFC 3207, RFC 7817, RFC 8996).
 */
#include "judge.h"
#include "probe.h"
#include "plugin.h"

static struct thresholds limits;
static int min_version = 0x0303;
static const char *names[OPTION_LIST_MAX + 1];
static struct option_list pins;
static bool no_verify, probe_versions, probe_injection;
static struct tls_policy policy = {.verify = TLS_VERIFY_CHAIN};

static bool
take_min_tls(const char *value, struct text *why)
{
	if (tls_version_parse(value, &min_version))
		return true;
	text_add(why, "none of 1.0, 1.1, 1.2, 1.3");
	return false;
}

static bool
take_match(const char *value, struct text *why)
{
	static char name[OPTION_LIST_MAX][DOMAIN_SIZE];
	static size_t count;
	const char *reason;

	if (count == OPTION_LIST_MAX) {
		text_add(why, "given more than %d times", OPTION_LIST_MAX);
		return false;
	}
	names[count] = domain_is_address(value) ? value : name[count];
	if (domain_is_address(value)
	    || domain_parse(value, name[count], &reason)) {
		count++;
		return true;
	}
	text_add(why, "%s", reason);
	return false;
}

static const struct option_row options[] = {
    OPTION_HEADING("What to check:"),
    OPTION_FUNCTION(0, "min-tls", "VERSION", take_min_tls,
	"oldest TLS version that is no fault (default: 1.2)"),
    OPTION_FUNCTION(0, "match", "NAME", take_match,
	"also accept a certificate for this name; repeatable"),
    OPTION_LIST(0, "fingerprint", "SHA256", &pins,
	"the certificate has to have this SHA-256 fingerprint, with or "
	"without colons, beside all else; repeatable: one of them"),
    OPTION_FLAG(0, "no-verify", &no_verify,
	"chain, name and dates of the certificate only as notes"),
    OPTION_FLAG(0, "probe-versions", &probe_versions,
	"are TLS 1.0 and 1.1 still accepted? (a connection for each)"),
    OPTION_FLAG(0, "probe-injection", &probe_injection,
	"does the server run a command sent in the clear behind STARTTLS? (a "
	"connection; breaks the protocol on purpose)"),
    OPTION_RANGE('w', "warning", &limits.warning,
	"seconds from connecting to the end of the handshake (default: none)"),
    OPTION_RANGE('c', "critical", &limits.critical,
	"the same for CRITICAL (default: none)"),
    OPTION_END,
};

static const enum diagnosis asides[] = {
    PLUGIN_DNS_ASIDES, PLUGIN_SMTP_ASIDES, DIAGNOSIS_END};

static bool
prepare(struct text *why)
{
	for (size_t i = 0; i < pins.count; i++)
		if (!judge_pin_valid(pins.value[i])) {
			text_add(why,
			    "--fingerprint: not 64 hex digits, with "
			    "or without colons");
			return false;
		}
	policy.names = names;
	if (no_verify)
		policy.verify = TLS_VERIFY_NOTES;
	return true;
}

static void
observe(const struct smtp_params *params, struct facts *facts)
{
	struct smtp smtp;

	if (smtp_open(&smtp, params, facts) && smtp_greeting(&smtp)
	    && smtp_ehlo(&smtp))
		smtp_starttls(&smtp);
	smtp_close(&smtp);
	if (probe_versions && facts->handshake.done)
		probe_obsolete_versions(params, facts);
	if (probe_injection && facts->handshake.done)
		probe_command_injection(params, facts);
}

static void
judge_certificate(const struct facts *facts, struct result *result)
{
	struct result notes;

	result_init(&notes, result->severities);
	judge_validity(facts, no_verify ? &notes : result);
	judge_trust(facts, no_verify ? &notes : result);
	result_add_notes(result, &notes);
}

static void
judge(const struct facts *facts, struct result *result)
{
	const struct handshake *handshake = &facts->handshake;
	char expiry[64];

	judge_failure(facts, result);
	judge_time(facts, facts->seconds.total, &limits, result);
	judge_banner(facts, NULL, result);
	judge_ehlo(facts, NULL, result);
	judge_starttls(facts, result);
	judge_handshake(facts, min_version, result);
	judge_certificate(facts, result);
	judge_pins(facts, pins.value, result);
	judge_expiry_text(expiry, sizeof(expiry),
	    handshake->chain.certificate[0].not_after, facts->when);
	text_print(result->summary, sizeof(result->summary),
	    "%s %s, certificate %s", handshake->version_name, handshake->cipher,
	    expiry);
}

static const struct plugin plugin = {
    .name = "check_mx_starttls",
    .service = "MX_STARTTLS",
    .purpose = "is mail to this domain encrypted, to the right server?",
    .notes = "Says EHLO and STARTTLS to each server and judges handshake, "
	     "chain and name as a sender that verifies would.\n"
	     "\nExamples:\n"
	     "  check_mx_starttls example.com\n"
	     "  check_mx_starttls -H mx1.example.com --min-tls=1.3 "
	     "--probe-versions\n"
	     "  check_mx_starttls example.com --at=+14d\n",
    .steps = PLUGIN_STEPS_TLS,
    .options = options,
    .asides = asides,
    .policy = &policy,
    .prepare = prepare,
    .observe = observe,
    .judge = judge,
};

int
main(int argc, char **argv)
{
	return plugin_main(&plugin, argc, argv);
}
