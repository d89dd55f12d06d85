/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * floor - what a check over STARTTLS costs at least
 *
 * usage: floor [-bcq] [-p PORT] NAME=ADDRESS...
 *   -b  banner and EHLO only, no TLS
 *   -c  leave openssl.cnf and the error strings unread
 *   -q  wait for the answer to QUIT, and shut TLS down
 *   -p  port (25)
 *
 * Connects to each IPv4 address, one after the other, reads the banner, says
 * EHLO and STARTTLS, verifies chain and name against the system's hashed
 * directory of trust anchors, prints the days left, says QUIT and leaves. This
 * and nothing else: no time-out, no judgement, no hostile server. It is what
 * `make bench` compares everything with; nobody should monitor with it.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

static bool banner_only, unconfigured, polite;
static in_port_t port = 25;

struct line {
	int fd;
	SSL *ssl; /* NULL: not yet */
};

static _Noreturn void
die(const char *what)
{
	perror(what);
	_exit(1);
}

static _Noreturn void
die_of_tls(const char *what)
{
	fprintf(stderr, "%s: ", what);
	ERR_print_errors_fp(stderr);
	_exit(1);
}

/* A reply, to the end of its last line: "250 " and not "250-". */
static void
hear(const struct line *line, char code)
{
	char reply[4096];
	size_t length = 0, last;

	do {
		void *space = reply + length;
		size_t room = sizeof(reply) - length - 1;
		ssize_t got = line->ssl != NULL
		    ? SSL_read(line->ssl, space, (int)room)
		    : read(line->fd, space, room);

		if (got <= 0)
			die("read");
		length += (size_t)got;
		for (last = length - 1; last > 0 && reply[last - 1] != '\n';)
			last--;
	} while (reply[length - 1] != '\n' || reply[last + 3] != ' ');
	if (reply[last] != code) {
		reply[length] = '\0';
		fprintf(stderr, "the server said: %s", reply);
		_exit(1);
	}
}

static void
say(const struct line *line, const char *words)
{
	size_t length = strlen(words);
	ssize_t sent = line->ssl != NULL
	    ? SSL_write(line->ssl, words, (int)length)
	    : write(line->fd, words, length);

	if (sent != (ssize_t)length)
		die("write");
}

static int
connected(const char *address)
{
	struct sockaddr_in server = {
	    .sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (inet_pton(AF_INET, address, &server.sin_addr) != 1)
		die(address);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (struct sockaddr *)&server, sizeof(server)) != 0)
		die("connect");
	return fd;
}

/* With neither a look at openssl.cnf nor the error strings where so asked. */
static SSL_CTX *
tls_context(void)
{
	SSL_CTX *context;

	OPENSSL_init_ssl(unconfigured
		? OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_SSL_STRINGS
		    | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS
		: 0,
	    NULL);
	context = SSL_CTX_new(TLS_client_method());
	if (context == NULL || SSL_CTX_set_default_verify_dir(context) != 1)
		die_of_tls("trust anchors");
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	return context;
}

static void
start_tls(struct line *line, SSL_CTX *context, const char *name)
{
	SSL *ssl = SSL_new(context);

	if (ssl == NULL || SSL_set_fd(ssl, line->fd) != 1
	    || SSL_set1_host(ssl, name) != 1
	    || SSL_set_tlsext_host_name(ssl, name) != 1
	    || SSL_connect(ssl) != 1)
		die_of_tls(name);
	line->ssl = ssl;
}

static void
print_days_left(const struct line *line, const char *name)
{
	const X509 *leaf = SSL_get0_peer_certificate(line->ssl);
	int days, seconds;

	if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(leaf))
	    != 1)
		die_of_tls(name);
	printf("%s: %d days left\n", name, days);
}

static void
check(SSL_CTX *context, const char *name, const char *address)
{
	struct line line = {.fd = connected(address)};

	hear(&line, '2');
	say(&line, "EHLO floor.test\r\n");
	hear(&line, '2');
	if (context != NULL) {
		say(&line, "STARTTLS\r\n");
		hear(&line, '2');
		start_tls(&line, context, name);
		print_days_left(&line, name);
	}
	say(&line, "QUIT\r\n");
	if (polite)
		hear(&line, '2');
	if (polite && line.ssl != NULL)
		SSL_shutdown(line.ssl);
	SSL_free(line.ssl);
	close(line.fd);
}

int
main(int argc, char **argv)
{
	SSL_CTX *context;
	int option;

	while ((option = getopt(argc, argv, "bcqp:")) != -1) {
		banner_only |= option == 'b';
		unconfigured |= option == 'c';
		polite |= option == 'q';
		if (option == 'p')
			port = (in_port_t)strtoul(optarg, NULL, 10);
		if (option == '?')
			_exit(1);
	}
	context = banner_only ? NULL : tls_context();
	for (; optind < argc; optind++) {
		char *name = strtok(argv[optind], "=");
		const char *address = strtok(NULL, "=");

		if (name == NULL || address == NULL)
			die("NAME=ADDRESS");
		check(context, name, address);
	}
	if (fflush(stdout) != 0)
		die("stdout");
	_exit(0);
}
