/* SPDX-License-Identifier: GPL-3.0-or-later */
/* outcome - every judge and every report over the facts of one server */
#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "report.h"
#include "score.h"
#include "fuzz.h"
#include "outcome.h"

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
	judge_unmade(facts, 0x1ff, result);
	judge_differences(&facts, 1, result);
	score_server(
	    &(struct score_place){facts->target, facts, &no_mtasts, result},
	    0x1ffff, &none, result);
}

/* Line 1 is one line, with one bar; no byte of all could do harm. */
static void
look_at(const struct text *out)
{
	const char *end = strchr(out->data, '\n');
	const char *bar = strchr(out->data, '|');

	fuzz_require(end != NULL && bar != NULL && bar < end);
	fuzz_require(strchr(bar + 1, '|') == NULL);
	fuzz_require(strpbrk(out->data, "\r\033\177") == NULL);
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
	    .steps = 0x1ff,
	    .scores = true,
	    .domain_facts = &domain,
	    .set = &(struct result){.severities = result->severities},
	    .server = &server,
	    .count = 1,
	    .verbosity = 3};
	struct text nagios, json, person;

	text_init(&nagios, 1 << 22);
	text_init(&json, 1 << 22);
	text_init(&person, 1 << 22);
	report_nagios(&report, &nagios);
	look_at(&nagios);
	fuzz_require(report_json(&report, &json));
	report_terminal(&report, &terminal, &person);
	text_release(&person);
	text_release(&json);
	text_release(&nagios);
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
