/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * imap - a mailbox on an IMAP server, looked into for one message
 *
 * A UID means something only within a session's mailbox. So nothing but the
 * login may open a connection: when it is lost, all begins again.
 */
#include <ctype.h>
#include <string.h>

#include <curl/curl.h>

#include "imap_answer.h"
#include "secret.h"
#include "imap.h"

enum { COMMAND_SIZE = 256 };

#define LOGOUT_SECONDS 1L

/* Passwords by what needs no ticket, domain or client certificate. */
static const char password_mechanisms[] = "AUTH=CRAM-MD5;AUTH=PLAIN;AUTH=LOGIN";
static const char token_mechanism[] = "AUTH=XOAUTH2";

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

void
imap_open(struct imap *imap, const struct imap_params *params)
{
	memset(imap, 0, sizeof(*imap));
	imap->params = *params;
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
	if (!transfer_open(&imap->transfer, "imap,imaps",
		imap->params.url->host, params->policy, verify))
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
	code = perform(imap, imap->params.url->server, "CAPABILITY", deadline);
	imap->uidplus = imap_answer_has_capability(imap->answer, "UIDPLUS");
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

	text_print(why, sizeof(imap->why), "%s: %s%s%s", imap->params.url->host,
	    reason, imap->refusal[0] != '\0' ? ": " : "", imap->refusal);
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

	/* What hindered the looks before says more than that time is up. */
	if (!late || (!imap->looked && imap->why[0] == '\0'))
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
	    "%s/;UID=%lu/;SECTION=HEADER.FIELDS%%20(%s)",
	    imap->params.url->mailbox, (unsigned long)imap->uid, header);
	return perform(imap, url, NULL, deadline);
}

static int
search(struct imap *imap, const char *header, const char *token,
    struct deadline deadline)
{
	char command[COMMAND_SIZE];
	/* New messages need not be told of during a search (RFC 9051 5.2). */
	int code = perform(imap, imap->params.url->mailbox, "NOOP", deadline);

	text_print(command, sizeof(command), "UID SEARCH HEADER %s \"%s\"",
	    header, token);
	return code != CURLE_OK
	    ? code
	    : perform(imap, imap->params.url->mailbox, command, deadline);
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

bool
imap_enter(struct imap *imap, struct deadline deadline)
{
	int code = log_in(imap, deadline);

	if (code == CURLE_OK)
		code =
		    perform(imap, imap->params.url->mailbox, "NOOP", deadline);
	if (code != CURLE_OK)
		fail(imap, code);
	return code == CURLE_OK;
}

enum look
imap_look(struct imap *imap, const char *header, const char *token,
    struct deadline deadline)
{
	int code = CURLE_OK;

	if (!imap->logged_in)
		code = log_in(imap, deadline);
	if (code == CURLE_OK)
		code = search(imap, header, token, deadline);
	if (code != CURLE_OK)
		return fail(imap, code);
	if (!imap_answer_newest(imap->answer, &imap->uid))
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
	if (perform(imap, imap->params.url->mailbox, command, deadline)
	    != CURLE_OK)
		return false;
	/* EXPUNGE would remove what others have marked, too (RFC 4315). */
	text_print(command, sizeof(command), "UID EXPUNGE %lu", uid);
	return imap->uidplus
	    && perform(imap, imap->params.url->mailbox, command, deadline)
	    == CURLE_OK;
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
		perform(imap, imap->params.url->server, "NOOP",
		    deadline_earlier(deadline, deadline_in(LOGOUT_SECONDS)));
	}
	transfer_close(&imap->transfer);
}
