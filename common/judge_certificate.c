/* SPDX-License-Identifier: GPL-3.0-or-later */
/* judge_certificate - findings about chain, name, pins and dates */
#include <ctype.h>
#include <string.h>

#include "judge.h"

enum { DAY_SECONDS = 86400, HOUR_SECONDS = 3600 };

void
judge_name_certificate(
    const struct chain *chain, size_t place, char *out, size_t size)
{
	if (place == 0)
		text_print(out, size, "certificate");
	else
		text_print(out, size, "certificate of %.80s",
		    chain->certificate[place].subject);
}

/* A span of time in its largest unit: "3 days", "1 hour". */
static void
span_text(char *out, size_t size, int64_t seconds)
{
	bool days = seconds >= 2 * DAY_SECONDS;
	int64_t count = seconds / (days ? DAY_SECONDS : HOUR_SECONDS);

	if (count == 0)
		text_print(out, size, "less than an hour");
	else
		text_print(out, size, "%lld %s%s", (long long)count,
		    days ? "day" : "hour", count == 1 ? "" : "s");
}

void
judge_expiry_text(char *out, size_t size, int64_t not_after, int64_t when)
{
	char span[48];

	if (not_after >= when) {
		span_text(span, sizeof(span), not_after - when);
		text_print(out, size, "valid for %s", span);
	} else {
		span_text(span, sizeof(span), when - not_after);
		text_print(out, size, "expired %s ago", span);
	}
}

/* One certificate's dates; false if there is nothing more to say of them. */
static bool
judge_dates(const struct chain *chain, size_t place, int64_t when,
    struct result *result)
{
	const struct certificate *certificate = &chain->certificate[place];
	char which[128], span[48], text[64];

	judge_name_certificate(chain, place, which, sizeof(which));
	if (!certificate->dates_valid) {
		result_add(
		    result, CERT_INVALID, "%s has unreadable dates", which);
		return false;
	}
	if (certificate->not_after < when) {
		judge_expiry_text(
		    text, sizeof(text), certificate->not_after, when);
		result_add(result, CERT_EXPIRED, "%s %s", which, text);
		return false;
	}
	if (certificate->not_before > when) {
		span_text(span, sizeof(span), certificate->not_before - when);
		result_add(result, CERT_NOT_YET_VALID,
		    "%s is not yet valid, it begins in %s", which, span);
		return false;
	}
	return true;
}

static size_t
place_of(const struct chain *chain, const struct certificate *certificate)
{
	return (size_t)(certificate - chain->certificate);
}

/*
 * The issuer is not to be had, so OpenSSL did not look at the dates of the
 * last certificate it had.
 */
static void
judge_missing_issuer(const struct chain *chain, const struct certificate *last,
    int64_t when, struct result *result)
{
	if (last == NULL) {
		result_add(result, CERT_UNTRUSTED,
		    "certificate chain does not end at a trusted root");
		return;
	}
	if (last == &chain->certificate[0]) {
		result_add(result, CERT_CHAIN_INCOMPLETE,
		    "certificate chain is incomplete, issuer %s is missing",
		    chain->certificate[0].issuer);
		return;
	}
	result_add(result, CERT_UNTRUSTED,
	    "certificate chain ends at %s, which is not trusted", last->issuer);
	judge_dates(chain, place_of(chain, last), when, result);
}

/* What is not among the certificates kept of those that were sent. */
static const char *
name_unkept(const struct chain *chain)
{
	return chain->sent > chain->count ? "a certificate of the chain"
					  : "a trust anchor";
}

/* Several faults of one certificate follow from each other: one is told. */
static bool
is_repeated(const struct chain *chain, size_t place)
{
	for (size_t i = 0; i < place; i++)
		if (chain->error[i].fault == FAULT_OTHER
		    && chain->error[i].depth == chain->error[place].depth)
			return true;
	return false;
}

static void
judge_other_fault(
    const struct chain *chain, size_t place, struct result *result)
{
	const struct chain_error *error = &chain->error[place];
	const struct certificate *certificate = chain_find(chain, error);
	char which[128];

	if (certificate != NULL)
		judge_name_certificate(
		    chain, place_of(chain, certificate), which, sizeof(which));
	else
		text_print(which, sizeof(which), "%s", name_unkept(chain));
	if (!is_repeated(chain, place))
		result_add(result, CERT_INVALID, "%s is invalid: %s", which,
		    error->text);
}

/* The leaf's own dates are judge_validity()'s. */
static void
judge_date_fault(const struct chain *chain, const struct chain_error *error,
    int64_t when, struct result *result)
{
	const struct certificate *certificate = chain_find(chain, error);
	const char *which = certificate != NULL ? "a certificate of the chain"
						: name_unkept(chain);

	if (error->depth == 0)
		return;
	if (certificate != NULL
	    && !judge_dates(chain, place_of(chain, certificate), when, result))
		return;
	if (error->fault == FAULT_EXPIRED)
		result_add(result, CERT_EXPIRED, "%s has expired", which);
	else
		result_add(
		    result, CERT_NOT_YET_VALID, "%s is not yet valid", which);
}

static void
judge_chain_error(const struct chain *chain, size_t place, int64_t when,
    struct result *result)
{
	const struct chain_error *error = &chain->error[place];

	switch (error->fault) {
	case FAULT_SELF_SIGNED:
		result_add(
		    result, CERT_SELF_SIGNED, "certificate is self-signed");
		break;
	case FAULT_UNTRUSTED_ROOT:
		result_add(result, CERT_UNTRUSTED,
		    "certificate chain ends at a root that is not trusted");
		break;
	case FAULT_NO_ISSUER:
		judge_missing_issuer(
		    chain, chain_find(chain, error), when, result);
		break;
	case FAULT_EXPIRED:
	case FAULT_NOT_YET_VALID:
		judge_date_fault(chain, error, when, result);
		break;
	case FAULT_ECHO:
		break;
	default:
		judge_other_fault(chain, place, result);
	}
}

void
judge_list_names(const struct certificate *certificate, struct text *names)
{
	enum { SHOWN = 3 };
	size_t count = certificate->name_count;

	for (size_t i = 0; i < count && i < SHOWN; i++)
		text_add(
		    names, "%s%s", i > 0 ? ", " : "", certificate->names[i]);
	if (count > SHOWN)
		text_add(names, " and %zu more", count - SHOWN);
	if (count == 0)
		text_add(names, "no name at all");
}

static void
judge_name(const struct facts *facts, bool matches, struct result *result)
{
	const struct chain *chain = &facts->handshake.chain;
	const struct certificate *leaf = &chain->certificate[0];
	struct text names;

	if (matches) {
		if (!leaf->has_dns_name && !facts->target->host->is_address)
			result_add(result, CERT_NO_SAN,
			    "certificate names its host in the common name "
			    "only");
		return;
	}
	text_init(&names, 160);
	judge_list_names(leaf, &names);
	result_add(result, CERT_NAME_MISMATCH,
	    "certificate is for %s, not for %s", names.data,
	    facts->target->host->name);
	text_release(&names);
}

static void
judge_chain(const struct facts *facts, bool matches, struct result *result)
{
	const struct chain *chain = &facts->handshake.chain;

	if (!facts->handshake.done || chain->count == 0)
		return;
	for (size_t i = 0; chain->verified && i < chain->error_count; i++)
		judge_chain_error(chain, i, facts->when, result);
	judge_name(facts, matches, result);
}

void
judge_trust(const struct facts *facts, struct result *result)
{
	judge_chain(facts, facts->handshake.chain.name_matches, result);
}

void
judge_trust_strictly(const struct facts *facts, struct result *result)
{
	judge_chain(facts, facts->handshake.chain.bears_host, result);
}

/* A pin as certificates state theirs: 64 lower-case hex digits. */
static bool
normalize_pin(const char *pin, char out[65])
{
	size_t length = 0;

	for (; *pin != '\0'; pin++) {
		if (*pin == ':' && length > 0 && length % 2 == 0
		    && isxdigit((unsigned char)pin[1]))
			continue;
		if (length == 64 || !isxdigit((unsigned char)*pin))
			return false;
		out[length++] = (char)tolower((unsigned char)*pin);
	}
	out[length] = '\0';
	return length == 64;
}

bool
judge_pin_valid(const char *pin)
{
	char normal[65];

	return normalize_pin(pin, normal);
}

void
judge_pins(
    const struct facts *facts, const char *const *pins, struct result *result)
{
	const char *own = facts->handshake.chain.certificate[0].sha256;
	char normal[65];

	if (!facts->handshake.done || pins == NULL || *pins == NULL)
		return;
	for (; *pins != NULL; pins++)
		if (normalize_pin(*pins, normal) && strcmp(normal, own) == 0)
			return;
	result_add(result, CERT_PIN_MISMATCH,
	    "certificate is not the pinned one, its SHA-256 is %s", own);
}

void
judge_validity(const struct facts *facts, struct result *result)
{
	if (facts->handshake.done && facts->handshake.chain.count > 0)
		judge_dates(&facts->handshake.chain, 0, facts->when, result);
}

bool
expiry_limit_parse(struct expiry_limit *limit, const char *string)
{
	size_t length = strlen(string);
	char number[RANGE_TEXT_SIZE];
	struct range range;

	if (length > 1 && length < sizeof(number)
	    && string[length - 1] == '%') {
		memcpy(number, string, length - 1);
		number[length - 1] = '\0';
		if (strpbrk(number, ":@~") != NULL
		    || !range_parse(&range, number) || range.end > 100)
			return false;
		limit->kind = EXPIRY_SHARE;
		limit->percent = range.end;
		return true;
	}
	limit->kind = EXPIRY_DAYS;
	return range_parse_least(&limit->days, string);
}

/* Two decimals are 15 minutes; what perfdata shows is what is applied. */
static struct range
share_of_lifetime(const struct certificate *certificate, double percent)
{
	double days = certificate_lifetime_days(certificate) * percent / 100;

	return range_at_least(
	    days > 0 ? (double)(int64_t)(days * 100) / 100 : 0);
}

static struct range
apply_limit(const struct expiry_limit *limit,
    const struct certificate *certificate, double default_days,
    double default_percent)
{
	struct range range;

	switch (limit->kind) {
	case EXPIRY_DAYS:
		return limit->days;
	case EXPIRY_SHARE:
		return share_of_lifetime(certificate, limit->percent);
	default:
		range = share_of_lifetime(certificate, default_percent);
		if (range.start > default_days)
			range.start = default_days;
		return range;
	}
}

/* The metric of one certificate, alerting in its own right. */
static struct metric
judge_days(const struct chain *chain, size_t place, int64_t when,
    const struct expiry_limits *limits, struct result *result)
{
	const struct certificate *certificate = &chain->certificate[place];
	struct metric metric = {
	    .label = "days",
	    .unit = "",
	    .value = (double)certificate_days_left(certificate, when),
	    .worst = METRIC_LOWEST,
	    .thresholds.warning =
		apply_limit(&limits->warning, certificate, 21, 25),
	    .thresholds.critical =
		apply_limit(&limits->critical, certificate, 7, 10),
	};
	char which[128], span[48];
	enum state state = metric_state(&metric);

	if (!judge_dates(chain, place, when, result) || state == STATE_OK)
		return metric;
	judge_name_certificate(chain, place, which, sizeof(which));
	span_text(span, sizeof(span), certificate->not_after - when);
	result_add_as(
	    result, CERT_EXPIRES_SOON, state, "%s expires in %s", which, span);
	return metric;
}

/* What to say when all is well: the certificate that ends first. */
static void
summarize(const struct chain *chain, size_t place, int64_t when,
    struct result *result)
{
	char which[128], text[64];

	judge_name_certificate(chain, place, which, sizeof(which));
	judge_expiry_text(
	    text, sizeof(text), chain->certificate[place].not_after, when);
	text_print(
	    result->summary, sizeof(result->summary), "%s %s", which, text);
}

void
judge_expiry(const struct facts *facts, const struct expiry_limits *limits,
    bool whole_chain, struct result *result)
{
	const struct chain *chain = &facts->handshake.chain;
	size_t judged = whole_chain ? chain->count : 1, first = 0;
	struct metric worst, next;
	bool any = false;

	if (!facts->handshake.done || chain->count == 0)
		return;
	for (size_t i = 0; i < judged; i++) {
		next = judge_days(chain, i, facts->when, limits, result);
		if (!chain->certificate[i].dates_valid
		    || (any && !metric_is_worse(&next, &worst)))
			continue;
		worst = next;
		first = i;
		any = true;
	}
	if (any) {
		result_metric(result, &worst);
		summarize(chain, first, facts->when, result);
	}
	if (whole_chain && chain->sent > chain->count)
		result_add(result, NOT_TESTED,
		    "%zu further certificates of the chain not tested",
		    chain->sent - chain->count);
}
