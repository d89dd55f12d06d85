/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_mx_banner - does every mail exchanger greet, and what does it offer?
 *
 * Steps 2 to 4 of a test by hand: TCP, the 220 banner, the EHLO extensions,
 * and how long the server took to greet (RFC 5321 3.1, 4.3.1).
 */
#include "judge.h"
#include "step_banner.h"
#include "program.h"

static struct thresholds limits;

static const struct option_row own_options[] = {
    OPTION_RANGE('w', "warning", &limits.warning,
	"seconds from connecting to the complete banner (default: none)"),
    OPTION_RANGE('c', "critical", &limits.critical,
	"the same for CRITICAL (default: none)"),
    OPTION_END,
};

static const struct option_row *const options[] = {
    step_banner_options, own_options, NULL};

static const enum diagnosis asides[] = {PLUGIN_DNS_ASIDES, DIAGNOSIS_END};

static void
observe(const struct smtp_params *params, struct facts *facts)
{
	struct smtp smtp;

	if (smtp_open(&smtp, params, facts) && smtp_greeting(&smtp))
		smtp_ehlo(&smtp);
	smtp_close(&smtp);
}

static void
judge(const struct facts *facts, struct result *result)
{
	judge_failure(facts, result);
	step_banner_judge(facts, result);
	judge_time(facts,
	    facts->banner.came ? facts->seconds.greeted : facts->seconds.total,
	    &limits, result);
	if (facts->banner.came)
		text_print(result->summary, sizeof(result->summary), "%d %s",
		    facts->banner.code, facts->banner.text);
	else if (result->count > 0)
		text_print(result->summary, sizeof(result->summary), "%s",
		    result->finding[0].text);
}

static const struct plugin plugin = {
    .name = "check_mx_banner",
    .service = "MX_BANNER",
    .purpose = "does every mail exchanger greet, and what does it offer?",
    .notes = "Connects to each server, waits for its whole greeting, says "
	     "EHLO and QUIT.\n"
	     "\nExamples:\n"
	     "  check_mx_banner example.com\n"
	     "  check_mx_banner -H mx1.example.com -w 2 -c 10 "
	     "--require=STARTTLS\n",
    .steps = PLUGIN_STEPS_EHLO,
    .options = options,
    .asides = asides,
    .prepare = step_banner_prepare,
    .observe = observe,
    .judge = judge,
};

int
main(int argc, char **argv)
{
	return program_main(&plugin, argc, argv);
}
