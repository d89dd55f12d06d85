/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * imap - a mailbox on an IMAP server, looked into for one message
 *
 * A UID means something only within a session's mailbox. So nothing but the
 * login may open a connection: when it is lost, all begins again.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "secret.h"
#include "imap.h"

enum { COMMAND_SIZE = 256 };

#define LOGOUT_SECONDS 1L

/* Passwords by what needs no ticket, domain or client certificate. */
static const char password_mechanisms[] = "AUTH=CRAM-MD5;AUTH=PLAIN;AUTH=LOGIN";
static const char token_mechanism[] = "AUTH=XOAUTH2";

/* --- the address --- */

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

bool
imap_url_valid(const char *url, struct text *why)
{
	CURLU *address = parse_url(url, why);

	curl_url_cleanup(address);
	return address != NULL;
}

/* Server, host, and mailbox with its default; a slash at the end is no name. */
static void
take_apart(struct imap *imap, CURLU *address)
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
	get_part(address, CURLUPART_URL, imap->mailbox, sizeof(imap->mailbox));
	curl_url_set(address, CURLUPART_PATH, "/", 0);
	get_part(address, CURLUPART_URL, imap->server, sizeof(imap->server));
	get_part(address, CURLUPART_HOST, imap->host, sizeof(imap->host));
	length = strlen(imap->host);
	if (imap->host[0] == '[') {
		memmove(imap->host, imap->host + 1, length);
		imap->host[length - 2] = '\0';
	}
}

void
imap_open(struct imap *imap, const struct imap_params *params)
{
	struct text why;
	CURLU *address;

	memset(imap, 0, sizeof(*imap));
	imap->params = *params;
	text_init(&why, sizeof(imap->why) - 1);
	address = parse_url(params->url, &why);
	if (address != NULL)
		take_apart(imap, address);
	text_print(imap->why, sizeof(imap->why), "%s", why.data);
	curl_url_cleanup(address);
	text_release(&why);
}

/* --- what the server says --- */

/* libcurl's tags are a letter and three digits. */
static bool
is_refusal(const char *line, size_t length)
{
	return length > 8 && isupper((unsigned char)line[0])
	    && isdigit((unsigned char)line[1])
	    && (strncasecmp(line + 4, " NO ", 4) == 0
		|| strncasecmp(line + 4, " BAD ", 5) == 0);
}

/* Masked while it is whole, for the cut could go through the secret. */
static size_t
take_line(char *bytes, size_t size, size_t count, void *argument)
{
	struct imap *imap = argument;
	size_t length = size * count;
	struct text line;

	if (!is_refusal(bytes, length))
		return length;
	/* It was the last command: LOGOUT's answer is not worth much time. */
	curl_easy_setopt(imap->transfer.curl, CURLOPT_SERVER_RESPONSE_TIMEOUT,
	    LOGOUT_SECONDS);
	text_init(&line, length);
	text_add_bytes(&line, bytes + 5, length - 5);
	while (line.length > 0
	    && isspace((unsigned char)line.data[line.length - 1]))
		line.length--;
	secret_mask(line.data, line.length);
	printable(imap->refusal, sizeof(imap->refusal), line.data, line.length);
	text_release(&line);
	return length;
}

static size_t
take_answer(char *bytes, size_t size, size_t count, void *argument)
{
	struct imap *imap = argument;
	size_t length = size * count;

	if (length > IMAP_ANSWER_MAX - imap->length)
		return 0;
	memcpy(imap->answer + imap->length, bytes, length);
	imap->length += length;
	imap->answer[imap->length] = '\0';
	return length;
}

/*
 * Finds the next "* KEYWORD ..." of the answer, `rest` being what follows;
 * begins at *at, and moves it.
 */
static bool
next_response(const char **at, const char *keyword, struct cursor *rest)
{
	while (**at != '\0') {
		size_t length = strcspn(*at, "\r\n");
		struct cursor line = {*at, *at + length}, word;
		bool untagged =
		    cursor_skip(&line, '*') && cursor_skip(&line, ' ');

		*at += length + strspn(*at + length, "\r\n");
		if (untagged && cursor_word(&line, &word)
		    && cursor_equals(&word, keyword)) {
			*rest = line;
			return true;
		}
	}
	return false;
}

static bool
has_capability(const char *answer, const char *name)
{
	struct cursor rest, word;

	while (next_response(&answer, "CAPABILITY", &rest))
		for (cursor_skip_blanks(&rest); cursor_word(&rest, &word);
		     cursor_skip_blanks(&rest))
			if (cursor_equals(&word, name))
				return true;
	return false;
}

/* The largest UID, 0 for none; false if that is no list of UIDs. */
static bool
parse_search(const char *answer, uint32_t *newest)
{
	struct cursor rest;

	*newest = 0;
	while (next_response(&answer, "SEARCH", &rest)) {
		unsigned long long uid;

		cursor_skip_blanks(&rest);
		while (cursor_number(&rest, UINT32_MAX, &uid)) {
			if (uid > *newest)
				*newest = (uint32_t)uid;
			if (uid == 0
			    || (!cursor_skip(&rest, ' ')
				&& !cursor_at_end(&rest)))
				return false;
			cursor_skip_blanks(&rest);
		}
		if (!cursor_at_end(&rest))
			return false;
	}
	return true;
}

/* --- the session --- */

/* Only a login may make a connection. */
static int
allow_socket(void *argument, curl_socket_t fd, curlsocktype purpose)
{
	const struct imap *imap = argument;

	(void)fd;
	(void)purpose;
	return imap->logged_in ? CURL_SOCKOPT_ERROR : CURL_SOCKOPT_OK;
}

/* libcurl would wait two minutes for the answer to a LOGOUT. */
static int
stop_late(void *argument, curl_off_t all_in, curl_off_t in, curl_off_t all_out,
    curl_off_t out)
{
	const struct imap *imap = argument;

	(void)all_in;
	(void)in;
	(void)all_out;
	(void)out;
	return deadline_passed(imap->deadline);
}

static void
set_callbacks(struct imap *imap)
{
	CURL *curl = imap->transfer.curl;

	curl_easy_setopt(curl, CURLOPT_SOCKOPTFUNCTION, allow_socket);
	curl_easy_setopt(curl, CURLOPT_SOCKOPTDATA, imap);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, stop_late);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, imap);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_line);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, imap);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, imap);
}

/* A command, or without one what the URL says; libcurl's code. */
static int
perform(struct imap *imap, const char *url, const char *command,
    struct deadline deadline)
{
	imap->length = 0;
	imap->answer[0] = imap->refusal[0] = '\0';
	imap->deadline = deadline;
	curl_easy_setopt(imap->transfer.curl, CURLOPT_CUSTOMREQUEST, command);
	return transfer_perform(&imap->transfer, url, deadline);
}

/* A new session; the capabilities are those after the login. */
static int
begin(struct imap *imap, const char *mechanisms, struct deadline deadline)
{
	const struct imap_params *params = &imap->params;
	bool verify = params->policy->verify != TLS_VERIFY_NOTES;
	CURL *curl;
	int code;

	transfer_close(&imap->transfer);
	if (!transfer_open(&imap->transfer, "imap,imaps", imap->host,
		params->policy, verify))
		return CURLE_FAILED_INIT;
	set_callbacks(imap);
	curl = imap->transfer.curl;
	curl_easy_setopt(curl, CURLOPT_USE_SSL,
	    params->in_clear ? (long)CURLUSESSL_NONE : (long)CURLUSESSL_ALL);
	curl_easy_setopt(curl, CURLOPT_LOGIN_OPTIONS, mechanisms);
	curl_easy_setopt(curl, CURLOPT_USERNAME, params->user);
	if (params->by_token)
		curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, params->secret);
	else
		curl_easy_setopt(curl, CURLOPT_PASSWORD, params->secret);
	code = perform(imap, imap->server, "CAPABILITY", deadline);
	imap->uidplus = has_capability(imap->answer, "UIDPLUS");
	imap->logged_in = code == CURLE_OK;
	return code;
}

/* What a failure is called by who did not make a mistake. */
static const char *
reason_of(const struct imap *imap, int code)
{
	switch (code) {
	case CURLE_LOGIN_DENIED: /* libcurl's word for SELECT, too */
		if (imap->refusal[0] == '\0')
			return "no way to log in that both sides know";
		return imap->logged_in ? "mailbox can't be opened"
				       : "login refused";
	case CURLE_USE_SSL_FAILED:
		return "STARTTLS is not offered or refused";
	case CURLE_QUOTE_ERROR:
		return "command refused";
	case CURLE_WRITE_ERROR:
		return "answer too long";
	case CURLE_ABORTED_BY_CALLBACK:
		return imap->transfer.ours ? imap->transfer.why
					   : "connection lost";
	default:
		return imap->transfer.why;
	}
}

static void
tell(struct imap *imap, const char *reason)
{
	char *why = imap->why;

	text_print(why, sizeof(imap->why), "%s: %s%s%s", imap->host, reason,
	    imap->refusal[0] != '\0' ? ": " : "", imap->refusal);
	secret_mask(why, strlen(why));
}

/*
 * Once all went well it is only the time, or the connection, that can end a
 * session; but for those of a server that has changed its mind.
 */
static enum look
fail(struct imap *imap, int code)
{
	bool late =
	    code == CURLE_OPERATION_TIMEDOUT || deadline_passed(imap->deadline);
	bool final = code == CURLE_LOGIN_DENIED
	    || code == CURLE_PEER_FAILED_VERIFICATION
	    || code == CURLE_USE_SSL_FAILED || imap->transfer.ours;

	if (!imap->looked || !late)
		tell(imap, late ? "timed out" : reason_of(imap, code));
	imap->logged_in = false;
	return imap->looked && !final ? LOOK_NOT_YET : LOOK_FAILED;
}

static int
log_in(struct imap *imap, struct deadline deadline)
{
	bool by_token = imap->params.by_token;
	int code = begin(
	    imap, by_token ? token_mechanism : password_mechanisms, deadline);

	/* Some servers know no mechanism, but the command LOGIN. */
	if (code == CURLE_LOGIN_DENIED && imap->refusal[0] == '\0' && !by_token)
		code = begin(imap, NULL, deadline);
	return code;
}

/* Whether the message found is the one: some servers do not search headers. */
static int
fetch_header(struct imap *imap, const char *header, struct deadline deadline)
{
	char url[IMAP_URL_SIZE + COMMAND_SIZE];

	text_print(url, sizeof(url),
	    "%s/;UID=%lu/;SECTION=HEADER.FIELDS%%20(%s)", imap->mailbox,
	    (unsigned long)imap->uid, header);
	return perform(imap, url, NULL, deadline);
}

static int
search(struct imap *imap, const char *header, const char *token,
    struct deadline deadline)
{
	char command[COMMAND_SIZE];
	/* New messages need not be told of during a search (RFC 9051 5.2). */
	int code = perform(imap, imap->mailbox, "NOOP", deadline);

	text_print(command, sizeof(command), "UID SEARCH HEADER %s \"%s\"",
	    header, token);
	return code != CURLE_OK
	    ? code
	    : perform(imap, imap->mailbox, command, deadline);
}

static enum look
conclude(struct imap *imap, enum look look, const char *hindrance)
{
	imap->why[0] = '\0';
	if (hindrance != NULL)
		tell(imap, hindrance);
	else
		imap->looked = true;
	return look;
}

enum look
imap_look(struct imap *imap, const char *header, const char *token,
    struct deadline deadline)
{
	int code = CURLE_OK;

	if (imap->mailbox[0] == '\0')
		return LOOK_FAILED;
	if (!imap->logged_in)
		code = log_in(imap, deadline);
	if (code == CURLE_OK)
		code = search(imap, header, token, deadline);
	if (code != CURLE_OK)
		return fail(imap, code);
	if (!parse_search(imap->answer, &imap->uid))
		return conclude(
		    imap, LOOK_NOT_YET, "SEARCH gave what is no list");
	if (imap->uid == 0)
		return conclude(imap, LOOK_NOT_YET, NULL);
	code = fetch_header(imap, header, deadline);
	if (code != CURLE_OK)
		return fail(imap, code);
	if (strstr(imap->answer, token) == NULL)
		return conclude(imap, LOOK_NOT_YET,
		    "SEARCH gave a message without the token");
	return conclude(imap, LOOK_FOUND, NULL);
}

bool
imap_remove(struct imap *imap, struct deadline deadline)
{
	unsigned long uid = imap->uid;
	char command[COMMAND_SIZE];

	text_print(command, sizeof(command),
	    "UID STORE %lu +FLAGS.SILENT (\\Deleted)", uid);
	if (perform(imap, imap->mailbox, command, deadline) != CURLE_OK)
		return false;
	/* EXPUNGE would remove what others have marked, too (RFC 4315). */
	text_print(command, sizeof(command), "UID EXPUNGE %lu", uid);
	return imap->uidplus
	    && perform(imap, imap->mailbox, command, deadline) == CURLE_OK;
}

/* Says LOGOUT by a handle that knows how long to wait for its answer. */
void
imap_close(struct imap *imap, struct deadline deadline)
{
	if (imap->logged_in) {
		CURL *curl = imap->transfer.curl;

		curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
		curl_easy_setopt(
		    curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, LOGOUT_SECONDS);
		perform(imap, imap->server, "NOOP",
		    deadline_earlier(deadline, deadline_in(LOGOUT_SECONDS)));
	}
	transfer_close(&imap->transfer);
}
