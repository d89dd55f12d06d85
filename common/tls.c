/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tls - what a handshake offers, what it verifies, what it showed; no I/O */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "input.h"
#include "tls.h"
#include "tls_words.h"

/*
 * Without anonymous and pre-shared-key suites: those show no certificate,
 * and opportunistic servers would pick them. NULL ciphers come last.
 */
static const char cipher_list[] =
    "ALL:COMPLEMENTOFALL:!aNULL:!PSK:!SRP@SECLEVEL=0";

#define RSA_FIRST                                                              \
	"RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384:"  \
	"RSA+SHA512"
#define ECDSA_FIRST "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448"

/*
 * Signature algorithms choose the certificate in TLS 1.3, suites before it.
 * All are offered in some order: a server with one certificate shows that.
 */
static const struct {
	const char *signatures;
	const char *suites;
} preferences[] = {
    [TLS_KEY_RSA] = {RSA_FIRST ":" ECDSA_FIRST, "aRSA:"},
    [TLS_KEY_ECDSA] = {ECDSA_FIRST ":" RSA_FIRST, "aECDSA:"},
};

static const struct {
	int version;
	const char *number;
	const char *text;
} versions[] = {
    {TLS1_VERSION, "1.0", "TLS 1.0"},
    {TLS1_1_VERSION, "1.1", "TLS 1.1"},
    {TLS1_2_VERSION, "1.2", "TLS 1.2"},
    {TLS1_3_VERSION, "1.3", "TLS 1.3"},
};

/* "6187b673.0": what openssl rehash makes of a certificate. */
static bool
is_hashed_link(const char *name)
{
	return strlen(name) > 9 && strspn(name, "0123456789abcdef") == 8
	    && name[8] == '.';
}

/*
 * One is enough, and mostly among the first: readdir() would fetch hundreds of
 * entries at once, for a thirtieth of the time of a whole check.
 */
static bool
holds_hashed_links(const char *directory)
{
	_Alignas(struct dirent64) char entries[1024];
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool found = false;
	ssize_t length;

	while (
	    !found && (length = getdents64(fd, entries, sizeof(entries))) > 0)
		for (ssize_t at = 0; at < length;) {
			const struct dirent64 *entry =
			    (const void *)(entries + at);

			found = found || is_hashed_link(entry->d_name);
			at += entry->d_reclen;
		}
	if (fd >= 0)
		close(fd);
	return found;
}

/*
 * The directory is read when a certificate asks for it, the bundle parsed
 * whole at once: 17 ms, four times the rest of a check.
 */
static bool
load_system_anchors(SSL_CTX *context)
{
	const char *directory = getenv(X509_get_default_cert_dir_env());
	const char *file = getenv(X509_get_default_cert_file_env());
	bool hashed = directory != NULL
	    || holds_hashed_links(X509_get_default_cert_dir());
	bool usable;

	if (hashed)
		SSL_CTX_set_default_verify_dir(context);
	if (file == NULL && !hashed)
		file = X509_get_default_cert_file();
	usable = file != NULL && input_is_file(file) && access(file, R_OK) == 0;
	if (usable)
		SSL_CTX_set_default_verify_file(context);
	ERR_clear_error();
	return hashed || usable;
}

static bool
load_named_anchors(
    SSL_CTX *context, const struct tls_policy *policy, struct text *why)
{
	DIR *directory;

	if (policy->ca_file != NULL
	    && (!input_is_file(policy->ca_file)
		|| SSL_CTX_load_verify_file(context, policy->ca_file) != 1)) {
		text_add(why, "--ca-file: no certificate can be read from '%s'",
		    policy->ca_file);
		return false;
	}
	if (policy->ca_dir == NULL)
		return true;
	directory = opendir(policy->ca_dir);
	if (directory == NULL
	    || SSL_CTX_load_verify_dir(context, policy->ca_dir) != 1) {
		text_add(
		    why, "--ca-dir: can't read directory '%s'", policy->ca_dir);
		return false;
	}
	closedir(directory);
	return true;
}

static int handshake_index = -1;

static enum chain_fault
classify(int error)
{
	switch (error) {
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return FAULT_SELF_SIGNED;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		return FAULT_UNTRUSTED_ROOT;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
		return FAULT_NO_ISSUER;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return FAULT_EXPIRED;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return FAULT_NOT_YET_VALID;
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_CERT_UNTRUSTED:
		return FAULT_ECHO; /* of FAULT_NO_ISSUER */
	default:
		return FAULT_OTHER;
	}
}

/* Records every error and goes on, so that all of them are seen. */
static int
record_error(int ok, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
	    store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct handshake *handshake = SSL_get_ex_data(ssl, handshake_index);
	const X509 *certificate = X509_STORE_CTX_get_current_cert(store);
	int code = X509_STORE_CTX_get_error(store);
	struct chain_error *error;

	if (ok)
		return 1;
	error = chain_add_error(&handshake->chain, classify(code),
	    X509_STORE_CTX_get_error_depth(store),
	    X509_verify_cert_error_string(code));
	if (error != NULL && certificate != NULL)
		certificate_fingerprint(certificate, error->sha256);
	return 1;
}

static void
offer_everything(SSL_CTX *context)
{
	SSL_CTX_set_min_proto_version(context, 0);
	SSL_CTX_set_max_proto_version(context, 0);
	SSL_CTX_set_security_level(context, 0);
	SSL_CTX_set_cipher_list(context, cipher_list);
	SSL_CTX_set_options(context, SSL_OP_LEGACY_SERVER_CONNECT);
	SSL_CTX_set_mode(context,
	    SSL_MODE_ENABLE_PARTIAL_WRITE
		| SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* Else OpenSSL reads on as long as session tickets come. */
	SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
}

/* Every certificate would look untrusted: that is not the servers' fault. */
static bool
no_anchors(struct text *why)
{
	text_add(why,
	    "no trust anchors on this host: install ca-certificates, "
	    "or name some with --ca-file");
	return false;
}

static bool
load_anchors(
    SSL_CTX *context, const struct tls_policy *policy, struct text *why)
{
	if (policy->at != 0)
		X509_VERIFY_PARAM_set_time(
		    SSL_CTX_get0_param(context), (time_t)policy->at);
	if (policy->ca_file != NULL || policy->ca_dir != NULL)
		return load_named_anchors(context, policy, why);
	return load_system_anchors(context)
	    || policy->verify != TLS_VERIFY_CHAIN || no_anchors(why);
}

bool
tls_lend(SSL_CTX *context, const struct tls_policy *policy, const char *host,
    struct text *why)
{
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(context);

	X509_VERIFY_PARAM_set_hostflags(param,
	    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT
		| X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	/* Of what is no address nothing is set. */
	return (X509_VERIFY_PARAM_set1_ip_asc(param, host)
		   || X509_VERIFY_PARAM_set1_host(param, host, 0))
	    && load_anchors(context, policy, why);
}

/*
 * openssl.cnf holds this host's policy, not the world's. The names that ciphers
 * had before OpenSSL 3 nobody asks for here, and libssl fetches its own.
 */
static void
start_library(void)
{
	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG
		| OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_ATEXIT
		| tls_words_later(),
	    NULL);
	handshake_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

SSL_CTX *
tls_context(const struct tls_policy *policy, struct text *why)
{
	static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;
	SSL_CTX *context = CRYPTO_THREAD_run_once(&once, start_library)
	    ? SSL_CTX_new(TLS_client_method())
	    : NULL;

	if (context == NULL) {
		text_add(why, "OpenSSL can't be started");
		return NULL;
	}
	offer_everything(context);
	if (policy->verify == TLS_VERIFY_NONE) {
		SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
		return context;
	}
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, record_error);
	if (load_anchors(context, policy, why))
		return context;
	SSL_CTX_free(context);
	return NULL;
}

static bool
prefer(SSL *ssl, enum tls_key key)
{
	char suites[sizeof(cipher_list) + 8];

	if (key == TLS_KEY_ANY)
		return true;
	text_print(suites, sizeof(suites), "%s%s", preferences[key].suites,
	    cipher_list);
	return SSL_set1_sigalgs_list(ssl, preferences[key].signatures)
	    && SSL_set_cipher_list(ssl, suites);
}

/* Of the shared context, or of one of its own that goes with it. */
static SSL *
new_handshake(SSL_CTX *shared, const struct tls_policy *policy)
{
	struct text why;
	SSL_CTX *own;
	SSL *ssl;

	if (shared != NULL)
		return SSL_new(shared);
	text_init(&why, 400);
	own = tls_context(policy, &why);
	text_release(&why);
	ssl = SSL_new(own);
	SSL_CTX_free(own);
	return ssl;
}

SSL *
tls_start(SSL_CTX *context, const struct tls_policy *policy, const char *host,
    const struct tls_offer *offer, struct handshake *handshake)
{
	const char *sni = policy->sni != NULL ? policy->sni
	    : offer->sni != NULL              ? offer->sni
					      : host;
	SSL *ssl = new_handshake(context, policy);

	if (ssl != NULL && SSL_set_ex_data(ssl, handshake_index, handshake)
	    && (offer->version == 0
		|| (SSL_set_min_proto_version(ssl, offer->version)
		    && SSL_set_max_proto_version(ssl, offer->version)))
	    && prefer(ssl, offer->key)
	    && (domain_is_address(sni) || SSL_set_tlsext_host_name(ssl, sni)))
		return ssl;
	SSL_free(ssl);
	ERR_clear_error();
	return NULL;
}

static bool
bears_wanted_name(X509 *leaf, const struct tls_policy *policy, const char *host)
{
	if (certificate_bears(leaf, host))
		return true;
	for (const char *const *name = policy->names;
	     name != NULL && *name != NULL; name++)
		if (certificate_bears(leaf, *name))
			return true;
	return false;
}

static void
record_chain(SSL *ssl, const struct tls_policy *policy, const char *host,
    struct chain *chain)
{
	STACK_OF(X509) *sent = SSL_get_peer_cert_chain(ssl);
	int count = sk_X509_num(sent);

	if (count <= 0)
		return;
	chain->sent = (size_t)count;
	chain->count = chain->sent < CHAIN_MAX ? chain->sent : CHAIN_MAX;
	for (size_t i = 0; i < chain->count; i++) {
		const X509 *certificate = sk_X509_value(sent, (int)i);

		chain_read(chain, i, certificate);
		if (policy->keep)
			chain_keep(chain, i, certificate);
	}
	chain->verified = policy->verify != TLS_VERIFY_NONE;
	chain->bears_host = certificate_bears(sk_X509_value(sent, 0), host);
	chain->name_matches =
	    bears_wanted_name(sk_X509_value(sent, 0), policy, host);
}

static bool
is_ephemeral(const SSL_CIPHER *cipher)
{
	int exchange = SSL_CIPHER_get_kx_nid(cipher);

	return exchange == NID_kx_any || exchange == NID_kx_ecdhe
	    || exchange == NID_kx_dhe;
}

void
tls_record(SSL *ssl, const struct tls_policy *policy, const char *host,
    struct handshake *handshake)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
	int group = (int)SSL_get_negotiated_group(ssl);
	const char *group_name =
	    group != 0 ? SSL_group_to_name(ssl, group) : NULL;

	handshake->done = true;
	handshake->version = SSL_version(ssl);
	text_print(handshake->version_name, sizeof(handshake->version_name),
	    "%s", SSL_get_version(ssl));
	text_print(handshake->cipher, sizeof(handshake->cipher), "%s",
	    SSL_CIPHER_get_name(cipher));
	handshake->cipher_bits = SSL_CIPHER_get_bits(cipher, NULL);
	handshake->forward_secrecy = is_ephemeral(cipher);
	if (group_name != NULL)
		text_print(handshake->group, sizeof(handshake->group), "%s",
		    group_name);
	record_chain(ssl, policy, host, &handshake->chain);
	ERR_clear_error();
}

enum { ALERT_MAX = 255 }; /* RFC 8446 6: a byte */

/*
 * Of an alert that its one list of names lacks OpenSSL may still have a reason,
 * "tlsv13 alert certificate required".
 */
static void
alert_text(int alert, const char *reason, char *out, size_t size)
{
	const char *name = SSL_alert_desc_string_long(alert);
	const char *word = reason != NULL ? strstr(reason, "alert ") : NULL;

	if (strcmp(name, "unknown") == 0)
		name = word != NULL ? word + strlen("alert ") : NULL;
	if (name != NULL)
		text_print(out, size, "the server sent the alert \"%s\"", name);
	else
		text_print(out, size, "the server sent the alert %d", alert);
}

bool
tls_failure(char *out, size_t size)
{
	unsigned long error = ERR_peek_error();
	int reason = ERR_GET_REASON(error);
	int alert = reason - SSL_AD_REASON_OFFSET;
	bool no_memory;
	const char *words = tls_words(&no_memory);

	if (no_memory)
		text_print(out, size, "out of memory");
	else if (reason == SSL_R_WRONG_VERSION_NUMBER)
		text_print(out, size, "the server answered without TLS");
	else if (ERR_GET_LIB(error) == ERR_LIB_SSL && alert >= 0
	    && alert <= ALERT_MAX)
		alert_text(alert, words, out, size);
	else
		text_print(out, size, "%s",
		    words != NULL ? words : "OpenSSL gives no reason");
	return error == 0 || no_memory
	    || reason == SSL_R_NO_PROTOCOLS_AVAILABLE;
}

bool
tls_version_parse(const char *string, int *version)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (strcmp(versions[i].number, string) == 0) {
			*version = versions[i].version;
			return true;
		}
	return false;
}

const char *
tls_version_text(int version)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (versions[i].version == version)
			return versions[i].text;
	return "an unknown TLS version";
}
