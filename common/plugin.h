/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin - what a plugin is
 *
 * A plugin is one constant struct: its names, its options, and two functions.
 * `observe` talks to one server, top to bottom, and fills in facts; `judge`
 * turns those facts into findings and metrics and touches nothing else. All
 * that plugins share is done for them: options and output by program, finding
 * the servers, one thread per address and the deadline by run.
 */
#ifndef PLUGIN_H
#define PLUGIN_H

#include <stdbool.h>

#include "text.h"
#include "diagnosis.h"
#include "option.h"
#include "result.h"
#include "tls.h"
#include "facts.h"
#include "smtp.h"
#include "report.h"

/* What observing a domain needs to know; all of it outlives the run. */
struct domain_params {
	const char *domain;
	const struct dns_servers *servers;
	const struct tls_policy *policy;
	struct deadline deadline;
};

/* What a run has come to, for the judgement of the whole. */
struct conclusion {
	const struct target_set *set;
	const struct domain_facts *domain;  /* never NULL; zeroed: nothing */
	struct result *result;              /* of the set */
	const struct report_server *server; /* in the order of the targets */
	size_t count;
	double seconds; /* that the run took */
	struct deadline deadline;
	struct shared *shared; /* with runs beside it; NULL: there are none */
};

struct plugin {
	/* The program and its service: "check_mx_banner", "MX_BANNER". */
	const char *name;
	const char *service;

	/* For --help: what it answers, and paragraphs below the options. */
	const char *purpose;
	const char *notes;

	/*
	 * The metric whose worst server speaks when all is well; NULL: the
	 * preferred server does.
	 */
	const char *metric;

	/* The steps of a dialogue that it makes, as bits: PLUGIN_STEPS_... */
	unsigned steps;

	/* Those of them that the user does not want; or NULL: all wanted. */
	const unsigned *skipped;

	/*
	 * It makes all steps: score, coverage and the senders that would not
	 * deliver are told.
	 */
	bool scores;

	/*
	 * Tables of its own options, NULL last; the common ones are added.
	 */
	const struct option_row *const *options;

	/* Codes that are mere notes here, DIAGNOSIS_END last; or NULL. */
	const enum diagnosis *asides;

	/* The same where it depends on the options; or NULL. */
	const enum diagnosis *(*chosen_asides)(void);

	/*
	 * What its TLS handshakes verify; its options and the common ones
	 * write to it before any thread starts. NULL: it needs TLS only where
	 * the user asks for --ssl, and then verifies nothing.
	 */
	struct tls_policy *policy;

	/* What it does can be done now only, for a secret's sake: no --at. */
	bool now_only;

	/*
	 * Whether it starts TLS where the user does not ask for --ssl, once
	 * the options are read; NULL: if it has a policy. It may all the same
	 * where a server insists, then by a context of that connection.
	 */
	const bool *starts_tls;

	/*
	 * The port it connects to unless told otherwise, once the options are
	 * read; NULL: that of SMTP.
	 */
	const unsigned *port;

	/* Whether the dialogue is LMTP, once the options are read; or NULL. */
	const bool *lmtp;

	/*
	 * It has an option for a resolver's AD bit; whether it wants TLSA
	 * records, and to know what is authentic, once the options are read.
	 * Or NULL: it does not.
	 */
	const bool *dnssec;

	/*
	 * It asks the DNS only: no options for a dialogue, no own name looked
	 * up, and what it counts as servers are hosts, not addresses.
	 */
	bool dns_only;

	/* A host alone will not do. */
	bool needs_domain;

	/*
	 * Checks what single options can't, before any traffic; false with
	 * `why` filled in ("--from: no mailbox") is a usage error. Or NULL.
	 */
	bool (*prepare)(struct text *why);

	/*
	 * Information asked for instead of a check: true with `out` filled
	 * in, and it is printed as help is. Or NULL.
	 */
	bool (*inform)(struct text *out);

	/*
	 * Speaks to the server that `params` names, in a thread of its own.
	 * Records in `facts` what happened, failures too, and returns when
	 * done or at params->deadline.
	 */
	void (*observe)(const struct smtp_params *params, struct facts *facts);

	/*
	 * Whether what was observed for another domain would have come out the
	 * same for this one. Or NULL: it does.
	 */
	bool (*suits)(const struct facts *facts, const char *domain);

	/*
	 * Holds what was observed against what is published for this domain;
	 * no I/O, for the server may have been observed for another one (see
	 * shared). Or NULL.
	 */
	void (*match)(const struct smtp_params *params, struct facts *facts);

	/*
	 * Observes what is about the domain as a whole, in a thread of its own
	 * beside all else, if a domain is given; returns when done or at
	 * params->deadline. Or NULL.
	 */
	void (*observe_domain)(
	    const struct domain_params *params, struct domain_facts *facts);

	/* Pure: the same facts and options give the same result. */
	void (*judge)(const struct facts *facts, struct result *result);

	/*
	 * Once all servers are done: observes what only then is worth asking,
	 * and judges the set as a whole. Metrics of its result go before those
	 * of the servers. Or NULL.
	 */
	void (*conclude)(const struct conclusion *conclusion);
};

/* Up to EHLO, and up to the certificate. */
#define PLUGIN_STEPS_EHLO                                                      \
	(1U << STEP_CONNECT | 1U << STEP_BANNER | 1U << STEP_EHLO)
#define PLUGIN_STEPS_TLS                                                       \
	(PLUGIN_STEPS_EHLO | 1U << STEP_STARTTLS | 1U << STEP_TLS)

/* The DNS warnings that belong to check_mx_dns, for lists of asides. */
#define PLUGIN_DNS_ASIDES DNS_IMPLICIT_MX, DNS_MX_CNAME, DNS_MX_TOO_MANY

/* Those about greeting and EHLO that check_mx_banner owns. */
#define PLUGIN_SMTP_ASIDES BANNER_NO_HOSTNAME, BANNER_MASKED, EHLO_HELO_ONLY

#endif
