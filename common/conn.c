/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conn - bytes to and from one server before a deadline: TCP, then TLS */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "secret.h"
#include "conn.h"

bool
conn_fail(struct conn *conn, enum failure_kind kind, const char *format, ...)
{
	va_list arguments;

	if (conn->failure.kind != FAILURE_NONE)
		return false;
	conn->failure.kind = kind;
	va_start(arguments, format);
	vsnprintf(
	    conn->failure.text, sizeof(conn->failure.text), format, arguments);
	va_end(arguments);
	return false;
}

static bool
fail_errno(struct conn *conn, int error)
{
	switch (error) {
	case ECONNREFUSED:
		return conn_fail(conn, FAILURE_REFUSED, "connection refused");
	case ETIMEDOUT:
		return conn_fail(conn, FAILURE_TIMEOUT, "timed out");
	case EPIPE:
		return conn_fail(conn, FAILURE_CLOSED, "connection closed");
	case ECONNRESET:
		return conn_fail(conn, FAILURE_RESET, "connection reset");
	case ECONNABORTED:
		return conn_fail(conn, FAILURE_RESET, "connection aborted");
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
	case EADDRNOTAVAIL:
	case EADDRINUSE:
	case EAFNOSUPPORT:
		return conn_fail(
		    conn, FAILURE_LOCAL, "%s", strerrordesc_np(error));
	default: /* what routers and firewalls answer, ours too */
		return conn_fail(
		    conn, FAILURE_UNREACHABLE, "%s", strerrordesc_np(error));
	}
}

/*
 * Many servers hold their first reply inside TLS back until we acknowledge
 * their session tickets, which we would do late, hoping to send data along.
 * Linux forgets the wish after a while, so it is made each time.
 */
static void
acknowledge_at_once(const struct conn *conn)
{
	int on = 1;

	setsockopt(conn->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

/*
 * Waits for `events`; false with FAILURE_TIMEOUT at the deadline, even if the
 * other side never ceases to send.
 */
static bool
await(struct conn *conn, short events)
{
	struct pollfd wait = {.fd = conn->fd, .events = events};
	int ready;

	if (deadline_passed(conn->deadline))
		return conn_fail(conn, FAILURE_TIMEOUT, "timed out");
	if (conn->ssl != NULL && (events & POLLIN) != 0)
		acknowledge_at_once(conn);
	do
		ready = poll(&wait, 1, deadline_left_ms(conn->deadline));
	while (ready < 0 && errno == EINTR);
	if (ready > 0)
		return true;
	if (ready == 0)
		return conn_fail(conn, FAILURE_TIMEOUT, "timed out");
	return fail_errno(conn, errno);
}

/*
 * Whether this host has no way at all to an IPv6 address. Connecting a
 * datagram socket sends nothing and asks our own routing table only.
 */
static bool
lacks_route(const union dns_address *address)
{
	int fd, status, error;

	if (address->any.sa_family != AF_INET6)
		return false;
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno == EAFNOSUPPORT;
	status = connect(fd, &address->any, dns_address_length(address));
	error = errno;
	close(fd);
	return status != 0 && (error == ENETUNREACH || error == EADDRNOTAVAIL);
}

static bool
open_socket(struct conn *conn, const struct conn_params *params)
{
	int on = 1;

	conn->fd = socket(params->address->any.sa_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (conn->fd < 0)
		return fail_errno(conn, errno);
	setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (params->source != NULL
	    && bind(conn->fd, &params->source->any,
		   dns_address_length(params->source))
		!= 0)
		return conn_fail(conn, FAILURE_LOCAL, "--source: %s",
		    strerrordesc_np(errno));
	return true;
}

static bool
connect_socket(struct conn *conn, const struct conn_params *params)
{
	socklen_t size = sizeof(int);
	int error = 0;

	if (connect(conn->fd, &params->address->any,
		dns_address_length(params->address))
	    == 0)
		return true;
	if (errno != EINPROGRESS)
		return fail_errno(conn, errno);
	if (!await(conn, POLLOUT))
		return false;
	getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &size);
	return error == 0 || fail_errno(conn, error);
}

/* PROXY protocol 2.1: "PROXY TCP4 source destination ports CRLF". */
static bool
send_proxy_header(struct conn *conn, const union dns_address *peer)
{
	char here[INET6_ADDRSTRLEN], there[INET6_ADDRSTRLEN], header[160];
	union dns_address local;
	socklen_t size = sizeof(local);
	bool v6 = peer->any.sa_family == AF_INET6;

	memset(&local, 0, sizeof(local));
	if (getsockname(conn->fd, &local.any, &size) != 0)
		return fail_errno(conn, errno);
	dns_address_text(&local, here);
	dns_address_text(peer, there);
	snprintf(header, sizeof(header), "PROXY %s %s %s %u %u\r\n",
	    v6 ? "TCP6" : "TCP4", here, there,
	    (unsigned)ntohs(v6 ? local.v6.sin6_port : local.v4.sin_port),
	    (unsigned)ntohs(v6 ? peer->v6.sin6_port : peer->v4.sin_port));
	return conn_write(conn, header, strlen(header));
}

static void
transcribe_connect(struct conn *conn, const union dns_address *address)
{
	char text[INET6_ADDRSTRLEN];

	dns_address_text(address, text);
	if (conn->transcript != NULL)
		text_add(conn->transcript, "-- connect to %s\n", text);
}

bool
conn_open(struct conn *conn, const struct conn_params *params)
{
	conn->fd = -1;
	conn->ssl = NULL;
	conn->deadline = params->deadline;
	conn->failure = (struct failure){.kind = FAILURE_NONE};
	conn->transcript = params->transcript;
	conn->heard = conn->hides = false;
	conn->raw[0] = '\0';
	conn->start = conn->end = 0;
	transcribe_connect(conn, params->address);
	if (lacks_route(params->address))
		return conn_fail(
		    conn, FAILURE_NO_ROUTE, "this host has no IPv6 route");
	return open_socket(conn, params) && connect_socket(conn, params)
	    && (!params->proxy || send_proxy_header(conn, params->address));
}

bool
conn_stands(const struct conn *conn)
{
	return conn->fd >= 0
	    && (conn->ssl == NULL || SSL_is_init_finished(conn->ssl))
	    && conn->failure.kind != FAILURE_REFUSED
	    && conn->failure.kind != FAILURE_RESET
	    && conn->failure.kind != FAILURE_CLOSED
	    && conn->failure.kind != FAILURE_TLS
	    && conn->failure.kind != FAILURE_LOCAL;
}

void
conn_close(struct conn *conn)
{
	if (conn->ssl != NULL) {
		if (conn_stands(conn))
			SSL_shutdown(conn->ssl);
		SSL_free(conn->ssl);
		ERR_clear_error();
		conn->ssl = NULL;
	}
	if (conn->fd >= 0)
		close(conn->fd);
	conn->fd = -1;
}

/*
 * What a call into OpenSSL led to: true to try it again, false with the
 * failure recorded. The one place where TLS waits.
 */
static bool
tls_goes_on(struct conn *conn, int returned, int error)
{
	enum failure_kind kind = FAILURE_TLS;
	char reason[160];

	switch (SSL_get_error(conn->ssl, returned)) {
	case SSL_ERROR_WANT_READ:
		return await(conn, POLLIN);
	case SSL_ERROR_WANT_WRITE:
		return await(conn, POLLOUT);
	case SSL_ERROR_ZERO_RETURN:
		return conn_fail(conn, FAILURE_CLOSED, "connection closed");
	case SSL_ERROR_SYSCALL:
		ERR_clear_error();
		if (error == 0)
			return conn_fail(conn, FAILURE_CLOSED,
			    "connection closed without close_notify");
		return fail_errno(conn, error);
	default:
		break;
	}
	if (ERR_GET_REASON(ERR_peek_error())
	    == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
		ERR_clear_error();
		return conn_fail(conn, FAILURE_CLOSED,
		    "connection closed without close_notify");
	}
	if (tls_failure(reason, sizeof(reason)))
		kind = FAILURE_LOCAL;
	return conn_fail(conn, kind, "%s", reason);
}

/*
 * SSL_get_error() looks at what earlier calls left behind, too. Without TLS
 * there is nothing, and OpenSSL, asked, would first read its error strings.
 */
static void
clear_errors(const struct conn *conn)
{
	errno = 0;
	if (conn->ssl != NULL)
		ERR_clear_error();
}

static void
transcribe_tls(struct conn *conn, const struct handshake *handshake)
{
	if (conn->transcript != NULL)
		text_add(conn->transcript, "-- %s, %s\n",
		    handshake->version_name, handshake->cipher);
}

bool
conn_starttls(struct conn *conn, struct ssl_ctx_st *context,
    const struct tls_policy *policy, const char *host,
    const struct tls_offer *offer, struct handshake *handshake)
{
	int status;

	if (conn->failure.kind != FAILURE_NONE)
		return false;
	conn->ssl = tls_start(context, policy, host, offer, handshake);
	if (conn->ssl == NULL || SSL_set_fd(conn->ssl, conn->fd) != 1)
		return conn_fail(
		    conn, FAILURE_LOCAL, "OpenSSL can't start a handshake");
	do {
		clear_errors(conn);
		status = SSL_connect(conn->ssl);
	} while (status != 1 && tls_goes_on(conn, status, errno));
	if (status != 1)
		return false;
	tls_record(conn->ssl, policy, host, handshake);
	transcribe_tls(conn, handshake);
	return true;
}

/* SSL_get_error()'s word on whether a byte lies there; it stays there. */
static int
peek_inside(struct conn *conn)
{
	size_t taken;
	char byte;

	clear_errors(conn);
	return SSL_get_error(
	    conn->ssl, SSL_peek_ex(conn->ssl, &byte, 1, &taken));
}

/*
 * Who hangs up on us inside TLS may have said why: an alert that came before
 * the reset still lies there.
 */
static void
read_last_alert(struct conn *conn)
{
	struct failure cut = conn->failure;

	if (!failure_is_cut(&cut) || peek_inside(conn) != SSL_ERROR_SSL)
		return;
	conn->failure.kind = FAILURE_NONE;
	tls_goes_on(conn, 0, 0);
	if (conn->failure.kind != FAILURE_TLS)
		conn->failure = cut;
}

/* Bytes written, at least one, or 0 after a failure. */
static size_t
write_some(struct conn *conn, const char *bytes, size_t length)
{
	ssize_t sent;
	size_t written = 0;

	do {
		clear_errors(conn);
		if (conn->ssl != NULL) {
			int status =
			    SSL_write_ex(conn->ssl, bytes, length, &written);

			if (status == 1)
				return written;
			if (!tls_goes_on(conn, status, errno)) {
				read_last_alert(conn);
				return 0;
			}
			continue;
		}
		sent = send(conn->fd, bytes, length, MSG_NOSIGNAL);
		if (sent > 0)
			return (size_t)sent;
		if (errno != EAGAIN && errno != EINTR) {
			fail_errno(conn, errno);
			return 0;
		}
	} while (await(conn, POLLOUT));
	return 0;
}

/* Each line behind its arrow, as telnet would show it. */
static void
transcribe(struct conn *conn, char arrow, const char *bytes, size_t length)
{
	char clean[1024];
	const char *end = bytes + length;

	if (conn->transcript == NULL)
		return;
	for (const char *line = bytes, *stop; line < end; line = stop + 1) {
		size_t size;

		stop = memchr(line, '\n', (size_t)(end - line));
		if (stop == NULL)
			stop = end;
		size = (size_t)(stop - line);
		if (size > 0 && line[size - 1] == '\r')
			size--;
		printable(clean, sizeof(clean), line, size);
		secret_mask(clean, strlen(clean));
		text_add(conn->transcript, "%c %s\n", arrow, clean);
	}
}

bool
conn_write(struct conn *conn, const char *bytes, size_t length)
{
	return conn_write_as(conn, bytes, length, NULL);
}

bool
conn_write_as(
    struct conn *conn, const char *bytes, size_t length, const char *shown)
{
	if (conn->failure.kind != FAILURE_NONE)
		return false;
	if (shown != NULL)
		transcribe(conn, '>', shown, strlen(shown));
	else
		transcribe(conn, '>', bytes, length);
	while (length > 0) {
		size_t written = write_some(conn, bytes, length);

		if (written == 0)
			return false;
		bytes += written;
		length -= written;
	}
	return true;
}

/* Reads what there is into the buffer, behind what is in it. */
static bool
fill(struct conn *conn)
{
	char *space = conn->buffer + conn->end;
	size_t room = sizeof(conn->buffer) - conn->end;
	ssize_t got;

	if (deadline_passed(conn->deadline))
		return conn_fail(conn, FAILURE_TIMEOUT, "timed out");
	do {
		clear_errors(conn);
		if (conn->ssl != NULL) {
			size_t taken = 0;
			int status =
			    SSL_read_ex(conn->ssl, space, room, &taken);

			got = (ssize_t)taken;
			if (status == 1)
				break;
			if (!tls_goes_on(conn, status, errno))
				return false;
			continue;
		}
		got = recv(conn->fd, space, room, 0);
		if (got > 0)
			break;
		if (got == 0)
			return conn_fail(
			    conn, FAILURE_CLOSED, "connection closed");
		if (errno != EAGAIN && errno != EINTR)
			return fail_errno(conn, errno);
		if (!await(conn, POLLIN))
			return false;
	} while (true);
	conn->heard = true;
	conn->end += (size_t)got;
	return true;
}

/* A challenge has to be answered as it came, whatever is masked in it. */
static void
keep_raw(struct conn *conn, const char *line, size_t length)
{
	bool fits = length < sizeof(conn->raw);

	memcpy(conn->raw, line, fits ? length : 0);
	conn->raw[fits ? length : 0] = '\0';
}

bool
conn_line(struct conn *conn, size_t max, const char **line, size_t *length)
{
	size_t searched = 0;

	if (conn->failure.kind != FAILURE_NONE)
		return false;
	memmove(
	    conn->buffer, conn->buffer + conn->start, conn->end - conn->start);
	conn->end -= conn->start;
	conn->start = 0;
	for (;;) {
		char *stop =
		    memchr(conn->buffer + searched, '\n', conn->end - searched);

		if (stop != NULL) {
			*line = conn->buffer;
			*length = (size_t)(stop - conn->buffer);
			conn->start = *length + 1;
			break;
		}
		searched = conn->end;
		if (searched > max + 2)
			return conn_fail(conn, FAILURE_TOO_LONG,
			    "a line of more than %zu bytes", max);
		if (!fill(conn))
			return false;
	}
	if (*length > 0 && (*line)[*length - 1] == '\r')
		--*length;
	keep_raw(conn, *line, *length);
	secret_mask(conn->buffer, *length);
	/* With what SCRAM says a password can be guessed at leisure. */
	if (conn->hides && strncmp(*line, "334 ", 4) == 0)
		transcribe(conn, '<', "334 ****", 8);
	else
		transcribe(conn, '<', *line, *length);
	if (*length > max)
		return conn_fail(conn, FAILURE_TOO_LONG,
		    "a line of more than %zu bytes", max);
	return true;
}

void
conn_drain(struct conn *conn, size_t max)
{
	for (size_t dropped = 0; dropped < max; dropped += conn->end) {
		conn->start = conn->end = 0;
		if (!fill(conn))
			return;
	}
}

/* Nothing lies at TCP's own end. */
static bool
is_quiet_outside(const struct conn *conn)
{
	char byte;

	return recv(conn->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

/*
 * Session tickets and their kin are read on the way, a few of them: a server
 * that sends nothing else has said nothing.
 */
static bool
is_quiet_inside(struct conn *conn)
{
	enum { RECORDS_MAX = 16 };
	int error = SSL_ERROR_WANT_READ;

	for (int i = 0; i < RECORDS_MAX && error == SSL_ERROR_WANT_READ; i++) {
		error = peek_inside(conn);
		if (is_quiet_outside(conn))
			break;
	}
	/* An alert is told once only. */
	if (error == SSL_ERROR_SSL)
		tls_goes_on(conn, 0, 0);
	ERR_clear_error();
	return error != SSL_ERROR_NONE;
}

bool
conn_is_quiet(struct conn *conn)
{
	if (conn_pending(conn))
		return false;
	if (conn->failure.kind != FAILURE_NONE)
		return true;
	return conn->ssl != NULL ? is_quiet_inside(conn)
				 : is_quiet_outside(conn);
}

bool
conn_pending(const struct conn *conn)
{
	return conn->start < conn->end;
}

void
conn_local_text(const struct conn *conn, char out[INET6_ADDRSTRLEN])
{
	union dns_address local;
	socklen_t size = sizeof(local);

	out[0] = '\0';
	memset(&local, 0, sizeof(local));
	if (conn->fd >= 0 && getsockname(conn->fd, &local.any, &size) == 0)
		dns_address_text(&local, out);
}
