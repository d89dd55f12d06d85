/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_mx_openrelay - would a server carry strangers' mail to strangers?
 *
 * Step 7, by MAIL and RCPT alone: DATA is never sent. By default one outside
 * recipient and one control, two RCPTs on one connection, which no error
 * limit and no fail2ban takes amiss.
 */
#include "judge.h"
#include "step_relay.h"
#include "program.h"

static struct thresholds limits;
static bool starttls;
static struct tls_policy policy = {.verify = TLS_VERIFY_NONE};

static const struct option_row own_options[] = {
    OPTION_FLAG('S', "starttls", &starttls,
	"upgrade by STARTTLS first (default: off, unless the server insists)"),
    OPTION_RANGE('w', "warning", &limits.warning,
	"number of address forms accepted (default: none)"),
    OPTION_RANGE('c', "critical", &limits.critical,
	"the same for CRITICAL (default: none)"),
    OPTION_END,
};

static const struct option_row *const options[] = {
    step_relay_options, own_options, NULL};

static const enum diagnosis asides[] = {
    PLUGIN_DNS_ASIDES, PLUGIN_SMTP_ASIDES, DIAGNOSIS_END};

static void
observe(const struct smtp_params *params, struct facts *facts)
{
	struct smtp smtp;

	facts->relay.trusted = step_relay_trusted();
	if (facts->relay.trusted)
		return;
	if (smtp_open(&smtp, params, facts) && smtp_greeting(&smtp)
	    && smtp_ehlo(&smtp)
	    && (!starttls || (smtp_starttls(&smtp) && smtp_ehlo(&smtp))))
		step_relay_ask(&smtp);
	smtp_close(&smtp);
	step_relay_follow_up(params, facts);
}

static void
summarize(const struct facts *facts, struct result *result)
{
	const struct answer *answer = &facts->relay.probe[0].rcpt;
	const struct metric *probes = result_find_metric(result, "probes");
	const struct finding *note = result_find(result, RELAY_TRUSTED);
	size_t size = sizeof(result->summary);

	if (note == NULL)
		note = result_find(result, RELAY_GREYLISTED);
	if (note != NULL)
		text_print(result->summary, size, "%s", note->text);
	else if (answer_is(answer, 5) && facts->relay.planned > 1)
		text_print(result->summary, size,
		    "relaying refused, %.0f of %zu probes answered",
		    probes->value, facts->relay.planned);
	else if (answer_is(answer, 5))
		text_print(result->summary, size, "relaying refused: %d %s",
		    answer->code, answer->text);
}

static void
judge(const struct facts *facts, struct result *result)
{
	static const struct thresholds none;

	judge_failure(facts, result);
	judge_time(facts, facts->seconds.total, &none, result);
	judge_banner(facts, NULL, result);
	judge_ehlo(facts, NULL, result);
	if ((starttls || facts->starttls.asked) && !facts->relay.trusted)
		judge_starttls(facts, result);
	judge_relay(facts, &limits, result);
	summarize(facts, result);
}

static const struct plugin plugin = {
    .name = "check_mx_openrelay",
    .service = "MX_OPENRELAY",
    .purpose = "would a server carry strangers' mail to strangers?",
    .notes = "Asks each server to take mail for an outside mailbox, and for "
	     "its own postmaster as the control: if that is refused too, the "
	     "refusal proves nothing. No message is ever sent.\n"
	     "--probes=all walks every address form, two a connection; run "
	     "it daily at most, and not from a host that fail2ban watches.\n"
	     "\nExamples:\n"
	     "  check_mx_openrelay example.com\n"
	     "  check_mx_openrelay example.com "
	     "--recipient=me@elsewhere.example\n"
	     "  check_mx_openrelay -H mx1.example.com -d example.com "
	     "--probes=all -t 120\n",
    .metric = "accepted",
    .steps = PLUGIN_STEPS_EHLO | 1U << STEP_RELAY,
    .options = options,
    .asides = asides,
    .policy = &policy,
    .starts_tls = &starttls,
    .prepare = step_relay_prepare,
    .inform = step_relay_inform,
    .observe = observe,
    .judge = judge,
};

int
main(int argc, char **argv)
{
	return program_main(&plugin, argc, argv);
}
