/* SPDX-License-Identifier: GPL-3.0-or-later */
/* server - fuzzed bytes as the server of a dialogue, over socketpairs */
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "server.h"

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t length);
int __wrap_getsockname(int fd, struct sockaddr *address, socklen_t *length);
int __wrap_poll(struct pollfd *waits, nfds_t count, int timeout);
int __wrap_socket(int domain, int type, int protocol);

static struct {
	const uint8_t *at;
	const uint8_t *end;
	int fd; /* our end of the newest connection, -1: none */
} server = {.fd = -1};

void
server_end(void)
{
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

/* Sends up to the end of a turn; what the client said is of no interest. */
static void
take_turn(void)
{
	size_t left = (size_t)(server.end - server.at);
	const uint8_t *stop =
	    left > 0 ? memchr(server.at, SERVER_TURN, left) : NULL;
	char heard[4096];
	ssize_t sent;

	while (recv(server.fd, heard, sizeof(heard), 0) > 0)
		;
	if (left == 0)
		shutdown(server.fd, SHUT_WR);
	if (stop != NULL)
		left = (size_t)(stop - server.at);
	sent = send(server.fd, server.at, left, MSG_NOSIGNAL);
	server.at += sent > 0 ? sent : (ssize_t)left;
	if (server.at < server.end && *server.at == SERVER_TURN)
		server.at++;
}

struct tls_policy server_client_policy = {.verify = TLS_VERIFY_NONE};

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
	return (int)count;
}
