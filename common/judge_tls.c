/* SPDX-License-Identifier: GPL-3.0-or-later */
/* judge_tls - findings about STARTTLS, handshake, keys and signatures */
#include <string.h>

#include "judge.h"

enum {
	WEAK_STRENGTH = 112, /* security bits of RSA 2048 (SP 800-57) */
	WEAK_SIGNATURE = 80, /* SHA-1 has 63, MD5 fewer */
	WEAK_CIPHER = 128,   /* bits; 3DES has 112 */
	VERSION_1_3 = 0x0304,
};

/*
 * "XXXXXXXA" where STARTTLS stood: a middlebox overwrote the keyword in place,
 * so eight characters are left (Cisco's "fixup protocol smtp" and kin).
 */
static const char *
find_stripped(const struct ehlo *ehlo)
{
	for (size_t i = 0; i < ehlo->count; i++) {
		const char *line = ehlo->extension[i];

		if (strcspn(line, " \t") == strlen("STARTTLS")
		    && strspn(line, "Xx") >= strlen("STARTTL"))
			return line;
	}
	return NULL;
}

static void
judge_offer(const struct ehlo *ehlo, struct result *result)
{
	const char *stripped = find_stripped(ehlo);

	if (ehlo_offers(ehlo, "STARTTLS") != NULL)
		return;
	if (stripped != NULL)
		result_add(result, STARTTLS_STRIPPED,
		    "STARTTLS overwritten on the way: EHLO offers %s",
		    stripped);
	else
		result_add(
		    result, STARTTLS_NOT_OFFERED, "STARTTLS is not offered");
}

static void
judge_obsolete_versions(const struct facts *facts, struct result *result)
{
	const struct starttls *starttls = &facts->starttls;

	for (int i = 0; i < OBSOLETE_VERSIONS; i++) {
		const char *version = tls_version_text(0x0301 + i);

		/* No news where the server has nothing better. */
		if (facts->handshake.version == 0x0301 + i)
			continue;
		if (starttls->obsolete[i] == OBSOLETE_ACCEPTED)
			result_add(result, TLS_VERSION_OLD_ACCEPTED,
			    "%s is still accepted", version);
		else if (starttls->obsolete[i] == OBSOLETE_NOT_TESTABLE)
			result_add(result, NOT_TESTED,
			    "%s not tested, no clear answer", version);
	}
}

static void
judge_injection(const struct starttls *starttls, struct result *result)
{
	if (starttls->leftover)
		result_add(result, STARTTLS_INJECTION,
		    "plaintext follows the reply to STARTTLS");
	if (starttls->injection == INJECTION_EXECUTED)
		result_add(result, STARTTLS_COMMAND_INJECTION,
		    "a command sent in the clear behind STARTTLS was run");
	else if (starttls->injection == INJECTION_UNCLEAR)
		result_add(result, NOT_TESTED,
		    "command injection not tested, no clear answer");
}

void
judge_starttls(const struct facts *facts, struct result *result)
{
	const struct starttls *starttls = &facts->starttls;
	bool greeted = ehlo_is_accepted(&facts->ehlo);

	if (greeted && !starttls->asked && !facts->handshake.done)
		judge_offer(&facts->ehlo, result);
	if (starttls->answer.code != 0 && starttls->answer.code != 220
	    && starttls->answer.code != 421)
		result_add(result, STARTTLS_REFUSED, "STARTTLS refused: %d %s",
		    starttls->answer.code, starttls->answer.text);
	judge_injection(starttls, result);
	judge_obsolete_versions(facts, result);
}

static void
judge_version(
    const struct handshake *handshake, int min_version, struct result *result)
{
	if (handshake->version < min_version)
		result_add(result, TLS_VERSION_OBSOLETE,
		    "only %s, below the minimum of %s",
		    tls_version_text(handshake->version),
		    tls_version_text(min_version));
	else if (handshake->version < VERSION_1_3)
		result_add(result, TLS_NOT_1_3, "no TLS 1.3, only %s",
		    tls_version_text(handshake->version));
}

static void
judge_cipher(const struct handshake *handshake, struct result *result)
{
	if (handshake->cipher_bits < WEAK_CIPHER
	    || strstr(handshake->cipher, "RC4") != NULL)
		result_add(result, TLS_CIPHER_WEAK, "weak cipher suite %s",
		    handshake->cipher);
	if (!handshake->forward_secrecy)
		result_add(result, TLS_NO_FORWARD_SECRECY,
		    "no forward secrecy with %s", handshake->cipher);
}

/* A root's own signature proves nothing, so it can't be weak (RFC 5280 6). */
static void
judge_strengths(const struct chain *chain, struct result *result)
{
	char which[128];

	for (size_t i = 0; i < chain->count; i++) {
		const struct certificate *certificate = &chain->certificate[i];

		judge_name_certificate(chain, i, which, sizeof(which));
		if (certificate->key_strength < WEAK_STRENGTH
		    && certificate->key_strength > 0)
			result_add(result, TLS_KEY_WEAK,
			    "%s has a weak key, %s %d bits", which,
			    certificate->key_type, certificate->key_bits);
		if (certificate->signature_strength < WEAK_SIGNATURE
		    && certificate->signature_strength > 0
		    && !certificate->self_issued)
			result_add(result, TLS_SIGNATURE_WEAK,
			    "%s has a weak signature, %s", which,
			    certificate->signature);
	}
}

void
judge_tls_metric(const struct facts *facts, struct result *result)
{
	const struct handshake *handshake = &facts->handshake;

	if (handshake->done)
		result_metric(result,
		    &(struct metric){
			.label = "tls",
			.unit = "",
			.value = 1 + ((handshake->version & 0xff) - 1) / 10.0,
			.worst = METRIC_LOWEST,
		    });
}

void
judge_handshake(
    const struct facts *facts, int min_version, struct result *result)
{
	const struct handshake *handshake = &facts->handshake;

	if (!handshake->done)
		return;
	judge_version(handshake, min_version, result);
	judge_cipher(handshake, result);
	judge_strengths(&handshake->chain, result);
}
