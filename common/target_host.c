/* SPDX-License-Identifier: GPL-3.0-or-later */
/* target_host - what the DNS says of the hosts that take mail */
#include <arpa/inet.h>
#include <netdb.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "lookup.h"
#include "text.h"
#include "target_host.h"

enum {
	JOBS_A_HOST = 4,  /* system, A, AAAA, TLSA */
	PARENTS_MAX = 16, /* of the domain, in the resolver's self-test */
	JOBS_MAX = JOBS_A_HOST * TARGETS_MAX + PARENTS_MAX + 1,
};

enum job_kind {
	JOB_DNS,    /* one question */
	JOB_SYSTEM, /* addresses as the system finds them, /etc/hosts too */
	JOB_TLSA,
};

/* One look-up, done by a thread of its own. */
struct job {
	enum job_kind kind;
	struct target_query query;
	const struct target_host *host; /* NULL: of the self-test */
	char name[DOMAIN_SIZE];
	enum dns_type type;
	struct deadline deadline;
	struct dns_answer answer; /* of a system job: to A */
	struct dns_answer answer6;
	struct tlsa_set tlsa;
};

/* The look-ups of all hosts, side by side. */
struct plan {
	const struct target_query *query;
	struct deadline deadline;
	size_t count;
	struct job *jobs;
	struct crew *crew; /* to which they belong, once run() */
};

/*
 * A name with a dot is looked up as it is: by the search list a stranger's
 * address could come in for a family that the host does not have.
 */
static void
forget_search_list(const char *name)
{
	if (strchr(name, '.') != NULL && res_init() == 0)
		_res.options &= ~(unsigned long)(RES_DNSRCH | RES_DEFNAMES);
}

static void
keep_addrinfo(
    struct dns_answer *answer, const struct addrinfo *list, int family)
{
	size_t count = 0;

	*answer = (struct dns_answer){
	    .status = DNS_NORECORD, .detail = "no such record"};
	for (const struct addrinfo *at = list; at != NULL; at = at->ai_next)
		count += at->ai_family == family;
	answer->records = calloc(count + 1, sizeof(*answer->records));
	if (answer->records == NULL) {
		answer->status = DNS_UNUSABLE;
		answer->detail = "out of memory";
		return;
	}
	for (const struct addrinfo *at = list; at != NULL; at = at->ai_next)
		if (at->ai_family == family)
			memcpy(&answer->records[answer->count++].address,
			    at->ai_addr, at->ai_addrlen);
	if (answer->count > 0) {
		answer->status = DNS_ANSWERED;
		answer->detail = "answered";
	}
}

/* Where the system fails, its codes don't say why: the DNS does. */
static void
system_look_up(struct job *job)
{
	static const int families[] = {
	    [TARGET_ANY_FAMILY] = AF_UNSPEC,
	    [TARGET_ONLY_V4] = AF_INET,
	    [TARGET_ONLY_V6] = AF_INET6,
	};
	struct addrinfo hints = {
	    .ai_family = families[job->query.family],
	    .ai_socktype = SOCK_STREAM,
	};
	const struct question questions[] = {
	    {job->name, DNS_TYPE_A}, {job->name, DNS_TYPE_AAAA}};
	struct dns_answer answers[2];
	struct addrinfo *list = NULL;

	forget_search_list(job->name);
	if (getaddrinfo(job->name, NULL, &hints, &list) == 0) {
		keep_addrinfo(&job->answer, list, AF_INET);
		keep_addrinfo(&job->answer6, list, AF_INET6);
		freeaddrinfo(list);
		return;
	}
	lookup_all(questions, 2, &job->query.servers, job->deadline, answers);
	job->answer = answers[0];
	job->answer6 = answers[1];
}

static void
look_up(void *argument)
{
	struct job *job = argument;

	switch (job->kind) {
	case JOB_SYSTEM:
		system_look_up(job);
		break;
	case JOB_TLSA:
		tlsa_look_up(&job->tlsa, &job->query.servers, job->name,
		    job->query.port, job->deadline);
		break;
	default:
		dns_query(&job->answer, &job->query.servers, job->name,
		    job->type, job->deadline);
	}
}

enum resolver
target_host_resolver(const struct dns_answer *answer)
{
	return !answer->believed ? RESOLVER_DISTANT
	    : answer->secure     ? RESOLVER_VALIDATES
				 : RESOLVER_UNKNOWN;
}

static void
add_job(struct plan *plan, const struct target_host *host, enum job_kind kind,
    enum dns_type type, const char *name)
{
	struct job *job = &plan->jobs[plan->count++];

	job->kind = kind;
	job->query = *plan->query;
	job->host = host;
	job->type = type;
	job->deadline = plan->deadline;
	text_print(job->name, sizeof(job->name), "%s", name);
}

static bool
wants_family(const struct target_query *query, bool v6)
{
	return query->family != (v6 ? TARGET_ONLY_V4 : TARGET_ONLY_V6);
}

/*
 * Beside what the system finds the DNS itself is asked where it matters what
 * a DANE sender makes of the name.
 */
static void
plan_host(struct plan *plan, const struct target_host *host)
{
	const struct target_query *query = plan->query;
	bool by_system = query->hosts != NULL && query->servers.count == 0;

	if (by_system)
		add_job(plan, host, JOB_SYSTEM, DNS_TYPE_A, host->name);
	for (int v6 = 0; v6 < 2; v6++)
		if (wants_family(query, v6 == 1) && (!by_system || query->tlsa))
			add_job(plan, host, JOB_DNS,
			    v6 ? DNS_TYPE_AAAA : DNS_TYPE_A, host->name);
	if (query->tlsa)
		add_job(plan, host, JOB_TLSA, DNS_TYPE_TLSA, host->name);
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
		add_job(plan, NULL, JOB_DNS, DNS_TYPE_SOA, ++parent);
	}
	add_job(plan, NULL, JOB_DNS, DNS_TYPE_SOA, ".");
}

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
keep_lookup(struct lookup *lookup, const struct dns_answer *answer, bool done)
{
	if (done)
		*lookup = (struct lookup){
		    answer->status, answer->detail, true, lookup->secure};
	else
		*lookup = (struct lookup){
		    DNS_UNANSWERED, "no answer", true, lookup->secure};
}

/* One family's addresses. */
static void
keep_addresses(struct lookup *lookup, const struct dns_answer *answer,
    bool done, struct address_list *list)
{
	keep_lookup(lookup, answer, done);
	if (done && !add_addresses(list, answer))
		*lookup =
		    (struct lookup){DNS_UNUSABLE, "out of memory", true, false};
}

static void
keep_alias(struct target_host *host, const struct dns_answer *answer)
{
	if (!answer->alias)
		return;
	host->alias = true;
	memcpy(host->canonical, answer->canonical, DOMAIN_SIZE);
	host->secure_alias = host->secure_alias || answer->secure;
}

/* In place of what was kept before; the job's records become the host's. */
static void
keep_tlsa(struct target_host *host, struct job *job, bool done)
{
	tlsa_release(&host->tlsa);
	host->tlsa = (struct tlsa_set){
	    .asked = true, .status = DNS_UNANSWERED, .detail = "no answer"};
	if (!done)
		return;
	host->tlsa = job->tlsa;
	job->tlsa = (struct tlsa_set){0};
}

static bool
is_answered(const struct dns_answer *answer, bool done)
{
	return done && dns_is_answer(answer->status);
}

static void
keep_dns(struct target_host *host, const struct job *job, bool done,
    bool by_system, struct address_list *list)
{
	struct lookup *lookup = job->type == DNS_TYPE_A ? &host->v4 : &host->v6;

	if (!by_system)
		keep_addresses(lookup, &job->answer, done, list);
	if (by_system && !is_answered(&job->answer, done))
		host->hidden = true;
	if (!done)
		return;
	lookup->secure = job->answer.secure;
	keep_alias(host, &job->answer);
}

static void
keep_system(struct target_host *host, const struct job *job, bool done,
    struct address_list *list)
{
	if (wants_family(&job->query, false))
		keep_addresses(&host->v4, &job->answer, done, list);
	if (wants_family(&job->query, true))
		keep_addresses(&host->v6, &job->answer6, done, list);
	if (!done)
		return;
	keep_alias(host, &job->answer);
	keep_alias(host, &job->answer6);
}

static void
discard(void *argument, size_t count)
{
	struct job *jobs = argument;

	for (size_t i = 0; i < count; i++) {
		dns_release(&jobs[i].answer);
		dns_release(&jobs[i].answer6);
		tlsa_release(&jobs[i].tlsa);
	}
	free(jobs);
}

/* False if out of memory; else the crew is to be closed. */
static bool
run(struct plan *plan)
{
	plan->crew = crew_start(
	    look_up, discard, plan->jobs, plan->count, sizeof(*plan->jobs));
	crew_wait(plan->crew, plan->deadline);
	return plan->crew != NULL;
}

static bool
is_done(const struct plan *plan, size_t i)
{
	return crew_job(plan->crew, i) != NULL;
}

/*
 * RFC 7672 2.2.2: what a secure alias leads to goes first, if it has TLSA
 * records; where it leads to an insecure address, those of the name itself
 * count if that it is an alias is secure.
 */
static void
plan_alias(struct plan *plan, const struct target_host *host)
{
	if (host->secure_alias)
		add_job(plan, host, JOB_TLSA, DNS_TYPE_TLSA, host->canonical);
	else if (host->alias)
		add_job(plan, host, JOB_DNS, DNS_TYPE_CNAME, host->name);
}

static void
keep_alias_answer(struct target_host *host, struct job *job, bool done)
{
	if (!host->secure_alias)
		host->secure_name = done && job->answer.secure
		    && job->answer.status == DNS_ANSWERED;
	/* A look-up that fails ends the search: no falling back. */
	else if (!done || job->tlsa.count > 0 || !dns_is_none(job->tlsa.status))
		keep_tlsa(host, job, done);
}

/* All aliases at once, in the time that was kept for them. */
static bool
follow_aliases(struct target_host *hosts, size_t count,
    const struct target_query *query, struct deadline deadline)
{
	struct plan plan = {.query = query, .deadline = deadline};
	size_t next = 0;

	plan.jobs = calloc(TARGETS_MAX, sizeof(*plan.jobs));
	if (plan.jobs == NULL)
		return false;
	for (size_t i = 0; i < count && i < TARGETS_MAX; i++)
		plan_alias(&plan, &hosts[i]);
	if (!run(&plan))
		return false;
	for (size_t i = 0; i < count; i++)
		if (next < plan.count && plan.jobs[next].host == &hosts[i]) {
			keep_alias_answer(
			    &hosts[i], &plan.jobs[next], is_done(&plan, next));
			next++;
		}
	crew_close(plan.crew);
	return true;
}

/* The jobs of one host, which stand together; returns the next one. */
static size_t
collect_host(struct target_host *host, const struct plan *plan, size_t next,
    struct address_list *list)
{
	bool by_system = false;

	for (; next < plan->count && plan->jobs[next].host == host; next++) {
		struct job *job = &plan->jobs[next];
		bool done = is_done(plan, next);

		by_system = by_system || job->kind == JOB_SYSTEM;
		if (job->kind == JOB_SYSTEM)
			keep_system(host, job, done, list);
		else if (job->kind == JOB_TLSA)
			keep_tlsa(host, job, done);
		else
			keep_dns(host, job, done, by_system, list);
	}
	return next;
}

/* The root is signed: who answers about it without the AD bit has none. */
static bool
is_blind(const struct job *job)
{
	return job->host == NULL && strcmp(job->name, ".") == 0
	    && dns_is_answer(job->answer.status);
}

/* Any one answer that was validated proves that the resolver does it. */
static enum resolver
best_resolver(const struct plan *plan, enum resolver resolver)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct job *job = &plan->jobs[i];
		enum resolver seen;

		if (!is_done(plan, i) || job->kind == JOB_SYSTEM)
			continue;
		seen = target_host_resolver(
		    job->kind == JOB_TLSA ? &job->tlsa.answer : &job->answer);
		if (seen == RESOLVER_UNKNOWN && is_blind(job))
			seen = RESOLVER_BLIND;
		if (seen > resolver)
			resolver = seen;
	}
	return resolver;
}

static bool
are_addresses(const struct target_host *hosts, size_t count)
{
	while (count > 0 && hosts[count - 1].is_address)
		count--;
	return count == 0;
}

bool
target_host_look_up(struct target_host *hosts, size_t count,
    const struct target_query *query, const char *domain,
    enum resolver *resolver, struct deadline deadline,
    struct address_list *lists)
{
	struct plan plan = {
	    .query = query,
	    .deadline =
		query->tlsa ? deadline_share(deadline, 2.0 / 3) : deadline,
	};
	size_t next = 0;

	if (are_addresses(hosts, count))
		return true;
	plan.jobs = calloc(JOBS_MAX, sizeof(*plan.jobs));
	if (plan.jobs == NULL)
		return false;
	for (size_t i = 0; i < count && i < TARGETS_MAX; i++)
		if (!hosts[i].is_address)
			plan_host(&plan, &hosts[i]);
	if (query->tlsa && plan.count > 0 && *resolver == RESOLVER_UNKNOWN)
		plan_self_test(&plan, domain);
	if (!run(&plan))
		return false;
	if (query->tlsa)
		*resolver = best_resolver(&plan, *resolver);
	for (size_t i = 0; i < count; i++)
		next = collect_host(&hosts[i], &plan, next, &lists[i]);
	crew_close(plan.crew);
	return !query->tlsa || follow_aliases(hosts, count, query, deadline);
}

bool
target_host_is_secure(const struct target_host *host)
{
	bool v4 = host->v4.made && host->v4.status == DNS_ANSWERED;
	bool v6 = host->v6.made && host->v6.status == DNS_ANSWERED;

	return (v4 || v6) && (!v4 || host->v4.secure)
	    && (!v6 || host->v6.secure);
}

static bool
has_usable(const struct tlsa_set *tlsa)
{
	for (size_t i = 0; i < tlsa->count; i++)
		if (tlsa_is_usable(&tlsa->record[i]))
			return true;
	return false;
}

static enum dane_standing
read_tlsa(const struct tlsa_set *tlsa)
{
	switch (tlsa->status) {
	case DNS_NONAME:
	case DNS_NORECORD:
		return DANE_STANDS_NONE;
	case DNS_FAILED:
	case DNS_UNANSWERED:
		return DANE_STANDS_BROKEN;
	case DNS_UNUSABLE:
		return DANE_STANDS_UNKNOWN;
	default:
		break;
	}
	if (!tlsa->secure)
		return DANE_STANDS_INSECURE;
	return has_usable(tlsa) ? DANE_STANDS_ON : DANE_STANDS_UNUSABLE;
}

enum dane_standing
target_host_dane(const struct target_host *host)
{
	if (!host->tlsa.asked)
		return DANE_STANDS_UNASKED;
	if (host->resolver != RESOLVER_VALIDATES || host->hidden)
		return DANE_STANDS_UNKNOWN;
	/* Name servers of unsigned zones may fail at TLSA: senders don't ask. */
	if (!target_host_is_secure(host) && !host->secure_name)
		return DANE_STANDS_INSECURE;
	return read_tlsa(&host->tlsa);
}
