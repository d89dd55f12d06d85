/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_judge_dns - findings about domain, MX records and hosts */
#include <string.h>

#include "judge.h"
#include "judging.h"
#include "unit.h"

static const struct set_case {
	const char *sentence;
	enum dns_status status;
	size_t records;
	bool null_mx;
	size_t hosts;
	const char *codes;
} set_cases[] = {
    {"Two MX hosts are fine.", DNS_ANSWERED, 2, false, 2, ""},
    {"A single one is noted.", DNS_ANSWERED, 1, false, 1, "DNS_MX_SINGLE"},
    {"30 MX hosts are not too many.", DNS_ANSWERED, 30, false, 30, ""},
    {"31 are.", DNS_ANSWERED, 31, false, 31, "DNS_MX_TOO_MANY"},
    {"A null MX takes no mail.", DNS_ANSWERED, 1, true, 0, "DNS_NULL_MX"},
    {"A null MX beside others is a mistake.", DNS_ANSWERED, 3, true, 2,
	"DNS_NULL_MX_MIXED"},
    {"NXDOMAIN is no domain.", DNS_NONAME, 0, false, 0, "DNS_NXDOMAIN"},
    {"SERVFAIL is told.", DNS_FAILED, 0, false, 0, "DNS_SERVFAIL"},
    {"No answer is told.", DNS_UNANSWERED, 0, false, 0, "DNS_TIMEOUT"},
    {"An unusable resolver is ours.", DNS_UNUSABLE, 0, false, 0,
	"DNS_RESOLVER"},
};

static void
judges_set(void **state)
{
	static struct target_host hosts[40];
	const struct set_case *row = *state;
	struct judging *judging = judging_start();
	struct target_set set = {
	    .domain = "example.com",
	    .mx = {row->status, "detail", true},
	    .mx_count = row->records,
	    .null_mx = row->null_mx,
	    .host_count = row->hosts,
	    .hosts = hosts,
	    .count = row->hosts, /* an address each */
	};

	for (size_t i = 0; i < UNIT_COUNT(hosts); i++)
		hosts[i].from_mx = true;
	judge_set(&set, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
	if (judging->result.count > 0)
		assert_contains(
		    judging->result.finding[0].text, "example.com: ");
}

static void
calls_two_addresses_not_single(void **state)
{
	static struct target_host hosts[1] = {{.from_mx = true}};
	struct judging *judging = judging_start();
	struct target_set set = {
	    .domain = "example.com",
	    .mx = {DNS_ANSWERED, "answered", true},
	    .mx_count = 1,
	    .host_count = 1,
	    .hosts = hosts,
	    .count = 2,
	};

	(void)state;
	judge_set(&set, &judging->result);
	assert_string_equal(judging_codes(&judging->result), "");
}

static void
tells_servers_left_out(void **state)
{
	struct judging *judging = judging_start();
	struct target_set set = {.left_out = 5};

	(void)state;
	judge_set(&set, &judging->result);
	assert_string_equal(judging_codes(&judging->result), "NOT_TESTED");
	assert_contains(judging->result.finding[0].text, "5");
}

static const struct host_case {
	const char *sentence;
	bool from_mx, implicit, is_address;
	enum dns_status v4, v6;
	const char *codes;
} host_cases[] = {
    {"An MX host without address is told.", true, false, false, DNS_NORECORD,
	DNS_NORECORD, "DNS_MX_NO_ADDRESS"},
    {"An MX host that does not exist has none either.", true, false, false,
	DNS_NONAME, DNS_NONAME, "DNS_MX_NO_ADDRESS"},
    {"An address in an MX record is told.", true, false, true, DNS_NORECORD,
	DNS_NORECORD, "DNS_MX_IS_ADDRESS"},
    {"A host of -H that does not exist is told.", false, false, false,
	DNS_NONAME, DNS_NONAME, "DNS_NXDOMAIN"},
    {"A domain with neither MX nor address takes no mail.", false, true, false,
	DNS_NORECORD, DNS_NORECORD, "DNS_NO_MAIL_HOST"},
    {"SERVFAIL of both look-ups is told.", true, false, false, DNS_FAILED,
	DNS_FAILED, "DNS_SERVFAIL"},
    {"SERVFAIL of one hides the missing other.", true, false, false,
	DNS_NORECORD, DNS_FAILED, "DNS_SERVFAIL"},
    {"No answer to both is told.", true, false, false, DNS_UNANSWERED,
	DNS_UNANSWERED, "DNS_TIMEOUT"},
    {"An unusable resolver is told.", true, false, false, DNS_UNUSABLE,
	DNS_UNUSABLE, "DNS_RESOLVER"},
};

static void
judges_host(void **state)
{
	const struct host_case *row = *state;
	struct judging *judging = judging_start();
	struct target_host *host = &judging->host;

	judging->target.connects = false;
	host->from_mx = row->from_mx;
	host->implicit = row->implicit;
	host->is_address = row->is_address;
	host->v4 = (struct lookup){row->v4, "detail", .made = true};
	host->v6 = (struct lookup){row->v6, "detail", .made = true};
	judge_host(&judging->target, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
}

static const struct server_case {
	const char *sentence;
	const char *address;
	bool implicit, alias;
	bool first;
	enum dns_status v6;
	const char *codes;
} server_cases[] = {
    {"A host with both families is fine.", "192.0.2.4", false, false, true,
	DNS_ANSWERED, ""},
    {"A host without IPv6 is fine.", "192.0.2.4", false, false, true,
	DNS_NORECORD, ""},
    {"A failed look-up beside a good one is told.", "192.0.2.4", false, false,
	true, DNS_FAILED, "NOT_TESTED"},
    {"It is told once for a host.", "192.0.2.4", false, false, false,
	DNS_FAILED, ""},
    {"A private address is noted.", "10.0.0.1", false, false, true,
	DNS_NORECORD, "DNS_MX_PRIVATE"},
    {"A domain that stands in for its MX is told.", "192.0.2.4", true, false,
	true, DNS_NORECORD, "DNS_IMPLICIT_MX"},
    {"An alias as MX host is told.", "192.0.2.4", false, true, true,
	DNS_NORECORD, "DNS_MX_CNAME"},
    {"An alias is told once for a host.", "192.0.2.4", false, true, false,
	DNS_NORECORD, ""},
};

static void
judges_server(void **state)
{
	const struct server_case *row = *state;
	struct judging *judging = judging_start();
	struct target_host *host = &judging->host;

	judging_address(&judging->target, row->address, 25);
	judging->target.first = row->first;
	host->from_mx = !row->implicit;
	host->implicit = row->implicit;
	host->alias = row->alias;
	text_print(host->canonical, DOMAIN_SIZE, "host.example.net");
	host->v4 = (struct lookup){DNS_ANSWERED, "answered", .made = true};
	host->v6 = (struct lookup){row->v6, "detail", .made = true};
	judge_host(&judging->target, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
	if (strcmp(row->codes, "DNS_MX_CNAME") == 0)
		assert_contains(
		    judging->result.finding[0].text, "host.example.net");
}

static const struct family_case {
	const char *sentence;
	enum target_family family;
	const char *text;
} family_cases[] = {
    {"Any address is missed by default.", TARGET_ANY_FAMILY,
	"host has no address"},
    {"An IPv4 address is missed with -4.", TARGET_ONLY_V4,
	"host has no IPv4 address"},
    {"An IPv6 address is missed with -6.", TARGET_ONLY_V6,
	"host has no IPv6 address"},
};

static void
names_family(void **state)
{
	const struct family_case *row = *state;
	struct judging *judging = judging_start();

	judging->target.connects = false;
	judging->host.family = row->family;
	judging->host.v4 = (struct lookup){
	    DNS_NORECORD, "", .made = row->family != TARGET_ONLY_V6};
	judging->host.v6 = (struct lookup){
	    DNS_NORECORD, "", .made = row->family != TARGET_ONLY_V4};
	judge_host(&judging->target, &judging->result);
	assert_string_equal(
	    judging_codes(&judging->result), "DNS_MX_NO_ADDRESS");
	assert_string_equal(judging->result.finding[0].text, row->text);
}

int
main(void)
{
	UNIT_TABLE(set_cases, judges_set);
	UNIT_TABLE(host_cases, judges_host);
	UNIT_TABLE(server_cases, judges_server);
	UNIT_TABLE(family_cases, names_family);
	unit_add("One MX host with two addresses is no single server.",
	    calls_two_addresses_not_single);
	unit_add(
	    "Servers beyond the limit are counted.", tells_servers_left_out);
	return unit_run("judge_dns");
}
