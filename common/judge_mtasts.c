/* SPDX-License-Identifier: GPL-3.0-or-later */
/* judge_mtasts - findings about MTA-STS and TLSRPT (RFC 8461, RFC 8460) */
#include "judge.h"

/* Nothing there: a fault only where it is wanted. */
static void
judge_none(bool wanted, const char *what, struct result *result)
{
	if (wanted)
		result_add_as(result, MTASTS_NONE, STATE_CRITICAL, "%s", what);
	else
		result_add(result, MTASTS_NONE, "%s", what);
}

/* What stands there instead is worth telling. */
static void
judge_no_record(const struct mtasts *mtasts, bool wanted, struct result *result)
{
	char what[192];

	text_print(what, sizeof(what), "no MTA-STS record%s%s%s",
	    mtasts->record_why[0] != '\0' ? " (" : "", mtasts->record_why,
	    mtasts->record_why[0] != '\0' ? ")" : "");
	judge_none(wanted, what, result);
}

static void
judge_look_up(const struct mtasts *mtasts, bool wanted, struct result *result)
{
	if (wanted)
		result_add(result, judge_lookup_code(mtasts->record_status),
		    "MTA-STS record look-up failed: %s", mtasts->record_detail);
	else
		result_add(result, NOT_TESTED,
		    "MTA-STS not tested, look-up failed: %s",
		    mtasts->record_detail);
}

static void
judge_fetch(const struct mtasts *mtasts, struct result *result)
{
	if (mtasts->fetch_ours)
		result_add_as(result, NOT_TESTED, STATE_UNKNOWN,
		    "MTA-STS policy not tested: %s", mtasts->fetch_why);
	else
		/* What a time-out counts as is the user's to say. */
		result_add_as(result, MTASTS_FETCH,
		    result->severities
			->state[mtasts->fetch_timed_out ? TIMEOUT
							: MTASTS_FETCH],
		    "MTA-STS policy can't be fetched: %s (%s)",
		    mtasts->fetch_why, mtasts->fetch_type);
}

static void
judge_policy(const struct mtasts_policy *policy,
    const struct mtasts_wishes *wishes, struct result *result)
{
	if (policy->mode == MTASTS_MODE_NONE)
		judge_none(
		    wishes->wanted, "MTA-STS policy says mode none", result);
	else if (policy->max_age_s < wishes->min_max_age_s)
		result_add(result, MTASTS_SHORT_MAX_AGE,
		    "MTA-STS max_age is %u s, less than %u", policy->max_age_s,
		    wishes->min_max_age_s);
	if (policy->mode == MTASTS_MODE_TESTING)
		result_add(result, MTASTS_TESTING,
		    "MTA-STS policy is in mode testing");
	if (wishes->enforce && policy->mode != MTASTS_MODE_ENFORCE)
		result_add(result, MTASTS_MODE,
		    "MTA-STS policy says mode %s, not enforce",
		    mtasts_mode_name(policy->mode));
}

static void
judge_tlsrpt(const struct mtasts *mtasts, struct result *result)
{
	if (mtasts->tlsrpt == MTASTS_RECORD_BROKEN)
		result_add(result, TLSRPT_INVALID,
		    "TLSRPT record is invalid: %s", mtasts->tlsrpt_why);
	else if (dns_is_none(mtasts->tlsrpt_status)
	    || (mtasts->tlsrpt_status == DNS_ANSWERED
		&& mtasts->tlsrpt == MTASTS_RECORD_ABSENT))
		result_add(result, TLSRPT_NONE, "no TLSRPT record");
	else if (mtasts->tlsrpt_status != DNS_ANSWERED)
		result_add(
		    result, NOT_TESTED, "TLSRPT not tested, look-up failed");
}

void
judge_mtasts(const struct mtasts *mtasts, const struct mtasts_wishes *wishes,
    struct result *result)
{
	if (mtasts->late)
		result_add(
		    result, TIMEOUT, "MTA-STS policy not found out in time");
	if (mtasts->no_memory)
		result_add_as(result, NOT_TESTED, STATE_UNKNOWN,
		    "MTA-STS not tested: out of memory");
	if (!mtasts->asked)
		return;
	if (!dns_is_answer(mtasts->record_status))
		judge_look_up(mtasts, wishes->wanted, result);
	else if (mtasts->record == MTASTS_RECORD_ABSENT)
		judge_no_record(mtasts, wishes->wanted, result);
	else if (mtasts->record == MTASTS_RECORD_BROKEN)
		result_add(result, MTASTS_RECORD_INVALID,
		    "MTA-STS record is invalid: %s", mtasts->record_why);
	else if (!mtasts->fetched)
		judge_fetch(mtasts, result);
	else if (!mtasts->valid)
		result_add(result, MTASTS_POLICY_INVALID,
		    "MTA-STS policy is invalid: %s (sts-policy-invalid)",
		    mtasts->policy_why);
	else
		judge_policy(&mtasts->policy, wishes, result);
	judge_tlsrpt(mtasts, result);
}

/* The gravest finding about TLS that RFC 8460 has a result type for. */
static const struct finding *
find_failure(const struct result *result)
{
	for (size_t i = 0; i < result->count; i++) {
		const struct finding *finding = &result->finding[i];

		if (diagnosis_entry(finding->code)->tlsrpt != NULL)
			return finding;
	}
	return NULL;
}

/* Its TLS as an MTA-STS sender sees it (RFC 8461 4.2). */
static void
judge_as_sender(const struct facts *facts, struct result *aside)
{
	judge_failure(facts, aside);
	judge_starttls(facts, aside);
	judge_handshake(facts, 0x0303, aside);
	judge_validity(facts, aside);
	judge_trust_strictly(facts, aside);
}

void
judge_mtasts_server(const struct mtasts *mtasts, const struct target *target,
    const struct facts *facts, struct result *result)
{
	bool enforced = mtasts_is_mode(mtasts, MTASTS_MODE_ENFORCE);
	const struct target_host *host = target->host;
	const struct finding *failure = NULL;
	struct severities severities;
	struct result aside;

	if (!enforced && !mtasts_is_mode(mtasts, MTASTS_MODE_TESTING))
		return;
	if (!mtasts_lists(&mtasts->policy, host->name))
		result_add_as(result, MTASTS_MX_NOT_LISTED,
		    enforced ? STATE_CRITICAL : STATE_WARNING,
		    "not listed in the MTA-STS policy");
	severities_init(&severities, NULL);
	result_init(&aside, &severities);
	if (facts != NULL) {
		judge_as_sender(facts, &aside);
		failure = find_failure(&aside);
	}
	if (failure != NULL)
		result_add_as(result, MTASTS_WOULD_FAIL,
		    enforced ? STATE_CRITICAL : STATE_OK,
		    "MTA-STS senders %s not deliver (%s): %s",
		    enforced ? "do" : "would",
		    diagnosis_entry(failure->code)->tlsrpt, failure->text);
}
