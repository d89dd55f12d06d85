/* SPDX-License-Identifier: GPL-3.0-or-later */
/* judge_smtp - findings about connection, greeting and EHLO (RFC 5321) */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "judge.h"

/* Seconds of silence that only a greet delay or a slow server explains. */
static const double greet_delay_seconds = 5;

/* What the step was waiting for, as part of a sentence. */
static const char *
awaited(const struct facts *facts)
{
	switch (facts->step) {
	case STEP_EHLO:
		return facts->seconds.ehlo_tls > 0 ? "EHLO inside TLS" : "EHLO";
	case STEP_STARTTLS:
		return "STARTTLS";
	case STEP_AUTH:
		return "AUTH";
	case STEP_DATA:
		return facts->delivery.data.code == 354
		    ? "the message, which may have been accepted"
		    : "DATA";
	case STEP_MAIL:
		return "MAIL, RCPT or RSET";
	default:
		return "MAIL or RCPT";
	}
}

static void
judge_connect(const struct facts *facts, struct result *result)
{
	switch (facts->failure.kind) {
	case FAILURE_REFUSED:
		result_add(result, TCP_REFUSED, "connection refused");
		break;
	case FAILURE_TIMEOUT:
		result_add(result, TCP_TIMEOUT,
		    "connection timed out after %.1f s", facts->seconds.total);
		break;
	case FAILURE_NO_ROUTE:
		result_leave_untested(result, TCP_NO_ROUTE_V6);
		result_add(result, TCP_NO_ROUTE_V6,
		    "not tested, this host has no IPv6 route");
		break;
	case FAILURE_RESET:
		result_add(result, TCP_RESET, "connection reset");
		break;
	default:
		result_add(result, TCP_UNREACHABLE, "unreachable: %s",
		    facts->failure.text);
	}
}

static void
judge_no_banner(const struct facts *facts, struct result *result)
{
	switch (facts->failure.kind) {
	case FAILURE_TIMEOUT:
		result_add(result, BANNER_TIMEOUT,
		    "no greeting within %.1f s (RFC 5321 allows 300 s)",
		    facts->seconds.banner);
		break;
	case FAILURE_RESET:
		if (facts->banner.begun)
			result_add(result, BANNER_CLOSED,
			    "connection reset in mid-greeting");
		else
			result_add(result, TCP_RESET,
			    "connection reset before the greeting");
		break;
	case FAILURE_PROTOCOL:
		result_add(result, BANNER_NOT_SMTP, "greeting is not SMTP: %s",
		    facts->failure.text);
		break;
	case FAILURE_TOO_LONG:
		result_add(result, SMTP_TOO_LONG, "too long a greeting: %s",
		    facts->failure.text);
		break;
	case FAILURE_TLS:
		result_add(result, BANNER_CLOSED,
		    "TLS broke off before the greeting: %s",
		    facts->failure.text);
		break;
	default:
		result_add(result, BANNER_CLOSED,
		    "connection closed %sgreeting",
		    facts->banner.begun ? "in mid-" : "before the ");
	}
}

static void
judge_no_handshake(const struct facts *facts, struct result *result)
{
	switch (facts->failure.kind) {
	case FAILURE_TIMEOUT:
		result_add(result, TLS_TIMEOUT,
		    "TLS handshake not done within %.1f s", facts->seconds.tls);
		break;
	case FAILURE_CLOSED:
	case FAILURE_RESET:
		result_add(result, TLS_CLOSED,
		    "connection %s in the TLS handshake",
		    facts->failure.kind == FAILURE_RESET ? "reset" : "closed");
		break;
	default:
		result_add(result, TLS_HANDSHAKE, "TLS handshake failed: %s",
		    facts->failure.text);
	}
}

static void
judge_broken_session(const struct facts *facts, struct result *result)
{
	switch (facts->failure.kind) {
	case FAILURE_TIMEOUT:
		result_add(result, SMTP_TIMEOUT, "no reply to %s in time",
		    awaited(facts));
		break;
	case FAILURE_PROTOCOL:
		result_add(result, SMTP_PROTOCOL, "reply to %s is not SMTP: %s",
		    awaited(facts), facts->failure.text);
		break;
	case FAILURE_TOO_LONG:
		result_add(result, SMTP_TOO_LONG, "too long a reply to %s: %s",
		    awaited(facts), facts->failure.text);
		break;
	case FAILURE_BUSY:
		result_add(result, SMTP_BUSY, "server ended the session: %d %s",
		    facts->busy.code, facts->busy.text);
		break;
	case FAILURE_TLS:
		result_add(result, SMTP_CLOSED, "TLS broke off after %s: %s",
		    awaited(facts), facts->failure.text);
		break;
	default:
		result_add(result, SMTP_CLOSED, "connection %s after %s",
		    facts->failure.kind == FAILURE_RESET ? "reset" : "closed",
		    awaited(facts));
	}
}

/* A server that hangs up on who it has refused: the refusal is the news. */
static bool
follows_refusal(const struct facts *facts)
{
	const struct delivery_facts *delivery = &facts->delivery;
	const struct answer *last = delivery_last_answer(delivery);
	bool cut = facts->failure.kind == FAILURE_CLOSED
	    || facts->failure.kind == FAILURE_RESET;

	if (!cut || last == NULL
	    || (!answer_is(last, 4) && !answer_is(last, 5)))
		return false;
	/* Somebody's message may still have been on its way. */
	for (size_t i = 0; i < delivery->count; i++)
		if (answer_is(&delivery->recipient[i].rcpt, 2)
		    && last != &delivery->data && last != &delivery->message)
			return false;
	return true;
}

/* It is not the server's. */
static void
judge_own_failure(const struct facts *facts, struct result *result)
{
	result_leave_untested(result, NOT_TESTED);
	result_add_as(result, NOT_TESTED, STATE_UNKNOWN, "not tested: %s",
	    facts->failure.text);
}

void
judge_failure(const struct facts *facts, struct result *result)
{
	if (facts->failure.kind == FAILURE_NONE)
		return;
	if (facts->failure.kind == FAILURE_LOCAL) {
		judge_own_failure(facts, result);
		return;
	}
	switch (facts->step) {
	case STEP_CONNECT:
		judge_connect(facts, result);
		break;
	case STEP_BANNER:
		judge_no_banner(facts, result);
		break;
	case STEP_TLS:
		judge_no_handshake(facts, result);
		break;
	case STEP_RELAY:
		/* A cut there is judge_relay()'s. */
		if (!failure_is_cut(&facts->failure))
			judge_broken_session(facts, result);
		break;
	default:
		if (!facts->starttls.leftover && !follows_refusal(facts))
			judge_broken_session(facts, result);
	}
}

/* "220 ****************************2******0*": a firewall was at work. */
static bool
is_masked(const char *text)
{
	size_t stars = 0, others = 0;

	for (; *text != '\0'; text++)
		if (*text == '*')
			stars++;
		else if (*text != ' ')
			others++;
	return stars >= 4 && stars > others;
}

static void
judge_refusal(const struct banner *banner, struct result *result)
{
	if (banner->code == 220)
		return;
	if (banner->code / 100 == 4)
		result_add(result, BANNER_BUSY, "busy: %d %s", banner->code,
		    banner->text);
	else if (banner->code / 100 == 5)
		result_add(result, BANNER_REFUSED, "refuses mail: %d %s",
		    banner->code, banner->text);
	else
		result_add(result, BANNER_NOT_SMTP,
		    "greeting is not SMTP: %d %s", banner->code, banner->text);
}

static void
judge_banner_name(const struct facts *facts, struct result *result)
{
	const struct banner *banner = &facts->banner;
	const char *host = facts->target->host->name;

	if (is_masked(banner->text))
		result_add(result, BANNER_MASKED, "greeting is masked: %d %s",
		    banner->code, banner->text);
	else if (banner->host[0] == '\0')
		result_add(result, BANNER_NO_HOSTNAME,
		    "greeting states no host name: %d %s", banner->code,
		    banner->text);
	else if (!facts->target->host->is_address
	    && strcasecmp(banner->host, host) != 0)
		result_add(result, BANNER_HOST_MISMATCH,
		    "greeting names %s, not %s", banner->host, host);
}

void
judge_banner(
    const struct facts *facts, const char *expect, struct result *result)
{
	const struct banner *banner = &facts->banner;
	char wanted[64];

	if (!banner->came)
		return;
	judge_refusal(banner, result);
	if (banner->code != 220)
		return;
	judge_banner_name(facts, result);
	if (expect != NULL && strstr(banner->lines, expect) == NULL) {
		printable(wanted, sizeof(wanted), expect, strlen(expect));
		result_add(result, BANNER_UNEXPECTED,
		    "greeting lacks '%s': %d %s", wanted, banner->code,
		    banner->text);
	}
	if (facts->seconds.banner >= greet_delay_seconds)
		result_add(result, BANNER_GREET_DELAY, "greeting took %.1f s",
		    facts->seconds.banner);
}

/* They dislike what we call ourselves, not the command (RFC 5321 4.1.4). */
static bool
dislikes_name(const struct answer *answer)
{
	return answer->code == 501 || answer->code == 504 || answer->code == 550
	    || answer->code == 553;
}

static void
judge_hello(const struct ehlo *ehlo, const char *where, struct result *result)
{
	if (answer_is(&ehlo->answer, 2) || ehlo->helo.code == 0
	    || ehlo->helo.code == 421)
		return;
	if (answer_is(&ehlo->helo, 2))
		result_add(result, EHLO_HELO_ONLY,
		    "EHLO refused%s (%d), HELO accepted", where,
		    ehlo->answer.code);
	else if (dislikes_name(&ehlo->answer) && dislikes_name(&ehlo->helo))
		result_add(result, EHLO_NAME_REFUSED,
		    "our name in EHLO is refused%s: %d %s", where,
		    ehlo->helo.code, ehlo->helo.text);
	else
		result_add(result, EHLO_REFUSED,
		    "EHLO and HELO refused%s: %d %s", where, ehlo->helo.code,
		    ehlo->helo.text);
}

/* "SIZE>=N" splits into its keyword and N; the rest is a keyword alone. */
static bool
split_requirement(const char *requirement, char keyword[EHLO_KEYWORD_SIZE],
    unsigned long long *least)
{
	const char *sign = strstr(requirement, ">=");
	size_t length =
	    sign != NULL ? (size_t)(sign - requirement) : strlen(requirement);
	struct cursor number;

	*least = 0;
	if (length == 0 || length >= EHLO_KEYWORD_SIZE)
		return false;
	memcpy(keyword, requirement, length);
	keyword[length] = '\0';
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)keyword[i]) && keyword[i] != '-')
			return false;
	if (sign == NULL)
		return true;
	number = cursor_of(sign + 2);
	return cursor_number(&number, 1ULL << 60, least)
	    && cursor_at_end(&number);
}

bool
judge_requirement_valid(const char *requirement)
{
	char keyword[EHLO_KEYWORD_SIZE];
	unsigned long long least;

	return split_requirement(requirement, keyword, &least);
}

/* STARTTLS is offered before TLS only (RFC 3207 4.2). */
static void
judge_requirement(const struct facts *facts, const struct ehlo *newest,
    const char *requirement, struct result *result)
{
	const struct ehlo *ehlo;
	char keyword[EHLO_KEYWORD_SIZE];
	unsigned long long least, offered;
	struct cursor number;
	const char *parameters;

	if (!split_requirement(requirement, keyword, &least))
		return;
	ehlo = strcasecmp(keyword, "STARTTLS") == 0 ? &facts->ehlo : newest;
	parameters = ehlo_offers(ehlo, keyword);
	if (parameters == NULL) {
		result_add(result, EHLO_MISSING_EXTENSION,
		    "EHLO does not offer %s", keyword);
		return;
	}
	number = cursor_of(parameters);
	/* RFC 1870 4: "SIZE" or "SIZE 0" is no fixed limit. */
	if (least > 0 && cursor_number(&number, 1ULL << 60, &offered)
	    && offered > 0 && offered < least)
		result_add(result, EHLO_MISSING_EXTENSION,
		    "EHLO offers %s %llu, less than %llu", keyword, offered,
		    least);
}

void
judge_list_changes(const struct facts *facts, struct text *changes)
{
	const struct ehlo *before = &facts->ehlo, *after = &facts->ehlo_tls;

	if (before->answer.code == 0 || !answer_is(&after->answer, 2))
		return;
	for (size_t i = 0; i < before->count; i++) {
		struct cursor line = cursor_of(before->extension[i]), word;

		cursor_word(&line, &word);
		if (!cursor_equals(&word, "STARTTLS")
		    && !ehlo_has_line(after, before->extension[i]))
			text_add(changes, " -%s", before->extension[i]);
	}
	for (size_t i = 0; i < after->count; i++)
		if (!ehlo_has_line(before, after->extension[i]))
			text_add(changes, " +%s", after->extension[i]);
}

static void
judge_change(const struct facts *facts, struct result *result)
{
	struct text changes;

	text_init(&changes, 240);
	judge_list_changes(facts, &changes);
	if (changes.length > 0)
		result_add(result, EHLO_CHANGED_BY_TLS,
		    "EHLO differs inside TLS:%s", changes.data);
	text_release(&changes);
}

void
judge_ehlo(const struct facts *facts, const char *const *require,
    struct result *result)
{
	bool again = facts->ehlo_tls.answer.code != 0;
	const struct ehlo *newest = again ? &facts->ehlo_tls : &facts->ehlo;

	judge_hello(newest, again ? " inside TLS" : "", result);
	/* LMTP has nothing to fall back to (RFC 2033 4.1). */
	if (newest->helo.code == 0 && facts->failure.kind == FAILURE_NONE
	    && newest->answer.code != 0 && !ehlo_is_accepted(newest))
		result_add(result, EHLO_REFUSED, "LHLO refused: %d %s",
		    newest->answer.code, newest->answer.text);
	judge_change(facts, result);
	if (!ehlo_is_accepted(newest))
		return;
	for (; require != NULL && *require != NULL; require++)
		judge_requirement(facts, newest, *require, result);
}

void
judge_time(const struct facts *facts, double seconds,
    const struct thresholds *thresholds, struct result *result)
{
	struct metric metric = {
	    .label = "time",
	    .unit = "s",
	    .value = seconds,
	    .thresholds = *thresholds,
	    .has_min = true,
	};
	enum state state = metric_state(&metric);

	if (!result->untested)
		result_metric(result, &metric);
	if (state != STATE_OK && facts->failure.kind == FAILURE_NONE)
		result_add_as(result, RESPONSE_SLOW, state,
		    "response time %.3f s", seconds);
}
