/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_mx_mtasts - would senders that heed MTA-STS deliver?
 *
 * The TXT record, the policy over HTTPS, every MX host listed in it, and
 * every server's TLS as such a sender tries it (RFC 8461); the record that
 * asks for reports (RFC 8460).
 */
#include "judge.h"
#include "step_mtasts.h"
#include "program.h"

static struct thresholds limits;
static struct tls_policy policy = {.verify = TLS_VERIFY_CHAIN};

static const struct option_row own_options[] = {
    OPTION_RANGE('w', "warning", &limits.warning,
	"seconds from connecting to the end of the handshake (default: none)"),
    OPTION_RANGE('c', "critical", &limits.critical,
	"the same for CRITICAL (default: none)"),
    OPTION_END,
};

static const struct option_row *const options[] = {
    step_mtasts_options, own_options, NULL};

static const enum diagnosis asides[] = {
    PLUGIN_DNS_ASIDES, PLUGIN_SMTP_ASIDES, DIAGNOSIS_END};

static void
observe(const struct smtp_params *params, struct facts *facts)
{
	smtp_see_tls(params, facts);
}

/* What a server's TLS is worth depends on the policy. */
static void
judge(const struct facts *facts, struct result *result)
{
	judge_failure(facts, result);
	judge_time(facts, facts->seconds.total, &limits, result);
	judge_banner(facts, NULL, result);
	judge_ehlo(facts, NULL, result);
}

/* What to say when all is well. */
static void
summarize(const struct mtasts *mtasts, struct result *result)
{
	if (mtasts->valid && mtasts->policy.mode != MTASTS_MODE_NONE)
		text_print(result->summary, sizeof(result->summary),
		    "MTA-STS policy in mode %s lists it",
		    mtasts_mode_name(mtasts->policy.mode));
	else if (mtasts->valid
	    || (mtasts_is_known(mtasts)
		&& mtasts->record == MTASTS_RECORD_ABSENT))
		text_print(result->summary, sizeof(result->summary),
		    "no MTA-STS policy in force");
	if (result->summary[0] == '\0')
		text_print(result->summary, sizeof(result->summary),
		    "MTA-STS policy not known");
}

static void
conclude(const struct conclusion *conclusion)
{
	step_mtasts_judge(conclusion, true);
	for (size_t i = 0; i < conclusion->count; i++)
		summarize(
		    &conclusion->domain->mtasts, conclusion->server[i].result);
}

static const struct plugin plugin = {
    .name = "check_mx_mtasts",
    .service = "MX_MTASTS",
    .purpose = "would senders that heed MTA-STS deliver?",
    .notes = "Reads the record and fetches the policy as a sender does: "
	     "status 200, no redirect, a certificate for mta-sts.DOMAIN. In "
	     "mode enforce every server's TLS has to meet it; in mode testing "
	     "-v tells which would not.\n"
	     "\nExamples:\n"
	     "  check_mx_mtasts example.com\n"
	     "  check_mx_mtasts example.com --require-mode=enforce "
	     "--min-max-age=604800\n",
    .steps = PLUGIN_STEPS_TLS,
    .options = options,
    .asides = asides,
    .policy = &policy,
    .needs_domain = true,
    .observe = observe,
    .observe_domain = step_mtasts_observe,
    .judge = judge,
    .conclude = conclude,
};

int
main(int argc, char **argv)
{
	return program_main(&plugin, argc, argv);
}
