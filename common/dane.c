/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dane - whether a chain of certificates meets TLSA records */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "input.h"
#include "dane.h"

enum { ANY_TIME = -1, USAGE_TRUST_ANCHOR = 2 };

/* The chain as OpenSSL wants it, leaf first; NULL if it can't be read. */
static STACK_OF(X509) * parse_chain(const struct chain *chain)
{
	STACK_OF(X509) *stack = sk_X509_new_null();

	for (size_t i = 0; stack != NULL && i < chain->count; i++) {
		const unsigned char *at = chain->der[i].bytes;
		X509 *certificate =
		    d2i_X509(NULL, &at, (long)chain->der[i].length);

		if (certificate == NULL || !sk_X509_push(stack, certificate)) {
			X509_free(certificate);
			sk_X509_pop_free(stack, X509_free);
			return NULL;
		}
	}
	return stack;
}

/* A session that never connects: OpenSSL keeps TLSA records in one. */
static SSL *
hold_record(SSL_CTX *context, const struct tlsa *record, const char *base)
{
	SSL *ssl = SSL_new(context);

	if (ssl != NULL && SSL_dane_enable(ssl, base) > 0
	    && SSL_dane_tlsa_add(ssl, record->usage, record->selector,
		   record->matching, record->data, record->length)
		> 0) {
		SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
		return ssl;
	}
	SSL_free(ssl);
	return NULL;
}

static bool
verify(X509_STORE_CTX *store, SSL *ssl, STACK_OF(X509) * chain,
    const char *const *names, int64_t when)
{
	X509_VERIFY_PARAM *param;

	if (!X509_STORE_CTX_init(store,
		SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl)),
		sk_X509_value(chain, 0), chain)
	    || !X509_STORE_CTX_set_default(store, "ssl_server"))
		return false;
	param = X509_STORE_CTX_get0_param(store);
	if (when != ANY_TIME)
		X509_VERIFY_PARAM_set_time(param, (time_t)when);
	else
		X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_NO_CHECK_TIME);
	X509_VERIFY_PARAM_set_auth_level(param, 0);
	X509_VERIFY_PARAM_set_hostflags(
	    param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	for (; *names != NULL; names++)
		if (!X509_VERIFY_PARAM_add1_host(param, *names, 0))
			return false;
	X509_STORE_CTX_set0_dane(store, SSL_get0_dane(ssl));
	return X509_verify_cert(store) == 1;
}

static bool
meets(SSL_CTX *context, const struct tlsa *record, const char *base,
    STACK_OF(X509) * chain, const char *const *names, int64_t when)
{
	SSL *ssl = hold_record(context, record, base);
	X509_STORE_CTX *store = X509_STORE_CTX_new();
	bool met = ssl != NULL && store != NULL
	    && verify(store, ssl, chain, names, when);

	X509_STORE_CTX_free(store);
	SSL_free(ssl);
	return met;
}

/* Matches the records of one usage, or (0) of all. */
static bool
match(const struct tlsa_set *tlsa, unsigned usage, const struct chain *chain,
    const char *const *names, int64_t when, bool matched[TLSA_MAX])
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	STACK_OF(X509) *stack = parse_chain(chain);
	bool any = false;

	memset(matched, 0, TLSA_MAX * sizeof(*matched));
	if (context != NULL && SSL_CTX_dane_enable(context) > 0 && stack != NULL
	    && sk_X509_num(stack) > 0)
		for (size_t i = 0; i < tlsa->count; i++) {
			const struct tlsa *record = &tlsa->record[i];

			if ((usage != 0 && record->usage != usage)
			    || !tlsa_is_usable(record))
				continue;
			matched[i] = meets(
			    context, record, tlsa->base, stack, names, when);
			any = any || matched[i];
		}
	sk_X509_pop_free(stack, X509_free);
	SSL_CTX_free(context);
	ERR_clear_error();
	return any;
}

bool
dane_match(const struct tlsa_set *tlsa, const struct chain *chain,
    const char *const *names, int64_t when, bool matched[TLSA_MAX])
{
	return match(tlsa, 0, chain, names, when, matched);
}

bool
dane_match_issuer(const struct tlsa_set *tlsa, const struct chain *chain)
{
	static const char *const any_name[] = {NULL};
	bool matched[TLSA_MAX];

	return match(
	    tlsa, USAGE_TRUST_ANCHOR, chain, any_name, ANY_TIME, matched);
}

bool
dane_read_chain(const char *file, struct chain *chain, struct text *why)
{
	BIO *in = input_is_file(file) ? BIO_new_file(file, "r") : NULL;
	X509 *certificate;
	unsigned long last;

	memset(chain, 0, sizeof(*chain));
	while (in != NULL
	    && (certificate = PEM_read_bio_X509(in, NULL, NULL, NULL))
		!= NULL) {
		if (chain->sent++ < CHAIN_MAX) {
			chain_read(chain, chain->count, certificate);
			chain_keep(chain, chain->count++, certificate);
		}
		X509_free(certificate);
	}
	last = ERR_peek_last_error();
	if (in == NULL)
		text_add(why, "'%s' can't be read", file);
	else if (chain->count > 0
	    && ERR_GET_REASON(last) != PEM_R_NO_START_LINE) {
		text_add(why, "certificate %zu of '%s' can't be read",
		    chain->sent + 1, file);
		chain->count = 0;
	} else if (chain->sent == 0)
		text_add(why, "no certificate can be read from '%s'", file);
	BIO_free(in);
	ERR_clear_error();
	return chain->count > 0;
}

bool
dane_record_for(const struct chain *chain, struct text *out)
{
	STACK_OF(X509) *stack = parse_chain(chain);
	unsigned char digest[SHA256_DIGEST_LENGTH];
	unsigned char *der = NULL;
	int length = 0;

	if (stack != NULL && sk_X509_num(stack) > 0)
		length = i2d_X509_PUBKEY(
		    X509_get_X509_PUBKEY(sk_X509_value(stack, 0)), &der);
	sk_X509_pop_free(stack, X509_free);
	if (length <= 0)
		return false;
	SHA256(der, (size_t)length, digest);
	OPENSSL_free(der);
	text_add(out, "3 1 1 ");
	for (int i = 0; i < SHA256_DIGEST_LENGTH; i++)
		text_add(out, "%02x", digest[i]);
	return true;
}
