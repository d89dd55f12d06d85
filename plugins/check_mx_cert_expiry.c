/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_mx_cert_expiry - how long will the certificates last?
 *
 * Step 6: days left of the leaf, or of the whole chain. A bad chain, a wrong
 * name or an old protocol are check_mx_starttls' to report; here they are
 * notes.
 */
#include "judge.h"
#include "program.h"

static struct expiry_limits limits;
static bool whole_chain;
static struct tls_policy policy = {.verify = TLS_VERIFY_NOTES};

static bool
take_limit(struct expiry_limit *limit, const char *value, struct text *why)
{
	if (expiry_limit_parse(limit, value))
		return true;
	text_add(why, "neither days (30, or a range) nor a share (25%%)");
	return false;
}

static bool
take_warning(const char *value, struct text *why)
{
	return take_limit(&limits.warning, value, why);
}

static bool
take_critical(const char *value, struct text *why)
{
	return take_limit(&limits.critical, value, why);
}

static const struct option_row own_options[] = {
    OPTION_HEADING("What to check:"),
    OPTION_FUNCTION('w', "warning", "DAYS|RANGE|SHARE%", take_warning,
	"days left: 30 alerts under 30, a RANGE outside of it, 25% under that "
	"share of the certificate's lifetime (default: under 21 days or 25%, "
	"whichever is less)"),
    OPTION_FUNCTION('c', "critical", "DAYS|RANGE|SHARE%", take_critical,
	"the same for CRITICAL (default: under 7 days or 10%, whichever is "
	"less)"),
    OPTION_FLAG(0, "chain", &whole_chain,
	"judge every certificate sent (default: only the server's own)"),
    OPTION_END,
};

static const struct option_row *const options[] = {own_options, NULL};

static const enum diagnosis asides[] = {
    PLUGIN_DNS_ASIDES, PLUGIN_SMTP_ASIDES, DIAGNOSIS_END};

static void
observe(const struct smtp_params *params, struct facts *facts)
{
	smtp_see_tls(params, facts);
}

static void
judge(const struct facts *facts, struct result *result)
{
	static const struct thresholds none;
	struct result notes;

	judge_failure(facts, result);
	judge_time(facts, facts->seconds.total, &none, result);
	judge_banner(facts, NULL, result);
	judge_ehlo(facts, NULL, result);
	judge_starttls(facts, result);
	judge_expiry(facts, &limits, whole_chain, result);
	result_init(&notes, result->severities);
	judge_handshake(facts, 0x0303, &notes);
	judge_trust(facts, &notes);
	result_add_notes(result, &notes);
}

static const struct plugin plugin = {
    .name = "check_mx_cert_expiry",
    .service = "MX_CERT_EXPIRY",
    .purpose = "how long will the certificates last?",
    .notes = "Fetches the certificate of each server by STARTTLS, or with "
	     "--ssl, and counts the whole days left. The defaults fit "
	     "certificates of 90, 47 and 6 days alike.\n"
	     "\nExamples:\n"
	     "  check_mx_cert_expiry example.com\n"
	     "  check_mx_cert_expiry -H mx1.example.com -w 30 -c 14 --chain\n"
	     "  check_mx_cert_expiry example.com -w 33% -c 10%\n",
    .metric = "days",
    .steps = PLUGIN_STEPS_TLS,
    .options = options,
    .asides = asides,
    .policy = &policy,
    .observe = observe,
    .judge = judge,
};

int
main(int argc, char **argv)
{
	return program_main(&plugin, argc, argv);
}
