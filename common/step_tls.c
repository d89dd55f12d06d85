/* SPDX-License-Identifier: GPL-3.0-or-later */
/* step_tls - steps 5 and 6: what the user wants of TLS and the certificate */
#include "judge.h"
#include "probe.h"
#include "step_tls.h"

static int min_version = 0x0303;
static const char *names[OPTION_LIST_MAX + 1];
static struct option_list pins;
static bool no_verify, probe_versions, probe_injection;

struct tls_policy step_tls_policy = {.verify = TLS_VERIFY_CHAIN};

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

const struct option_row step_tls_options[] = {
    OPTION_HEADING("What TLS and certificate have to be:"),
    OPTION_FUNCTION(0, "min-tls", "VERSION", take_min_tls,
	"oldest TLS version that is no fault (default: 1.2)"),
    OPTION_FUNCTION(0, "match", "NAME", take_match,
	"also accept a certificate for this name; repeatable (default: the "
	"host's name alone)"),
    OPTION_LIST(0, "fingerprint", "SHA256", &pins,
	"the certificate has to have this SHA-256 fingerprint, with or "
	"without colons, beside all else; repeatable: one of them (default: "
	"any)"),
    OPTION_FLAG(0, "no-verify", &no_verify,
	"chain, name and dates of the certificate only as notes (default: "
	"they count)"),
    OPTION_END,
};

const struct option_row step_tls_probe_options[] = {
    OPTION_FLAG(0, "probe-versions", &probe_versions,
	"are TLS 1.0 and 1.1 still accepted? (a connection for each; default: "
	"not asked)"),
    OPTION_FLAG(0, "probe-injection", &probe_injection,
	"does the server run a command sent in the clear behind STARTTLS? (a "
	"connection; breaks the protocol on purpose; default: not asked)"),
    OPTION_END,
};

bool
step_tls_prepare(struct text *why)
{
	for (size_t i = 0; i < pins.count; i++)
		if (!judge_pin_valid(pins.value[i])) {
			text_add(why,
			    "--fingerprint: not 64 hex digits, with "
			    "or without colons");
			return false;
		}
	step_tls_policy.names = names;
	if (no_verify)
		step_tls_policy.verify = TLS_VERIFY_NOTES;
	return true;
}

bool
step_tls_pins(void)
{
	return pins.count > 0;
}

bool
step_tls_probes_versions(void)
{
	return probe_versions;
}

bool
step_tls_probes_injection(void)
{
	return probe_injection;
}

void
step_tls_probe(const struct smtp_params *params, struct facts *facts)
{
	if (probe_versions && facts->handshake.done)
		probe_obsolete_versions(params, facts);
	if (probe_injection && facts->handshake.done)
		probe_command_injection(params, facts);
}

void
step_tls_judge_session(const struct facts *facts, struct result *result)
{
	judge_starttls(facts, result);
	judge_handshake(facts, min_version, result);
}

void
step_tls_judge_certificate(const struct facts *facts,
    void (*judge_dates)(const struct facts *facts, struct result *result),
    struct result *result)
{
	struct result notes;

	result_init(&notes, result->severities);
	judge_dates(facts, no_verify ? &notes : result);
	judge_trust(facts, no_verify ? &notes : result);
	result_add_notes(result, &notes);
	judge_pins(facts, pins.value, result);
}
