/* SPDX-License-Identifier: GPL-3.0-or-later */
/* target - from a domain or from host names to the servers to test */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "text.h"
#include "target.h"

/* One look-up, done by a thread of its own. */
struct lookup_job {
	const struct target_query *query;
	const struct target_host *host;
	enum dns_type type;
	bool by_hosts_file; /* getaddrinfo(), so that /etc/hosts counts */
	struct deadline deadline;
	struct dns_answer answer;
};

static void
dns_look_up(struct lookup_job *job)
{
	dns_query(&job->answer, &job->query->servers, job->host->name,
	    job->type, job->deadline);
}

static bool
keep_addrinfo(struct dns_answer *answer, const struct addrinfo *list)
{
	size_t count = 0;

	for (const struct addrinfo *at = list; at != NULL; at = at->ai_next)
		count++;
	answer->records = calloc(count + 1, sizeof(*answer->records));
	if (answer->records == NULL)
		return false;
	for (const struct addrinfo *at = list; at != NULL; at = at->ai_next)
		memcpy(&answer->records[answer->count++].address, at->ai_addr,
		    at->ai_addrlen);
	return true;
}

/* Where it fails, its codes don't say why: then the DNS is asked itself. */
static void
system_look_up(struct lookup_job *job)
{
	struct addrinfo hints = {
	    .ai_family = job->type == DNS_TYPE_A ? AF_INET : AF_INET6,
	    .ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *list = NULL;

	if (getaddrinfo(job->host->name, NULL, &hints, &list) != 0) {
		dns_look_up(job);
		return;
	}
	job->answer = (struct dns_answer){.detail = "out of memory"};
	job->answer.status =
	    keep_addrinfo(&job->answer, list) ? DNS_ANSWERED : DNS_UNUSABLE;
	freeaddrinfo(list);
}

static void
look_up(void *argument)
{
	struct lookup_job *job = argument;

	if (job->by_hosts_file)
		system_look_up(job);
	else
		dns_look_up(job);
}

static struct lookup
outcome(const struct lookup_job *job, bool done)
{
	if (!done)
		return (struct lookup){DNS_UNANSWERED, "no answer", true};
	return (struct lookup){job->answer.status, job->answer.detail, true};
}

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

/* On the heap, for the look-up may come back after we have gone on. */
struct mx_job {
	struct lookup_job job;
	struct target_host domain;
};

static bool
find_mx_hosts(struct target_set *set, const struct target_query *query,
    struct deadline deadline)
{
	struct mx_job *mx = calloc(1, sizeof(*mx));
	struct lookup_job *job;
	bool done;

	if (mx == NULL)
		return false;
	job = &mx->job;
	text_print(mx->domain.name, DOMAIN_SIZE, "%s", query->domain);
	job->query = query;
	job->host = &mx->domain;
	job->type = DNS_TYPE_MX;
	job->deadline = deadline;
	crew_run(look_up, job, 1, sizeof(*job), deadline, &done);
	set->mx = outcome(job, done);
	set->hosts =
	    calloc((done ? job->answer.count : 0) + 1, sizeof(*set->hosts));
	if (set->hosts == NULL)
		return false;
	if (set->mx.status == DNS_ANSWERED)
		keep_mx(set, &job->answer);
	else if (set->mx.status == DNS_NORECORD)
		stand_in(set);
	put_in_order(set);
	if (done)
		dns_release(&job->answer);
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

/* What is known of a host's addresses, until they become targets. */
struct address_list {
	size_t count;
	union dns_address *address;
};

static bool
add_addresses(struct address_list *list, const struct dns_answer *answer)
{
	union dns_address *grown = realloc(
	    list->address, (list->count + answer->count + 1) * sizeof(*grown));

	if (grown == NULL)
		return false;
	list->address = grown;
	for (size_t i = 0; i < answer->count; i++)
		list->address[list->count++] = answer->records[i].address;
	return true;
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
	bool same = before != NULL && before->host == host;

	if (set->count == TARGETS_MAX) {
		set->left_out++;
		return;
	}
	set->count++;
	target->host = host;
	target->first = !same;
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

/* Two jobs a host, A and AAAA, unless nothing is to be looked up. */
static size_t
plan_look_ups(struct lookup_job *jobs, const struct target_set *set,
    const struct target_query *query, struct deadline deadline)
{
	size_t count = 0;

	for (size_t i = 0; i < set->host_count && i < TARGETS_MAX; i++) {
		const struct target_host *host = &set->hosts[i];

		for (int v6 = 0; v6 < 2 && !host->is_address; v6++) {
			if (query->family
			    == (v6 ? TARGET_ONLY_V4 : TARGET_ONLY_V6))
				continue;
			jobs[count++] = (struct lookup_job){
			    .query = query,
			    .host = host,
			    .type = v6 ? DNS_TYPE_AAAA : DNS_TYPE_A,
			    .by_hosts_file = query->hosts != NULL
				&& query->servers.count == 0,
			    .deadline = deadline,
			};
		}
	}
	return count;
}

static void
keep_answer(struct target_host *host, const struct lookup_job *job, bool done,
    struct address_list *list)
{
	struct lookup *lookup = job->type == DNS_TYPE_A ? &host->v4 : &host->v6;

	*lookup = outcome(job, done);
	if (!done)
		return;
	if (job->answer.alias) {
		host->alias = true;
		memcpy(host->canonical, job->answer.canonical, DOMAIN_SIZE);
	}
	if (!add_addresses(list, &job->answer))
		*lookup = (struct lookup){DNS_UNUSABLE, "out of memory", true};
}

static bool
find_addresses(struct target_set *set, const struct target_query *query,
    struct deadline deadline)
{
	struct lookup_job *jobs =
	    calloc((size_t)2 * TARGETS_MAX, sizeof(*jobs));
	bool done[2 * TARGETS_MAX];
	size_t count, next = 0;

	set->targets = calloc(TARGETS_MAX, sizeof(*set->targets));
	if (jobs == NULL || set->targets == NULL) {
		free(jobs);
		return false;
	}
	for (size_t i = 0; i < set->host_count; i++) {
		set->hosts[i].is_address =
		    domain_is_address(set->hosts[i].name);
		set->hosts[i].family = query->family;
	}
	count = plan_look_ups(jobs, set, query, deadline);
	crew_run(look_up, jobs, count, sizeof(*jobs), deadline, done);
	for (size_t i = 0; i < set->host_count; i++) {
		struct target_host *host = &set->hosts[i];
		struct address_list list = {0, NULL};

		/* RFC 5321 5.1: an MX must not be an address. */
		if (host->is_address && !host->from_mx)
			parse_address(host, &list, query->family);
		for (; next < count && jobs[next].host == host; next++)
			keep_answer(host, &jobs[next], done[next], &list);
		add_targets(set, host, &list, query->port);
		free(list.address);
	}
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
