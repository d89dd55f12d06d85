/* SPDX-License-Identifier: GPL-3.0-or-later */
/* outcome - every judge and every report over the facts of one server */
#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "report.h"
#include "score.h"
#include "fuzz.h"
#include "outcome.h"

enum {
	STEPS = (1 << (STEP_DATA + 1)) - 1, /* all of them */
	SCOPE = (SCORE_REQUIRED_MODE << 1) - 1,
};

static struct target_host host = {.name = "mx1.example.com",
    .from_mx = true,
    .preference = 10,
    .v4 = {.detail = "answered", .made = true},
    .v6 = {.status = DNS_NORECORD, .detail = "no such record", .made = true}};

const struct target outcome_target = {.host = &host,
    .first = true,
    .connects = true,
    .address.v4 = {.sin_family = AF_INET, .sin_port = 0x1900},
    .address_text = "192.0.2.4",
    .ordinal = 1};

const char *outcome_secret;

static void
judge(const struct facts *facts, struct result *result)
{
	static const struct mtasts no_mtasts;
	static const struct thresholds none;
	static const struct expiry_limits usual;
	static const char *const require[] = {"SIZE>=1000", "DSN", NULL};
	static const struct auth_wishes wishes = {.in_clear = false};

	judge_host(facts->target, result);
	judge_failure(facts, result);
	judge_time(facts, 1, &none, result);
	judge_banner(facts, "ESMTP", result);
	judge_ehlo(facts, require, result);
	judge_starttls(facts, result);
	judge_handshake(facts, 0x0303, result);
	judge_tls_metric(facts, result);
	judge_trust(facts, result);
	judge_validity(facts, result);
	judge_expiry(facts, &usual, true, result);
	judge_mechanisms(facts, &wishes, result);
	judge_login(facts, &wishes, result);
	judge_relay(facts, &none, result);
	judge_dane(facts->target, facts, true, result);
	judge_delivery(facts, result);
	judge_unmade(facts, STEPS, result);
	judge_differences(&facts, 1, result);
	score_server(
	    &(struct score_place){facts->target, facts, &no_mtasts, result},
	    SCOPE, &none, result);
}

static void
look_for_secret(const struct text *out)
{
	fuzz_require(outcome_secret == NULL
	    || strstr(out->data, outcome_secret) == NULL);
}

/* No line holds a byte that could do harm, or is too wide. */
static void
look_at_lines(const struct text *out, size_t width)
{
	char *copy = strdup(out->data), *rest = copy;

	fuzz_require(copy != NULL && !out->cut);
	look_for_secret(out);
	for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
		size_t columns = 0;

		fuzz_require_printable(line);
		for (const char *at = line; *at != '\0'; at++)
			columns += ((unsigned char)*at & 0xc0) != 0x80;
		fuzz_require(columns <= width);
	}
	free(copy);
}

/* One bar, on line 1. */
static void
look_at_status(const struct text *out)
{
	const char *end = strchr(out->data, '\n');
	const char *bar = strchr(out->data, '|');

	fuzz_require(end != NULL && bar != NULL && bar < end);
	fuzz_require(strchr(bar + 1, '|') == NULL);
	look_at_lines(out, SIZE_MAX);
}

static void
show_nagios(struct report *report, unsigned verbosity)
{
	struct text out;

	report->verbosity = verbosity;
	text_init(&out, 1 << 22);
	report_nagios(report, &out);
	look_at_status(&out);
	fuzz_require(verbosity > 0 || out.length <= REPORT_BYTES);
	text_release(&out);
}

static void
show(const struct facts *facts, struct result *result)
{
	static const struct domain_facts domain;
	static const struct terminal terminal = {.width = 80};
	struct report_server server = {&outcome_target, facts, result};
	struct report report = {.plugin = "check_mx",
	    .version = "0",
	    .service = "MX",
	    .steps = STEPS,
	    .scores = true,
	    .domain_facts = &domain,
	    .set = &(struct result){.severities = result->severities},
	    .server = &server,
	    .count = 1};
	struct text json, person;

	show_nagios(&report, 0);
	show_nagios(&report, 3);
	text_init(&json, 1 << 22);
	fuzz_require(report_json(&report, &json));
	look_for_secret(&json);
	text_release(&json);
	text_init(&person, 1 << 22);
	report_terminal(&report, &terminal, &person);
	look_at_lines(&person, terminal.width);
	text_release(&person);
}

struct facts *
outcome_facts(void)
{
	struct facts *facts = calloc(1, sizeof(*facts));

	fuzz_require(facts != NULL);
	facts->target = &outcome_target;
	facts->when = 1768478400; /* 2026-01-15 */
	text_init(&facts->transcript, 1 << 18);
	return facts;
}

void
outcome_of(struct facts *facts)
{
	struct result *result = calloc(1, sizeof(*result));
	struct severities severities;

	fuzz_require(result != NULL);
	severities_init(&severities, NULL);
	result_init(result, &severities);
	judge(facts, result);
	show(facts, result);
	free(result);
	chain_release(&facts->handshake.chain);
	text_release(&facts->transcript);
	free(facts);
}
