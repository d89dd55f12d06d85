/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dns_message - an answer's question and records, read from the wire */
#include <arpa/inet.h>
#include <resolv.h>
#include <string.h>

#include "dns_message.h"

unsigned
dns_message_16(const unsigned char *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

uint32_t
dns_message_32(const unsigned char *at)
{
	return (uint32_t)dns_message_16(at) << 16 | dns_message_16(at + 2);
}

/* Moves behind a name and `more` bytes; false if they do not fit. */
static bool
skip(const struct dns_message *message, const unsigned char **at, size_t more)
{
	int size = dn_skipname(*at, message->end);

	if (size < 0 || (size_t)(message->end - *at) < (size_t)size + more)
		return false;
	*at += (size_t)size + more;
	return true;
}

static bool
skip_resource(const struct dns_message *message, const unsigned char **at)
{
	size_t length;

	if (!skip(message, at, NS_RRFIXEDSZ))
		return false;
	length = dns_message_16(*at - NS_INT16SZ);
	if ((size_t)(message->end - *at) < length)
		return false;
	*at += length;
	return true;
}

static bool
expand(const struct dns_message *message, const unsigned char *at,
    char out[NS_MAXDNAME], int *size)
{
	*size = dn_expand(message->start, message->end, at, out, NS_MAXDNAME);
	return *size >= 0;
}

static bool
skip_resources(
    const struct dns_message *message, const unsigned char **at, size_t count)
{
	while (count > 0 && skip_resource(message, at))
		count--;
	return count == 0;
}

static bool
owners_are_names(const struct dns_message *message)
{
	const unsigned char *at = message->answers;
	char owner[NS_MAXDNAME];
	int size;

	while (at < message->answers_end)
		if (!expand(message, at, owner, &size)
		    || !skip_resource(message, &at))
			return false;
	return true;
}

bool
dns_message_open(
    struct dns_message *message, const unsigned char *bytes, size_t length)
{
	const unsigned char *at = bytes + NS_HFIXEDSZ;
	HEADER header;
	int size;

	if (length < NS_HFIXEDSZ)
		return false;
	memcpy(&header, bytes, NS_HFIXEDSZ);
	*message = (struct dns_message){
	    .start = bytes,
	    .end = bytes + length,
	    .count = ntohs(header.ancount),
	    .code = (int)header.rcode,
	    .authentic = header.ad,
	};
	if (header.qdcount == 0 || !expand(message, at, message->asked, &size))
		return false;
	for (size_t left = ntohs(header.qdcount); left > 0; left--)
		if (!skip(message, &at, NS_QFIXEDSZ))
			return false;
	message->answers = at;
	if (!skip_resources(message, &at, message->count))
		return false;
	message->answers_end = at;
	return skip_resources(message, &at,
		   (size_t)ntohs(header.nscount) + ntohs(header.arcount))
	    && at == message->end && owners_are_names(message);
}

bool
dns_message_next(const struct dns_message *message, const unsigned char **at,
    struct dns_resource *resource)
{
	const unsigned char *fixed;
	int size;

	if (*at >= message->answers_end
	    || !expand(message, *at, resource->owner, &size))
		return false;
	fixed = *at + size;
	resource->type = dns_message_16(fixed);
	resource->ttl_s = dns_message_32(fixed + 2 * NS_INT16SZ);
	resource->data = fixed + NS_RRFIXEDSZ;
	resource->length = dns_message_16(resource->data - NS_INT16SZ);
	*at = resource->data + resource->length;
	return true;
}

bool
dns_message_name(const struct dns_message *message, const unsigned char *at,
    size_t size, char out[NS_MAXDNAME])
{
	int read;

	return expand(message, at, out, &read) && read == (int)size;
}
