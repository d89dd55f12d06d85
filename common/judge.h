/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * judge - facts and settings in, findings and metrics out
 *
 * Pure: no clock, no I/O, no state of its own; one function per step, each
 * silent about a step that the facts did not reach. Wording is kept short
 * enough for a pager.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "range.h"
#include "target.h"
#include "result.h"
#include "facts.h"

/* Domain and MX records as a whole; texts begin with the domain. */
void judge_set(const struct target_set *set, struct result *result);

/*
 * What the domain is expected to publish: MX hosts as "host" or "host:10"
 * (NULL last; none: whatever there is), or a null MX.
 */
void judge_expected_mx(const struct target_set *set,
    const char *const *expected, bool null_mx, struct result *result);

/* "mx1.example.com", "mx1.example.com:10": what can be expected. */
bool judge_expected_valid(const char *expected, const char **why);

/* PTR and the way back (RFC 1912 2.1), if they were asked for. */
void judge_reverse(const struct facts *facts, struct result *result);

/* One host's look-ups, and whether an address is fit for the Internet. */
void judge_host(const struct target *target, struct result *result);

/* How the dialogue broke off, if it did: TCP, SMTP or TLS. */
void judge_failure(const struct facts *facts, struct result *result);

/*
 * The greeting; `expect` is text that must be in one of its lines (each
 * "220 text"), or NULL.
 */
void judge_banner(
    const struct facts *facts, const char *expect, struct result *result);

/* EHLO or HELO, and what must be offered (judge_requirement_valid()). */
void judge_ehlo(const struct facts *facts, const char *const *require,
    struct result *result);

/* "STARTTLS", "SIZE>=10485760": what judge_ehlo() can require. */
bool judge_requirement_valid(const char *requirement);

/*
 * A time in seconds, as the metric "time"; against -w and -c only where the
 * dialogue did not fail.
 */
void judge_time(const struct facts *facts, double seconds,
    const struct thresholds *thresholds, struct result *result);

/* Whether STARTTLS was offered, accepted and clean; the probes' outcome. */
void judge_starttls(const struct facts *facts, struct result *result);

/* Protocol (0x0303 is TLS 1.2), cipher suite, keys and signatures. */
void judge_handshake(
    const struct facts *facts, int min_version, struct result *result);

/* The protocol as the metric "tls": 1.2, 1.3. */
void judge_tls_metric(const struct facts *facts, struct result *result);

/* Chain and name: what a verifying sender would object to but dates. */
void judge_trust(const struct facts *facts, struct result *result);

/* The same for a sender who knows no other name than the host's: no --match. */
void judge_trust_strictly(const struct facts *facts, struct result *result);

/* The leaf's dates at facts->when. */
void judge_validity(const struct facts *facts, struct result *result);

/* SHA-256 fingerprints, with or without colons; one has to be the leaf's. */
void judge_pins(
    const struct facts *facts, const char *const *pins, struct result *result);

/* 64 hex digits, with or without colons between bytes. */
bool judge_pin_valid(const char *pin);

/* One of -w and -c of check_mx_cert_expiry. */
struct expiry_limit {
	enum { EXPIRY_DEFAULT, EXPIRY_DAYS, EXPIRY_SHARE } kind;
	struct range days;
	double percent; /* of the lifetime */
};

struct expiry_limits {
	struct expiry_limit warning;  /* default: min(21 days, 25 %) */
	struct expiry_limit critical; /* default: min(7 days, 10 %) */
};

/* "30" (alert under 30), a full range of days, or "25%". */
bool expiry_limit_parse(struct expiry_limit *limit, const char *string);

/*
 * Days left at facts->when, of the leaf or of every certificate sent; makes
 * them the metric "days", and the summary.
 */
void judge_expiry(const struct facts *facts, const struct expiry_limits *limits,
    bool whole_chain, struct result *result);

/*
 * Relaying: the verdict over control and probes, the metrics "accepted",
 * with its thresholds, and "probes".
 */
void judge_relay(const struct facts *facts, const struct thresholds *thresholds,
    struct result *result);

/* What is wanted of a login. */
struct auth_wishes {
	bool in_clear;                 /* TLS is not wanted */
	bool reject;                   /* it has to be refused */
	const char *const *mechanisms; /* to be offered, NULL last */
};

/* A name that a SASL mechanism may have (RFC 4422 3.1). */
bool judge_mechanism_valid(const char *name);

/* The mechanisms offered, before and inside TLS. */
void judge_mechanisms(const struct facts *facts,
    const struct auth_wishes *wishes, struct result *result);

/* What is offered: "PLAIN, LOGIN". */
void judge_list_mechanisms(const struct ehlo *ehlo, struct text *out);

/* The login, if one was wanted. */
void judge_login(const struct facts *facts, const struct auth_wishes *wishes,
    struct result *result);

/* A transaction: MAIL, each RCPT, DATA and the message. */
void judge_delivery(const struct facts *facts, struct result *result);

/* Whether the message came to its mailbox, and in time: metric "arrival". */
void judge_arrival(const struct facts *facts,
    const struct thresholds *thresholds, struct result *result);

/*
 * The durations of the steps made as metrics: connect, banner, ehlo, tls
 * (in place of judge_tls_metric()), auth, mail, rcpt, data.
 */
void judge_durations(const struct facts *facts, struct result *result);

/*
 * Which of `steps` (1U << STEP_...) a dialogue did not come to, and why; not
 * for a server that could not be tested at all, nor of relaying where
 * judge_relay(), to be called before, told why there is no verdict.
 */
void judge_unmade(
    const struct facts *facts, unsigned steps, struct result *result);

/* What stood in the way of the steps that a dialogue did not come to. */
const char *judge_obstacle(const struct facts *facts);

/*
 * What the servers of a set differ in: TLS version, or the oldest one that
 * they were seen to accept, SIZE, extensions. Facts of a server that was not
 * reached, or NULL, are passed over.
 */
void judge_differences(
    const struct facts *const *facts, size_t count, struct result *result);

/* What the user wants of an MTA-STS policy. */
struct mtasts_wishes {
	bool wanted; /* having none is a fault */
	bool enforce;
	unsigned min_max_age_s;
};

/* Record, policy and TLSRPT of the domain; nothing where it was not asked. */
void judge_mtasts(const struct mtasts *mtasts,
    const struct mtasts_wishes *wishes, struct result *result);

/*
 * A server by a policy in force or being tested: listed, and its TLS as such
 * a sender judges it, whatever the user of the plugin wants of it. `facts`
 * may be NULL.
 */
void judge_mtasts_server(const struct mtasts *mtasts,
    const struct target *target, const struct facts *facts,
    struct result *result);

/* The diagnosis of a look-up that gave no answer at all. */
enum diagnosis judge_lookup_code(enum dns_status status);

/*
 * Whether a DANE sender would deliver. A host that is insecure and has no
 * TLSA record is a mere note unless DANE is `wanted`. `facts` may be NULL.
 */
void judge_dane(const struct target *target, const struct facts *facts,
    bool wanted, struct result *result);

/*
 * The resolver, and hosts with DANE beside others without. Hosts without
 * any, where DANE is `wanted`, are for the caller to count.
 */
void judge_dane_set(const struct target_set *set, struct result *result);

/*
 * What the answers to one probe of `relay`, its control and catch-all
 * included, mean in a word:
 *	open            an outside recipient accepted
 *	suspect         252, or an odd form accepted
 *	meaningless     the same where any local name is accepted
 *	refused         policy (554), authentication (530, asked for first)
 *	deferred        4xx
 *	sender, domain  refused for the sender's or the recipient domain's sake
 *	local           the server's own mail accepted
 *	unanswered      MAIL refused, or the session was over before
 */
const char *judge_relay_verdict(
    const struct relay *relay, const struct relay_probe *probe);

/* "certificate" for the leaf, else which one of the chain it is. */
void judge_name_certificate(
    const struct chain *chain, size_t place, char *out, size_t size);

/* Its first names, and how many more: "a, b, c and 4 more". */
void judge_list_names(
    const struct certificate *certificate, struct text *names);

/* What EHLO lost and gained inside TLS: " -SIZE 1000 +AUTH PLAIN", or "". */
void judge_list_changes(const struct facts *facts, struct text *changes);

/*
 * The end of a certificate seen from `when`: "valid for 61 days", or
 * "expired 5 hours ago".
 */
void judge_expiry_text(char *out, size_t size, int64_t not_after, int64_t when);

#endif
