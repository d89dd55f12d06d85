/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_mx_banner - does every mail exchanger greet, and what does it offer?
 *
 * Steps 2 to 4 of a test by hand: TCP, the 220 banner, the EHLO extensions,
 * and how long the server took to greet (RFC 5321 3.1, 4.3.1).
 */
#include <string.h>

#include "judge.h"
#include "plugin.h"

static struct thresholds limits;
static const char *expected;
static struct option_list required;

static const struct option_row options[] = {
    OPTION_HEADING("What to check:"),
    OPTION_STRING('e', "expect", "STRING", &expected,
	"text that has to be in the banner"),
    OPTION_LIST(0, "require", "EXT", &required,
	"EHLO extension that has to be offered, such as STARTTLS or "
	"SIZE>=10485760; repeatable"),
    OPTION_RANGE('w', "warning", &limits.warning,
	"seconds from connecting to the complete banner (default: none)"),
    OPTION_RANGE('c', "critical", &limits.critical,
	"the same for CRITICAL (default: none)"),
    OPTION_END,
};

static const enum diagnosis asides[] = {PLUGIN_DNS_ASIDES, DIAGNOSIS_END};

static bool
prepare(struct text *why)
{
	char clean[96];

	for (size_t i = 0; i < required.count; i++) {
		if (judge_requirement_valid(required.value[i]))
			continue;
		printable(clean, sizeof(clean), required.value[i],
		    strlen(required.value[i]));
		text_add(why, "--require='%s': not EXT or EXT>=NUMBER", clean);
		return false;
	}
	return true;
}

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
	judge_banner(facts, expected, result);
	judge_ehlo(facts, required.value, result);
	judge_time(facts,
	    facts->banner.came ? facts->seconds.greeted : facts->seconds.total,
	    &limits, result);
	text_print(result->summary, sizeof(result->summary), "%d %s",
	    facts->banner.code, facts->banner.text);
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
    .prepare = prepare,
    .observe = observe,
    .judge = judge,
};

int
main(int argc, char **argv)
{
	return plugin_main(&plugin, argc, argv);
}
