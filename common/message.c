/* SPDX-License-Identifier: GPL-3.0-or-later */
/* message - a mail message to be sent as a test (RFC 5322) */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <time.h>

#include "message.h"

enum {
	LINE_MAX_OCTETS = 998, /* RFC 5322 2.1.1, without CRLF */
	ENCODED_LINE_MAX = 76, /* RFC 2047 2 */
};

bool
message_make_token(char token[MESSAGE_TOKEN_SIZE])
{
	unsigned char random[16];

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return false;
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(token + 2 * i, 3, "%02x", random[i]);
	return true;
}

/* The length of the name of a header line, 0 if it is none (RFC 5322 2.2). */
static size_t
name_length(const char *line, size_t length)
{
	size_t name = 0;

	while (name < length && line[name] > ' ' && line[name] < 0x7f
	    && line[name] != ':')
		name++;
	return name < length && line[name] == ':' ? name : 0;
}

/* One line of clean UTF-8, or it would not be the header that it seems. */
bool
message_header_valid(const char *header)
{
	char line[LINE_MAX_OCTETS + 1], clean[sizeof(line)];
	size_t length = strlen(header);

	if (length >= sizeof(line))
		return false;
	for (size_t i = 0; i <= length; i++)
		line[i] = header[i] == '\t' ? ' ' : header[i];
	printable(clean, sizeof(clean), line, length);
	return strcmp(clean, line) == 0 && name_length(header, length) > 0;
}

static bool
has_8bit(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)bytes[i] >= 0x80)
			return true;
	return false;
}

/* Whether the headers of one's own have this one. */
static bool
is_given(const struct message_params *params, const char *name)
{
	size_t length = strlen(name);

	for (const char *const *header = params->headers; *header != NULL;
	     header++)
		if (strncasecmp(*header, name, length) == 0
		    && (*header)[length] == ':')
			return true;
	return false;
}

/* Bytes of the UTF-8 character that begins here; it is a valid one. */
static size_t
character_length(const char *at)
{
	size_t length = 1;

	while (((unsigned char)at[length] & 0xc0) == 0x80)
		length++;
	return length;
}

/*
 * RFC 2047 4.2: "Q" encoded words of whole characters, each on a line of its
 * own after the first.
 */
static void
write_encoded(const char *name, const char *string, struct text *out)
{
	static const char begin[] = "=?UTF-8?Q?";
	size_t used = strlen(name) + 2 + strlen(begin);

	text_add(out, "%s: %s", name, begin);
	while (*string != '\0') {
		size_t length = character_length(string);
		bool plain = isalnum((unsigned char)*string) && length == 1;
		size_t width = plain ? 1 : 3 * length;

		if (used + width + 2 > ENCODED_LINE_MAX) {
			text_add(out, "?=\r\n %s", begin);
			used = 1 + strlen(begin);
		}
		for (size_t i = 0; i < length; i++)
			text_add(out, plain ? "%c" : "=%02X",
			    (unsigned char)string[i]);
		used += width;
		string += length;
	}
	text_add(out, "?=\r\n");
}

static void
write_subject(const char *subject, struct text *out)
{
	if (has_8bit(subject, strlen(subject)))
		write_encoded("Subject", subject, out);
	else
		text_add(out, "Subject: %s\r\n", subject);
}

static void
write_date(int64_t date, struct text *out)
{
	time_t moment = (time_t)date;
	struct tm fields;
	char text[64] = "";

	if (gmtime_r(&moment, &fields) != NULL)
		strftime(
		    text, sizeof(text), "%a, %d %b %Y %H:%M:%S +0000", &fields);
	text_add(out, "Date: %s\r\n", text);
}

/* RFC 5322 3.6.3: a header line for all, an address a line. */
static void
write_to(const char *const *to, const char *server, struct text *out)
{
	text_add(out, "To:");
	for (size_t i = 0; to[i] != NULL; i++)
		text_add(out, "%s <%s%s%s>", i > 0 ? ",\r\n" : "", to[i],
		    strchr(to[i], '@') == NULL ? "@" : "",
		    strchr(to[i], '@') == NULL ? server : "");
	text_add(out, "\r\n");
}

static void
write_made_headers(const struct message_params *params, struct text *out)
{
	if (!is_given(params, "Date"))
		write_date(params->date, out);
	if (!is_given(params, "Message-ID"))
		text_add(out, "Message-ID: <%s@%s>\r\n", params->token,
		    params->host);
	/* RFC 5322 3.6.2 wants an author; a null sender is none. */
	if (!is_given(params, "From") && params->from[0] != '\0')
		text_add(out, "From: <%s>\r\n", params->from);
	else if (!is_given(params, "From"))
		text_add(out, "From: <check_mx@%s>\r\n", params->host);
	if (!is_given(params, "To"))
		write_to(params->to, params->server, out);
	if (!is_given(params, "Subject"))
		write_subject(params->subject, out);
	/* RFC 3834 5: no vacation notice wants to answer this. */
	if (!is_given(params, "Auto-Submitted"))
		text_add(out, "Auto-Submitted: auto-generated\r\n");
}

void
message_write(const struct message_params *params, struct text *out)
{
	message_mark(out, params->token);
	write_made_headers(params, out);
	for (const char *const *header = params->headers; *header != NULL;
	     header++)
		text_add(out, "%s\r\n", *header);
	text_add(out,
	    "\r\n"
	    "This is a test message. check_mx sent it to see whether mail "
	    "arrives.\r\n"
	    "It may be deleted.\r\n");
}

/* What no server has to take, or NULL. */
static const char *
find_fault(const char *bytes, size_t length)
{
	if (length == 0)
		return "empty";
	if (memchr(bytes, '\0', length) != NULL)
		return "holds a NUL byte";
	for (const char *at = bytes, *end = bytes + length;
	     (at = memchr(at, '\r', (size_t)(end - at))) != NULL; at++)
		if (at + 1 == end || at[1] != '\n')
			return "holds a CR without LF";
	return name_length(bytes, length) == 0
	    ? "does not begin with a header, \"Name: value\""
	    : NULL;
}

bool
message_take(
    const char *bytes, size_t length, struct text *out, struct text *why)
{
	const char *fault = find_fault(bytes, length);
	const char *end = bytes + length;

	if (fault != NULL) {
		text_add(why, "%s", fault);
		return false;
	}
	for (const char *line = bytes, *stop; line < end; line = stop + 1) {
		size_t size;

		stop = memchr(line, '\n', (size_t)(end - line));
		size = (size_t)((stop != NULL ? stop : end) - line);
		if (size > 0 && line[size - 1] == '\r')
			size--;
		text_add_bytes(out, line, size);
		text_add_bytes(out, "\r\n", 2);
		if (stop == NULL)
			break;
	}
	if (out->cut)
		text_add(why, "larger than %d bytes", MESSAGE_MAX);
	return !out->cut;
}

void
message_mark(struct text *message, const char *token)
{
	struct text marked;

	text_init(&marked, message->max + sizeof(MESSAGE_TOKEN_HEADER) + 64);
	text_add(&marked, MESSAGE_TOKEN_HEADER ": %s\r\n", token);
	text_add_bytes(&marked, message->data, message->length);
	text_release(message);
	*message = marked;
}

/* The headers end where the body begins, if there is one. */
static size_t
headers_length(const struct text *message)
{
	const char *body = strstr(message->data, "\r\n\r\n");

	return body != NULL ? (size_t)(body - message->data) : message->length;
}

bool
message_is_8bit(const struct text *message)
{
	return has_8bit(message->data, message->length);
}

bool
message_has_8bit_headers(const struct text *message)
{
	return has_8bit(message->data, headers_length(message));
}

void
message_stuff(const struct text *message, struct text *out)
{
	const char *end = message->data + message->length;

	for (const char *line = message->data, *next; line < end; line = next) {
		next = memchr(line, '\n', (size_t)(end - line));
		next = next != NULL ? next + 1 : end;
		if (*line == '.')
			text_add_bytes(out, ".", 1);
		text_add_bytes(out, line, (size_t)(next - line));
	}
	text_add_bytes(out, ".\r\n", 3);
}
