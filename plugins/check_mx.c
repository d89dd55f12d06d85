/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_mx - would mail reach this domain, safely, right now?
 *
 * All seven steps of a test by hand, at every server: DNS, TCP, greeting,
 * EHLO, STARTTLS, certificate, relaying, by the functions of the plugins for
 * each step and on one connection; then a score, and who loses mail.
 */
#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "score.h"
#include "settings.h"
#include "step_banner.h"
#include "step_dane.h"
#include "step_dns.h"
#include "step_egress.h"
#include "step_mtasts.h"
#include "step_relay.h"
#include "step_tls.h"
#include "survey.h"
#include "program.h"

enum {
	STEPS = PLUGIN_STEPS_TLS | 1U << STEP_RELAY,
	SCOPE = SCORE_BASE | SCORE_DNS | SCORE_PTR | SCORE_BANNER
	    | SCORE_STARTTLS | SCORE_TLS | SCORE_CERTIFICATE | SCORE_RELAY
	    | SCORE_DANE | SCORE_MTASTS,
};

/* What --skip knows: the dialogue's steps left out, and the tests. */
static const struct {
	const char *name;
	unsigned steps;
	unsigned scope;
} skippable[] = {
    {"dns", 0, SCORE_DNS},
    {"ptr", 0, SCORE_PTR},
    {"banner", 0, SCORE_BANNER},
    {"starttls", 1U << STEP_STARTTLS | 1U << STEP_TLS,
	SCORE_STARTTLS | SCORE_TLS | SCORE_CERTIFICATE},
    {"certificate", 1U << STEP_TLS, SCORE_CERTIFICATE},
    {"relay", 1U << STEP_RELAY, SCORE_RELAY},
    {"dane", 0, SCORE_DANE},
    {"mtasts", 0, SCORE_MTASTS},
};

enum { SKIPPABLE = sizeof(skippable) / sizeof(skippable[0]) };

static struct thresholds limits;
static bool skipped[SKIPPABLE];
static unsigned skipped_steps;
static unsigned scope = SCOPE;
static bool dane_wanted = true;

static bool
skip_one(const char *name, struct text *why)
{
	for (int i = 0; i < SKIPPABLE; i++)
		if (strcmp(name, skippable[i].name) == 0) {
			skipped[i] = true;
			skipped_steps |= skippable[i].steps;
			scope &= ~skippable[i].scope;
			return true;
		}
	text_add(why, "'%s' is none of ", name);
	for (int i = 0; i < SKIPPABLE; i++)
		text_add(why, "%s%s", i > 0 ? ", " : "", skippable[i].name);
	return false;
}

static bool
take_skip(const char *value, struct text *why)
{
	char list[128], *rest = list, *name;

	printable(list, sizeof(list), value, strlen(value));
	while ((name = strsep(&rest, ",")) != NULL)
		if (!skip_one(name, why))
			return false;
	return true;
}

static bool
take_limit(struct range *range, const char *value, struct text *why)
{
	if (range_parse_least(range, value))
		return true;
	text_add(why, "neither points (80 alerts under 80) nor a range");
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
    OPTION_FUNCTION(0, "skip", "STEP[,...]", take_skip,
	"leave out dns, ptr, banner, starttls, certificate, relay, dane or "
	"mtasts; what has to be done to come any further still counts "
	"(default: all steps)"),
    OPTION_FUNCTION('w', "warning", "POINTS|RANGE", take_warning,
	"score of 100: 80 alerts under 80, a RANGE outside of it (default: "
	"none)"),
    OPTION_FUNCTION('c', "critical", "POINTS|RANGE", take_critical,
	"the same for CRITICAL (default: none)"),
    OPTION_END,
};

static const struct option_row *const options[] = {survey_options, own_options,
    step_egress_options, step_dns_options, step_banner_options,
    step_tls_options, step_tls_probe_options, step_relay_options,
    step_mtasts_options, NULL};

static bool
is_wanted(enum score_scope part)
{
	return (scope & part) != 0;
}

/* The tests that depend on other options than --skip. */
static void
adjust_scope(void)
{
	if (settings->ssl)
		scope &= ~(unsigned)SCORE_STARTTLS;
	if (!step_dns_wants_ptr())
		scope &= ~(unsigned)SCORE_PTR;
	dane_wanted = is_wanted(SCORE_DANE);
	step_tls_policy.keep = dane_wanted;
	scope |= step_dns_expects() ? SCORE_EXPECTED_MX : 0;
	scope |= step_banner_expects() ? SCORE_EXPECTED_BANNER : 0;
	scope |= step_banner_requires() ? SCORE_REQUIRED : 0;
	scope |= step_mtasts_requires() ? SCORE_REQUIRED_MODE : 0;
	scope |= step_tls_pins() ? SCORE_PINS : 0;
	scope |= step_tls_probes_versions() ? SCORE_OLD_VERSIONS : 0;
	scope |= step_tls_probes_injection() ? SCORE_COMMAND_INJECTION : 0;
}

static bool
prepare(struct text *why)
{
	if (survey_wanted() && step_dns_expects()) {
		text_add(why,
		    "--expect-mx and --expect-null-mx: for one domain, not for "
		    "--domains");
		return false;
	}
	if (!step_dns_prepare(why) || !step_banner_prepare(why)
	    || !step_tls_prepare(why) || !step_relay_prepare(why))
		return false;
	adjust_scope();
	return true;
}

/* What a skipped step would have found is a note at most. */
static const enum diagnosis *
asides(void)
{
	static const enum diagnosis always[] = {
	    DANE_UNTRUSTED_RESOLVER, DIAGNOSIS_END};
	static const enum diagnosis dns[] = {PLUGIN_DNS_ASIDES, DIAGNOSIS_END};
	static const enum diagnosis banner[] = {
	    PLUGIN_SMTP_ASIDES, BANNER_UNEXPECTED, DIAGNOSIS_END};
	static enum diagnosis list[DIAGNOSIS_END + 1];
	const enum diagnosis *const parts[] = {always, step_dns_asides(),
	    is_wanted(SCORE_DNS) ? NULL : dns,
	    is_wanted(SCORE_BANNER) ? NULL : banner};
	size_t count = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		for (size_t j = 0;
		     parts[i] != NULL && parts[i][j] != DIAGNOSIS_END; j++)
			list[count++] = parts[i][j];
	list[count] = DIAGNOSIS_END;
	return list;
}

/* Told to go ahead with TLS, which came to nothing. */
static bool
broke_off_in_tls(const struct facts *facts)
{
	return facts->starttls.answer.code == 220 && !facts->handshake.done;
}

static void
observe_domain(const struct domain_params *params, struct domain_facts *facts)
{
	struct domain_params own = *params;

	own.deadline = step_egress_leave_time(params->deadline);
	if (is_wanted(SCORE_MTASTS))
		step_mtasts_observe(&own, facts);
}

/* Steps 2 to 7 on one connection, further ones where they need their own. */
static void
talk(const struct smtp_params *params, struct facts *facts)
{
	bool tls = is_wanted(SCORE_TLS);
	bool relay = is_wanted(SCORE_RELAY) && !facts->relay.trusted;
	struct smtp smtp;

	if (smtp_open(&smtp, params, facts) && smtp_greeting(&smtp)
	    && smtp_ehlo(&smtp)
	    && (!tls || params->ssl || !smtp_starttls(&smtp)
		|| smtp_ehlo(&smtp))
	    && relay && facts->failure.kind == FAILURE_NONE)
		step_relay_ask(&smtp);
	smtp_close(&smtp);
	if (relay && facts->relay.count == 0 && broke_off_in_tls(facts))
		step_relay_ask_apart(params, facts);
	if (relay)
		step_relay_follow_up(params, facts);
	step_tls_probe(params, facts);
}

static void
observe(const struct smtp_params *params, struct facts *facts)
{
	struct smtp_params own = *params;
	struct step_dns_naming *naming = NULL;

	own.deadline = step_egress_leave_time(params->deadline);
	if (is_wanted(SCORE_PTR))
		naming = step_dns_begin_look_up(&own);
	step_dane_prepare(&own);
	facts->relay.trusted = is_wanted(SCORE_RELAY) && step_relay_trusted();
	talk(&own, facts);
	step_dns_end_look_up(naming, &facts->reverse);
}

static void
match(const struct smtp_params *params, struct facts *facts)
{
	step_dane_observe(params, facts);
	step_relay_match(params, facts);
}

static void
judge_dates(const struct facts *facts, struct result *result)
{
	static const struct expiry_limits usual;

	judge_expiry(facts, &usual, false, result);
}

/* What to say when all is well. */
static void
summarize(const struct facts *facts, struct result *result)
{
	const struct handshake *handshake = &facts->handshake;
	char expiry[64];
	struct text text;

	text_init(&text, sizeof(result->summary) - 1);
	if (handshake->done && !is_wanted(SCORE_CERTIFICATE)) {
		text_add(&text, "%s", handshake->version_name);
	} else if (handshake->done) {
		judge_expiry_text(expiry, sizeof(expiry),
		    handshake->chain.certificate[0].not_after, facts->when);
		text_add(&text, "%s, certificate %s", handshake->version_name,
		    expiry);
	} else if (facts->banner.came) {
		text_add(
		    &text, "%d %s", facts->banner.code, facts->banner.text);
	} else if (result->count > 0) {
		/* Bad news that the user calls fine. */
		text_add(&text, "%s", result->finding[0].text);
	}
	if (facts->relay.count > 0 && answer_is(&facts->relay.probe[0].rcpt, 5)
	    && result_find(result, RELAY_INCONCLUSIVE) == NULL)
		text_add(&text, ", relaying refused");
	text_print(result->summary, sizeof(result->summary), "%s", text.data);
	text_release(&text);
}

static void
judge(const struct facts *facts, struct result *result)
{
	static const struct thresholds none;

	judge_failure(facts, result);
	judge_reverse(facts, result);
	judge_time(facts, facts->seconds.total, &none, result);
	step_banner_judge(facts, result);
	if (is_wanted(SCORE_TLS))
		judge_tls_metric(facts, result);
	step_tls_judge_session(facts, result);
	if (is_wanted(SCORE_CERTIFICATE))
		step_tls_judge_certificate(facts, judge_dates, result);
	if (is_wanted(SCORE_RELAY))
		judge_relay(facts, &none, result);
	judge_dane(facts->target, facts, false, result);
	judge_unmade(facts, STEPS & ~skipped_steps, result);
	summarize(facts, result);
}

static void
tell_skipped(struct result *result)
{
	const char *separator = "";
	struct text list;

	text_init(&list, 120);
	for (int i = 0; i < SKIPPABLE; i++)
		if (skipped[i]) {
			text_add(&list, "%s%s", separator, skippable[i].name);
			separator = ", ";
		}
	if (list.length > 0)
		result_add(
		    result, NOT_TESTED, "not tested, by --skip: %s", list.data);
	text_release(&list);
}

static void
compare(const struct conclusion *conclusion)
{
	const struct facts **facts =
	    calloc(conclusion->count + 1, sizeof(struct facts *));

	for (size_t i = 0; facts != NULL && i < conclusion->count; i++)
		facts[i] = conclusion->server[i].facts;
	if (facts != NULL)
		judge_differences(facts, conclusion->count, conclusion->result);
	free(facts);
}

static void
conclude(const struct conclusion *conclusion)
{
	step_dns_judge_set(conclusion->set, conclusion->result);
	judge_dane_set(conclusion->set, conclusion->result);
	step_mtasts_judge(conclusion, false);
	step_egress_conclude(conclusion);
	compare(conclusion);
	tell_skipped(conclusion->result);
	for (size_t i = 0; i < conclusion->count; i++) {
		const struct report_server *server = &conclusion->server[i];

		score_server(
		    &(struct score_place){server->target, server->facts,
			&conclusion->domain->mtasts, conclusion->result},
		    scope, &limits, server->result);
	}
	if (conclusion->count == 0)
		score_empty_set(&limits, conclusion->result);
}

static const struct plugin plugin = {
    .name = "check_mx",
    .service = "MX",
    .purpose = "would mail reach this domain, safely, right now?",
    .notes = "Tests every address of every MX host: DNS, connection, "
	     "greeting, EHLO, STARTTLS, certificate, and whether strangers may "
	     "relay. Each server gets a score, 100 less the penalties of what "
	     "was found; what could not be tested is neither good nor bad, "
	     "and said. No message is ever sent.\n"
	     "\nExamples:\n"
	     "  check_mx example.com --output-format=report\n"
	     "  check_mx example.com -w 80 -c 50 --quorum=1\n"
	     "  check_mx example.com --skip=relay,ptr "
	     "--egress-check=mx.example.net\n",
    .metric = "score",
    .steps = STEPS,
    .skipped = &skipped_steps,
    .scores = true,
    .options = options,
    .chosen_asides = asides,
    .policy = &step_tls_policy,
    .dnssec = &dane_wanted,
    .prepare = prepare,
    .inform = step_relay_inform,
    .observe = observe,
    .suits = step_relay_suits,
    .match = match,
    .observe_domain = observe_domain,
    .judge = judge,
    .conclude = conclude,
};

int
main(int argc, char **argv)
{
	return program_main(&plugin, argc, argv);
}
