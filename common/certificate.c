/* SPDX-License-Identifier: GPL-3.0-or-later */
/* certificate - plain facts of a certificate and of the chain it came in */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "text.h"
#include "certificate.h"

enum { DAY = 86400 };

static void
read_distinguished_name(const X509_NAME *name, char *out, size_t size)
{
	BIO *memory = BIO_new(BIO_s_mem());
	char *bytes;
	long length;

	if (memory == NULL)
		return;
	X509_NAME_print_ex(
	    memory, name, 0, (XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB));
	length = BIO_get_mem_data(memory, &bytes);
	if (length > 0)
		printable(out, size, bytes, (size_t)length);
	BIO_free(memory);
}

static bool
read_time(const ASN1_TIME *time, int64_t *seconds)
{
	struct tm broken_down;

	if (time == NULL || ASN1_TIME_to_tm(time, &broken_down) != 1)
		return false;
	*seconds = timegm(&broken_down);
	return true;
}

/* Where the next name goes, NULL if there is no room. */
static char *
next_name(struct certificate *certificate, size_t max)
{
	size_t place = certificate->name_count++;

	if (place < max && place < CERTIFICATE_NAMES_MAX)
		return certificate->names[place];
	certificate->names_left_out++;
	return NULL;
}

static void
add_name(struct certificate *certificate, const ASN1_STRING *string, size_t max)
{
	char *kept = next_name(certificate, max);

	if (kept != NULL)
		printable(kept, DOMAIN_SIZE,
		    (const char *)ASN1_STRING_get0_data(string),
		    (size_t)ASN1_STRING_length(string));
}

static void
add_address(struct certificate *certificate, const ASN1_OCTET_STRING *octets,
    size_t max)
{
	char *kept = next_name(certificate, max);
	int length = ASN1_STRING_length(octets);
	int family = length == 4 ? AF_INET : length == 16 ? AF_INET6 : 0;

	if (kept != NULL && family != 0)
		inet_ntop(
		    family, ASN1_STRING_get0_data(octets), kept, DOMAIN_SIZE);
}

/* Without a subject alternative name the common names stand in. */
static void
read_common_names(
    struct certificate *certificate, const X509_NAME *subject, size_t max)
{
	int at = -1;

	while (
	    (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0)
		add_name(certificate,
		    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)),
		    max);
}

static void
read_names(struct certificate *certificate, const X509 *x509, size_t max)
{
	GENERAL_NAMES *names =
	    X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_DNS) {
			certificate->has_dns_name = true;
			add_name(certificate, name->d.dNSName, max);
		} else if (name->type == GEN_IPADD) {
			add_address(certificate, name->d.iPAddress, max);
		}
	}
	GENERAL_NAMES_free(names);
	if (certificate->name_count == 0)
		read_common_names(
		    certificate, X509_get_subject_name(x509), max);
}

static void
read_key(struct certificate *certificate, const X509 *x509)
{
	EVP_PKEY *key = X509_get0_pubkey(x509);
	const char *type = key != NULL ? EVP_PKEY_get0_type_name(key) : NULL;

	if (key == NULL)
		return;
	text_print(certificate->key_type, sizeof(certificate->key_type), "%s",
	    type != NULL ? type : "unknown");
	certificate->key_bits = EVP_PKEY_get_bits(key);
	certificate->key_strength = EVP_PKEY_get_security_bits(key);
}

static void
read_signature(struct certificate *certificate, X509 *x509)
{
	int strength = 0;
	const char *name = OBJ_nid2ln(X509_get_signature_nid(x509));

	text_print(certificate->signature, sizeof(certificate->signature), "%s",
	    name != NULL ? name : "unknown");
	if (X509_get_signature_info(x509, NULL, NULL, &strength, NULL) == 1)
		certificate->signature_strength = strength;
}

void
certificate_fingerprint(const X509 *x509, char out[65])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length = 0;

	out[0] = '\0';
	if (X509_digest(x509, EVP_sha256(), digest, &length) != 1)
		return;
	for (unsigned i = 0; i < length && i < 32; i++)
		snprintf(out + (size_t)i * 2, 3, "%02x", digest[i]);
}

void
certificate_read(
    struct certificate *certificate, const X509 *x509, size_t names)
{
	read_distinguished_name(X509_get_subject_name(x509),
	    certificate->subject, sizeof(certificate->subject));
	read_distinguished_name(X509_get_issuer_name(x509), certificate->issuer,
	    sizeof(certificate->issuer));
	certificate->self_issued = X509_NAME_cmp(X509_get_subject_name(x509),
				       X509_get_issuer_name(x509))
	    == 0;
	certificate->dates_valid =
	    read_time(X509_get0_notBefore(x509), &certificate->not_before)
	    && read_time(X509_get0_notAfter(x509), &certificate->not_after);
	read_names(certificate, x509, names);
	read_key(certificate, x509);
	read_signature(certificate, (X509 *)x509);
	certificate_fingerprint(x509, certificate->sha256);
}

bool
certificate_bears(X509 *x509, const char *name)
{
	if (domain_is_address(name))
		return X509_check_ip_asc(x509, name, 0) == 1;
	return X509_check_host(
		   x509, name, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL)
	    == 1;
}

int64_t
certificate_days_left(const struct certificate *certificate, int64_t when)
{
	int64_t left = certificate->not_after - when;

	return left >= 0 ? left / DAY : -((-left + DAY - 1) / DAY);
}

double
certificate_lifetime_days(const struct certificate *certificate)
{
	return (double)(certificate->not_after - certificate->not_before) / DAY;
}

const struct certificate *
chain_find(const struct chain *chain, const struct chain_error *error)
{
	size_t depth = (size_t)error->depth;

	if (error->sha256[0] == '\0')
		return depth < chain->count ? &chain->certificate[depth] : NULL;
	for (size_t i = 0; i < chain->count; i++)
		if (strcmp(chain->certificate[i].sha256, error->sha256) == 0)
			return &chain->certificate[i];
	return NULL;
}

struct chain_error *
chain_add_error(
    struct chain *chain, enum chain_fault fault, int depth, const char *text)
{
	struct chain_error *error = &chain->error[chain->error_count];

	if (chain->error_count == CHAIN_ERRORS_MAX)
		return NULL;
	chain->error_count++;
	error->fault = fault;
	error->depth = depth;
	text_print(error->text, sizeof(error->text), "%s", text);
	return error;
}

bool
certificate_is_der(const unsigned char *bytes, size_t length)
{
	const unsigned char *at = bytes;
	X509 *x509 = d2i_X509(NULL, &at, (long)length);
	bool whole = x509 != NULL && at == bytes + length;

	X509_free(x509);
	ERR_clear_error();
	return whole;
}

bool
certificate_is_key(const unsigned char *bytes, size_t length)
{
	const unsigned char *at = bytes;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)length);
	bool whole = key != NULL && at == bytes + length;

	EVP_PKEY_free(key);
	ERR_clear_error();
	return whole;
}

void
chain_read(struct chain *chain, size_t place, const X509 *x509)
{
	certificate_read(&chain->certificate[place], x509,
	    place == 0 ? CERTIFICATE_NAMES_MAX : ISSUER_NAMES_MAX);
}

void
chain_keep(struct chain *chain, size_t place, const X509 *x509)
{
	struct der *der = &chain->der[place];
	int length = i2d_X509(x509, &der->bytes);

	der->length = length > 0 ? (size_t)length : 0;
}

void
der_release(struct der der[CHAIN_MAX])
{
	for (size_t i = 0; i < CHAIN_MAX; i++)
		OPENSSL_free(der[i].bytes);
	memset(der, 0, CHAIN_MAX * sizeof(*der));
}

bool
der_copy(struct der to[CHAIN_MAX], const struct der from[CHAIN_MAX])
{
	bool copied = true;

	memset(to, 0, CHAIN_MAX * sizeof(*to));
	for (size_t i = 0; i < CHAIN_MAX && copied; i++) {
		if (from[i].bytes == NULL)
			continue;
		to[i].length = from[i].length;
		to[i].bytes = OPENSSL_memdup(from[i].bytes, from[i].length);
		copied = to[i].bytes != NULL;
	}
	if (!copied)
		der_release(to);
	return copied;
}

void
chain_release(struct chain *chain)
{
	der_release(chain->der);
}
