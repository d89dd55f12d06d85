/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sender - who loses mail: which kinds of senders would not deliver */
#include "sender.h"

/* What stops every sender. */
static const enum diagnosis stops_all[] = {DNS_NXDOMAIN, DNS_SERVFAIL,
    DNS_TIMEOUT, DNS_NO_MAIL_HOST, DNS_NULL_MX, DNS_MX_NO_ADDRESS,
    DNS_MX_IS_ADDRESS, TCP_REFUSED, TCP_TIMEOUT, TCP_UNREACHABLE, TCP_RESET,
    BANNER_TIMEOUT, BANNER_CLOSED, BANNER_REFUSED, BANNER_NOT_SMTP,
    EHLO_REFUSED, SMTP_TIMEOUT, SMTP_CLOSED, SMTP_PROTOCOL, SMTP_TOO_LONG,
    DIAGNOSIS_END};

/* Who has no TLS to offer. */
static const enum diagnosis stops_clear[] = {STARTTLS_REQUIRED, DIAGNOSIS_END};

static const enum diagnosis stops_tls[] = {
    DIAGNOSES_STOP_TLS, TLS_VERSION_OBSOLETE, DIAGNOSIS_END};

/* RFC 7672 2.2: any TLSA record means TLS, of whatever version. */
static const enum diagnosis stops_unverified[] = {
    DIAGNOSES_STOP_TLS, DIAGNOSIS_END};

static const enum diagnosis stops_dane[] = {
    DANE_MISMATCH, DIAGNOSES_STOP_TLS, DIAGNOSIS_END};

static const enum diagnosis stops_deferring[] = {DANE_BOGUS, DIAGNOSIS_END};

static const enum diagnosis stops_mtasts[] = {
    MTASTS_MX_NOT_LISTED, MTASTS_WOULD_FAIL, DIAGNOSIS_END};

/* What may pass, or be ours alone: no verdict on others' mail. */
static const enum diagnosis leaves_open[] = {
    BANNER_BUSY, SMTP_BUSY, EHLO_NAME_REFUSED, TIMEOUT, DIAGNOSIS_END};

static const struct {
	const char *name;
	const char *key;
	int family; /* AF_UNSPEC: either */
} senders[SENDERS] = {
    [SENDER_PLAIN] = {"plain sender", "plain", AF_UNSPEC},
    [SENDER_TLS] = {"TLS-requiring sender", "tls_requiring", AF_UNSPEC},
    [SENDER_MTASTS] = {"MTA-STS sender (Google, Microsoft, Yahoo)", "mta_sts",
	AF_UNSPEC},
    [SENDER_DANE] = {"DANE sender (Postfix, Exim, Exchange Online)", "dane",
	AF_UNSPEC},
    [SENDER_V4] = {"IPv4-only sender", "ipv4_only", AF_INET},
    [SENDER_V6] = {"IPv6-only sender", "ipv6_only", AF_INET6},
};

const char *
sender_name(enum sender sender)
{
	return senders[sender].name;
}

const char *
sender_key(enum sender sender)
{
	return senders[sender].key;
}

static const struct finding *
find_any(const struct result *result, const enum diagnosis *codes)
{
	for (; *codes != DIAGNOSIS_END; codes++) {
		const struct finding *finding = result_find(result, *codes);

		if (finding != NULL)
			return finding;
	}
	return NULL;
}

/* What a sender insists on at a server, by what is published. */
enum demand {
	DEMANDS_NOTHING,
	DEMANDS_TLS,      /* of --min-tls or better */
	DEMANDS_SOME_TLS, /* of any version */
	DEMANDS_MATCH,
	DEMANDS_NAME,
};

static enum demand
demand_of_dane(const struct target_host *host)
{
	switch (target_host_dane(host)) {
	case DANE_STANDS_ON:
		return DEMANDS_MATCH;
	case DANE_STANDS_UNUSABLE:
		return DEMANDS_SOME_TLS;
	default:
		return DEMANDS_NOTHING;
	}
}

static enum demand
demand_of(enum sender sender, const struct sender_place *place)
{
	switch (sender) {
	case SENDER_TLS:
		return DEMANDS_TLS;
	case SENDER_DANE:
		return demand_of_dane(place->target->host);
	case SENDER_MTASTS:
		return mtasts_is_mode(place->mtasts, MTASTS_MODE_ENFORCE)
		    ? DEMANDS_NAME
		    : DEMANDS_NOTHING;
	default:
		return DEMANDS_NOTHING;
	}
}

/* Nothing was found against it: was all seen that the sender insists on? */
static bool
was_welcome(enum demand demand, const struct facts *facts)
{
	bool greeted = facts != NULL && ehlo_is_accepted(&facts->ehlo);

	if (!greeted || demand == DEMANDS_NOTHING)
		return greeted;
	return facts->handshake.done
	    && (demand != DEMANDS_MATCH || facts->dane.chain[0].seen)
	    && (demand != DEMANDS_NAME || facts->handshake.chain.verified);
}

/* Whether it was not found out what the sender goes by. */
static bool
is_in_the_dark(enum sender sender, const struct sender_place *place)
{
	enum dane_standing standing = target_host_dane(place->target->host);

	if (sender == SENDER_DANE)
		return standing == DANE_STANDS_UNASKED
		    || standing == DANE_STANDS_UNKNOWN;
	/* A policy that senders may have cached goes on where it can't be had. */
	return sender == SENDER_MTASTS
	    && (!mtasts_is_known(place->mtasts)
		|| (place->mtasts->tried && !place->mtasts->valid));
}

/* A relay test without a verdict: did the server take mail of its own? */
static bool
refuses_us(const struct facts *facts, const struct result *result)
{
	return result_find(result, RELAY_INCONCLUSIVE) != NULL && facts != NULL
	    && !answer_is(&facts->relay.control.rcpt, 2);
}

/* No address in the one family that was looked at tells only of that one. */
static bool
is_half_looked_up(int family, const struct target *target)
{
	enum target_family asked = target->host->family;

	if (target->connects || asked == TARGET_ANY_FAMILY)
		return false;
	return family != (asked == TARGET_ONLY_V4 ? AF_INET : AF_INET6);
}

static const struct finding *
find_stop(
    enum sender sender, enum demand demand, const struct sender_place *place)
{
	static const enum diagnosis *const stops[] = {
	    [DEMANDS_NOTHING] = stops_clear,
	    [DEMANDS_TLS] = stops_tls,
	    [DEMANDS_SOME_TLS] = stops_unverified,
	    [DEMANDS_MATCH] = stops_dane,
	    [DEMANDS_NAME] = stops_mtasts,
	};
	const struct finding *stop = find_any(place->result, stops_all);
	bool has_tls = place->facts != NULL && place->facts->handshake.done;

	if (stop == NULL && sender == SENDER_DANE)
		stop = find_any(place->result, stops_deferring);
	/* Who has TLS to offer is not stopped by having to use it. */
	if (stop == NULL && !(demand == DEMANDS_NOTHING && has_tls))
		stop = find_any(place->result, stops[demand]);
	return stop;
}

enum delivery
sender_delivery(enum sender sender, const struct sender_place *place,
    const struct finding **why)
{
	const struct target *target = place->target;
	const struct result *result = place->result;
	enum demand demand = demand_of(sender, place);
	int family = senders[sender].family;

	*why = NULL;
	if (target->connects && family != AF_UNSPEC
	    && target->address.any.sa_family != family)
		return DELIVERY_NO_WAY;
	if (result->untested || is_half_looked_up(family, target))
		return DELIVERY_UNKNOWN;
	*why = find_stop(sender, demand, place);
	if (*why != NULL)
		return DELIVERY_FAILS;
	if (is_in_the_dark(sender, place)
	    || find_any(result, leaves_open) != NULL
	    || refuses_us(place->facts, result))
		return DELIVERY_UNKNOWN;
	return was_welcome(demand, place->facts) ? DELIVERY_WORKS
						 : DELIVERY_UNKNOWN;
}

const struct finding *
sender_stopped_by_set(const struct result *set)
{
	const struct finding *finding = find_any(set, stops_all);

	return finding != NULL && finding->state != STATE_OK ? finding : NULL;
}

/* The look-up that the sender depends on, NULL if on neither alone. */
static const struct lookup *
lookup_of(enum sender sender, const struct target_host *host)
{
	switch (senders[sender].family) {
	case AF_INET:
		return &host->v4;
	case AF_INET6:
		return &host->v6;
	default:
		return NULL;
	}
}

static bool
has_none(const struct lookup *lookup)
{
	return lookup->made && dns_is_none(lookup->status);
}

bool
sender_lacks_address(enum sender sender, const struct target_host *host)
{
	const struct lookup *lookup = lookup_of(sender, host);

	return lookup != NULL && has_none(lookup);
}

bool
sender_may_miss_address(enum sender sender, const struct target_host *host)
{
	const struct lookup *lookup = lookup_of(sender, host);

	return lookup != NULL && lookup->made && !dns_is_answer(lookup->status);
}
