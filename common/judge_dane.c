/* SPDX-License-Identifier: GPL-3.0-or-later */
/* judge_dane - findings about TLSA records and what they vouch for (RFC 7672) */
#include <string.h>

#include "judge.h"

static void
judge_insecure(
    const struct target_host *host, bool wanted, struct result *result)
{
	const char *what = !host->secure_mx ? "the MX records are"
	    : !target_host_is_secure(host)  ? "its address is"
					    : "its TLSA records are";

	if (!wanted && host->tlsa.count == 0)
		result_add(result, DANE_NONE, "no DANE, %s not signed", what);
	else
		result_add(
		    result, DANE_INSECURE, "no DANE, %s not signed", what);
}

static bool
is_stale(const struct dane *dane, size_t record)
{
	return !dane->chain[0].matched[record]
	    && !dane->chain[1].matched[record] && !dane->next.matched[record];
}

/* One record that matches is enough; the others are worth a note. */
static void
judge_stale(
    const struct tlsa_set *tlsa, const struct dane *dane, struct result *result)
{
	char text[64];

	for (size_t i = 0; i < tlsa->count; i++) {
		if (!tlsa_is_usable(&tlsa->record[i]) || !is_stale(dane, i))
			continue;
		tlsa_text(&tlsa->record[i], text, sizeof(text));
		result_add(result, DANE_STALE_RECORD,
		    "TLSA record %s matches no certificate", text);
	}
}

static const char *
key_name(const struct dane_chain *chain)
{
	return strcmp(chain->key_type, "EC") == 0 ? "ECDSA" : chain->key_type;
}

static void
judge_chains(const struct tlsa_set *tlsa, const struct dane *dane, bool wanted,
    struct result *result)
{
	bool two = dane->chain[1].seen;
	bool any = false;

	for (int i = 0; i < 2; i++) {
		const struct dane_chain *chain = &dane->chain[i];

		any = any || (chain->seen && chain->matches);
		if (chain->seen && !chain->matches && tlsa->left_out > 0) {
			if (wanted)
				result_leave_untested(result, NOT_TESTED);
			result_add_as(result, NOT_TESTED,
			    wanted ? STATE_UNKNOWN : STATE_OK,
			    "DANE not tested, %zu TLSA records are too many",
			    tlsa->count + tlsa->left_out);
			continue;
		}
		if (chain->seen && chain->issuer_matches)
			result_add(result, DANE_MISMATCH,
			    "a TLSA record vouches for the issuer, but the "
			    "%s%scertificate is expired or for another name",
			    two ? key_name(chain) : "", two ? " " : "");
		else if (chain->seen && !chain->matches)
			result_add(result, DANE_MISMATCH,
			    "no TLSA record matches the %s%scertificate",
			    two ? key_name(chain) : "", two ? " " : "");
	}
	if (any && dane->both)
		judge_stale(tlsa, dane, result);
}

/* Without a verdict of our own there is none to give. */
static void
judge_resolver(enum resolver resolver, struct result *result)
{
	static const char *const words[] = {
	    [RESOLVER_UNKNOWN] =
		"whether the resolver validates DNSSEC was not found out",
	    [RESOLVER_DISTANT] = "the resolver is not on this host",
	    [RESOLVER_BLIND] = "the resolver does not validate DNSSEC",
	    [RESOLVER_VALIDATES] = "",
	};

	result_add(result, DANE_UNTRUSTED_RESOLVER, "DANE not tested: %s",
	    words[resolver]);
}

/* Records stand under names only. */
static void
judge_unasked(
    const struct target_host *host, bool wanted, struct result *result)
{
	if (!wanted || !host->is_address)
		return;
	result_leave_untested(result, NOT_TESTED);
	result_add(result, NOT_TESTED,
	    "DANE not tested: an address has no TLSA records, name the host");
}

/* That the resolver does not validate is told of the set. */
static void
judge_unknown(
    const struct target_host *host, bool wanted, struct result *result)
{
	if (host->resolver == RESOLVER_VALIDATES && wanted) {
		result_add(result, DNS_RESOLVER, "TLSA look-up failed: %s",
		    host->tlsa.detail);
	} else if (host->resolver == RESOLVER_VALIDATES) {
		result_add(result, NOT_TESTED,
		    "DANE not tested, TLSA look-up failed: %s",
		    host->tlsa.detail);
	} else if (wanted) {
		result_leave_untested(result, DANE_UNTRUSTED_RESOLVER);
		judge_resolver(host->resolver, result);
	}
}

static void
judge_broken(const struct tlsa_set *tlsa, struct result *result)
{
	enum diagnosis code =
	    tlsa->status == DNS_UNANSWERED ? DNS_TIMEOUT : DANE_BOGUS;

	/* What a time-out counts as is the user's to say (-t N:STATE). */
	result_add_as(result, DANE_BOGUS, result->severities->state[code],
	    "TLSA look-up fails (%s), DANE senders defer", tlsa->detail);
}

static void
judge_unusable(const struct tlsa_set *tlsa, struct result *result)
{
	char text[64];

	if (tlsa->count == 0)
		return;
	tlsa_text(&tlsa->record[0], text, sizeof(text));
	result_add(result, DANE_UNUSABLE, "no usable TLSA record: %s has %s%s",
	    text, tlsa_fault(&tlsa->record[0]),
	    tlsa->count > 1 ? ", and others" : "");
}

void
judge_dane(const struct target *target, const struct facts *facts, bool wanted,
    struct result *result)
{
	const struct tlsa_set *tlsa = &target->host->tlsa;
	enum dane_standing standing = target_host_dane(target->host);

	/* RFC 7672 2.2.1: the records count then for those that care. */
	if (!target->host->secure_mx && standing >= DANE_STANDS_BROKEN
	    && standing != DANE_STANDS_NONE)
		result_add(result, DANE_INSECURE,
		    "the MX records are not signed, not every sender heeds the "
		    "TLSA records");
	switch (standing) {
	case DANE_STANDS_INSECURE:
		judge_insecure(target->host, wanted, result);
		break;
	case DANE_STANDS_BROKEN:
		judge_broken(tlsa, result);
		break;
	case DANE_STANDS_NONE:
		if (!target->host->secure_mx)
			judge_insecure(target->host, wanted, result);
		else
			result_add(result, DANE_NONE, "no TLSA records");
		break;
	case DANE_STANDS_UNUSABLE:
		judge_unusable(tlsa, result);
		break;
	case DANE_STANDS_ON:
		if (facts != NULL)
			judge_chains(tlsa, &facts->dane, wanted, result);
		break;
	case DANE_STANDS_UNKNOWN:
		judge_unknown(target->host, wanted, result);
		break;
	case DANE_STANDS_UNASKED:
		judge_unasked(target->host, wanted, result);
		break;
	}
}

/* Nobody delivers to a host without: that protects nothing from anybody. */
static bool
has_address(const struct target_host *host)
{
	return (host->v4.made && host->v4.status == DNS_ANSWERED)
	    || (host->v6.made && host->v6.status == DNS_ANSWERED);
}

static void
judge_partial(const struct target_set *set, struct result *result)
{
	size_t with = 0, without = 0;
	const char *name = "";

	for (size_t i = 0; i < set->host_count; i++) {
		enum dane_standing standing = target_host_dane(&set->hosts[i]);

		if (standing == DANE_STANDS_ON
		    || standing == DANE_STANDS_BROKEN) {
			with++;
		} else if ((standing == DANE_STANDS_NONE
			       || standing == DANE_STANDS_INSECURE)
		    && has_address(&set->hosts[i])) {
			if (without++ == 0)
				name = set->hosts[i].name;
		}
	}
	if (with > 0 && without > 0)
		result_add(result, DANE_PARTIAL,
		    "%zu of %zu MX hosts have no DANE: %s%s", without,
		    set->host_count, name, without > 1 ? " and others" : "");
}

void
judge_dane_set(const struct target_set *set, struct result *result)
{
	bool asked = false;

	for (size_t i = 0; i < set->host_count; i++)
		asked = asked || set->hosts[i].tlsa.asked;
	if (asked && set->resolver != RESOLVER_VALIDATES)
		judge_resolver(set->resolver, result);
	judge_partial(set, result);
}
