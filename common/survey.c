/* SPDX-License-Identifier: GPL-3.0-or-later */
/* survey - many domains in one process, a line of JSON for each */
#include <config.h>

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "crew.h"
#include "descriptors.h"
#include "dns.h"
#include "earlier.h"
#include "lines.h"
#include "output.h"
#include "progress.h"
#include "report.h"
#include "settings.h"
#include "stop.h"
#include "survey.h"

enum {
	LINE_MAX_BYTES = 4 << 20,
	KEPT_BYTES = 24 << 20, /* of what servers have shown */
	PATIENCE_MS = 200,     /* with the input, between looks for a signal */
	TICK_S = 1,            /* between looks at how far it is */
	LAST_LINE_S = 1,       /* for a line that is just being written */
	DESCRIPTORS = 32768,
	DESCRIPTORS_DOMAIN = 30, /* one may need at a time */
	DESCRIPTORS_OWN = 16,
	YEAR_S = 365 * 86400,
};

static const char *input;
static struct lines lines; /* of the input */
static const char *resumed;
static struct earlier earlier;
static unsigned parallel = SURVEY_PARALLEL;

const struct option_row survey_options[] = {
    OPTION_HEADING("Many domains:"),
    OPTION_STRING(0, "domains", "FILE|-", &input,
	"check each domain of a file, or of the standard input, one per line "
	"(empty lines, and those that begin with #, are passed over); print a "
	"line of JSON for each as it is done; -t is for a domain's look-ups, "
	"and again for each server (default: one domain, given as argument)"),
    OPTION_NUMBER(0, "parallel", "N", &parallel, 1, SURVEY_PARALLEL_MAX,
	"domains at once (default: 32)"),
    OPTION_STRING(0, "resume", "FILE", &resumed,
	"go on with an output that is not complete, and append to it "
	"(--resume=FILE >>FILE): leave out the domains that stand there "
	"(default: none)"),
    OPTION_END,
};

/* All that the workers share. */
struct survey {
	const struct run_terms *terms;

	pthread_mutex_t reading;
	bool ended;
	char read_error[200];

	pthread_mutex_t writing;
	struct progress progress;
	atomic_int write_error; /* errno, or 0 */

	atomic_int worst_before; /* state of those that were done before */
	atomic_uint working;
};

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

/* What is read must not be what is written: that would never end. */
static bool
open_input(struct text *why)
{
	struct text reason;
	bool opened;

	text_init(&reason, 100);
	opened = lines_open(&lines, input, &reason);
	if (opened && output_is(lines.fd)) {
		text_add(&reason, "also the output");
		opened = false;
	}
	if (!opened)
		blame("--domains", input, reason.data, why);
	text_release(&reason);
	return opened;
}

static bool
read_earlier(struct text *why)
{
	struct text reason;
	bool read;

	text_init(&reason, 100);
	read = resumed == NULL || earlier_read(&earlier, resumed, &reason)
	    || blame("--resume", resumed, reason.data, why);
	text_release(&reason);
	return read;
}

bool
survey_prepare(struct text *why)
{
	if (input == NULL && resumed != NULL)
		text_add(why, "--resume: wants --domains");
	else if (input != NULL
	    && (settings->domain != NULL || settings->host_count > 0))
		text_add(
		    why, "--domains: excludes another domain, and --hostname");
	else if (input != NULL && settings->format != SETTINGS_NAGIOS
	    && settings->format != SETTINGS_JSON)
		text_add(why, "--output-format: --domains prints JSON alone");
	else if (input != NULL)
		return open_input(why) && read_earlier(why);
	return why->length == 0;
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
		if (survey->ended || stop_asked() != STOP_NOT_ASKED
		    || survey->write_error != 0)
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

/* A whole line, which then counts, or the end of it all. */
static void
put_out(
    struct survey *survey, const char *line, size_t length, enum state state)
{
	pthread_mutex_lock(&survey->writing);
	if (survey->write_error == 0) {
		progress_make_way(&survey->progress);
		survey->write_error = output_write(line, length);
	}
	if (survey->write_error == 0)
		progress_count(&survey->progress, state);
	progress_draw(&survey->progress, stop_asked() != STOP_NOT_ASKED);
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
	char brief[REPORT_BRIEF_SIZE];
	struct text out;

	text_init(&out, LINE_MAX_BYTES);
	if (report_json_refusal(&report, number, why, &out)) {
		put_out(survey, out.data, out.length, STATE_UNKNOWN);
	} else {
		report_json_brief(&report, number, brief);
		put_out(survey, brief, strlen(brief), STATE_UNKNOWN);
	}
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
tell(struct survey *survey, const struct run *run, const char *domain,
    unsigned long number)
{
	struct report report;
	struct text out;

	text_init(&out, LINE_MAX_BYTES);
	run_report(run, &report);
	if (report_json_line(&report, &out))
		put_out(survey, out.data, out.length, report_state(&report));
	else
		refuse(survey, domain, number,
		    "out of memory, or too much to tell");
	text_release(&out);
}

static void
check(struct survey *survey, const char *domain, unsigned long number)
{
	struct run *run =
	    run_open(survey->terms, domain, deadline_in(settings->timeout_s));
	bool visited = run != NULL && run_find(run) && run_visit(run);

	/* What was to end before all of it was tested has no line. */
	if (!visited || !run_given_up(run)) {
		if (visited && run_conclude(run))
			tell(survey, run, domain, number);
		else
			refuse(survey, domain, number, "out of memory");
	}
	run_close(run);
}

static bool
is_done(struct survey *survey, const char *domain)
{
	enum state state;
	int worst = survey->worst_before;

	if (!earlier_has(&earlier, domain, &state))
		return false;
	while (!atomic_compare_exchange_weak(&survey->worst_before, &worst,
	    (int)state_worse(state, (enum state)worst)))
		continue;
	atomic_fetch_add(&survey->progress.left_out, 1);
	return true;
}

static void
work(void *argument)
{
	struct survey *survey = argument;
	char line[LINES_LENGTH + 1], domain[DOMAIN_SIZE];
	unsigned long number;
	const char *reason;

	while (next_line(survey, line, &number)) {
		if (!domain_parse(line, domain, &reason))
			refuse_line(survey, line, number, reason);
		else if (!is_done(survey, domain))
			check(survey, domain, number);
	}
	if (atomic_fetch_sub(&survey->working, 1) == 1)
		stop_wake();
}

/* No more domains than there may be sockets for: they would fail for want. */
static void
allow_descriptors(struct survey *survey)
{
	unsigned long files = descriptors_allow(DESCRIPTORS);
	unsigned long carried = files > DESCRIPTORS_OWN + DESCRIPTORS_DOMAIN
	    ? (files - DESCRIPTORS_OWN) / DESCRIPTORS_DOMAIN
	    : 1;
	char words[160];

	if (carried >= parallel)
		return;
	text_print(words, sizeof(words),
	    "%lu domains at once, not %u: no more than %lu files may be open "
	    "(ulimit -n), and one may need %d",
	    carried, parallel, files, DESCRIPTORS_DOMAIN);
	progress_say(&survey->progress, words);
	parallel = (unsigned)carried;
}

/* The first signal: no domain is begun any more. */
static void
begin_no_more(struct survey *survey)
{
	shared_stop(survey->terms->shared);
	if (survey->progress.on_terminal)
		progress_say(&survey->progress,
		    "ending; what is begun is finished, once more to stop now");
}

/* The lock on the output, if that takes bytes at all. */
static bool
lock_output(struct survey *survey)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LAST_LINE_S;
	return pthread_mutex_timedlock(&survey->writing, &until) == 0;
}

/* Until all are back, or none is to be waited for: whether they are back. */
static bool
oversee(struct survey *survey)
{
	bool told = false;

	while (survey->working > 0 && stop_asked() < STOP_NOW) {
		bool ending, locked;

		stop_wait(deadline_in(TICK_S));
		ending = stop_asked() != STOP_NOT_ASKED;
		locked = lock_output(survey);
		if (ending && !told)
			begin_no_more(survey);
		told = ending;
		progress_draw(&survey->progress, ending);
		if (locked)
			pthread_mutex_unlock(&survey->writing);
	}
	return survey->working == 0;
}

/* What the summary has to say besides how many are how well. */
static void
add_remarks(const struct survey *survey, struct text *out)
{
	struct shared_counts servers = shared_counts(survey->terms->shared);
	unsigned long before = survey->progress.left_out;

	text_add(out, "; %lu servers tested, %lu tests spared", servers.tested,
	    servers.spared);
	if (resumed != NULL)
		text_add(out, "; %lu domains done before", before);
	if (before > 0 && survey->worst_before != STATE_OK)
		text_add(out, " (up to %s)",
		    state_name((enum state)survey->worst_before));
	if (survey->write_error != 0)
		text_add(out, "; the output can't be written: %s",
		    strerrordesc_np(survey->write_error));
	if (survey->read_error[0] != '\0')
		text_add(out, "; the input can't be read on: %s",
		    survey->read_error);
	if (stop_asked() != STOP_NOT_ASKED)
		text_add(out, "; interrupted, --resume goes on");
	else if (before == 0 && progress_done(&survey->progress) == 0
	    && survey->write_error == 0 && survey->read_error[0] == '\0')
		text_add(out, "; no domain in the input");
}

static void
summarize(struct survey *survey)
{
	struct text remarks;

	text_init(&remarks, 600);
	add_remarks(survey, &remarks);
	progress_summarize(&survey->progress, remarks.data);
	text_release(&remarks);
}

/* Of the whole list, as far as it is known; if not all of it is, not OK. */
static enum state
worst_state(const struct survey *survey)
{
	bool any = survey->progress.left_out > 0
	    || progress_done(&survey->progress) > 0;
	bool whole = any && survey->write_error == 0
	    && survey->read_error[0] == '\0' && stop_asked() == STOP_NOT_ASKED;
	enum state worst = whole ? STATE_OK : STATE_UNKNOWN;

	for (int state = STATE_OK; state <= STATE_UNKNOWN; state++)
		if (survey->progress.count[state] > 0)
			worst = state_worse(worst, (enum state)state);
	return state_worse(worst, (enum state)survey->worst_before);
}

/* Whether all workers are back, so that nobody uses what they shared. */
static bool
carry_out(struct survey *survey)
{
	struct crew *crew;
	bool back = true;

	survey->working = parallel;
	crew = crew_start(work, NULL, survey, parallel, 0);
	if (crew == NULL)
		progress_say(&survey->progress, "out of memory");
	if (crew_has_threads(crew))
		back = oversee(survey);
	back = crew_wait(crew, deadline_in(back ? YEAR_S : 0));
	crew_close(crew);
	return back;
}

enum state
survey_carry_out(struct run_terms *terms)
{
	/* Workers left behind still use it. */
	static struct survey survey = {
	    .reading = PTHREAD_MUTEX_INITIALIZER,
	    .writing = PTHREAD_MUTEX_INITIALIZER,
	};
	bool all;

	survey.terms = terms;
	terms->shared = shared_open(KEPT_BYTES, RUN_PATIENCE_S);
	dns_prepare();
	stop_listen();
	progress_begin(&survey.progress, terms->plugin->name,
	    progress_is_seen() ? lines_count(&lines) : 0);
	if (terms->shared == NULL) {
		progress_say(&survey.progress, "out of memory");
		return STATE_UNKNOWN;
	}
	allow_descriptors(&survey);
	survey.write_error = earlier_mend(&earlier);
	all = carry_out(&survey);
	/* Never given back: what comes after the summary does not count. */
	lock_output(&survey);
	summarize(&survey);
	if (all) {
		lines_close(&lines);
		earlier_release(&earlier);
		shared_close(terms->shared);
	}
	return worst_state(&survey);
}
