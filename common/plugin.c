/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin - what a plugin is, and the runner that carries one out
 *
 * Read plugin_main() first, at the end: options, targets, one thread per
 * address, aggregation, output. Memory that threads may still use when time
 * is up is never freed: the process ends with _exit().
 */
#include <config.h>

#include <malloc.h>
#include <netdb.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "crew.h"
#include "deadline.h"
#include "domain.h"
#include "secret.h"
#include "explain.h"
#include "enhanced.h"
#include "extra_opts.h"
#include "target.h"
#include "judge.h"
#include "settings.h"
#include "terminal.h"
#include "report.h"
#include "plugin.h"

enum {
	OUTPUT_MAX = 16 << 20,
	TRANSCRIPT_MAX = 256 << 10,
	GRACE_MS = 700, /* for threads to record that their time was up */
	OWN_NAME_MS = 1000,
	LARGE_BYTES = 128 << 10,
};

/* One target with all that is learnt of it. */
struct server {
	const struct run *run;
	const struct target *target;
	struct smtp_params params;
	struct server *next; /* at the same address, tested after this one */
	bool queued;         /* it is somebody's next */
	struct facts *facts;
	struct result result;
	atomic_bool done;
	struct result *late; /* instead, where its thread did not come back */
};

/* The servers of one address, for one thread. */
struct queue {
	struct server *first;
};

/* The domain's own observation; where it comes late it is passed over. */
struct domain_job {
	const struct plugin *plugin;
	struct domain_params params;
	struct domain_facts facts;
};

struct run {
	const struct plugin *plugin;
	struct crew *domain_crew;
	struct domain_job *domain_job;
	struct domain_facts domain_facts;
	struct tls_policy *policy;
	struct ssl_ctx_st *context;
	struct severities severities;
	struct deadline deadline;
	double began;
	const char *fqdn; /* of this host; NULL: it has none */
	struct target_query query;
	struct target_set set;
	struct result set_result;
	struct server *servers;
	struct report_server *outcome;
};

/* A thread that did not come back may be about to send or to mask one. */
static bool secrets_in_use;

/* Without the exit handlers, which cost and may block. */
static _Noreturn void
end(int code)
{
	if (!secrets_in_use)
		secret_wipe();
	_exit(code);
}

/* Prints and ends. */
static _Noreturn void
leave(const struct text *out, int code)
{
	size_t written = 0;

	while (written < out->length) {
		ssize_t step = write(
		    STDOUT_FILENO, out->data + written, out->length - written);

		/* Nobody was told: that is not OK, whatever was found. */
		if (step <= 0)
			end(STATE_UNKNOWN);
		written += (size_t)step;
	}
	end(code);
}

static _Noreturn void
leave_with_line(const struct plugin *plugin, enum state state, const char *line)
{
	struct text out;

	text_init(&out, OUTPUT_MAX);
	report_line(plugin->service, state, line, &out);
	leave(&out, state);
}

static _Noreturn void
show_help(const struct plugin *plugin, const struct option_row *const *tables)
{
	struct text out;

	text_init(&out, OUTPUT_MAX);
	text_add(&out,
	    "%s - %s\n\nUsage: %s [OPTION]... DOMAIN\n"
	    "       %s [OPTION]... %s-H HOST\n",
	    plugin->name, plugin->purpose, plugin->name, plugin->name,
	    plugin->needs_domain ? "-d DOMAIN " : "");
	option_help(tables, &out);
	text_add(&out, "\n");
	text_add_folded(&out, plugin->notes, 0, 0, TEXT_WIDTH);
	text_add_folded(&out,
	    "\nA RANGE is [@][start:][end], as in the Monitoring Plugins "
	    "guidelines: 10 alerts below 0 or above 10, 10: below 10, ~:10 "
	    "above 10, @5:10 from 5 to 10.\n"
	    "Exit status: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN; also 3 for "
	    "bad usage and for this help.\n",
	    0, 0, TEXT_WIDTH);
	leave(&out, STATE_UNKNOWN);
}

static _Noreturn void
show_explanations(const char *code)
{
	enum diagnosis diagnosis;
	struct text out;

	text_init(&out, OUTPUT_MAX);
	if (code != NULL && diagnosis_find(code, &diagnosis))
		explain_diagnosis(diagnosis, &out);
	else if (code != NULL)
		enhanced_explain(code, &out);
	for (int i = 0; code == NULL && i < DIAGNOSIS_END; i++) {
		explain_diagnosis((enum diagnosis)i, &out);
		text_add(&out, "\n");
	}
	leave(&out, STATE_UNKNOWN);
}

/* Whatever was asked for instead of a check; returns if a check was. */
static void
show_information(
    const struct plugin *plugin, const struct option_row *const *tables)
{
	struct text out;

	text_init(&out, OUTPUT_MAX);
	if (settings->help)
		show_help(plugin, tables);
	if (settings->version) {
		text_add(&out, "%s %s\n", plugin->name, PACKAGE_VERSION);
		leave(&out, STATE_UNKNOWN);
	}
	if (settings->explain)
		show_explanations(settings->explain_code);
	if (plugin->inform != NULL && plugin->inform(&out))
		leave(&out, STATE_UNKNOWN);
}

static unsigned
usual_port(const struct plugin *plugin)
{
	return plugin->port != NULL ? *plugin->port : PORT_SMTP;
}

static void
parse_options(const struct plugin *plugin, int argc, char **argv)
{
	const struct option_row *tables[SETTINGS_TABLES];
	struct settings_groups groups = {
	    .dialogue = !plugin->dns_only,
	    .port = usual_port(plugin),
	    .dnssec = plugin->dnssec != NULL,
	    .rehearses = !plugin->now_only,
	    .certificates = plugin->policy != NULL
		&& plugin->policy->verify != TLS_VERIFY_NONE,
	};
	struct arguments arguments = {.count = argc, .word = argv};
	struct text why;

	text_init(&why, 400);
	settings_tables(plugin->options, &groups, tables);
	if (!extra_opts_expand(&arguments, tables, plugin->name, &why)
	    || !settings_parse(tables, &arguments, &why))
		leave_with_line(plugin, STATE_UNKNOWN, why.data);
	free(arguments.word);
	show_information(plugin, tables);
	if (settings->domain == NULL && settings->host_count == 0)
		leave_with_line(plugin, STATE_UNKNOWN,
		    "neither --domain nor --hostname is given, see --help");
	if (settings->domain == NULL && plugin->needs_domain)
		leave_with_line(plugin, STATE_UNKNOWN,
		    "--hostname: wants --domain too, which it serves");
	if (plugin->prepare != NULL && !plugin->prepare(&why))
		leave_with_line(plugin, STATE_UNKNOWN, why.data);
	text_release(&why);
}

static bool
starts_tls(const struct plugin *plugin)
{
	return plugin->policy != NULL
	    && (plugin->starts_tls == NULL || *plugin->starts_tls);
}

/* Trust anchors are read now, so that a bad file is a usage error. */
static void
prepare_tls(struct run *run)
{
	static struct tls_policy nothing_verified = {.verify = TLS_VERIFY_NONE};
	struct text why;

	run->policy = run->plugin->policy != NULL ? run->plugin->policy
						  : &nothing_verified;
	run->policy->sni = settings->sni;
	run->policy->ca_file = settings->ca_file;
	run->policy->ca_dir = settings->ca_dir;
	run->policy->at = settings->at;
	if (!starts_tls(run->plugin) && !settings->ssl)
		return;
	text_init(&why, 400);
	run->context = tls_context(run->policy, &why);
	if (run->context == NULL)
		leave_with_line(run->plugin, STATE_UNKNOWN, why.data);
	text_release(&why);
}

/* Asks the system for the host's full name, which may take its time. */
static void
complete_own_name(void *argument)
{
	char *name = argument;
	struct addrinfo hints = {
	    .ai_flags = AI_CANONNAME, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;

	if (getaddrinfo(name, NULL, &hints, &list) == 0
	    && list->ai_canonname != NULL)
		text_print(name, DOMAIN_SIZE, "%s", list->ai_canonname);
	if (list != NULL)
		freeaddrinfo(list);
}

static bool
wants_dnssec(const struct plugin *plugin)
{
	return plugin->dnssec != NULL && *plugin->dnssec;
}

static void
find_targets(struct run *run)
{
	run->query = (struct target_query){
	    .domain = settings->domain,
	    .hosts = settings->host_count > 0 ? settings->hosts : NULL,
	    .port = run->plugin->dns_only
		? 0
		: settings_port(usual_port(run->plugin)),
	    .family = settings->family,
	    .tlsa = wants_dnssec(run->plugin),
	    .servers = settings->servers,
	};

	run->query.servers.dnssec = run->query.tlsa;
	if (!target_find(&run->set, &run->query, run->deadline))
		leave_with_line(run->plugin, STATE_UNKNOWN, "out of memory");
	result_init(&run->set_result, &run->severities);
	judge_set(&run->set, &run->set_result);
}

/* A name that means this host to others, too. */
static bool
is_own_name(const char *name)
{
	return domain_is_host(name) && strncmp(name, "localhost.", 10) != 0;
}

/*
 * This host's name as others could use it, if EHLO needs one. Where the system
 * has to be asked, that is done meanwhile: a resolver that is slow about it
 * must not cost us the run.
 */
static void
find_names(struct run *run)
{
	static char own_name[DOMAIN_SIZE];
	struct deadline patience =
	    deadline_earlier(run->deadline, deadline_in(OWN_NAME_MS / 1000.0));
	struct crew *crew = NULL;
	bool found = settings->fqdn == NULL && !run->plugin->dns_only
	    && gethostname(own_name, sizeof(own_name) - 1) == 0;

	if (found && strchr(own_name, '.') == NULL)
		crew = crew_start(
		    complete_own_name, own_name, 1, sizeof(own_name));
	find_targets(run);
	if (crew != NULL)
		crew_wait(crew, patience, &found);
	run->fqdn = settings->fqdn;
	if (found && is_own_name(own_name))
		run->fqdn = own_name;
}

static void
observe_domain(void *argument)
{
	struct domain_job *job = argument;

	job->plugin->observe_domain(&job->params, &job->facts);
}

static void
begin_domain(struct run *run)
{
	struct domain_job *job;

	if (run->plugin->observe_domain == NULL || settings->domain == NULL)
		return;
	job = calloc(1, sizeof(*job));
	if (job == NULL) {
		run->domain_facts.mtasts.late = true;
		return;
	}
	job->plugin = run->plugin;
	job->params = (struct domain_params){
	    .domain = settings->domain,
	    .servers = &settings->servers,
	    .policy = run->policy,
	    .deadline = run->deadline,
	};
	run->domain_job = job;
	run->domain_crew = crew_start(observe_domain, job, 1, sizeof(*job));
}

static void
end_domain(struct run *run)
{
	bool done = false;

	if (run->domain_crew == NULL)
		return;
	crew_wait(
	    run->domain_crew, deadline_shifted(run->deadline, GRACE_MS), &done);
	if (done)
		run->domain_facts = run->domain_job->facts;
	else
		run->domain_facts.mtasts.late = true;
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
	struct server *server = &run->servers[place];

	server->run = run;
	server->target = &run->set.targets[place];
	result_init(&server->result, &run->severities);
	server->params = (struct smtp_params){
	    .target = server->target,
	    .domain = settings->domain,
	    .fqdn = run->fqdn,
	    .fqdn_chosen = settings->fqdn != NULL,
	    .ssl = settings->ssl,
	    .proxy = settings->proxy,
	    .lmtp = run->plugin->lmtp != NULL && *run->plugin->lmtp,
	    .source = settings->source,
	    .context = run->context,
	    .policy = run->policy,
	};
	if (server->target->connects)
		queue_up(run, place);
	else
		judge_host(server->target, &server->result);
}

static void
visit(struct server *server, struct deadline deadline)
{
	const struct plugin *plugin = server->run->plugin;
	struct facts *facts = calloc(1, sizeof(*facts));

	if (facts == NULL) {
		result_add_as(&server->result, NOT_TESTED, STATE_UNKNOWN,
		    "not tested: out of memory");
		atomic_store(&server->done, true);
		return;
	}
	facts->target = server->target;
	facts->when =
	    server->run->policy->at != 0 ? server->run->policy->at : time(NULL);
	text_init(
	    &facts->transcript, settings->verbosity >= 3 ? TRANSCRIPT_MAX : 0);
	server->params.deadline = deadline;
	plugin->observe(&server->params, facts);
	judge_host(server->target, &server->result);
	plugin->judge(facts, &server->result);
	server->facts = facts;
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
	secrets_in_use = true;
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

static void
visit_all(struct run *run)
{
	static struct queue queue[TARGETS_MAX];
	bool done[TARGETS_MAX];
	size_t count = 0;

	run->servers = calloc(run->set.count + 1, sizeof(*run->servers));
	if (run->servers == NULL)
		leave_with_line(run->plugin, STATE_UNKNOWN, "out of memory");
	for (size_t i = 0; i < run->set.count; i++) {
		plan_server(run, i);
		if (run->servers[i].target->connects && !run->servers[i].queued)
			queue[count++].first = &run->servers[i];
	}
	crew_run(visit_queue, queue, count, sizeof(queue[0]),
	    deadline_shifted(run->deadline, GRACE_MS), done);
	for (size_t i = 0; i < count; i++)
		if (!done[i])
			record_late(&queue[i]);
}

/* The format asked for; a status line is better than half an object. */
static void
word_report(const struct report *report, struct text *out)
{
	struct terminal terminal;

	text_init(out, OUTPUT_MAX);
	switch (settings->format) {
	case SETTINGS_JSON:
		if (report_json(report, out))
			return;
		text_release(out);
		text_init(out, OUTPUT_MAX);
		break;
	case SETTINGS_OPENMETRICS:
		report_openmetrics(report, out);
		return;
	case SETTINGS_REPORT:
		terminal = terminal_of(STDOUT_FILENO);
		report_terminal(report, &terminal, out);
		return;
	default:
		break;
	}
	report_nagios(report, out);
}

/* The servers as judge and report of the whole see them. */
static void
gather(struct run *run)
{
	run->outcome = calloc(run->set.count + 1, sizeof(*run->outcome));
	if (run->outcome == NULL)
		leave_with_line(run->plugin, STATE_UNKNOWN, "out of memory");
	for (size_t i = 0; i < run->set.count; i++) {
		struct server *server = &run->servers[i];
		bool late = server->late != NULL;

		run->outcome[i] = (struct report_server){
		    .target = server->target,
		    .facts = late ? NULL : server->facts,
		    .result = late ? server->late : &server->result,
		};
	}
}

static void
conclude(struct run *run)
{
	if (run->plugin->conclude == NULL)
		return;
	run->plugin->conclude(&(struct conclusion){
	    .set = &run->set,
	    .domain = &run->domain_facts,
	    .result = &run->set_result,
	    .server = run->outcome,
	    .count = run->set.count,
	    .seconds = clock_seconds() - run->began,
	    .deadline = run->deadline,
	});
}

static unsigned
steps_made(const struct plugin *plugin)
{
	unsigned skipped = plugin->skipped != NULL ? *plugin->skipped : 0;

	return plugin->steps & ~skipped;
}

static _Noreturn void
show_report(struct run *run)
{
	struct report report = {
	    .plugin = run->plugin->name,
	    .version = PACKAGE_VERSION,
	    .service = run->plugin->service,
	    .domain = settings->domain,
	    .at = settings->at,
	    .steps = steps_made(run->plugin),
	    .scores = run->plugin->scores,
	    .domain_facts = &run->domain_facts,
	    .set = &run->set_result,
	    .server = run->outcome,
	    .count = run->set.count,
	    .quorum = settings->quorum,
	    .verbosity = settings->verbosity,
	    .metric = run->plugin->metric,
	    .hosts_count = run->plugin->dns_only,
	    .seconds = clock_seconds() - run->began,
	};
	struct text out;

	word_report(&report, &out);
	leave(&out, report_state(&report));
}

int
plugin_main(const struct plugin *plugin, int argc, char **argv)
{
	static struct run run; /* threads left behind may still read it */

	signal(SIGPIPE, SIG_IGN);
	/*
	 * A server's facts are half a megabyte, most of it never touched, and
	 * that only while each has pages of its own: by itself glibc would
	 * reuse, and so fill, what a larger piece has left free. It would also
	 * set up a heap for every thread, more than most of them ever need.
	 */
	mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
	mallopt(M_ARENA_MAX, 1);
	parse_options(plugin, argc, argv);
	run.plugin = plugin;
	run.began = clock_seconds();
	run.deadline = settings_deadline();
	settings_severities(&run.severities,
	    plugin->chosen_asides != NULL ? plugin->chosen_asides()
					  : plugin->asides);
	prepare_tls(&run);
	begin_domain(&run);
	find_names(&run);
	visit_all(&run);
	end_domain(&run);
	gather(&run);
	conclude(&run);
	show_report(&run);
}
