/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * settings - the options that all plugins share, and what they were set to
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "deadline.h"
#include "domain.h"
#include "text.h"
#include "dns.h"
#include "diagnosis.h"
#include "option.h"
#include "result.h"
#include "target.h"

enum {
	PORT_SMTP = 25,
	PORT_SMTPS = 465,
	PORT_SUBMISSION = 587,
	TIMEOUT_DEFAULT_S = 30,
	TIMEOUT_MAX_S = 3600,
};

enum settings_format {
	SETTINGS_NAGIOS,
	SETTINGS_REPORT,
	SETTINGS_JSON,
	SETTINGS_OPENMETRICS,
};

/* Written by settings_parse(), before any thread starts; read-only then. */
struct settings {
	const char *domain; /* NULL: none */
	size_t host_count;
	const char *hosts[OPTION_LIST_MAX + 1]; /* NULL last */
	unsigned port;                          /* 0: see settings_port() */
	enum target_family family;
	struct dns_servers servers;
	const union dns_address *source; /* or NULL */
	const char *fqdn;                /* or NULL */
	const char *sni;
	const char *ca_file;
	const char *ca_dir;
	int64_t at; /* moment that the verdict is for; 0: now */
	bool ssl;
	bool proxy;
	unsigned timeout_s;
	bool timeout_state_chosen;
	enum state timeout_state;
	unsigned quorum;
	unsigned verbosity;
	enum settings_format format;
	bool severity_chosen[DIAGNOSIS_END];
	enum state severity[DIAGNOSIS_END];
	bool explain;
	const char *explain_code; /* NULL: all of them */
	bool help;
	bool version;
};

extern const struct settings *const settings;

/* Which groups of common options have a meaning for a plugin. */
struct settings_groups {
	bool dialogue;     /* it connects: port, source, EHLO name, TLS */
	unsigned port;     /* that it connects to as a rule */
	bool certificates; /* it judges them: trust anchors */
	bool rehearses;    /* as of another moment, if asked: --at */
	bool dnssec;       /* it wants to know what is authentic */
};

enum { SETTINGS_TABLES = 16 };

/* The tables for a plugin: the common ones around its own, NULL last. */
void settings_tables(const struct option_row *const *own,
    const struct settings_groups *groups,
    const struct option_row *tables[SETTINGS_TABLES]);

/*
 * Parses the command line, files of options put in already; false with `why` filled in at the first thing
 * wrong. That neither domain nor host is given is for the caller to say.
 */
bool settings_parse(const struct option_row *const *tables,
    const struct arguments *arguments, struct text *why);

/* When the run has to end: --timeout after the options were read. */
struct deadline settings_deadline(void);

/* --port, or where there is none 465 with --ssl, else `usual`. */
uint16_t settings_port(unsigned usual);

/* The states of this run: --severity over -t N:STATE over the plugin's. */
void settings_severities(
    struct severities *severities, const enum diagnosis *asides);

#endif
