/* SPDX-License-Identifier: GPL-3.0-or-later */
/* judge_dns - findings about domain, MX records and hosts (RFC 5321 5.1) */
#include <string.h>

#include "judge.h"

/* More than any mail domain needs; senders give up long before. */
enum { MX_MANY = 30 };

enum diagnosis
judge_lookup_code(enum dns_status status)
{
	switch (status) {
	case DNS_UNANSWERED:
		return DNS_TIMEOUT;
	case DNS_FAILED:
		return DNS_SERVFAIL;
	default:
		return DNS_RESOLVER;
	}
}

static bool
lookup_failed(const struct lookup *lookup)
{
	return lookup->made && !dns_is_answer(lookup->status);
}

static void
judge_mx_records(const struct target_set *set, struct result *result)
{
	if (set->null_mx && set->mx_count == 1)
		result_add(result, DNS_NULL_MX,
		    "%s: accepts no mail, it has a null MX", set->domain);
	else if (set->null_mx)
		result_add(result, DNS_NULL_MX_MIXED,
		    "%s: a null MX stands beside other MX records",
		    set->domain);
	if (set->count == 1 && set->hosts[0].from_mx)
		result_add(
		    result, DNS_MX_SINGLE, "%s: only one MX host", set->domain);
	if (set->host_count > MX_MANY)
		result_add(result, DNS_MX_TOO_MANY, "%s: %zu MX hosts",
		    set->domain, set->host_count);
}

void
judge_set(const struct target_set *set, struct result *result)
{
	if (set->mx.made && set->mx.status == DNS_NONAME)
		result_add(result, DNS_NXDOMAIN, "%s: domain does not exist",
		    set->domain);
	else if (lookup_failed(&set->mx))
		result_add(result, judge_lookup_code(set->mx.status),
		    "%s: MX look-up failed: %s", set->domain, set->mx.detail);
	else if (set->mx.made)
		judge_mx_records(set, result);
	if (set->left_out > 0)
		result_add(result, NOT_TESTED,
		    "%zu further servers not tested, %d are the limit",
		    set->left_out, TARGETS_MAX);
}

static const char *
family_text(const struct target_host *host)
{
	switch (host->family) {
	case TARGET_ONLY_V4:
		return "IPv4 address";
	case TARGET_ONLY_V6:
		return "IPv6 address";
	default:
		return "address";
	}
}

static void
judge_no_address(const struct target_host *host, struct result *result)
{
	const struct lookup *failed = lookup_failed(&host->v4) ? &host->v4
	    : lookup_failed(&host->v6)                         ? &host->v6
							       : NULL;
	bool unknown =
	    host->v4.status == DNS_NONAME || host->v6.status == DNS_NONAME;

	if (host->is_address && host->from_mx)
		result_add(result, DNS_MX_IS_ADDRESS,
		    "MX record holds an address instead of a host name");
	else if (failed != NULL)
		result_add(result, judge_lookup_code(failed->status),
		    "address look-up failed: %s", failed->detail);
	else if (host->implicit && host->family == TARGET_ANY_FAMILY)
		result_add(result, DNS_NO_MAIL_HOST, "no MX record and no %s",
		    family_text(host));
	else if (unknown && !host->from_mx)
		result_add(result, DNS_NXDOMAIN, "host does not exist");
	else if (unknown)
		result_add(
		    result, DNS_MX_NO_ADDRESS, "host name does not exist");
	else
		result_add(result, DNS_MX_NO_ADDRESS, "host has no %s",
		    family_text(host));
}

/* A look-up that failed beside one that was answered hides servers. */
static void
judge_half_known(
    const struct lookup *lookup, const char *type, struct result *result)
{
	if (lookup_failed(lookup))
		result_add(result, NOT_TESTED,
		    "%s addresses not tested, look-up failed: %s", type,
		    lookup->detail);
}

void
judge_host(const struct target *target, struct result *result)
{
	const struct target_host *host = target->host;

	if (!target->connects)
		judge_no_address(host, result);
	else if ((host->from_mx || host->implicit) && target_is_private(target))
		result_add(result, DNS_MX_PRIVATE,
		    "%s is not reachable from the Internet",
		    target->address_text);
	if (!target->first)
		return;
	if (target->connects) {
		judge_half_known(&host->v4, "IPv4", result);
		judge_half_known(&host->v6, "IPv6", result);
	}
	if (host->implicit && target->connects)
		result_add(result, DNS_IMPLICIT_MX,
		    "no MX record, the domain's own address stands in");
	if (host->alias && host->from_mx)
		result_add(result, DNS_MX_CNAME,
		    "MX record names an alias (CNAME) of %s", host->canonical);
}

void
judge_reverse(const struct facts *facts, struct result *result)
{
	const struct reverse *reverse = &facts->reverse;
	const char *address = facts->target->address_text;

	if (!reverse->asked || reverse->confirmed)
		return;
	if (dns_is_none(reverse->status))
		result_add(
		    result, DNS_PTR_MISSING, "%s has no PTR record", address);
	else if (reverse->count == 0)
		result_add(result, NOT_TESTED,
		    "PTR not tested, look-up failed: %s", reverse->detail);
	else if (reverse->forward_unknown)
		result_add(result, NOT_TESTED,
		    "PTR %s not confirmed, its own look-up failed",
		    reverse->name[0]);
	else
		result_add(result, DNS_PTR_MISMATCH,
		    "PTR %s does not lead back to %s", reverse->name[0],
		    address);
}

/* "host:10" in its parts; without a number any preference will do. */
struct expectation {
	char name[DOMAIN_SIZE];
	bool any_preference;
	unsigned preference;
};

static bool
parse_expectation(
    const char *expected, struct expectation *expectation, const char **why)
{
	char typed[2 * DOMAIN_SIZE];
	const char *colon = strrchr(expected, ':');
	size_t length =
	    colon != NULL ? (size_t)(colon - expected) : strlen(expected);
	unsigned long long preference = 0;
	struct cursor number;

	*why = "longer than 253 octets";
	if (length >= sizeof(typed))
		return false;
	memcpy(typed, expected, length);
	typed[length] = '\0';
	expectation->any_preference = colon == NULL;
	if (!domain_parse(typed, expectation->name, why))
		return false;
	if (colon == NULL)
		return true;
	*why = "the preference is no number from 0 to 65535";
	number = cursor_of(colon + 1);
	if (!cursor_number(&number, 65535, &preference)
	    || !cursor_at_end(&number))
		return false;
	expectation->preference = (unsigned)preference;
	return true;
}

bool
judge_expected_valid(const char *expected, const char **why)
{
	struct expectation expectation;

	return parse_expectation(expected, &expectation, why);
}

static bool
meets(const struct target_host *host, const char *expected)
{
	struct expectation expectation;
	const char *why;

	return parse_expectation(expected, &expectation, &why)
	    && strcmp(expectation.name, host->name) == 0
	    && (expectation.any_preference
		|| expectation.preference == host->preference);
}

static bool
is_expected(const struct target_host *host, const char *const *expected)
{
	for (; *expected != NULL; expected++)
		if (meets(host, *expected))
			return true;
	return false;
}

static bool
is_published(const struct target_set *set, const char *expected)
{
	for (size_t i = 0; i < set->host_count; i++)
		if (set->hosts[i].from_mx && meets(&set->hosts[i], expected))
			return true;
	return false;
}

void
judge_expected_mx(const struct target_set *set, const char *const *expected,
    bool null_mx, struct result *result)
{
	bool wanted = null_mx || *expected != NULL;

	if (lookup_failed(&set->mx) || !wanted)
		return;
	for (size_t i = 0; i < set->host_count; i++)
		if (set->hosts[i].from_mx
		    && (null_mx || !is_expected(&set->hosts[i], expected)))
			result_add(result, DNS_MX_UNEXPECTED,
			    "%s: unexpected MX %s, preference %u", set->domain,
			    set->hosts[i].name, set->hosts[i].preference);
	for (; !null_mx && *expected != NULL; expected++)
		if (!is_published(set, *expected))
			result_add(result, DNS_MX_MISSING,
			    "%s: expected MX %s is missing", set->domain,
			    *expected);
	if (null_mx && !set->null_mx)
		result_add(result, DNS_MX_MISSING,
		    "%s: expected null MX is missing", set->domain);
}
