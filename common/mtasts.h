/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mtasts - MTA-STS records and policies, and TLSRPT records, read strictly
 *
 * RFC 8461 and RFC 8460. Pure: what came from the DNS or over HTTPS goes in,
 * plain structs come out. Text in them is printable.
 */
#ifndef MTASTS_H
#define MTASTS_H

#include <stdbool.h>
#include <stddef.h>

#include "domain.h"
#include "text.h"
#include "dns.h"

enum {
	MTASTS_ID_MAX = 32,           /* RFC 8461 3.1 */
	MTASTS_POLICY_MAX = 64 << 10, /* bytes (3.3) */
	MTASTS_AGE_MAX = 31557600,    /* seconds: one year (3.2) */
};

/* What the TXT records of a name come to. */
enum mtasts_record {
	MTASTS_RECORD_ABSENT, /* none that begins with the version */
	MTASTS_RECORD_VALID,
	MTASTS_RECORD_BROKEN, /* more than one, or bad syntax; `why` tells */
};

/*
 * The record among the TXT records at _mta-sts.DOMAIN; `id` is filled in
 * where it is valid, `why` where it is broken, or other records stand there.
 */
enum mtasts_record mtasts_read_record(const struct dns_answer *answer,
    char id[MTASTS_ID_MAX + 1], struct text *why);

/*
 * The same for TLSRPT at _smtp._tls.DOMAIN (RFC 8460 3): one record, with
 * rua= of mailto: or https: addresses.
 */
enum mtasts_record tlsrpt_read_record(
    const struct dns_answer *answer, struct text *why);

enum mtasts_mode { MTASTS_MODE_NONE, MTASTS_MODE_TESTING, MTASTS_MODE_ENFORCE };

struct mtasts_policy {
	enum mtasts_mode mode;
	unsigned max_age_s;
	size_t mx_count;
	const char **mx; /* patterns, lower case; mtasts_release() frees */
	char *text;      /* that they are in */
};

/* "none", "testing", "enforce". */
const char *mtasts_mode_name(enum mtasts_mode mode);

/*
 * A policy as it came, lines ending in LF or CRLF (3.2, erratum 6253). False
 * with `why` filled in at the first thing wrong; unknown keys are passed
 * over. To be released either way.
 */
bool mtasts_read_policy(struct mtasts_policy *policy, const char *body,
    size_t length, struct text *why);

/* What was observed of a domain's MTA-STS and TLSRPT; zeroed: nothing. */
struct mtasts {
	bool asked;
	bool late;      /* asked, and it did not come to an end in time */
	bool no_memory; /* it was not asked at all */
	enum dns_status record_status; /* of the look-up at _mta-sts. */
	const char *record_detail;     /* static */
	enum mtasts_record record;
	char record_why[128];
	char id[MTASTS_ID_MAX + 1];
	bool tried; /* to fetch the policy */
	bool fetched;
	bool fetch_ours; /* it failed for want of our own means */
	bool fetch_timed_out;
	const char *fetch_type; /* RFC 8460 4.3: of a failure; static */
	char fetch_why[256];
	char media_type[64]; /* of the policy, "" if none was told */
	bool valid;
	char policy_why[160];
	struct mtasts_policy policy;
	enum dns_status tlsrpt_status;
	enum mtasts_record tlsrpt;
	char tlsrpt_why[128];
};

/* Whether a policy is in force that senders act upon, or would. */
bool mtasts_is_mode(const struct mtasts *mtasts, enum mtasts_mode mode);

/* Whether it was found out what senders go by, a fault of theirs included. */
bool mtasts_is_known(const struct mtasts *mtasts);

void mtasts_release(struct mtasts_policy *policy);

/* Whether a host is among the patterns; "*." is one label (4.1). */
bool mtasts_lists(const struct mtasts_policy *policy, const char *host);

#endif
