/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dns - MX, A, AAAA, PTR, TLSA, TXT and other records over libresolv */
#include <config.h>

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <resolv.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dns.h"
#include "dns_message.h"
#include "text.h"

enum {
	TRIES = 4,         /* for each server; a lost packet is not an outage */
	RETRANS_MAX_S = 2, /* between them */
	ALIASES_MAX = 16, /* links of a CNAME chain; resolvers give up sooner */
};

static const char formerr[] = "FORMERR", malformed[] = "malformed answer";

static const int wire_types[] = {
    [DNS_TYPE_A] = ns_t_a,
    [DNS_TYPE_AAAA] = ns_t_aaaa,
    [DNS_TYPE_MX] = ns_t_mx,
    [DNS_TYPE_PTR] = ns_t_ptr,
    [DNS_TYPE_TLSA] = 52,
    [DNS_TYPE_TXT] = ns_t_txt,
    [DNS_TYPE_CNAME] = ns_t_cname,
    [DNS_TYPE_SOA] = ns_t_soa,
};

void
dns_prepare(void)
{
	struct __res_state state;

	memset(&state, 0, sizeof(state));
	if (res_ninit(&state) == 0)
		res_nclose(&state);
}

static void
parse_port(struct cursor *cursor, uint16_t *port, bool *valid)
{
	unsigned long long number = 53;

	if (cursor_skip(cursor, ':'))
		*valid = cursor_number(cursor, 65535, &number) && number > 0;
	*valid = *valid && cursor_at_end(cursor);
	*port = htons((uint16_t)number);
}

bool
dns_server_parse(const char *string, union dns_address *server)
{
	char host[INET6_ADDRSTRLEN] = "";
	bool bracket = *string == '[', valid = true;
	const char *start = string + (bracket ? 1 : 0);
	size_t length = strcspn(start, bracket ? "]" : ":");
	struct cursor rest;
	uint16_t port;

	memset(server, 0, sizeof(*server));
	server->v6.sin6_family = AF_INET6;
	server->v6.sin6_port = htons(53);
	if (inet_pton(AF_INET6, string, &server->v6.sin6_addr) == 1)
		return true;
	if (length >= sizeof(host) || (bracket && start[length] != ']'))
		return false;
	memcpy(host, start, length);
	rest = cursor_of(start + length + (bracket ? 1 : 0));
	parse_port(&rest, &port, &valid);
	if (bracket) {
		server->v6.sin6_port = port;
		return valid
		    && inet_pton(AF_INET6, host, &server->v6.sin6_addr) == 1;
	}
	server->v4.sin_family = AF_INET;
	server->v4.sin_port = port;
	return valid && inet_pton(AF_INET, host, &server->v4.sin_addr) == 1;
}

/* A name as text: lower case, printable, no dot at its end. */
static bool
read_name(const struct dns_message *message, const unsigned char *at,
    size_t size, char *out)
{
	char name[NS_MAXDNAME];
	size_t length;

	if (!dns_message_name(message, at, size, name))
		return false;
	length = strlen(name);
	if (length > 0 && name[length - 1] == '.')
		length--;
	for (size_t i = 0; i < length; i++)
		name[i] = (char)tolower((unsigned char)name[i]);
	printable(out, DOMAIN_SIZE, name, length);
	return true;
}

/* Follows one link of a CNAME chain that stands in the answer. */
static bool
follow_alias(const struct dns_message *message, char *name)
{
	const unsigned char *at = message->answers;
	struct dns_resource link;

	while (dns_message_next(message, &at, &link))
		if (link.type == ns_t_cname
		    && strcasecmp(link.owner, name) == 0)
			return dns_message_name(
			    message, link.data, link.length, name);
	return false;
}

/* Whole character-strings, each behind its length (RFC 1035 3.3.14). */
static bool
read_strings(
    const unsigned char *data, size_t length, struct dns_record *record)
{
	const unsigned char *end = data + length;

	while (data < end) {
		size_t part = *data++;

		if (part > (size_t)(end - data))
			return false;
		memcpy(record->data + record->length, data, part);
		record->length += part;
		data += part;
	}
	return true;
}

/* Data that stays bytes; the record owns its copy. */
static bool
keep_data(const unsigned char *data, size_t length, struct dns_record *record)
{
	record->data = malloc(length + 1);
	if (record->data == NULL)
		return false;
	memcpy(record->data, data, length);
	return true;
}

static bool
read_record(const struct dns_message *message,
    const struct dns_resource *source, enum dns_type type,
    struct dns_record *record)
{
	const unsigned char *data = source->data;
	size_t length = source->length;

	*record = (struct dns_record){.preference = 0};
	switch (type) {
	case DNS_TYPE_A:
		record->address.v4.sin_family = AF_INET;
		if (length == sizeof(struct in_addr))
			memcpy(&record->address.v4.sin_addr, data, length);
		return length == sizeof(struct in_addr);
	case DNS_TYPE_AAAA:
		record->address.v6.sin6_family = AF_INET6;
		if (length == sizeof(struct in6_addr))
			memcpy(&record->address.v6.sin6_addr, data, length);
		return length == sizeof(struct in6_addr);
	case DNS_TYPE_PTR:
	case DNS_TYPE_CNAME:
		return read_name(message, data, length, record->host);
	case DNS_TYPE_TLSA:
		record->length = length;
		return keep_data(data, length, record);
	case DNS_TYPE_TXT:
		return keep_data(data, length, record)
		    && read_strings(data, length, record);
	case DNS_TYPE_SOA: /* that there is one is enough */
		return true;
	default:
		if (length < 3)
			return false;
		record->preference = dns_message_16(data);
		return read_name(message, data + 2, length - 2, record->host);
	}
}

static void
fail(struct dns_answer *answer, enum dns_status status, const char *detail)
{
	answer->status = status;
	answer->detail = detail;
}

static void
read_records(struct dns_answer *answer, const struct dns_message *message,
    enum dns_type type, const char *owner)
{
	size_t count = message->count;
	size_t room = count < DNS_RECORDS_MAX ? count : DNS_RECORDS_MAX;
	const unsigned char *at = message->answers;
	struct dns_resource source;

	answer->records = calloc(room + 1, sizeof(*answer->records));
	if (answer->records == NULL) {
		fail(answer, DNS_UNUSABLE, "out of memory");
		return;
	}
	while (dns_message_next(message, &at, &source)) {
		struct dns_record *record = &answer->records[answer->count];

		if (source.type != (unsigned)wire_types[type]
		    || strcasecmp(source.owner, owner) != 0)
			continue;
		if (answer->count == room) {
			answer->left_out++;
			continue;
		}
		if (!read_record(message, &source, type, record)) {
			free(record->data);
			fail(answer, DNS_UNUSABLE, malformed);
			continue;
		}
		if (answer->count == 0 || source.ttl_s < answer->ttl_s)
			answer->ttl_s = source.ttl_s;
		answer->count++;
	}
}

/* The TTL as the zone has it, of which a cache only has a rest. */
static void
read_published_ttl(struct dns_answer *answer, const struct dns_message *message,
    enum dns_type type, const char *owner)
{
	enum { TYPE_COVERED = 0, ORIGINAL_TTL = 4, HEADER_LENGTH = 18 };
	const unsigned char *at = message->answers;
	struct dns_resource signature;

	while (dns_message_next(message, &at, &signature))
		if (signature.type == ns_t_rrsig
		    && signature.length >= HEADER_LENGTH
		    && strcasecmp(signature.owner, owner) == 0
		    && dns_message_16(signature.data + TYPE_COVERED)
			== (unsigned)wire_types[type])
			answer->ttl_s =
			    dns_message_32(signature.data + ORIGINAL_TTL);
}

/* What a response code without records means. */
static void
read_code(struct dns_answer *answer, int code)
{
	switch (code) {
	case ns_r_noerror:
		fail(answer, DNS_NORECORD, "no such record");
		break;
	case ns_r_nxdomain:
		fail(answer, DNS_NONAME, "NXDOMAIN");
		break;
	case ns_r_servfail:
		fail(answer, DNS_FAILED, "SERVFAIL");
		break;
	case ns_r_refused:
		fail(answer, DNS_UNUSABLE, "REFUSED");
		break;
	case ns_r_formerr:
		fail(answer, DNS_UNUSABLE, formerr);
		break;
	case ns_r_notimpl:
		fail(answer, DNS_UNUSABLE, "NOTIMP");
		break;
	default:
		fail(answer, DNS_UNUSABLE, "unknown response code");
	}
}

void
dns_parse(struct dns_answer *answer, const unsigned char *message,
    size_t length, enum dns_type type)
{
	struct dns_message parsed;
	char name[NS_MAXDNAME];
	int links = 0;

	*answer = (struct dns_answer){.detail = malformed};
	answer->status = DNS_UNUSABLE;
	if (length > NS_MAXMSG || !dns_message_open(&parsed, message, length))
		return;
	answer->secure = parsed.authentic;
	read_code(answer, parsed.code);
	if (answer->status != DNS_NORECORD)
		return;
	memcpy(name, parsed.asked, sizeof(name));
	while (type != DNS_TYPE_CNAME && links < ALIASES_MAX
	    && follow_alias(&parsed, name))
		links++;
	if (links == ALIASES_MAX) {
		fail(answer, DNS_FAILED,
		    "aliases (CNAME) in circles, or too many in a row");
		return;
	}
	answer->alias = links > 0;
	printable(answer->canonical, DOMAIN_SIZE, name, strlen(name));
	read_records(answer, &parsed, type, name);
	read_published_ttl(answer, &parsed, type, name);
	if (answer->count > 0 && answer->status == DNS_NORECORD)
		fail(answer, DNS_ANSWERED, "answered");
}

/* IPv6 servers go where libresolv keeps its own copies; it frees them. */
static bool
use_servers(struct __res_state *state, const struct dns_servers *servers)
{
	if (servers->count == 0)
		return true;
	/* Of further ones in resolv.conf it would know nothing any more. */
	for (int i = (int)servers->count; i < state->nscount; i++) {
		free(state->_u._ext.nsaddrs[i]);
		state->_u._ext.nsaddrs[i] = NULL;
	}
	state->nscount = (int)servers->count;
	state->_u._ext.nscount = (uint16_t)servers->count;
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): res_nclose() frees */
	for (size_t i = 0; i < servers->count; i++) {
		const union dns_address *server = &servers->server[i];
		struct sockaddr_in6 *copy = state->_u._ext.nsaddrs[i];

		if (copy == NULL)
			copy = calloc(1, sizeof(*copy));
		if (copy == NULL)
			return false;
		memcpy(copy, server, sizeof(*copy));
		state->_u._ext.nsaddrs[i] = copy;
		state->_u._ext.nssocks[i] = -1;
		memset(&state->nsaddr_list[i], 0, sizeof(struct sockaddr_in));
		if (server->any.sa_family == AF_INET)
			state->nsaddr_list[i] = server->v4;
	}
	return true;
}

/* A resolver elsewhere, and whoever is on the way, could set any bit. */
static bool
all_near(const struct __res_state *state)
{
	for (int i = 0; i < state->nscount; i++) {
		const struct sockaddr_in *v4 = &state->nsaddr_list[i];
		const struct sockaddr_in6 *v6 = state->_u._ext.nsaddrs[i];

		if (v4->sin_family == AF_INET
			? ntohl(v4->sin_addr.s_addr) >> 24 != IN_LOOPBACKNET
			: v6 == NULL || !IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr))
			return false;
	}
	return state->nscount > 0;
}

/*
 * As many tries at all servers as there is time for, at least one: libresolv
 * knows but whole seconds, so the last of them may end after the deadline.
 */
static void
set_times(struct __res_state *state, struct deadline deadline)
{
	int servers = state->nscount > 0 ? state->nscount : 1;
	int seconds = (deadline_left_ms(deadline) + 999) / 1000 / servers;
	int spread = seconds / TRIES;

	state->retry = seconds < 1 ? 1 : seconds < TRIES ? seconds : TRIES;
	state->retrans = spread < 1  ? 1
	    : spread > RETRANS_MAX_S ? RETRANS_MAX_S
				     : spread;
}

/* What this host has run out of; NULL: no such thing. */
static const char *
shortage(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM
		|| error == ENOBUFS
	    ? strerrordesc_np(error)
	    : NULL;
}

/*
 * res_nquery() keeps silent about why it failed. Where a server did answer,
 * its response code is still in the buffer.
 */
static void
read_failure(struct dns_answer *answer, const struct __res_state *state,
    const unsigned char *message, int error)
{
	HEADER header;

	memcpy(&header, message, sizeof(header));
	if (state->res_h_errno == HOST_NOT_FOUND)
		read_code(answer, ns_r_nxdomain);
	else if (state->res_h_errno == NO_DATA)
		read_code(answer, ns_r_noerror);
	else if (shortage(error) != NULL)
		fail(answer, DNS_UNUSABLE, shortage(error));
	else if (header.qr && header.rcode != ns_r_noerror
	    && header.rcode != ns_r_nxdomain)
		read_code(answer, (int)header.rcode);
	else if (header.qr && header.tc)
		fail(answer, DNS_UNUSABLE, "truncated, and none over TCP");
	else if (error == ECONNREFUSED)
		fail(answer, DNS_UNUSABLE, "nameserver unreachable");
	else if (error == ETIMEDOUT)
		fail(answer, DNS_UNANSWERED, "no answer");
	else
		fail(answer, DNS_UNUSABLE, malformed);
	/* That there is none can be validated as well. */
	answer->secure = header.qr && header.ad
	    && (answer->status == DNS_NONAME || answer->status == DNS_NORECORD);
}

/* One question, to the servers as libresolv goes through them. */
static void
ask(struct dns_answer *answer, const struct dns_servers *servers,
    const char *name, enum dns_type type, struct deadline deadline, bool edns)
{
	struct __res_state state;
	unsigned char *message;
	int length;
	bool believed = false;

	*answer = (struct dns_answer){.detail = "resolver not usable"};
	answer->status = DNS_UNUSABLE;
	memset(&state, 0, sizeof(state));
	errno = 0;
	if (res_ninit(&state) != 0) {
		if (shortage(errno) != NULL)
			answer->detail = shortage(errno);
		return;
	}
	/* On a stack that is probed all of it would be in use at once. */
	message = malloc(NS_MAXMSG);
	if (message == NULL) {
		answer->detail = "out of memory";
		res_nclose(&state);
		return;
	}
	memset(message, 0, NS_HFIXEDSZ);
	if (edns)
		state.options |= RES_USE_EDNS0;
	else
		state.options &= ~(unsigned long)RES_USE_EDNS0;
	if (servers->dnssec)
		state.options |= RES_TRUSTAD | (edns ? RES_USE_DNSSEC : 0UL);
	if (use_servers(&state, servers)) {
		believed = servers->trust_ad || all_near(&state);
		set_times(&state, deadline);
		errno = 0;
		length = res_nquery(&state, name, ns_c_in, wire_types[type],
		    message, NS_MAXMSG);
		if (length >= 0)
			dns_parse(answer, message, (size_t)length, type);
		else
			read_failure(answer, &state, message, errno);
	}
	answer->believed = believed;
	answer->secure = answer->secure && believed;
	free(message);
	res_nclose(&state);
}

/* Who published a name that is longer as text than any has it cut here. */
static bool
is_possible(const char *name)
{
	unsigned char wire[NS_MAXCDNAME];

	return ns_name_pton(name, wire, sizeof(wire)) >= 0;
}

/*
 * libresolv goes on to the next server by itself after any answer that is
 * none, but for FORMERR, which is what a server from before EDNS0 says
 * (RFC 6891 7): that one is asked again without it, then left out.
 */
void
dns_query(struct dns_answer *answer, const struct dns_servers *servers,
    const char *name, enum dns_type type, struct deadline deadline)
{
	struct dns_servers left = *servers;

	*answer = (struct dns_answer){.detail = "no possible name"};
	answer->status = DNS_NONAME;
	if (!is_possible(name))
		return;
	for (;;) {
		ask(answer, &left, name, type, deadline, true);
		if (strcmp(answer->detail, formerr) == 0)
			ask(answer, &left, name, type, deadline, false);
		if (strcmp(answer->detail, formerr) != 0 || left.count < 2)
			return;
		left.count--;
		memmove(&left.server[0], &left.server[1],
		    left.count * sizeof(left.server[0]));
	}
}

void
dns_release(struct dns_answer *answer)
{
	for (size_t i = 0; i < answer->count; i++)
		free(answer->records[i].data);
	free(answer->records);
	answer->records = NULL;
	answer->count = 0;
}

void
dns_reverse_name(const union dns_address *address, char out[DNS_REVERSE_SIZE])
{
	const uint8_t *octet = address->v6.sin6_addr.s6_addr;
	size_t used = 0;

	if (address->any.sa_family == AF_INET) {
		octet = (const uint8_t *)&address->v4.sin_addr;
		snprintf(out, DNS_REVERSE_SIZE, "%u.%u.%u.%u.in-addr.arpa",
		    octet[3], octet[2], octet[1], octet[0]);
		return;
	}
	for (int i = 15; i >= 0; i--)
		used += (size_t)snprintf(out + used, DNS_REVERSE_SIZE - used,
		    "%x.%x.", octet[i] & 0xfU, octet[i] >> 4);
	snprintf(out + used, DNS_REVERSE_SIZE - used, "ip6.arpa");
}

bool
dns_is_none(enum dns_status status)
{
	return status == DNS_NONAME || status == DNS_NORECORD;
}

bool
dns_is_answer(enum dns_status status)
{
	return status == DNS_ANSWERED || dns_is_none(status);
}

const void *
dns_address_octets(const union dns_address *address, size_t *length)
{
	bool v6 = address->any.sa_family == AF_INET6;

	*length =
	    v6 ? sizeof(address->v6.sin6_addr) : sizeof(address->v4.sin_addr);
	return v6 ? (const void *)&address->v6.sin6_addr
		  : (const void *)&address->v4.sin_addr;
}

bool
dns_same_address(const union dns_address *a, const union dns_address *b)
{
	if (a->any.sa_family != b->any.sa_family)
		return false;
	if (a->any.sa_family == AF_INET)
		return a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
	return memcmp(
		   &a->v6.sin6_addr, &b->v6.sin6_addr, sizeof(a->v6.sin6_addr))
	    == 0;
}

void
dns_address_text(const union dns_address *address, char out[INET6_ADDRSTRLEN])
{
	size_t length;

	if (inet_ntop(address->any.sa_family,
		dns_address_octets(address, &length), out, INET6_ADDRSTRLEN)
	    == NULL)
		out[0] = '\0';
}

socklen_t
dns_address_length(const union dns_address *address)
{
	return address->any.sa_family == AF_INET6 ? sizeof(address->v6)
						  : sizeof(address->v4);
}
