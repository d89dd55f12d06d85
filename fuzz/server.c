/* SPDX-License-Identifier: GPL-3.0-or-later */
/* server - fuzzed bytes as the server of a dialogue, over socketpairs */
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "fuzz.h"
#include "server.h"

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t length);
int __wrap_getsockname(int fd, struct sockaddr *address, socklen_t *length);
int __wrap_poll(struct pollfd *waits, nfds_t count, int timeout);
int __wrap_socket(int domain, int type, int protocol);

struct tls_policy server_client_policy = {.verify = TLS_VERIFY_NOTES};

static struct {
	const uint8_t *at;
	const uint8_t *end;
	int fd; /* our end of the newest connection, -1: none */
	SSL *ssl;
	uint64_t heard; /* bytes of the handshake */
} server = {.fd = -1};

/* A certificate of its own, signed by itself. */
static SSL_CTX *
own_context(void)
{
	static SSL_CTX *context;
	EVP_PKEY *key;
	X509 *x509;
	X509_NAME *name;

	if (context != NULL)
		return context;
	context = SSL_CTX_new(TLS_server_method());
	key = EVP_EC_gen("P-256");
	x509 = X509_new();
	fuzz_require(context != NULL && key != NULL && x509 != NULL);
	name = X509_get_subject_name(x509);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"mx1.example.com", -1, -1, 0);
	X509_set_issuer_name(x509, name);
	X509_gmtime_adj(X509_getm_notBefore(x509), 0);
	X509_gmtime_adj(X509_getm_notAfter(x509), 86400);
	X509_set_pubkey(x509, key);
	fuzz_require(X509_sign(x509, key, EVP_sha256()) > 0);
	fuzz_require(SSL_CTX_use_certificate(context, x509) == 1
	    && SSL_CTX_use_PrivateKey(context, key) == 1);
	X509_free(x509);
	EVP_PKEY_free(key);
	return context;
}

struct ssl_ctx_st *
server_client_context(void)
{
	static struct ssl_ctx_st *context;
	struct text why;

	text_init(&why, 200);
	if (context == NULL)
		context = tls_context(&server_client_policy, &why);
	fuzz_require(context != NULL);
	text_release(&why);
	return context;
}

void
server_end(void)
{
	SSL_free(server.ssl);
	server.ssl = NULL;
	if (server.fd >= 0)
		close(server.fd);
	server.fd = -1;
}

void
server_start(const uint8_t *bytes, size_t size)
{
	server_end();
	server.at = bytes;
	server.end = bytes + size;
}

/* What the client said is of no interest. */
static void
hear(void)
{
	char heard[4096];

	if (server.ssl == NULL)
		while (recv(server.fd, heard, sizeof(heard), 0) > 0)
			;
	else
		while (SSL_read(server.ssl, heard, sizeof(heard)) > 0)
			;
}

static size_t
say(const uint8_t *bytes, size_t length)
{
	ssize_t sent = 0;

	if (length > 0)
		sent = server.ssl == NULL
		    ? send(server.fd, bytes, length, MSG_NOSIGNAL)
		    : SSL_write(server.ssl, bytes, (int)length);
	return sent > 0 ? (size_t)sent : length;
}

static void
hang_up(void)
{
	if (server.ssl != NULL)
		SSL_shutdown(server.ssl);
	shutdown(server.fd, SHUT_WR);
}

/* Whether the handshake goes on; where it does not, nor does TLS. */
static bool
shakes_hands(void)
{
	uint64_t heard;
	int status;

	if (server.at < server.end && *server.at == SERVER_TLS) {
		server.at++;
		if (server.ssl == NULL) {
			server.ssl = SSL_new(own_context());
			fuzz_require(server.ssl != NULL);
			SSL_set_fd(server.ssl, server.fd);
			server.heard = 0;
		}
	}
	if (server.ssl == NULL || SSL_is_init_finished(server.ssl))
		return false;
	status = SSL_accept(server.ssl);
	if (status == 1)
		return false;
	heard = BIO_number_read(SSL_get_rbio(server.ssl));
	if (heard > server.heard) {
		server.heard = heard;
		return true;
	}
	SSL_free(server.ssl);
	server.ssl = NULL;
	return false;
}

/* Sends up to the end of a turn. */
static void
take_turn(void)
{
	size_t left;
	const uint8_t *stop;

	if (shakes_hands())
		return;
	hear();
	left = (size_t)(server.end - server.at);
	stop = left > 0 ? memchr(server.at, SERVER_TURN, left) : NULL;
	if (left == 0)
		hang_up();
	if (stop != NULL)
		left = (size_t)(stop - server.at);
	server.at += say(server.at, left);
	if (server.at < server.end && *server.at == SERVER_TURN)
		server.at++;
}

int
__wrap_socket(int domain, int type, int protocol)
{
	int pair[2];

	(void)domain;
	(void)protocol;
	server_end();
	fuzz_require(socketpair(AF_UNIX, type, 0, pair) == 0);
	server.fd = pair[1];
	return pair[0];
}

int
__wrap_connect(int fd, const struct sockaddr *address, socklen_t length)
{
	(void)fd;
	(void)address;
	(void)length;
	return 0;
}

int
__wrap_getsockname(int fd, struct sockaddr *address, socklen_t *length)
{
	static const struct sockaddr_in here = {
	    .sin_family = AF_INET, .sin_addr.s_addr = 0x010200c0};

	(void)fd;
	memcpy(address, &here, sizeof(here));
	*length = sizeof(here);
	return 0;
}

/* Ready at once, whatever is waited for. */
int
__wrap_poll(struct pollfd *waits, nfds_t count, int timeout)
{
	(void)timeout;
	for (nfds_t i = 0; i < count; i++) {
		waits[i].revents = waits[i].events;
		if (server.fd >= 0)
			take_turn();
	}
	ERR_clear_error();
	return (int)count;
}
