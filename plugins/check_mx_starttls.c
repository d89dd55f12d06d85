/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_mx_starttls - is mail to this domain encrypted, to the right server?
 *
 * Step 5 and the trust half of step 6: the offer, the handshake, protocol
 * and cipher suite, chain and name as a verifying sender judges them
 * (RFC 3207, RFC 7817, RFC 8996).
 */
#include "judge.h"
#include "step_tls.h"
#include "program.h"

static struct thresholds limits;

static const struct option_row own_options[] = {
    OPTION_RANGE('w', "warning", &limits.warning,
	"seconds from connecting to the end of the handshake (default: none)"),
    OPTION_RANGE('c', "critical", &limits.critical,
	"the same for CRITICAL (default: none)"),
    OPTION_END,
};

static const struct option_row *const options[] = {
    step_tls_options, step_tls_probe_options, own_options, NULL};

static const enum diagnosis asides[] = {
    PLUGIN_DNS_ASIDES, PLUGIN_SMTP_ASIDES, DIAGNOSIS_END};

static void
observe(const struct smtp_params *params, struct facts *facts)
{
	smtp_see_tls(params, facts);
	step_tls_probe(params, facts);
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
	judge_tls_metric(facts, result);
	step_tls_judge_session(facts, result);
	step_tls_judge_certificate(facts, judge_validity, result);
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
    .policy = &step_tls_policy,
    .prepare = step_tls_prepare,
    .observe = observe,
    .judge = judge,
};

int
main(int argc, char **argv)
{
	return program_main(&plugin, argc, argv);
}
