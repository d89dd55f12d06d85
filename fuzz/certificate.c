/* SPDX-License-Identifier: GPL-3.0-or-later */
/* certificate - the DER of one, read, matched and judged */
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "certificate.h"
#include "dane.h"
#include "judge.h"
#include "fuzz.h"

static struct target_host host = {.name = "mx1.example.com"};
static struct target target = {.host = &host, .connects = true};

static void
look_at(const struct certificate *certificate)
{
	size_t kept = certificate->name_count - certificate->names_left_out;

	fuzz_require_printable(certificate->subject);
	fuzz_require_printable(certificate->issuer);
	for (size_t i = 0; i < kept; i++)
		fuzz_require_printable(certificate->names[i]);
	fuzz_require_printable(certificate->key_type);
	fuzz_require_printable(certificate->signature);
	fuzz_require(strlen(certificate->sha256) == 64);
}

static void
judge(struct facts *facts)
{
	static const struct expiry_limits usual;
	struct severities severities;
	struct result result;

	facts->target = &target;
	facts->when = 1768478400;
	facts->step = STEP_TLS;
	facts->handshake.done = true;
	severities_init(&severities, NULL);
	result_init(&result, &severities);
	judge_handshake(facts, 0x0303, &result);
	judge_trust(facts, &result);
	judge_validity(facts, &result);
	judge_expiry(facts, &usual, true, &result);
	for (size_t i = 0; i < result.count; i++)
		fuzz_require_printable(result.finding[i].text);
	fuzz_require_printable(result.summary);
}

static void
match(const struct chain *chain)
{
	static const char *const names[] = {"mx1.example.com", NULL};
	static const unsigned char zeros[32];
	static const struct tlsa_set tlsa = {
	    .count = 2,
	    .record = {{3, 1, 1, zeros, sizeof(zeros)},
		{2, 0, 1, zeros, sizeof(zeros)}},
	};
	bool matched[TLSA_MAX];
	struct text record;

	dane_match(&tlsa, chain, names, 1768478400, matched);
	dane_match_issuer(&tlsa, chain);
	text_init(&record, 200);
	dane_record_for(chain, &record);
	text_release(&record);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct facts facts;
	struct chain *chain = &facts.handshake.chain;
	const unsigned char *at = bytes;
	X509 *x509 = d2i_X509(NULL, &at, (long)size);

	certificate_is_key(bytes, size);
	fuzz_require(!certificate_is_der(bytes, size) || x509 != NULL);
	if (x509 != NULL) {
		memset(&facts, 0, sizeof(facts));
		chain->sent = chain->count = 1;
		chain_read(chain, 0, x509);
		chain_keep(chain, 0, x509);
		chain->bears_host = certificate_bears(x509, host.name);
		chain->name_matches = certificate_bears(x509, "192.0.2.4");
		look_at(&chain->certificate[0]);
		judge(&facts);
		match(chain);
		chain_release(chain);
	}
	X509_free(x509);
	ERR_clear_error();
	return 0;
}
