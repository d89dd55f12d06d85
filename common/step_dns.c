/* SPDX-License-Identifier: GPL-3.0-or-later */
/* step_dns - step 1: what the user wants of the DNS, and the verdict by it */
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "judge.h"
#include "settings.h"
#include "step_dns.h"

enum { PATIENCE_S = 10 }; /* with a reverse zone */

static struct option_list expected;
static bool expect_null_mx, no_ptr;

const struct option_row step_dns_options[] = {
    OPTION_HEADING("What the DNS has to say:"),
    OPTION_LIST(0, "expect-mx", "HOST[:PREF]", &expected,
	"MX host that has to be there, with this preference; repeatable: "
	"these and no others (default: any)"),
    OPTION_FLAG(0, "expect-null-mx", &expect_null_mx,
	"the domain has to accept no mail (null MX, RFC 7505; default: "
	"it has to accept some)"),
    OPTION_FLAG(0, "no-ptr", &no_ptr,
	"do not look for the names of the addresses (default: each has to "
	"have one that leads back to it)"),
    OPTION_END,
};

bool
step_dns_prepare(struct text *why)
{
	char clean[96];
	const char *reason;

	for (size_t i = 0; i < expected.count; i++) {
		if (judge_expected_valid(expected.value[i], &reason))
			continue;
		printable(clean, sizeof(clean), expected.value[i],
		    strlen(expected.value[i]));
		text_add(why, "--expect-mx='%s': %s", clean, reason);
		return false;
	}
	if (expect_null_mx && expected.count > 0)
		text_add(why,
		    "--expect-null-mx and --expect-mx exclude each "
		    "other");
	else if (settings->domain == NULL && step_dns_expects())
		text_add(why, "%s: wants a domain",
		    expect_null_mx ? "--expect-null-mx" : "--expect-mx");
	return why->length == 0;
}

const enum diagnosis *
step_dns_asides(void)
{
	static const enum diagnosis null_mx[] = {DNS_NULL_MX, DIAGNOSIS_END};

	return expect_null_mx ? null_mx : NULL;
}

bool
step_dns_expects(void)
{
	return expect_null_mx || expected.count > 0;
}

bool
step_dns_wants_ptr(void)
{
	return !no_ptr;
}

/* All but the crew is the look-up's until that is done. */
struct step_dns_naming {
	union dns_address address;
	struct deadline deadline;
	struct reverse reverse;
	struct crew *crew;
};

static void
look_up(void *argument)
{
	struct step_dns_naming *naming = argument;

	reverse_look_up(&naming->reverse, &settings->servers, &naming->address,
	    naming->deadline);
}

struct step_dns_naming *
step_dns_begin_look_up(const struct smtp_params *params)
{
	struct step_dns_naming *naming = NULL;
	struct crew *crew;

	if (!no_ptr)
		naming = calloc(1, sizeof(*naming));
	if (naming == NULL)
		return NULL;
	naming->address = params->target->address;
	naming->deadline =
	    deadline_earlier(params->deadline, deadline_in(PATIENCE_S));
	crew = crew_start(look_up, crew_free, naming, 1, sizeof(*naming));
	if (crew == NULL)
		return NULL;
	naming->crew = crew;
	return naming;
}

void
step_dns_end_look_up(struct step_dns_naming *naming, struct reverse *reverse)
{
	struct crew *crew;

	if (naming == NULL)
		return;
	crew = naming->crew;
	if (crew_wait(crew, naming->deadline))
		*reverse = naming->reverse;
	else
		*reverse = (struct reverse){.asked = true,
		    .status = DNS_UNANSWERED,
		    .detail = "no answer in time"};
	crew_close(crew);
}

void
step_dns_judge_set(const struct target_set *set, struct result *result)
{
	judge_expected_mx(set, expected.value, expect_null_mx, result);
	if (expect_null_mx && set->null_mx && set->mx_count == 1)
		text_print(result->summary, sizeof(result->summary),
		    "%s: accepts no mail, as expected", set->domain);
}
