/* SPDX-License-Identifier: GPL-3.0-or-later */
/* target - from a domain or from host names to the servers to test */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "lookup.h"
#include "text.h"
#include "target.h"

static int
compare_hosts(const void *a, const void *b)
{
	const struct target_host *left = a, *right = b;

	if (left->preference != right->preference)
		return left->preference < right->preference ? -1 : 1;
	return strcmp(left->name, right->name);
}

static void
keep_mx(struct target_set *set, const struct dns_answer *answer)
{
	set->mx_count = answer->count + answer->left_out;
	for (size_t i = 0; i < answer->count; i++) {
		struct target_host *host = &set->hosts[set->host_count];

		if (answer->records[i].host[0] == '\0') {
			set->null_mx = true;
			continue;
		}
		host->from_mx = true;
		host->preference = answer->records[i].preference;
		memcpy(host->name, answer->records[i].host, DOMAIN_SIZE);
		set->host_count++;
	}
}

/*
 * Preference, then name. A host named twice is one server, at the better
 * preference: twice the same labels would spoil the perfdata.
 */
static void
put_in_order(struct target_set *set)
{
	size_t kept = 0;

	qsort(set->hosts, set->host_count, sizeof(*set->hosts), compare_hosts);
	for (size_t i = 0; i < set->host_count; i++) {
		bool known = false;

		for (size_t j = 0; j < kept && !known; j++)
			known =
			    strcmp(set->hosts[j].name, set->hosts[i].name) == 0;
		if (!known)
			set->hosts[kept++] = set->hosts[i];
	}
	set->host_count = kept;
}

/* RFC 5321 5.1: without any MX record the domain is its own host. */
static void
stand_in(struct target_set *set)
{
	set->host_count = 1;
	set->hosts[0].implicit = true;
	text_print(set->hosts[0].name, DOMAIN_SIZE, "%s", set->domain);
}

static bool
find_mx_hosts(struct target_set *set, const struct target_query *query,
    struct deadline deadline)
{
	const struct question question = {query->domain, DNS_TYPE_MX};
	struct dns_answer answer;

	lookup_all(&question, 1, &query->servers, deadline, &answer);
	set->mx =
	    (struct lookup){answer.status, answer.detail, true, answer.secure};
	set->resolver = query->resolver;
	if (query->tlsa && answer.status != DNS_UNANSWERED
	    && target_host_resolver(&answer) > set->resolver)
		set->resolver = target_host_resolver(&answer);
	set->hosts = calloc(answer.count + 1, sizeof(*set->hosts));
	if (set->hosts == NULL)
		return false;
	if (set->mx.status == DNS_ANSWERED)
		keep_mx(set, &answer);
	else if (set->mx.status == DNS_NORECORD)
		stand_in(set);
	put_in_order(set);
	dns_release(&answer);
	return true;
}

static bool
name_hosts(struct target_set *set, const struct target_query *query)
{
	size_t count = 0;

	while (query->hosts[count] != NULL)
		count++;
	set->hosts = calloc(count + 1, sizeof(*set->hosts));
	if (set->hosts == NULL)
		return false;
	for (; set->host_count < count; set->host_count++)
		text_print(set->hosts[set->host_count].name, DOMAIN_SIZE, "%s",
		    query->hosts[set->host_count]);
	put_in_order(set);
	return true;
}

static int
compare_addresses(const void *a, const void *b)
{
	const union dns_address *left = a, *right = b;

	if (left->any.sa_family != right->any.sa_family)
		return left->any.sa_family == AF_INET ? -1 : 1;
	if (left->any.sa_family == AF_INET)
		return memcmp(&left->v4.sin_addr, &right->v4.sin_addr,
		    sizeof(left->v4.sin_addr));
	return memcmp(&left->v6.sin6_addr, &right->v6.sin6_addr,
	    sizeof(left->v6.sin6_addr));
}

static void
set_port(union dns_address *address, uint16_t port)
{
	if (address->any.sa_family == AF_INET6)
		address->v6.sin6_port = htons(port);
	else
		address->v4.sin_port = htons(port);
}

unsigned
target_port(const struct target *target)
{
	const union dns_address *address = &target->address;

	return ntohs(address->any.sa_family == AF_INET6 ? address->v6.sin6_port
							: address->v4.sin_port);
}

static void
add_target(struct target_set *set, const struct target_host *host,
    const union dns_address *address, uint16_t port)
{
	struct target *target = &set->targets[set->count];
	const struct target *before = set->count > 0 ? target - 1 : NULL;
	/* NOLINTNEXTLINE(clang-analyzer-core.*): those counted are filled in */
	bool same = before != NULL && before->host == host;

	if (set->count == TARGETS_MAX) {
		set->left_out++;
		return;
	}
	set->count++;
	*target = (struct target){.host = host, .first = !same};
	if (address == NULL)
		return;
	target->connects = true;
	target->address = *address;
	set_port(&target->address, port);
	dns_address_text(address, target->address_text);
	target->ordinal =
	    same && before->address.any.sa_family == address->any.sa_family
	    ? before->ordinal + 1
	    : 1;
}

static void
add_targets(struct target_set *set, const struct target_host *host,
    struct address_list *list, uint16_t port)
{
	if (list->count == 0)
		add_target(set, host, NULL, port);
	else
		qsort(list->address, list->count, sizeof(*list->address),
		    compare_addresses);
	for (size_t i = 0; i < list->count; i++)
		if (i == 0
		    || compare_addresses(
			   &list->address[i - 1], &list->address[i])
			!= 0)
			add_target(set, host, &list->address[i], port);
}

/* An address given as a host needs no look-up. */
static void
parse_address(const struct target_host *host, struct address_list *list,
    enum target_family family)
{
	union dns_address address;

	memset(&address, 0, sizeof(address));
	if (family != TARGET_ONLY_V6
	    && inet_pton(AF_INET, host->name, &address.v4.sin_addr) == 1)
		address.any.sa_family = AF_INET;
	else if (family != TARGET_ONLY_V4
	    && inet_pton(AF_INET6, host->name, &address.v6.sin6_addr) == 1)
		address.any.sa_family = AF_INET6;
	else
		return;
	list->address = malloc(sizeof(address));
	if (list->address == NULL)
		return;
	list->address[0] = address;
	list->count = 1;
}

/* The name that a resolver's self-test is about. */
static const char *
test_name(const struct target_set *set)
{
	if (set->domain != NULL)
		return set->domain;
	return set->host_count > 0 ? set->hosts[0].name : "";
}

static void
describe_hosts(struct target_set *set, const struct target_query *query)
{
	for (size_t i = 0; i < set->host_count; i++) {
		struct target_host *host = &set->hosts[i];

		host->is_address = domain_is_address(host->name);
		host->family = query->family;
		host->secure_mx = !set->mx.made || set->mx.secure;
	}
}

static bool
find_addresses(struct target_set *set, const struct target_query *query,
    struct deadline deadline)
{
	struct address_list *lists =
	    calloc(set->host_count + 1, sizeof(*lists));
	enum resolver resolver = set->resolver;

	set->targets = malloc(TARGETS_MAX * sizeof(*set->targets));
	describe_hosts(set, query);
	if (lists == NULL || set->targets == NULL
	    || !target_host_look_up(set->hosts, set->host_count, query,
		test_name(set), &resolver, deadline, lists)) {
		free(lists);
		return false;
	}
	set->resolver = resolver;
	for (size_t i = 0; i < set->host_count; i++) {
		struct target_host *host = &set->hosts[i];

		host->resolver = resolver;
		/* RFC 5321 5.1: an MX must not be an address. */
		if (host->is_address && !host->from_mx)
			parse_address(host, &lists[i], query->family);
		add_targets(set, host, &lists[i], query->port);
		free(lists[i].address);
	}
	free(lists);
	return true;
}

bool
target_find(struct target_set *set, const struct target_query *query,
    struct deadline deadline)
{
	bool found;

	/* Each stage leaves time for the next, so that the servers that
	 * were found are tested whatever the DNS does. */
	*set = (struct target_set){.domain = query->domain};
	if (query->hosts != NULL)
		found = name_hosts(set, query);
	else
		found = find_mx_hosts(
		    set, query, deadline_share(deadline, 2.0 / 3));
	return found
	    && find_addresses(set, query, deadline_share(deadline, 0.5));
}

void
target_release(struct target_set *set)
{
	for (size_t i = 0; i < set->host_count; i++)
		tlsa_release(&set->hosts[i].tlsa);
	free(set->hosts);
	free(set->targets);
	*set = (struct target_set){0};
}

static bool
is_private_v4(uint32_t address)
{
	return address >> 24 == 10 || address >> 24 == 127
	    || address >> 20 == 0xac1 || address >> 16 == 0xc0a8
	    || address >> 16 == 0xa9fe
	    || address >> 22 == 0x191; /* 100.64/10, RFC 6598 */
}

bool
target_is_private(const struct target *target)
{
	const struct in6_addr *v6 = &target->address.v6.sin6_addr;
	uint32_t mapped;

	if (target->address.any.sa_family != AF_INET6)
		return is_private_v4(ntohl(target->address.v4.sin_addr.s_addr));
	memcpy(&mapped, &v6->s6_addr[12], sizeof(mapped));
	if (IN6_IS_ADDR_V4MAPPED(v6))
		return is_private_v4(ntohl(mapped));
	return IN6_IS_ADDR_LOOPBACK(v6) || IN6_IS_ADDR_LINKLOCAL(v6)
	    || (v6->s6_addr[0] & 0xfe) == 0xfc; /* RFC 4193 */
}
