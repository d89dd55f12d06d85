/* SPDX-License-Identifier: GPL-3.0-or-later */
/* step_mtasts - a domain's MTA-STS policy and TLSRPT record */
#include <string.h>

#include "fetch.h"
#include "lookup.h"
#include "judge.h"
#include "step_mtasts.h"

enum { DAY_S = 86400 };

static struct mtasts_wishes wishes = {.min_max_age_s = DAY_S};

static bool
take_mode(const char *value, struct text *why)
{
	wishes.enforce = strcmp(value, "enforce") == 0;
	if (!wishes.enforce)
		text_add(why, "only enforce can be required");
	return wishes.enforce;
}

const struct option_row step_mtasts_options[] = {
    OPTION_HEADING("What the MTA-STS policy has to say:"),
    OPTION_NUMBER(0, "min-max-age", "SECONDS", &wishes.min_max_age_s, 0,
	MTASTS_AGE_MAX, "shortest max_age that is no fault (default: 86400)"),
    OPTION_FUNCTION(0, "require-mode", "enforce", take_mode,
	"the policy has to be in force (default: any mode)"),
    OPTION_END,
};

bool
step_mtasts_requires(void)
{
	return wishes.enforce;
}

static void
copy_why(char *out, size_t size, struct text *why)
{
	text_print(out, size, "%s", why->data);
	text_release(why);
}

/* Both records at once. */
static void
look_up_records(const struct domain_params *params, struct mtasts *mtasts)
{
	char record[DOMAIN_SIZE + 16], reports[DOMAIN_SIZE + 16];
	const struct question questions[] = {
	    {record, DNS_TYPE_TXT}, {reports, DNS_TYPE_TXT}};
	struct dns_answer answer[2];
	struct text why;

	text_print(record, sizeof(record), "_mta-sts.%s", params->domain);
	text_print(reports, sizeof(reports), "_smtp._tls.%s", params->domain);
	lookup_all(questions, 2, params->servers,
	    deadline_share(params->deadline, 0.5), answer);
	mtasts->record_status = answer[0].status;
	mtasts->record_detail = answer[0].detail;
	text_init(&why, sizeof(mtasts->record_why) - 1);
	mtasts->record = mtasts_read_record(&answer[0], mtasts->id, &why);
	copy_why(mtasts->record_why, sizeof(mtasts->record_why), &why);
	mtasts->tlsrpt_status = answer[1].status;
	text_init(&why, sizeof(mtasts->tlsrpt_why) - 1);
	mtasts->tlsrpt = tlsrpt_read_record(&answer[1], &why);
	copy_why(mtasts->tlsrpt_why, sizeof(mtasts->tlsrpt_why), &why);
	dns_release(&answer[0]);
	dns_release(&answer[1]);
}

static void
get_policy(const struct domain_params *params, struct mtasts *mtasts)
{
	struct fetch fetch;
	struct text why;

	fetch_policy(&fetch, params->domain, params->servers, params->policy,
	    params->deadline);
	mtasts->tried = true;
	mtasts->fetched = fetch.done;
	mtasts->fetch_ours = fetch.ours;
	mtasts->fetch_timed_out = fetch.timed_out;
	mtasts->fetch_type = fetch.type;
	text_print(
	    mtasts->fetch_why, sizeof(mtasts->fetch_why), "%s", fetch.why);
	text_print(mtasts->media_type, sizeof(mtasts->media_type), "%s",
	    fetch.media_type);
	text_init(&why, sizeof(mtasts->policy_why) - 1);
	if (fetch.done)
		mtasts->valid = mtasts_read_policy(
		    &mtasts->policy, fetch.body, fetch.length, &why);
	copy_why(mtasts->policy_why, sizeof(mtasts->policy_why), &why);
	fetch_release(&fetch);
}

void
step_mtasts_observe(
    const struct domain_params *params, struct domain_facts *facts)
{
	struct mtasts *mtasts = &facts->mtasts;

	mtasts->asked = true;
	look_up_records(params, mtasts);
	if (mtasts->record == MTASTS_RECORD_VALID)
		get_policy(params, mtasts);
}

/* A server is neither good nor bad by a policy that there is not. */
static void
tell_untested(const struct conclusion *conclusion)
{
	for (size_t i = 0; i < conclusion->count; i++) {
		struct result *result = conclusion->server[i].result;

		if (result_state(result) != STATE_OK || result->untested)
			continue;
		result_leave_untested(result, NOT_TESTED);
		result_add(result, NOT_TESTED,
		    "MTA-STS not tested: no policy to test by");
	}
}

void
step_mtasts_judge(const struct conclusion *conclusion, bool wanted)
{
	const struct mtasts *mtasts = &conclusion->domain->mtasts;
	struct mtasts_wishes own = wishes;

	own.wanted = wanted;
	judge_mtasts(mtasts, &own, conclusion->result);
	if (wanted && result_state(conclusion->result) != STATE_OK
	    && (!mtasts->valid || mtasts_is_mode(mtasts, MTASTS_MODE_NONE)))
		tell_untested(conclusion);
	for (size_t i = 0; i < conclusion->count; i++)
		judge_mtasts_server(mtasts, conclusion->server[i].target,
		    conclusion->server[i].facts, conclusion->server[i].result);
}
