/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run - one check, of a domain or of hosts */
#include <config.h>

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crew.h"
#include "judge.h"
#include "settings.h"
#include "target.h"
#include "run.h"

enum {
	TRANSCRIPT_MAX = 256 << 10,
	GRACE_MS = 700, /* for threads to record that their time was up */
};

/* One target with all that is learnt of it. */
struct server {
	const struct run *run;
	const struct target *target;
	struct smtp_params params;
	struct server *next; /* at the same address, tested after this one */
	bool queued;         /* it is somebody's next */
	bool given_up;       /* it was not its turn when all was to end */
	struct facts *facts;
	atomic_bool done;
	struct result *late; /* instead, where its thread did not come back */
	struct result
	    result; /* last: result_init() clears what there is of it */
};

/* The servers of one address, for one thread. */
struct queue {
	struct server *first;
};

/* The domain's own observation; where it comes late it is passed over. */
struct domain_job {
	const struct run_terms *terms;
	char name[DOMAIN_SIZE];
	struct domain_params params;
	struct domain_facts facts;
};

struct run {
	const struct run_terms *terms;
	struct deadline deadline;
	double began;
	char name[DOMAIN_SIZE];
	const char *domain;       /* that name, or NULL */
	bool late;                /* a thread was left behind */
	struct crew *domain_crew; /* has what domain_facts point to */
	struct domain_facts domain_facts;
	struct target_query query;
	struct target_set set;
	struct server *servers;
	struct queue queue[TARGETS_MAX];
	struct report_server *outcome;
	struct result set_result; /* last, as in a server */
};

/* Where turns are waited for, that is none of the domain's time. */
static struct deadline
domain_end(const struct run_terms *terms, struct deadline deadline)
{
	return terms->shared == NULL ? deadline
				     : deadline_in(settings->timeout_s);
}

static void
observe_domain(void *argument)
{
	struct domain_job *job = argument;

	job->params.deadline = domain_end(job->terms, job->params.deadline);
	job->terms->plugin->observe_domain(&job->params, &job->facts);
}

static void
discard_domain(void *argument, size_t count)
{
	struct domain_job *job = argument;

	(void)count;
	domain_facts_release(&job->facts);
	free(job);
}

static bool
observes_domain(const struct run *run)
{
	return run->domain != NULL
	    && run->terms->plugin->observe_domain != NULL;
}

static void
begin_domain(struct run *run)
{
	struct domain_job *job;

	if (!observes_domain(run))
		return;
	job = calloc(1, sizeof(*job));
	if (job == NULL)
		return;
	job->terms = run->terms;
	memcpy(job->name, run->name, DOMAIN_SIZE);
	job->params = (struct domain_params){
	    .domain = job->name,
	    .servers = &settings->servers,
	    .policy = run->terms->policy,
	    .deadline = run->deadline,
	};
	run->domain_crew =
	    crew_start(observe_domain, discard_domain, job, 1, sizeof(*job));
}

static void
end_domain(struct run *run)
{
	struct deadline end = domain_end(run->terms, run->deadline);
	struct domain_job *job;

	crew_wait(run->domain_crew, deadline_shifted(end, GRACE_MS));
	job = crew_job(run->domain_crew, 0);
	if (job != NULL)
		run->domain_facts = job->facts;
	else if (run->domain_crew != NULL)
		run->domain_facts.mtasts.late = true;
	else
		run->domain_facts.mtasts.no_memory = observes_domain(run);
}

struct run *
run_open(
    const struct run_terms *terms, const char *domain, struct deadline deadline)
{
	struct run *run = malloc(sizeof(*run));

	if (run == NULL)
		return NULL;
	memset(run, 0, offsetof(struct run, set_result));
	run->terms = terms;
	run->deadline = deadline;
	run->began = clock_seconds();
	if (domain != NULL) {
		text_print(run->name, sizeof(run->name), "%s", domain);
		run->domain = run->name;
	}
	begin_domain(run);
	return run;
}

unsigned
run_usual_port(const struct plugin *plugin)
{
	return plugin->port != NULL ? *plugin->port : PORT_SMTP;
}

bool
run_find(struct run *run)
{
	const struct plugin *plugin = run->terms->plugin;

	run->query = (struct target_query){
	    .domain = run->domain,
	    .hosts = settings->host_count > 0 ? settings->hosts : NULL,
	    .port =
		plugin->dns_only ? 0 : settings_port(run_usual_port(plugin)),
	    .family = settings->family,
	    .tlsa = plugin->dnssec != NULL && *plugin->dnssec,
	    .servers = settings->servers,
	};
	run->query.servers.dnssec = run->query.tlsa;
	if (run->terms->shared != NULL)
		run->query.resolver = shared_resolver(run->terms->shared);
	if (!target_find(&run->set, &run->query, run->deadline))
		return false;
	if (run->terms->shared != NULL)
		shared_learn_resolver(run->terms->shared, run->set.resolver);
	result_init(&run->set_result, &run->terms->severities);
	judge_set(&run->set, &run->set_result);
	return true;
}

/* One connection at a time per address: its servers form a queue. */
static void
queue_up(struct run *run, size_t place)
{
	struct server *server = &run->servers[place];

	for (size_t i = place; i-- > 0;) {
		struct server *earlier = &run->servers[i];

		if (earlier->target->connects
		    && dns_same_address(
			&earlier->target->address, &server->target->address)) {
			earlier->next = server;
			server->queued = true;
			return;
		}
	}
}

static void
plan_server(struct run *run, size_t place)
{
	const struct run_terms *terms = run->terms;
	struct server *server = &run->servers[place];

	memset(server, 0, offsetof(struct server, result));
	server->run = run;
	server->target = &run->set.targets[place];
	result_init(&server->result, &terms->severities);
	server->params = (struct smtp_params){
	    .target = server->target,
	    .domain = run->domain,
	    .fqdn = terms->fqdn,
	    .fqdn_chosen = settings->fqdn != NULL,
	    .ssl = settings->ssl,
	    .proxy = settings->proxy,
	    .lmtp = terms->plugin->lmtp != NULL && *terms->plugin->lmtp,
	    .source = settings->source,
	    .context = terms->context,
	    .policy = terms->policy,
	};
	if (server->target->connects)
		queue_up(run, place);
	else
		judge_host(server->target, &server->result);
}

static struct facts *
new_facts(const struct server *server)
{
	const struct tls_policy *policy = server->run->terms->policy;
	struct facts *facts = calloc(1, sizeof(*facts));

	if (facts == NULL)
		return NULL;
	facts->target = server->target;
	facts->when = policy->at != 0 ? policy->at : time(NULL);
	text_init(
	    &facts->transcript, settings->verbosity >= 3 ? TRANSCRIPT_MAX : 0);
	return facts;
}

static bool
suits(const struct server *server, const struct facts *facts)
{
	const struct plugin *plugin = server->run->terms->plugin;

	return plugin->suits == NULL
	    || plugin->suits(facts, server->run->domain);
}

/*
 * By ourselves, or what another run has seen there; what does not hold for this
 * domain is looked at again. NULL without memory.
 */
static struct facts *
observe(struct server *server, enum turn *turn)
{
	const struct run_terms *terms = server->run->terms;
	struct facts *facts = new_facts(server);
	bool anew = false;

	*turn = TURN_OURS;
	while (facts != NULL && terms->shared != NULL
	    && (*turn =
		       shared_begin(terms->shared, server->target, anew, facts))
		== TURN_KNOWN
	    && !suits(server, facts)) {
		anew = true;
		facts_free(facts);
		facts = new_facts(server);
	}
	if (facts == NULL)
		return NULL;
	if (terms->shared != NULL)
		server->params.deadline = deadline_in(settings->timeout_s);
	if (*turn == TURN_OURS)
		terms->plugin->observe(&server->params, facts);
	if (*turn == TURN_OURS && terms->shared != NULL)
		shared_end(terms->shared, server->target, facts);
	facts->target = server->target;
	return facts;
}

static void
leave_untested(struct server *server, const char *why)
{
	result_add_as(
	    &server->result, NOT_TESTED, STATE_UNKNOWN, "not tested: %s", why);
	result_leave_untested(&server->result, NOT_TESTED);
}

static void
judge_facts(struct server *server, struct facts *facts)
{
	const struct plugin *plugin = server->run->terms->plugin;

	if (plugin->match != NULL)
		plugin->match(&server->params, facts);
	judge_host(server->target, &server->result);
	plugin->judge(facts, &server->result);
	server->facts = facts;
}

static void
visit(struct server *server, struct deadline deadline)
{
	enum turn turn;
	struct facts *facts;

	server->params.deadline = deadline;
	facts = observe(server, &turn);
	if (facts == NULL)
		leave_untested(server, "out of memory");
	else if (turn == TURN_OURS || turn == TURN_KNOWN)
		judge_facts(server, facts);
	else
		leave_untested(server, "no turn came at its address");
	if (server->facts == NULL)
		facts_free(facts);
	server->given_up = turn == TURN_STOPPED;
	atomic_store(&server->done, true);
}

/* A thread's work: the servers of one address, each with its share of time. */
static void
visit_queue(void *argument)
{
	struct server *server = ((struct queue *)argument)->first;
	int waiting = 0;

	for (const struct server *at = server; at != NULL; at = at->next)
		waiting++;
	for (; server != NULL; server = server->next)
		visit(server,
		    deadline_share(server->run->deadline, 1.0 / waiting--));
}

static void
record_late(const struct queue *late)
{
	for (struct server *server = late->first; server != NULL;
	     server = server->next) {
		struct result *result = NULL;

		if (!atomic_load(&server->done))
			result = calloc(1, sizeof(*result));
		if (result == NULL)
			continue;
		result_init(result, server->result.severities);
		result_add(result, TIMEOUT, "not done within %u s",
		    settings->timeout_s);
		server->late = result;
	}
}

/* Waiting for a turn among other runs costs none of the time. */
static struct deadline
visits_end(const struct run *run)
{
	return run->terms->shared == NULL
	    ? deadline_shifted(run->deadline, GRACE_MS)
	    : deadline_in((double)(run->set.count + 1)
		* (RUN_PATIENCE_S + settings->timeout_s));
}

bool
run_visit(struct run *run)
{
	bool done[TARGETS_MAX];
	size_t count = 0;

	run->servers = malloc((run->set.count + 1) * sizeof(*run->servers));
	if (run->servers == NULL)
		return false;
	for (size_t i = 0; i < run->set.count; i++) {
		plan_server(run, i);
		if (run->servers[i].target->connects && !run->servers[i].queued)
			run->queue[count++].first = &run->servers[i];
	}
	crew_run(visit_queue, run->queue, count, sizeof(run->queue[0]),
	    visits_end(run), done);
	for (size_t i = 0; i < count; i++)
		if (!done[i]) {
			run->late = true;
			record_late(&run->queue[i]);
		}
	return true;
}

/* The servers as judge and report of the whole see them. */
static bool
gather(struct run *run)
{
	run->outcome = calloc(run->set.count + 1, sizeof(*run->outcome));
	if (run->outcome == NULL)
		return false;
	for (size_t i = 0; i < run->set.count; i++) {
		struct server *server = &run->servers[i];
		bool late = server->late != NULL;

		run->outcome[i] = (struct report_server){
		    .target = server->target,
		    .facts = late ? NULL : server->facts,
		    .result = late ? server->late : &server->result,
		};
	}
	return true;
}

bool
run_conclude(struct run *run)
{
	const struct plugin *plugin = run->terms->plugin;

	end_domain(run);
	if (!gather(run))
		return false;
	if (plugin->conclude != NULL)
		plugin->conclude(&(struct conclusion){
		    .set = &run->set,
		    .domain = &run->domain_facts,
		    .result = &run->set_result,
		    .server = run->outcome,
		    .count = run->set.count,
		    .seconds = clock_seconds() - run->began,
		    .deadline = run->deadline,
		    .shared = run->terms->shared,
		});
	return true;
}

static unsigned
steps_made(const struct plugin *plugin)
{
	unsigned skipped = plugin->skipped != NULL ? *plugin->skipped : 0;

	return plugin->steps & ~skipped;
}

void
run_report(const struct run *run, struct report *report)
{
	const struct plugin *plugin = run->terms->plugin;

	*report = (struct report){
	    .plugin = plugin->name,
	    .version = PACKAGE_VERSION,
	    .service = plugin->service,
	    .domain = run->domain,
	    .at = settings->at,
	    .steps = steps_made(plugin),
	    .scores = plugin->scores,
	    .domain_facts = &run->domain_facts,
	    .set = &run->set_result,
	    .server = run->outcome,
	    .count = run->set.count,
	    .quorum = settings->quorum,
	    .verbosity = settings->verbosity,
	    .metric = plugin->metric,
	    .hosts_count = plugin->dns_only,
	    .seconds = clock_seconds() - run->began,
	};
}

bool
run_given_up(const struct run *run)
{
	bool given_up = false;

	for (size_t i = 0; run->servers != NULL && i < run->set.count; i++)
		given_up = given_up
		    || (atomic_load(&run->servers[i].done)
			&& run->servers[i].given_up);
	return given_up;
}

bool
run_left_behind(const struct run *run)
{
	return run->late;
}

void
run_close(struct run *run)
{
	if (run == NULL)
		return;
	crew_close(run->domain_crew);
	if (run->late)
		return;
	for (size_t i = 0; run->servers != NULL && i < run->set.count; i++)
		facts_free(run->servers[i].facts);
	target_release(&run->set);
	free(run->servers);
	free(run->outcome);
	free(run);
}
