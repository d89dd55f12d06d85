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

static const enum diagnosis stops_clear[] = {STARTTLS_REQUIRED, DIAGNOSIS_END};

static const enum diagnosis stops_tls[] = {STARTTLS_NOT_OFFERED,
    STARTTLS_STRIPPED, STARTTLS_REFUSED, STARTTLS_INJECTION, TLS_HANDSHAKE,
    TLS_TIMEOUT, TLS_CLOSED, TLS_VERSION_OBSOLETE, DIAGNOSIS_END};

/* What may pass, or be ours alone: no verdict on others' mail. */
static const enum diagnosis leaves_open[] = {
    BANNER_BUSY, SMTP_BUSY, EHLO_NAME_REFUSED, TIMEOUT, DIAGNOSIS_END};

static const struct {
	const char *name;
	const char *key;
	const enum diagnosis *stops; /* beside what stops all */
	int family;                  /* AF_UNSPEC: either */
} senders[SENDERS] = {
    [SENDER_PLAIN] = {"plain sender", "plain", stops_clear, AF_UNSPEC},
    [SENDER_TLS] = {"TLS-requiring sender", "tls_requiring", stops_tls,
	AF_UNSPEC},
    [SENDER_V4] = {"IPv4-only sender", "ipv4_only", stops_clear, AF_INET},
    [SENDER_V6] = {"IPv6-only sender", "ipv6_only", stops_clear, AF_INET6},
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

/* Nothing was found against it: did the dialogue come far enough to tell? */
static bool
was_welcome(enum sender sender, const struct facts *facts)
{
	bool greeted = facts != NULL
	    && (answer_is(&facts->ehlo.answer, 2)
		|| answer_is(&facts->ehlo.helo, 2));

	return greeted && (sender != SENDER_TLS || facts->handshake.done);
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

enum delivery
sender_delivery(enum sender sender, const struct target *target,
    const struct facts *facts, const struct result *result,
    const struct finding **why)
{
	int family = senders[sender].family;

	*why = NULL;
	if (target->connects && family != AF_UNSPEC
	    && target->address.any.sa_family != family)
		return DELIVERY_NO_WAY;
	if (result->untested || is_half_looked_up(family, target))
		return DELIVERY_UNKNOWN;
	*why = find_any(result, stops_all);
	/* Who has TLS to offer is not stopped by having to use it. */
	if (*why == NULL
	    && !(senders[sender].stops == stops_clear && facts != NULL
		&& facts->handshake.done))
		*why = find_any(result, senders[sender].stops);
	if (*why != NULL)
		return DELIVERY_FAILS;
	if (find_any(result, leaves_open) != NULL || refuses_us(facts, result))
		return DELIVERY_UNKNOWN;
	return was_welcome(sender, facts) ? DELIVERY_WORKS : DELIVERY_UNKNOWN;
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
	return lookup->made
	    && (lookup->status == DNS_NORECORD || lookup->status == DNS_NONAME);
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

	return lookup != NULL && lookup->made && !has_none(lookup)
	    && lookup->status != DNS_ANSWERED;
}
