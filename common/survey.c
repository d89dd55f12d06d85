/* SPDX-License-Identifier: GPL-3.0-or-later */
/* survey - many domains in one process, a line of JSON for each */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <search.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crew.h"
#include "input.h"
#include "lines.h"
#include "report.h"
#include "settings.h"
#include "terminal.h"
#include "survey.h"

enum {
	LINE_MAX_BYTES = 4 << 20,
	KEPT_BYTES = 24 << 20, /* of what servers have shown */
	PATIENCE_MS = 200,     /* with the input, between looks for a signal */
	PROGRESS_MS = 500,
	DESCRIPTORS = 32768,
	YEAR_S = 365 * 86400,
};

static const char *input;
static struct lines lines; /* of the input */
static const char *earlier;
static unsigned parallel = SURVEY_PARALLEL;

const struct option_row survey_options[] = {
    OPTION_HEADING("Many domains:"),
    OPTION_STRING(0, "domains", "FILE|-", &input,
	"check each domain of a file, or of the standard input, one per line; "
	"print a line of JSON for each as it is done; -t is for a domain's "
	"look-ups, and again for each server (default: one domain, given as "
	"argument)"),
    OPTION_NUMBER(0, "parallel", "N", &parallel, 1, SURVEY_PARALLEL_MAX,
	"domains at once (default: 32)"),
    OPTION_STRING(0, "resume", "OUTPUT", &earlier,
	"leave out the domains that stand in the output of an earlier run "
	"(default: none)"),
    OPTION_END,
};

/* All that the workers share; what changes is under a lock. */
struct survey {
	const struct run_terms *terms;
	double began;
	unsigned long total; /* lines of the input; 0: not known */
	bool on_terminal;

	pthread_mutex_t reading;
	bool ended;

	void *done_before; /* a tree of names, never changed by workers */
	atomic_ulong left_out;

	pthread_mutex_t writing;
	unsigned long count[STATE_UNKNOWN + 1];
	unsigned long done;
	struct deadline next_progress;
	atomic_int write_error; /* errno, or 0 */
	char read_error[200];
};

struct worker {
	struct survey *survey;
};

static atomic_bool stopped; /* by a signal */

static void
stop(int number)
{
	(void)number;
	atomic_store(&stopped, true);
}

bool
survey_wanted(void)
{
	return input != NULL;
}

/* What is wrong with a file that an option names. */
static bool
blame(
    const char *option, const char *file, const char *reason, struct text *why)
{
	char clean[128];

	printable(clean, sizeof(clean), file, strlen(file));
	text_add(why, "%s='%s': %s", option, clean, reason);
	return false;
}

static bool
open_input(struct text *why)
{
	struct text reason;
	bool opened;

	text_init(&reason, 100);
	opened = lines_open(&lines, input, &reason)
	    || blame("--domains", input, reason.data, why);
	text_release(&reason);
	return opened;
}

bool
survey_prepare(struct text *why)
{
	if (input == NULL && earlier != NULL)
		text_add(why, "--resume: wants --domains");
	else if (input != NULL
	    && (settings->domain != NULL || settings->host_count > 0))
		text_add(
		    why, "--domains: excludes another domain, and --hostname");
	else if (input != NULL && settings->format != SETTINGS_NAGIOS
	    && settings->format != SETTINGS_JSON)
		text_add(why, "--output-format: --domains prints JSON alone");
	else if (earlier != NULL && !input_is_file(earlier))
		return blame("--resume", earlier, "no such file", why);
	else if (input != NULL)
		return open_input(why);
	return why->length == 0;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* What has no line end was cut off, and is done again. */
static void
read_earlier(struct survey *survey)
{
	FILE *file = earlier != NULL ? fopen(earlier, "re") : NULL;
	char domain[DOMAIN_SIZE], *line = NULL, *name;
	size_t size = 0;
	ssize_t length;

	while (file != NULL && (length = getline(&line, &size, file)) > 0) {
		if (line[length - 1] != '\n'
		    || !report_json_domain(line, domain)
		    || tfind(domain, &survey->done_before, compare_names)
			!= NULL)
			continue;
		name = strdup(domain);
		if (name != NULL)
			tsearch(name, &survey->done_before, compare_names);
	}
	free(line);
	if (file != NULL)
		fclose(file);
}

/* Where the last whole line of a file ends; -1 if that can't be known. */
static off_t
end_of_lines(const char *name)
{
	FILE *file = fopen(name, "re");
	off_t end = -1, at = 0;
	int byte;

	if (file == NULL)
		return -1;
	end = 0;
	while ((byte = getc_unlocked(file)) != EOF) {
		at++;
		if (byte == '\n')
			end = at;
	}
	fclose(file);
	return end;
}

/* Half a line that an earlier run left at the end of what is our output, too. */
static void
cut_torn_line(void)
{
	struct stat before, out;
	off_t end;

	if (earlier == NULL || stat(earlier, &before) != 0
	    || fstat(STDOUT_FILENO, &out) != 0 || before.st_dev != out.st_dev
	    || before.st_ino != out.st_ino)
		return;
	end = end_of_lines(earlier);
	if (end >= 0 && end < before.st_size
	    && ftruncate(STDOUT_FILENO, end) != 0)
		atomic_store(&stopped, true);
}

/* The next line of the input; false if there is none, or none is wanted. */
static bool
next_line(
    struct survey *survey, char line[LINES_LENGTH + 1], unsigned long *number)
{
	enum lines_got got = LINES_END;
	struct text why;

	text_init(&why, sizeof(survey->read_error) - 1);
	pthread_mutex_lock(&survey->reading);
	do {
		if (survey->ended || stopped || survey->write_error != 0)
			break;
		got = lines_next(
		    &lines, deadline_in(PATIENCE_MS / 1000.0), line, &why);
	} while (got == LINES_LATER);
	survey->ended = got != LINES_LINE;
	*number = lines.number;
	if (got == LINES_FAILED)
		text_print(survey->read_error, sizeof(survey->read_error), "%s",
		    why.data);
	pthread_mutex_unlock(&survey->reading);
	text_release(&why);
	return got == LINES_LINE;
}

/* "1 h 02 min", "3 min 20 s", "12 s". */
static void
add_duration(struct text *out, double seconds)
{
	unsigned long whole = (unsigned long)(seconds + 0.5);

	if (whole >= 3600)
		text_add(
		    out, "%lu h %02lu min", whole / 3600, whole % 3600 / 60);
	else if (whole >= 60)
		text_add(out, "%lu min %02lu s", whole / 60, whole % 60);
	else
		text_add(out, "%lu s", whole);
}

static void
say(const struct text *words)
{
	/* It is only for the eye. */
	if (write(STDERR_FILENO, words->data, words->length) < 0)
		return;
}

/* "1234 of 10000 domains, 188 a second, 45 failing, 47 s left". */
static void
show_progress(struct survey *survey)
{
	double seconds = clock_seconds() - survey->began;
	double rate = (double)survey->done / (seconds > 0 ? seconds : 1);
	unsigned long before = survey->left_out;
	unsigned long known =
	    survey->total > before ? survey->total - before : 0;
	struct text words;

	if (!survey->on_terminal || !deadline_passed(survey->next_progress))
		return;
	survey->next_progress = deadline_in(PROGRESS_MS / 1000.0);
	text_init(&words, 200);
	text_add(&words, "\r%lu", survey->done);
	if (known > 0)
		text_add(&words, " of %lu", known);
	text_add(&words, " domains, %.0f a second, %lu failing", rate,
	    survey->count[STATE_CRITICAL]);
	if (stopped) {
		text_add(&words, "; finishing what was begun");
	} else if (known > survey->done && survey->done > 0) {
		text_add(&words, ", ");
		add_duration(&words, (double)(known - survey->done) / rate);
		text_add(&words, " left");
	}
	text_add(&words, "\033[K");
	say(&words);
	text_release(&words);
}

/* A whole line, or the end of it all. */
static void
put_out(struct survey *survey, const struct text *line, enum state state)
{
	size_t written = 0;

	pthread_mutex_lock(&survey->writing);
	while (survey->write_error == 0 && written < line->length) {
		ssize_t step = write(STDOUT_FILENO, line->data + written,
		    line->length - written);

		if (step > 0)
			written += (size_t)step;
		else if (errno != EINTR)
			survey->write_error = errno;
	}
	survey->count[state]++;
	survey->done++;
	show_progress(survey);
	pthread_mutex_unlock(&survey->writing);
}

static void
refuse(struct survey *survey, const char *domain, unsigned long number,
    const char *why)
{
	const struct report report = {
	    .plugin = survey->terms->plugin->name,
	    .version = PACKAGE_VERSION,
	    .domain = domain,
	};
	struct text out;

	text_init(&out, LINE_MAX_BYTES);
	report_json_refusal(&report, number, why, &out);
	put_out(survey, &out, STATE_UNKNOWN);
	text_release(&out);
}

static void
refuse_line(struct survey *survey, const char *line, unsigned long number,
    const char *reason)
{
	char clean[64], why[200];

	printable(clean, sizeof(clean), line, strlen(line));
	text_print(
	    why, sizeof(why), "line %lu, '%s': %s", number, clean, reason);
	refuse(survey, NULL, number, why);
}

static void
check(struct survey *survey, const char *domain, unsigned long number)
{
	struct run *run =
	    run_open(survey->terms, domain, deadline_in(settings->timeout_s));
	struct report report;
	struct text out;

	text_init(&out, LINE_MAX_BYTES);
	if (run != NULL && run_find(run) && run_visit(run)
	    && run_conclude(run)) {
		run_report(run, &report);
		if (report_json_line(&report, &out))
			put_out(survey, &out, report_state(&report));
		else
			refuse(survey, domain, number, "too much to tell");
	} else {
		refuse(survey, domain, number, "out of memory");
	}
	text_release(&out);
	run_close(run);
}

static bool
is_done(struct survey *survey, const char *domain)
{
	bool done = tfind(domain, &survey->done_before, compare_names) != NULL;

	if (done)
		atomic_fetch_add(&survey->left_out, 1);
	return done;
}

static void
work(void *argument)
{
	struct survey *survey = ((struct worker *)argument)->survey;
	char line[LINES_LENGTH + 1], domain[DOMAIN_SIZE];
	unsigned long number;
	const char *reason;

	while (next_line(survey, line, &number)) {
		if (!domain_parse(line, domain, &reason))
			refuse_line(survey, line, number, reason);
		else if (!is_done(survey, domain))
			check(survey, domain, number);
	}
}

static void
catch_signals(void)
{
	struct sigaction action = {
	    .sa_handler = stop,
	    .sa_flags = SA_RESTART | (int)SA_RESETHAND,
	};

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* Sockets of all domains at once; more than a shell allows as a rule. */
static void
allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0
	    || limit.rlim_cur >= DESCRIPTORS)
		return;
	limit.rlim_cur =
	    limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* "check_mx: 10000 domains in 53 s: 9400 OK, ...; 500 servers tested." */
static void
summarize(struct survey *survey)
{
	struct shared_counts servers = shared_counts(survey->terms->shared);
	const char *separator = ": ";
	struct text words;

	text_init(&words, 1000);
	text_add(&words, "%s%s: %lu domains in ",
	    survey->on_terminal ? "\r\033[K" : "", survey->terms->plugin->name,
	    survey->done);
	add_duration(&words, clock_seconds() - survey->began);
	for (int state = STATE_OK; state <= STATE_UNKNOWN; state++) {
		if (survey->count[state] == 0)
			continue;
		text_add(&words, "%s%lu %s", separator, survey->count[state],
		    state_name((enum state)state));
		separator = ", ";
	}
	text_add(&words, "; %lu servers tested, %lu tests spared",
	    servers.tested, servers.spared);
	if (survey->left_out > 0)
		text_add(&words, "; %lu domains done before",
		    (unsigned long)survey->left_out);
	if (survey->write_error != 0)
		text_add(&words, "; the output can't be written: %s",
		    strerrordesc_np(survey->write_error));
	if (survey->read_error[0] != '\0')
		text_add(&words, "; the input can't be read on: %s",
		    survey->read_error);
	if (stopped)
		text_add(&words, "; interrupted, --resume goes on");
	text_add(&words, "\n");
	say(&words);
	text_release(&words);
}

static enum state
worst_state(const struct survey *survey)
{
	enum state worst = STATE_OK;

	if (survey->write_error != 0 || survey->read_error[0] != '\0')
		return STATE_UNKNOWN;
	for (int state = STATE_OK; state <= STATE_UNKNOWN; state++)
		if (survey->count[state] > 0)
			worst = state_worse(worst, (enum state)state);
	return worst;
}

enum state
survey_carry_out(struct run_terms *terms)
{
	/* Workers left behind still use it. */
	static struct survey survey = {
	    .reading = PTHREAD_MUTEX_INITIALIZER,
	    .writing = PTHREAD_MUTEX_INITIALIZER,
	};
	static struct worker workers[SURVEY_PARALLEL_MAX];
	static bool done[SURVEY_PARALLEL_MAX];
	bool all;

	survey.terms = terms;
	survey.began = clock_seconds();
	terms->shared = shared_open(KEPT_BYTES, RUN_PATIENCE_S);
	if (terms->shared == NULL)
		return STATE_UNKNOWN;
	survey.on_terminal = isatty(STDERR_FILENO) == 1;
	survey.total = survey.on_terminal ? lines_count(input) : 0;
	survey.next_progress = deadline_in(0);
	catch_signals();
	allow_descriptors();
	cut_torn_line();
	read_earlier(&survey);
	for (unsigned i = 0; i < parallel; i++)
		workers[i].survey = &survey;
	all = crew_run(work, workers, parallel, sizeof(workers[0]),
	    deadline_in(YEAR_S), done);
	summarize(&survey);
	if (all) {
		lines_close(&lines);
		tdestroy(survey.done_before, free);
		shared_close(terms->shared);
	}
	return worst_state(&survey);
}
