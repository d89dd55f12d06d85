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
	char name[DOMAIN_SIZE]; /* instead of the host's; of TLSA and SOA */
	struct tlsa_set tlsa;
};

static void
dns_look_up(struct lookup_job *job)
{
	dns_query(&job->answer, &job->query->servers,
	    job->name[0] != '\0' ? job->name : job->host->name, job->type,
	    job->deadline);
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
	/* The DNS's own answer, for what a DANE sender makes of the name. */
	if (job->query->tlsa)
		dns_look_up(job);
	dns_release(&job->answer);
	job->answer.detail = "out of memory";
	job->answer.status =
	    keep_addrinfo(&job->answer, list) ? DNS_ANSWERED : DNS_UNUSABLE;
	freeaddrinfo(list);
}

static void
look_up(void *argument)
{
	struct lookup_job *job = argument;

	if (job->type == DNS_TYPE_TLSA)
		tlsa_look_up(&job->tlsa, &job->query->servers, job->name,
		    job->query->port, job->deadline);
	else if (job->by_hosts_file)
		system_look_up(job);
	else
		dns_look_up(job);
}

static struct lookup
outcome(const struct lookup_job *job, bool done)
{
	if (!done)
		return (struct lookup){
		    DNS_UNANSWERED, "no answer", true, false};
	return (struct lookup){
	    job->answer.status, job->answer.detail, true, job->answer.secure};
}

/* What one answer shows of the resolver. */
static enum resolver
resolver_by(const struct dns_answer *answer)
{
	return !answer->believed ? RESOLVER_DISTANT
	    : answer->secure     ? RESOLVER_VALIDATES
				 : RESOLVER_BLIND;
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
	if (done)
		set->resolver = resolver_by(&job->answer);
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

/* The look-ups of all hosts, side by side. */
struct plan {
	const struct target_query *query;
	struct deadline deadline;
	size_t count;
	struct lookup_job *jobs;
};

enum {
	JOBS_A_HOST = 3, /* A, AAAA, TLSA */
	PARENTS_MAX = 16,
};

static struct lookup_job *
add_job(struct plan *plan, const struct target_host *host, enum dns_type type,
    const char *name)
{
	struct lookup_job *job = &plan->jobs[plan->count++];

	job->query = plan->query;
	job->host = host;
	job->type = type;
	job->deadline = plan->deadline;
	text_print(job->name, sizeof(job->name), "%s", name);
	return job;
}

static void
plan_host(struct plan *plan, const struct target_host *host)
{
	const struct target_query *query = plan->query;

	for (int v6 = 0; v6 < 2; v6++)
		if (query->family != (v6 ? TARGET_ONLY_V4 : TARGET_ONLY_V6))
			add_job(plan, host, v6 ? DNS_TYPE_AAAA : DNS_TYPE_A, "")
			    ->by_hosts_file =
			    query->hosts != NULL && query->servers.count == 0;
	if (query->tlsa)
		add_job(plan, host, DNS_TYPE_TLSA, host->name);
}

/*
 * Before a zone is called insecure, the resolver has to show that it would
 * tell: it is asked about the parents, of which the root is always signed.
 */
static void
plan_self_test(struct plan *plan, const char *domain)
{
	const char *parent = domain;

	for (int i = 0; i < PARENTS_MAX; i++) {
		parent = strchr(parent, '.');
		if (parent == NULL)
			break;
		add_job(plan, NULL, DNS_TYPE_SOA, ++parent);
	}
	add_job(plan, NULL, DNS_TYPE_SOA, ".");
}

static bool
plan_look_ups(struct plan *plan, const struct target_set *set)
{
	const char *name = set->domain;

	plan->jobs = calloc((size_t)JOBS_A_HOST * TARGETS_MAX + PARENTS_MAX + 1,
	    sizeof(*plan->jobs));
	if (plan->jobs == NULL)
		return false;
	for (size_t i = 0; i < set->host_count && i < TARGETS_MAX; i++)
		if (!set->hosts[i].is_address)
			plan_host(plan, &set->hosts[i]);
	if (name == NULL && set->host_count > 0)
		name = set->hosts[0].name;
	if (plan->query->tlsa && set->resolver != RESOLVER_VALIDATES
	    && name != NULL)
		plan_self_test(plan, name);
	return true;
}

static void
keep_address(struct target_host *host, const struct lookup_job *job, bool done,
    struct address_list *list)
{
	struct lookup *lookup = job->type == DNS_TYPE_A ? &host->v4 : &host->v6;

	*lookup = outcome(job, done);
	if (!done)
		return;
	if (job->answer.alias) {
		host->alias = true;
		memcpy(host->canonical, job->answer.canonical, DOMAIN_SIZE);
		host->secure_alias = host->secure_alias || job->answer.secure;
	}
	if (!add_addresses(list, &job->answer))
		*lookup =
		    (struct lookup){DNS_UNUSABLE, "out of memory", true, false};
}

static void
keep_tlsa(struct target_host *host, const struct lookup_job *job, bool done)
{
	if (done)
		host->tlsa = job->tlsa;
	else
		host->tlsa = (struct tlsa_set){.asked = true,
		    .status = DNS_UNANSWERED,
		    .detail = "no answer"};
}

/* Any one answer that was validated proves that the resolver does it. */
static void
keep_resolver(struct target_set *set, const struct lookup_job *job)
{
	enum resolver seen = resolver_by(
	    job->type == DNS_TYPE_TLSA ? &job->tlsa.answer : &job->answer);

	if (!job->by_hosts_file && seen > set->resolver)
		set->resolver = seen;
}

/*
 * RFC 7672 2.2.2: what a secure alias leads to goes first, if it has TLSA
 * records; where it leads to an insecure address, those of the name itself
 * count if that it is an alias is secure.
 */
static void
follow_alias(struct target_host *host, const struct target_query *query,
    struct deadline deadline)
{
	struct plan plan = {.query = query, .deadline = deadline};
	struct lookup_job *job;
	bool done;

	plan.jobs = calloc(1, sizeof(*plan.jobs));
	if (plan.jobs == NULL)
		return;
	job = host->secure_alias
	    ? add_job(&plan, host, DNS_TYPE_TLSA, host->canonical)
	    : add_job(&plan, host, DNS_TYPE_CNAME, host->name);
	crew_run(look_up, job, 1, sizeof(*job), deadline, &done);
	if (!host->secure_alias)
		host->secure_name = done && job->answer.secure;
	/* A look-up that fails ends the search: no falling back. */
	else if (!done || job->tlsa.count > 0
	    || (job->tlsa.status != DNS_NONAME
		&& job->tlsa.status != DNS_NORECORD))
		keep_tlsa(host, job, done);
}

static void
collect(struct target_set *set, const struct plan *plan, const bool *done)
{
	const struct target_query *query = plan->query;
	size_t next = 0;

	for (size_t i = 0; i < set->host_count; i++) {
		struct target_host *host = &set->hosts[i];
		struct address_list list = {0, NULL};

		/* RFC 5321 5.1: an MX must not be an address. */
		if (host->is_address && !host->from_mx)
			parse_address(host, &list, query->family);
		for (; next < plan->count && plan->jobs[next].host == host;
		     next++)
			if (plan->jobs[next].type == DNS_TYPE_TLSA)
				keep_tlsa(host, &plan->jobs[next], done[next]);
			else
				keep_address(
				    host, &plan->jobs[next], done[next], &list);
		if (query->tlsa && host->alias)
			follow_alias(host, query, plan->deadline);
		add_targets(set, host, &list, query->port);
		free(list.address);
	}
	for (size_t i = 0; query->tlsa && i < plan->count; i++)
		if (done[i])
			keep_resolver(set, &plan->jobs[i]);
	for (size_t i = 0; i < set->host_count; i++) {
		set->hosts[i].resolver = set->resolver;
		set->hosts[i].secure_mx = !set->mx.made || set->mx.secure;
	}
}

static bool
find_addresses(struct target_set *set, const struct target_query *query,
    struct deadline deadline)
{
	struct plan plan = {.query = query, .deadline = deadline};
	bool done[JOBS_A_HOST * TARGETS_MAX + PARENTS_MAX + 1];

	set->targets = calloc(TARGETS_MAX, sizeof(*set->targets));
	for (size_t i = 0; i < set->host_count; i++) {
		set->hosts[i].is_address =
		    domain_is_address(set->hosts[i].name);
		set->hosts[i].family = query->family;
	}
	if (set->targets == NULL || !plan_look_ups(&plan, set))
		return false;
	crew_run(
	    look_up, plan.jobs, plan.count, sizeof(*plan.jobs), deadline, done);
	collect(set, &plan, done);
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
