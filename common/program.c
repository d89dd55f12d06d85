/* SPDX-License-Identifier: GPL-3.0-or-later */
/* program - the life of a plugin's process; read program_main() first */
#include <config.h>

#include <malloc.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crew.h"
#include "deadline.h"
#include "domain.h"
#include "output.h"
#include "secret.h"
#include "explain.h"
#include "enhanced.h"
#include "extra_opts.h"
#include "settings.h"
#include "terminal.h"
#include "report.h"
#include "run.h"
#include "survey.h"
#include "program.h"

enum {
	OUTPUT_MAX = 16 << 20,
	OWN_NAME_MS = 1000,
	LARGE_BYTES = 64 << 10,
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
	/* Where nobody was told: that is not OK, whatever was found. */
	if (output_write(out->data, out->length) != 0)
		end(STATE_UNKNOWN);
	end(code);
}

static _Noreturn void
leave_with_line(const struct plugin *plugin, enum state state, const char *line)
{
	struct text out;

	text_init(&out, OUTPUT_MAX);
	report_line(plugin->service, state, line, &out);
	/* What is redirected for many domains may be their list, or be gone on
	 * with: it is not the place to complain. */
	if (survey_wanted() && output_is_file())
		dup2(STDERR_FILENO, STDOUT_FILENO);
	leave(&out, state);
}

/* Whether it takes many domains. */
static bool
surveys(const struct plugin *plugin)
{
	const struct option_row *const *table = plugin->options;

	while (*table != NULL && *table != survey_options)
		table++;
	return *table != NULL;
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
	if (surveys(plugin))
		text_add(&out, "       %s [OPTION]... --domains=FILE\n",
		    plugin->name);
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

static void
parse_options(const struct plugin *plugin, int argc, char **argv)
{
	const struct option_row *tables[SETTINGS_TABLES];
	struct settings_groups groups = {
	    .dialogue = !plugin->dns_only,
	    .port = run_usual_port(plugin),
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
	if (!survey_prepare(&why))
		leave_with_line(plugin, STATE_UNKNOWN, why.data);
	if (settings->domain == NULL && settings->host_count == 0
	    && !survey_wanted())
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
prepare_tls(struct run_terms *terms)
{
	static struct tls_policy nothing_verified = {.verify = TLS_VERIFY_NONE};
	const struct plugin *plugin = terms->plugin;
	struct tls_policy *policy =
	    plugin->policy != NULL ? plugin->policy : &nothing_verified;
	struct text why;

	policy->sni = settings->sni;
	policy->ca_file = settings->ca_file;
	policy->ca_dir = settings->ca_dir;
	policy->at = settings->at;
	terms->policy = policy;
	if (!starts_tls(plugin) && !settings->ssl)
		return;
	text_init(&why, 400);
	terms->context = tls_context(policy, &why);
	if (terms->context == NULL)
		leave_with_line(plugin, STATE_UNKNOWN, why.data);
	text_release(&why);
}

static char own_name[DOMAIN_SIZE];

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

/*
 * This host's name as others could use it, if EHLO needs one. Where the system
 * has to be asked, that is done meanwhile.
 */
static struct crew *
begin_own_name(const struct plugin *plugin)
{
	if (settings->fqdn != NULL || plugin->dns_only
	    || gethostname(own_name, sizeof(own_name) - 1) != 0
	    || strchr(own_name, '.') != NULL)
		return NULL;
	return crew_start(
	    complete_own_name, NULL, own_name, 1, sizeof(own_name));
}

/* A name that means this host to others, too. */
static bool
is_own_name(const char *name)
{
	return domain_is_host(name) && strncmp(name, "localhost.", 10) != 0;
}

/* A resolver that is slow about it must not cost us the run. */
static const char *
end_own_name(struct crew *crew, struct deadline deadline)
{
	struct deadline patience =
	    deadline_earlier(deadline, deadline_in(OWN_NAME_MS / 1000.0));
	bool found = crew == NULL || crew_wait(crew, patience);

	crew_close(crew);
	return found && is_own_name(own_name) ? own_name : settings->fqdn;
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

static _Noreturn void
show_report(const struct run *run)
{
	struct report report;
	struct text out;

	run_report(run, &report);
	word_report(&report, &out);
	leave(&out, report_state(&report));
}

/* One run, of the domain or the hosts that were asked for. */
static _Noreturn void
check(struct run_terms *terms)
{
	/* Kept, for threads left behind. */
	static struct run *run;
	struct deadline deadline = settings_deadline();
	struct crew *crew;
	bool done;

	run = run_open(terms, settings->domain, deadline);
	crew = begin_own_name(terms->plugin);
	done = run != NULL && run_find(run);
	terms->fqdn = end_own_name(crew, deadline);
	done = done && run_visit(run);
	secrets_in_use = done && run_left_behind(run);
	if (!done || !run_conclude(run))
		leave_with_line(terms->plugin, STATE_UNKNOWN, "out of memory");
	show_report(run);
}

/* Of many domains, with the name that is ours for all of them. */
static _Noreturn void
survey(struct run_terms *terms)
{
	terms->fqdn = end_own_name(
	    begin_own_name(terms->plugin), deadline_in(OWN_NAME_MS / 1000.0));
	end(survey_carry_out(terms));
}

int
program_main(const struct plugin *plugin, int argc, char **argv)
{
	/* Threads left behind may still read it. */
	static struct run_terms terms;

	signal(SIGPIPE, SIG_IGN);
	/*
	 * libcurl would write the keys of each session where this says; later
	 * threads read the environment.
	 */
	unsetenv("SSLKEYLOGFILE");
	/*
	 * A server's facts are half a megabyte, the room for an answer of the
	 * DNS 64 KiB, most of it never touched, and that only while each has
	 * pages of its own: by itself glibc would reuse, and so fill, what a
	 * larger piece has left free.
	 */
	mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
	parse_options(plugin, argc, argv);
	/* A heap for every thread is more than those of one check ever need. */
	if (!survey_wanted())
		mallopt(M_ARENA_MAX, 1);
	terms.plugin = plugin;
	settings_severities(&terms.severities,
	    plugin->chosen_asides != NULL ? plugin->chosen_asides()
					  : plugin->asides);
	prepare_tls(&terms);
	if (survey_wanted())
		survey(&terms);
	check(&terms);
}
