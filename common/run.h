/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * run - one check, of a domain or of hosts: targets, a thread per address,
 * facts, findings
 *
 * In this order: run_open(), run_find(), run_visit(), run_conclude(),
 * run_report(). What a thread that did not come back may still use stays
 * behind with it, see run_close().
 */
#ifndef RUN_H
#define RUN_H

#include <stdbool.h>

#include "deadline.h"
#include "plugin.h"
#include "report.h"
#include "result.h"
#include "shared.h"

/* That a run waits for a turn at a server that others are testing. */
enum { RUN_PATIENCE_S = 6 * 3600 };

/* What all runs of a process have in common; outlives them. */
struct run_terms {
	const struct plugin *plugin;
	const struct tls_policy *policy;
	struct ssl_ctx_st *context; /* NULL: no TLS */
	struct severities severities;
	const char *fqdn;      /* of this host; NULL: it has none */
	struct shared *shared; /* servers that other runs test too, or NULL */
};

/* The port that a plugin connects to unless told otherwise. */
unsigned run_usual_port(const struct plugin *plugin);

struct run;

/*
 * Begins a run for `domain` (copied), or NULL for the hosts of the settings,
 * with what is asked of the domain itself, beside all else. NULL if out of
 * memory.
 */
struct run *run_open(const struct run_terms *terms, const char *domain,
    struct deadline deadline);

/* Finds the servers. False if out of memory. */
bool run_find(struct run *run);

/*
 * Visits all servers and judges each. A shared server has all of --timeout from
 * its turn on, for others will go by what it shows; else all ends at the
 * deadline. False if out of memory.
 */
bool run_visit(struct run *run);

/* Judges the whole. False if out of memory. */
bool run_conclude(struct run *run);

/* The outcome; it points into the run. */
void run_report(const struct run *run, struct report *report);

/* Whether shared_stop() kept it from a server: it has no verdict then. */
bool run_given_up(const struct run *run);

/* Whether a thread was left behind, and may still use what it was given. */
bool run_left_behind(const struct run *run);

/* Frees it, unless a thread was left behind. */
void run_close(struct run *run);

#endif
