/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tls_words - OpenSSL's errors in words, read when the first one is told */
#include <config.h>

/*
 * What OpenSSL was told to leave unread it does not read later, but for these
 * functions of old. They lack the words of the providers ("failed during
 * derivation"), behind which libssl always has some of its own.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tls_words.h"

#ifdef HAVE_ERR_LOAD_SSL_STRINGS

static void
read_words(void)
{
	ERR_load_ERR_strings();
	ERR_load_SSL_strings();
	ERR_load_X509_strings();
	ERR_load_X509V3_strings();
	ERR_load_ASN1_strings();
	ERR_load_EVP_strings();
	ERR_load_RSA_strings();
	ERR_load_EC_strings();
	ERR_load_BN_strings();
	ERR_load_CRYPTO_strings();
	ERR_load_PEM_strings();
}

uint64_t
tls_words_later(void)
{
	return OPENSSL_INIT_NO_LOAD_SSL_STRINGS
	    | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS;
}

void
tls_words_read(void)
{
	static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;

	CRYPTO_THREAD_run_once(&once, read_words);
}

#else /* a later OpenSSL, which reads them at once */

uint64_t
tls_words_later(void)
{
	return 0;
}

void
tls_words_read(void)
{
}

#endif

const char *
tls_words(bool *no_memory)
{
	const char *words = NULL;
	unsigned long error;

	tls_words_read();
	*no_memory = false;
	while ((error = ERR_get_error()) != 0) {
		if (words == NULL)
			words = ERR_reason_error_string(error);
		if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE)
			*no_memory = true;
	}
	return words;
}
