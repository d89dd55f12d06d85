/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_mx_auth - can users hand in their mail, and nobody read their login?
 *
 * Submission (RFC 6409): STARTTLS or TLS from the first byte (RFC 8314),
 * which login mechanisms are offered, none of them in the clear, and a login
 * that works, or one that must not.
 */
#include <string.h>

#include "judge.h"
#include "settings.h"
#include "step_auth.h"
#include "step_tls.h"
#include "program.h"

static struct thresholds limits;
static struct option_list required;
static bool expect_reject, starttls;
static const unsigned port = PORT_SUBMISSION;

static const struct option_row own_options[] = {
    OPTION_FLAG('S', "starttls", &starttls,
	"upgrade by STARTTLS first (default: so it does, but for --in-clear)"),
    OPTION_FLAG(0, "expect-reject", &expect_reject,
	"the login has to be refused, as that of a closed account or with "
	"a wrong password (default: it has to be accepted)"),
    OPTION_LIST(0, "require-mech", "MECH", &required,
	"login mechanism that has to be offered, such as PLAIN; repeatable "
	"(default: any)"),
    OPTION_RANGE('w', "warning", &limits.warning,
	"seconds from connecting to the end of the login (default: none)"),
    OPTION_RANGE('c', "critical", &limits.critical,
	"the same for CRITICAL (default: none)"),
    OPTION_END,
};

static const struct option_row *const options[] = {
    step_auth_options, own_options, step_tls_options, NULL};

static const enum diagnosis asides[] = {
    PLUGIN_DNS_ASIDES, PLUGIN_SMTP_ASIDES, DIAGNOSIS_END};

static bool
prepare(struct text *why)
{
	char clean[96];

	for (size_t i = 0; i < required.count; i++) {
		const char *name = required.value[i];

		if (judge_mechanism_valid(name))
			continue;
		printable(clean, sizeof(clean), name, strlen(name));
		text_add(
		    why, "--require-mech='%s': no mechanism's name", clean);
		return false;
	}
	if (!step_tls_prepare(why) || !step_auth_prepare(why))
		return false;
	if (starttls && step_auth_in_clear()) {
		text_add(why, "--in-clear: not with --starttls");
		return false;
	}
	if (expect_reject && !step_auth_wanted())
		text_add(why, "--expect-reject: wants --authuser and a secret");
	return !expect_reject || step_auth_wanted();
}

static void
observe(const struct smtp_params *params, struct facts *facts)
{
	bool upgrade = !params->ssl && !step_auth_in_clear();
	struct smtp smtp;

	if (smtp_open(&smtp, params, facts) && smtp_greeting(&smtp)
	    && smtp_ehlo(&smtp)) {
		facts->auth.asked = true;
		if (upgrade && smtp_starttls(&smtp))
			smtp_ehlo(&smtp);
		step_auth_login(&smtp);
	}
	smtp_close(&smtp);
}

/* What to say when all is well. */
static void
summarize(const struct facts *facts, struct result *result)
{
	const struct auth *auth = &facts->auth;
	size_t size = sizeof(result->summary);
	struct text list;

	text_init(&list, 160);
	judge_list_mechanisms(facts_ehlo(facts), &list);
	if (auth->accepted)
		text_print(result->summary, size, "login by %s accepted",
		    auth->mechanism);
	else if (auth->answer.code != 0)
		text_print(result->summary, size, "login by %s refused: %d %s",
		    auth->mechanism, auth->answer.code, auth->answer.text);
	else if (list.length > 0)
		text_print(result->summary, size, "offers %s %s", list.data,
		    facts->handshake.done ? "inside TLS" : "in the clear");
	else if (result->count > 0)
		/* Bad news that the user calls fine. */
		text_print(
		    result->summary, size, "%s", result->finding[0].text);
	text_release(&list);
}

static void
judge(const struct facts *facts, struct result *result)
{
	const struct auth_wishes wishes = {
	    .in_clear = step_auth_in_clear(),
	    .reject = expect_reject,
	    .mechanisms = required.value,
	};

	judge_failure(facts, result);
	judge_time(facts, facts->seconds.total, &limits, result);
	judge_banner(facts, NULL, result);
	judge_ehlo(facts, NULL, result);
	if (!wishes.in_clear) {
		judge_tls_metric(facts, result);
		step_tls_judge_session(facts, result);
		step_tls_judge_certificate(facts, judge_validity, result);
	}
	judge_mechanisms(facts, &wishes, result);
	judge_login(facts, &wishes, result);
	summarize(facts, result);
}

static const struct plugin plugin = {
    .name = "check_mx_auth",
    .service = "MX_AUTH",
    .purpose = "can users hand in their mail, and nobody read their login?",
    .notes = "Says EHLO, STARTTLS and EHLO again, judges which login "
	     "mechanisms are offered, and none before TLS. With a user name "
	     "and a secret it logs in, once handshake, chain and name are as "
	     "they should be; without, only the offer is judged.\n"
	     "To log in, name the host by -H: MX records are for mail from "
	     "others, and without DNSSEC anybody may have written them. A "
	     "server or its fail2ban may close its door to who is refused too "
	     "often: run --expect-reject rarely.\n"
	     "\nExamples:\n"
	     "  check_mx_auth -H mail.example.com --require-mech=PLAIN\n"
	     "  check_mx_auth -H mail.example.com -U probe "
	     "--authpass-file=FILE\n"
	     "  check_mx_auth -H mail.example.com --ssl -A XOAUTH2 \\\n"
	     "    -U probe@example.com --authpass-file=TOKENFILE\n",
    .steps = PLUGIN_STEPS_TLS | 1U << STEP_AUTH,
    .options = options,
    .asides = asides,
    .policy = &step_tls_policy,
    .port = &port,
    .now_only = true,
    .prepare = prepare,
    .observe = observe,
    .judge = judge,
};

int
main(int argc, char **argv)
{
	return program_main(&plugin, argc, argv);
}
