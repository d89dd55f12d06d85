/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * certificate - plain facts of a certificate and of the chain it came in
 *
 * What is read here is all that leaves OpenSSL's X509: text is printable,
 * times are seconds since 1970 (UTC). No verdicts but the name match, which
 * needs the certificate itself.
 */
#ifndef CERTIFICATE_H
#define CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain.h"

struct x509_st; /* OpenSSL's X509 */

enum {
	CERTIFICATE_NAMES_MAX = 64, /* kept of a certificate's names */
	ISSUER_NAMES_MAX = 4,       /* of those above the leaf: nobody asks */
	CHAIN_MAX = 16,             /* certificates kept of a chain */
	CHAIN_ERRORS_MAX = 16,
};

struct certificate {
	char subject[256]; /* RFC 2253 form */
	char issuer[256];
	bool self_issued;      /* subject and issuer are the same */
	bool has_dns_name;     /* in the subject alternative name */
	size_t name_count;     /* in the certificate */
	size_t names_left_out; /* of these, behind those kept */
	char names[CERTIFICATE_NAMES_MAX][DOMAIN_SIZE]; /* SAN, or the CN */
	bool dates_valid;                               /* both could be read */
	int64_t not_before;
	int64_t not_after;
	char key_type[24]; /* "RSA", "EC", "ED25519" */
	int key_bits;
	int key_strength;       /* security bits: RSA 2048 has 112 */
	char signature[40];     /* "ecdsa-with-SHA256" */
	int signature_strength; /* security bits; SHA-1 has fewer than 80 */
	char sha256[65];        /* fingerprint, lower case hex */
};

/* What a verification can have against a certificate. */
enum chain_fault {
	FAULT_SELF_SIGNED,    /* the leaf signed itself, and is not trusted */
	FAULT_UNTRUSTED_ROOT, /* a self-signed one ends the chain */
	FAULT_NO_ISSUER,      /* not sent, not among the trust anchors */
	FAULT_EXPIRED,
	FAULT_NOT_YET_VALID,
	FAULT_ECHO,  /* only follows from another fault */
	FAULT_OTHER, /* the text tells */
};

struct chain_error {
	enum chain_fault fault;
	int depth;       /* in the chain as verified; 0: the leaf */
	char sha256[65]; /* of the certificate, "" if unknown */
	char text[96];
};

/* A certificate as it came; NULL where it was not kept. */
struct der {
	unsigned char *bytes;
	size_t length;
};

struct chain {
	size_t sent;  /* certificates that the server sent */
	size_t count; /* kept of them, leaf first */
	struct certificate certificate[CHAIN_MAX];
	struct der der[CHAIN_MAX]; /* chain_release() frees them */
	bool verified; /* against trust anchors; else `errors` means nothing */
	size_t error_count;
	struct chain_error error[CHAIN_ERRORS_MAX];
	bool name_matches; /* the leaf bears one of the names asked for */
	bool bears_host;   /* and the host's own, whatever else was asked */
};

/*
 * Reads what the struct holds. Whatever cannot be read stays empty, with
 * dates_valid false where a date is unreadable. At most `names` names are kept.
 * `certificate` has to be zeroed.
 */
void certificate_read(
    struct certificate *certificate, const struct x509_st *x509, size_t names);

/*
 * Whether the certificate is made out to the host name or address: subject
 * alternative name, or the common name where it has no DNS name (RFC 6125
 * 6.4; RFC 7817 forbids the latter, see has_dns_name).
 */
bool certificate_bears(struct x509_st *x509, const char *name);

/* Whole days from `when` to the end, rounded down: -1 once it has expired. */
int64_t certificate_days_left(
    const struct certificate *certificate, int64_t when);

/* notBefore to notAfter in days. */
double certificate_lifetime_days(const struct certificate *certificate);

/* SHA-256 of the certificate in lower case hex, "" if that fails. */
void certificate_fingerprint(const struct x509_st *x509, char out[65]);

/*
 * The certificate sent that an error is about. The chain as verified may be
 * in another order, leave some out and end in a trust anchor that was not
 * sent: then NULL.
 */
const struct certificate *chain_find(
    const struct chain *chain, const struct chain_error *error);

/* Whether the bytes are a certificate, or a public key, and nothing else. */
bool certificate_is_der(const unsigned char *bytes, size_t length);
bool certificate_is_key(const unsigned char *bytes, size_t length);

/*
 * Reads what is at `place`, 0 being the leaf, of whose issuers few names are
 * kept.
 */
void chain_read(struct chain *chain, size_t place, const struct x509_st *x509);

/* Certificates as they came, in copies; false if out of memory: none. */
bool der_copy(struct der to[CHAIN_MAX], const struct der from[CHAIN_MAX]);

void der_release(struct der der[CHAIN_MAX]);

/* Keeps the certificate at `place` as it came, for verifying it again. */
void chain_keep(struct chain *chain, size_t place, const struct x509_st *x509);

void chain_release(struct chain *chain);

/*
 * Records one error of the verification; the first ones are kept, for the
 * others NULL is returned.
 */
struct chain_error *chain_add_error(
    struct chain *chain, enum chain_fault fault, int depth, const char *text);

#endif
