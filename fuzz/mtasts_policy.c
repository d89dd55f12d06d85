/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mtasts_policy - a policy as it came over HTTPS, read and judged */
#include <string.h>

#include "evidence.h"
#include "judge.h"
#include "mtasts.h"
#include "fuzz.h"

static void
judge(const struct mtasts *mtasts)
{
	static struct target_host host = {.name = "mx1.example.com"};
	static const struct target target = {.host = &host, .connects = true};
	static const struct mtasts_wishes wishes = {
	    .wanted = true, .min_max_age_s = 86400};
	struct severities severities;
	struct result result;

	severities_init(&severities, NULL);
	result_init(&result, &severities);
	judge_mtasts(mtasts, &wishes, &result);
	judge_mtasts_server(mtasts, &target, NULL, &result);
	for (size_t i = 0; i < result.count; i++)
		fuzz_require_printable(result.finding[i].text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct mtasts mtasts = {
	    .asked = true,
	    .record_status = DNS_ANSWERED,
	    .record_detail = "answered",
	    .record = MTASTS_RECORD_VALID,
	    .tried = true,
	    .fetched = true,
	};
	struct text why, out;

	text_init(&why, sizeof(mtasts.policy_why) - 1);
	text_init(&out, 1 << 20);
	mtasts.valid =
	    mtasts_read_policy(&mtasts.policy, (const char *)bytes, size, &why);
	fuzz_require(mtasts.valid == (why.length == 0));
	fuzz_require_printable(why.data);
	memcpy(mtasts.policy_why, why.data, why.length + 1);
	for (size_t i = 0; i < mtasts.policy.mx_count; i++)
		fuzz_require_printable(mtasts.policy.mx[i]);
	judge(&mtasts);
	evidence_policy(&mtasts, &out);
	fuzz_require_printable(out.data);
	mtasts_release(&mtasts.policy);
	text_release(&out);
	text_release(&why);
	return 0;
}
