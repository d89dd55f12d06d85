/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_mx_dns - does the DNS lead senders to mail servers?
 *
 * Step 1 of a test by hand: MX records, the hosts' addresses, and the way
 * back from each address to a name (RFC 5321 5.1, RFC 7505, RFC 1912 2.1).
 */
#include <string.h>

#include "judge.h"
#include "settings.h"
#include "plugin.h"

static struct thresholds limits;
static struct option_list expected;
static bool expect_null_mx, no_ptr;

static const struct option_row options[] = {
    OPTION_HEADING("What to check:"),
    OPTION_LIST(0, "expect-mx", "HOST[:PREF]", &expected,
	"MX host that has to be there, with this preference; repeatable: "
	"these and no others (default: any)"),
    OPTION_FLAG(0, "expect-null-mx", &expect_null_mx,
	"the domain has to accept no mail (null MX, RFC 7505)"),
    OPTION_FLAG(0, "no-ptr", &no_ptr,
	"do not look for the names of the addresses (default: each has to "
	"have one that leads back to it)"),
    OPTION_RANGE('w', "warning", &limits.warning,
	"seconds that all look-ups take together (default: none)"),
    OPTION_RANGE('c', "critical", &limits.critical,
	"the same for CRITICAL (default: none)"),
    OPTION_END,
};

static bool
prepare(struct text *why)
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
	else if (settings->domain == NULL
	    && (expect_null_mx || expected.count > 0))
		text_add(why, "%s: wants a domain",
		    expect_null_mx ? "--expect-null-mx" : "--expect-mx");
	return why->length == 0;
}

static void
observe(const struct smtp_params *params, struct facts *facts)
{
	if (!no_ptr)
		reverse_look_up(&facts->reverse, &settings->servers,
		    &params->target->address, params->deadline);
}

static void
judge(const struct facts *facts, struct result *result)
{
	judge_reverse(facts, result);
	if (facts->reverse.count > 0)
		text_print(result->summary, sizeof(result->summary), "PTR %s",
		    facts->reverse.name[0]);
	else
		text_print(
		    result->summary, sizeof(result->summary), "address found");
}

static void
judge_all(const struct target_set *set, double seconds, struct result *result)
{
	struct metric addresses = {
	    .label = "addresses", .unit = "", .has_min = true};
	static const struct facts all_went_well;

	for (size_t i = 0; i < set->count; i++)
		addresses.value += set->targets[i].connects;
	judge_time(&all_went_well, seconds, &limits, result);
	result_metric(result, &addresses);
	judge_expected_mx(set, expected.value, expect_null_mx, result);
	if (expect_null_mx && set->null_mx && set->mx_count == 1)
		text_print(result->summary, sizeof(result->summary),
		    "%s: accepts no mail, as expected", set->domain);
}

static const enum diagnosis null_mx_asides[] = {DNS_NULL_MX, DIAGNOSIS_END};

static const enum diagnosis *
asides(void)
{
	return expect_null_mx ? null_mx_asides : NULL;
}

static const struct plugin plugin = {
    .name = "check_mx_dns",
    .service = "MX_DNS",
    .purpose = "does the DNS lead senders to mail servers?",
    .notes = "Looks up the MX records of the domain, the addresses of each "
	     "host, the name of each address and whether that leads back.\n"
	     "\nExamples:\n"
	     "  check_mx_dns example.com\n"
	     "  check_mx_dns example.com --expect-mx=mx1.example.com:10 "
	     "--no-ptr\n"
	     "  check_mx_dns parked.example --expect-null-mx\n",
    .options = options,
    .chosen_asides = asides,
    .dns_only = true,
    .prepare = prepare,
    .observe = observe,
    .judge = judge,
    .judge_set = judge_all,
};

int
main(int argc, char **argv)
{
	return plugin_main(&plugin, argc, argv);
}
