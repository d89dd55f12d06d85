/* SPDX-License-Identifier: GPL-3.0-or-later */
/* imap_url - the address of a mailbox (RFC 5092), and its parts */
#include <string.h>

#include <curl/curl.h>

#include "imap_url.h"

static bool
refuse(struct text *why, const char *reason)
{
	text_add(why, "%s", reason);
	return false;
}

/* Copies a part of an address if it has that one; false if it does not. */
static bool
get_part(CURLU *address, CURLUPart part, char *out, size_t size)
{
	char *value = NULL;
	bool there = curl_url_get(address, part, &value, 0) == CURLUE_OK;

	text_print(out, size, "%s", there ? value : "");
	curl_free(value);
	return there;
}

static bool
check_parts(CURLU *address, struct text *why)
{
	char value[IMAP_URL_SIZE];

	get_part(address, CURLUPART_SCHEME, value, sizeof(value));
	if (strcmp(value, "imap") != 0 && strcmp(value, "imaps") != 0)
		return refuse(why, "not imap:// or imaps://");
	if (get_part(address, CURLUPART_USER, value, sizeof(value))
	    || get_part(address, CURLUPART_PASSWORD, value, sizeof(value)))
		return refuse(why, "the user does not belong into the URL");
	if (get_part(address, CURLUPART_QUERY, value, sizeof(value))
	    || get_part(address, CURLUPART_FRAGMENT, value, sizeof(value)))
		return refuse(why, "more than a mailbox");
	get_part(address, CURLUPART_PATH, value, sizeof(value));
	return strchr(value, ';') == NULL || refuse(why, "more than a mailbox");
}

/* NULL with `why` filled in if it is none. */
static CURLU *
parse_url(const char *url, struct text *why)
{
	CURLU *address = curl_url();
	CURLUcode code = CURLUE_OUT_OF_MEMORY;

	if (strlen(url) >= IMAP_URL_SIZE - sizeof("INBOX"))
		refuse(why, "too long");
	else if (address == NULL
	    || (code = curl_url_set(
		    address, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME))
		!= CURLUE_OK)
		refuse(why,
		    strstr(url, "://") == NULL ? "not imap:// or imaps://"
					       : curl_url_strerror(code));
	else if (check_parts(address, why))
		return address;
	curl_url_cleanup(address);
	return NULL;
}

/* Server, host, and mailbox with its default; a slash at the end is no name. */
static void
take_apart(struct imap_url *out, CURLU *address)
{
	char path[IMAP_URL_SIZE];
	size_t length;

	get_part(address, CURLUPART_PATH, path, sizeof(path));
	length = strlen(path);
	if (length > 1 && path[length - 1] == '/')
		path[length - 1] = '\0';
	if (length <= 1)
		text_print(path, sizeof(path), "/INBOX");
	curl_url_set(address, CURLUPART_PATH, path, 0);
	get_part(address, CURLUPART_URL, out->mailbox, sizeof(out->mailbox));
	curl_url_set(address, CURLUPART_PATH, "/", 0);
	get_part(address, CURLUPART_URL, out->server, sizeof(out->server));
	get_part(address, CURLUPART_HOST, out->host, sizeof(out->host));
	length = strlen(out->host);
	if (out->host[0] == '[') {
		memmove(out->host, out->host + 1, length);
		out->host[length - 2] = '\0';
	}
}

bool
imap_url_parse(const char *string, struct imap_url *url, struct text *why)
{
	CURLU *address = parse_url(string, why);

	memset(url, 0, sizeof(*url));
	if (address != NULL)
		take_apart(url, address);
	curl_url_cleanup(address);
	return address != NULL;
}
