/* SPDX-License-Identifier: GPL-3.0-or-later */
/* progress - how far many domains are: a line on the terminal, then a summary */
#include <unistd.h>

#include "terminal.h"
#include "progress.h"

#define BEGINNING_OF_LINE "\r"
#define REST_OF_LINE_GONE "\033[K"

enum {
	PAUSE_MS = 500, /* a line that changes faster can't be read */
	LINE_MAX_BYTES = 200,
	SUMMARY_MAX_BYTES = 1000,
};

bool
progress_is_seen(void)
{
	return isatty(STDERR_FILENO) == 1;
}

void
progress_begin(struct progress *progress, const char *name, unsigned long total)
{
	progress->name = name;
	progress->began = clock_seconds();
	progress->total = total;
	progress->on_terminal = progress_is_seen();
	progress->shares_terminal =
	    progress->on_terminal && isatty(STDOUT_FILENO) == 1;
	progress->next = deadline_in(0);
	progress_draw(progress, false);
}

void
progress_count(struct progress *progress, enum state state)
{
	atomic_fetch_add(&progress->count[state], 1);
}

unsigned long
progress_done(const struct progress *progress)
{
	unsigned long done = 0;

	for (int state = STATE_OK; state <= STATE_UNKNOWN; state++)
		done += progress->count[state];
	return done;
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
show(const struct text *words)
{
	/* It is only for the eye. */
	if (write(STDERR_FILENO, words->data, words->length) < 0)
		return;
}

/* "1234 of 10000 domains, 188 a second, 45 failing, 47 s left". */
static void
word(const struct progress *progress, bool ending, struct text *out)
{
	double seconds = clock_seconds() - progress->began;
	unsigned long done = progress_done(progress);
	double rate = (double)done / (seconds > 0 ? seconds : 1);
	unsigned long before = progress->left_out;
	unsigned long known =
	    progress->total > before ? progress->total - before : 0;

	text_add(out, "%lu", done);
	if (known > 0)
		text_add(out, " of %lu", known);
	text_add(out, " domains");
	if (done > 0)
		text_add(out, ", %.0f a second, %lu failing", rate,
		    (unsigned long)progress->count[STATE_CRITICAL]);
	if (ending) {
		text_add(out, "; finishing what was begun");
	} else if (known > done && done > 0) {
		text_add(out, ", ");
		add_duration(out, (double)(known - done) / rate);
		text_add(out, " left");
	}
}

void
progress_draw(struct progress *progress, bool ending)
{
	struct text words, line;

	if (!progress->on_terminal || !deadline_passed(progress->next))
		return;
	progress->next = deadline_in(PAUSE_MS / 1000.0);
	text_init(&words, LINE_MAX_BYTES);
	word(progress, ending, &words);
	text_init(&line, LINE_MAX_BYTES);
	/* A line that wraps can't be drawn over. */
	text_add(&line, BEGINNING_OF_LINE "%.*s" REST_OF_LINE_GONE,
	    (int)terminal_columns(STDERR_FILENO) - 1, words.data);
	show(&line);
	text_release(&line);
	text_release(&words);
}

static void
erase(void)
{
	static const char nothing[] = BEGINNING_OF_LINE REST_OF_LINE_GONE;

	show(&(struct text){
	    .data = (char *)nothing, .length = sizeof(nothing) - 1});
}

void
progress_make_way(struct progress *progress)
{
	if (!progress->shares_terminal)
		return;
	erase();
	progress->next = deadline_in(0);
}

void
progress_say(struct progress *progress, const char *words)
{
	struct text line;

	if (progress->on_terminal)
		erase();
	text_init(&line, SUMMARY_MAX_BYTES);
	text_add(&line, "%s: %s\n", progress->name, words);
	show(&line);
	text_release(&line);
	progress->next = deadline_in(0);
}

void
progress_summarize(struct progress *progress, const char *more)
{
	const char *separator = ": ";
	struct text words;

	text_init(&words, SUMMARY_MAX_BYTES);
	text_add(&words, "%lu domains in ", progress_done(progress));
	add_duration(&words, clock_seconds() - progress->began);
	for (int state = STATE_OK; state <= STATE_UNKNOWN; state++) {
		unsigned long count = progress->count[state];

		if (count == 0)
			continue;
		text_add(&words, "%s%lu %s", separator, count,
		    state_name((enum state)state));
		separator = ", ";
	}
	text_add(&words, "%s", more);
	progress_say(progress, words.data);
	text_release(&words);
}
