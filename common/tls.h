/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tls - what a handshake offers, what it verifies, what it showed; no I/O
 *
 * The handshake observes: it offers every protocol and cipher suite that
 * this OpenSSL has (security level 0), lets no verification error end it and
 * records them all, so that an old or broken server can be named. The judge
 * applies the policy afterwards.
 */
#ifndef TLS_H
#define TLS_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"
#include "certificate.h"

struct ssl_ctx_st; /* OpenSSL's SSL_CTX */
struct ssl_st;     /* and SSL */

enum tls_verify {
	TLS_VERIFY_NONE,  /* chain not looked at: no trust anchors loaded */
	TLS_VERIFY_NOTES, /* as below, but no matter if there are no anchors */
	TLS_VERIFY_CHAIN, /* against --ca-file, --ca-dir or the system's */
};

/* Lists that end with NULL; strings belong to the caller. */
struct tls_policy {
	enum tls_verify verify;
	const char *ca_file;
	const char *ca_dir;
	const char *sni;          /* NULL: the host, unless an address */
	const char *const *names; /* accepted beside the host; may be NULL */
	int64_t at;               /* moment of verification; 0: now */
	bool keep;                /* the chain, for verifying it again */
};

/* Which of a server's certificates a client would rather see. */
enum tls_key { TLS_KEY_ANY, TLS_KEY_RSA, TLS_KEY_ECDSA };

/* What to offer in another way than usual; zeroed: everything. */
struct tls_offer {
	int version;      /* the only one */
	enum tls_key key; /* put first, the others behind it */
	const char *sni;  /* instead of the host; the policy's goes first */
};

/* What a handshake showed. Zero it first. */
struct handshake {
	bool done;
	int version;           /* 0x0303 is TLS 1.2 */
	char version_name[12]; /* "TLSv1.2" */
	char cipher[64];
	int cipher_bits; /* 0 for a NULL cipher */
	bool forward_secrecy;
	char group[32]; /* of the key exchange, "" if unknown */
	struct chain chain;
};

/*
 * The context that all handshakes share, read-only after this. NULL with
 * `why` filled in ("--ca-file: no certificate in /x") if trust anchors that
 * the user named can't be loaded, or the system has none at all. Live as long as the process.
 */
struct ssl_ctx_st *tls_context(
    const struct tls_policy *policy, struct text *why);

/*
 * Makes the context of another library verify as ours does, but end the
 * handshake at the first error: the policy's trust anchors and moment, and
 * `host`, a name or an address, among the alternative names (a common name is
 * not enough). False with `why` filled in if there are no anchors.
 */
bool tls_lend(struct ssl_ctx_st *context, const struct tls_policy *policy,
    const char *host, struct text *why);

/*
 * A handshake about to start: with server name indication, and `host` the
 * reference name, never NULL. Without a context, as where TLS is not to be
 * expected, it makes its own. NULL if OpenSSL can't: no memory, or a version
 * that it does not have.
 */
struct ssl_st *tls_start(struct ssl_ctx_st *context,
    const struct tls_policy *policy, const char *host,
    const struct tls_offer *offer, struct handshake *handshake);

/* Fills in the rest once the handshake is done. */
void tls_record(struct ssl_st *ssl, const struct tls_policy *policy,
    const char *host, struct handshake *handshake);

/*
 * Why OpenSSL failed, from its error queue, which is emptied. Whether that is our
 * own fault: it lacks the versions asked for, or memory, maybe even to tell so.
 */
bool tls_failure(char *out, size_t size);

/* 0x0301 for "1.0" to 0x0304 for "1.3"; false if it is none of these. */
bool tls_version_parse(const char *string, int *version);

/* "TLS 1.0" to "TLS 1.3". */
const char *tls_version_text(int version);

#endif
