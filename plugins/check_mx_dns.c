/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_mx_dns - does the DNS lead senders to mail servers?
 *
 * Step 1 of a test by hand: MX records, the hosts' addresses, and the way
 * back from each address to a name (RFC 5321 5.1, RFC 7505, RFC 1912 2.1).
 */
#include "judge.h"
#include "step_dns.h"
#include "program.h"

static struct thresholds limits;

static const struct option_row own_options[] = {
    OPTION_RANGE('w', "warning", &limits.warning,
	"seconds that all look-ups take together (default: none)"),
    OPTION_RANGE('c', "critical", &limits.critical,
	"the same for CRITICAL (default: none)"),
    OPTION_END,
};

static const struct option_row *const options[] = {
    step_dns_options, own_options, NULL};

static void
observe(const struct smtp_params *params, struct facts *facts)
{
	struct step_dns_naming *naming = step_dns_begin_look_up(params);

	/* Its end is awaited apart, for libresolv may overrun the deadline. */
	step_dns_end_look_up(naming, &facts->reverse);
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
conclude(const struct conclusion *conclusion)
{
	const struct target_set *set = conclusion->set;
	struct metric addresses = {
	    .label = "addresses", .unit = "", .has_min = true};
	static struct facts all_went_well; /* const: half a MB of file */

	for (size_t i = 0; i < set->count; i++)
		addresses.value += set->targets[i].connects;
	judge_time(
	    &all_went_well, conclusion->seconds, &limits, conclusion->result);
	result_metric(conclusion->result, &addresses);
	step_dns_judge_set(set, conclusion->result);
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
    .chosen_asides = step_dns_asides,
    .dns_only = true,
    .prepare = step_dns_prepare,
    .observe = observe,
    .judge = judge,
    .conclude = conclude,
};

int
main(int argc, char **argv)
{
	return program_main(&plugin, argc, argv);
}
