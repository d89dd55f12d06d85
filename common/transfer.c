/* SPDX-License-Identifier: GPL-3.0-or-later */
/* transfer - what every use of libcurl here has in common */
#include <config.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include <curl/curl.h>

#include "text.h"
#include "tls_words.h"
#include "transfer.h"

/* libcurl's own check would believe a common name. */
static CURLcode
set_verification(CURL *curl, void *context, void *argument)
{
	struct transfer *transfer = argument;
	struct text why;
	bool lent;

	(void)curl;
	text_init(&why, sizeof(transfer->anchors_why) - 1);
	lent = tls_lend(context, transfer->policy, transfer->host, &why);
	text_print(transfer->anchors_why, sizeof(transfer->anchors_why), "%s",
	    why.data);
	text_release(&why);
	return lent ? CURLE_OK : CURLE_ABORTED_BY_CALLBACK;
}

static void
set_trust(struct transfer *transfer, bool verify)
{
	CURL *curl = transfer->curl;

	curl_easy_setopt(curl, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	if (!verify) {
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
		return;
	}
	curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, set_verification);
	curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, transfer);
}

static bool is_prepared;

static void
prepare(void)
{
	tls_words_read();
	is_prepared = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

bool
transfer_prepare(void)
{
	static once_flag once = ONCE_FLAG_INIT;

	call_once(&once, prepare);
	return is_prepared;
}

bool
transfer_open(struct transfer *transfer, const char *protocols,
    const char *host, const struct tls_policy *policy, bool verify)
{
	CURL *curl = curl_easy_init();

	*transfer =
	    (struct transfer){.curl = curl, .policy = policy, .host = host};
	if (curl == NULL) {
		transfer->ours = true;
		text_print(transfer->why, sizeof(transfer->why), "%s",
		    "libcurl can't be started");
		return false;
	}
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	/* A resolver that hangs must not hold the end up. */
	curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
	/* A variable of the environment could set one. */
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	set_trust(transfer, verify);
	return true;
}

/* The end of "OpenSSL/3.0: error:0A00010B:SSL routines::wrong version". */
static const char *
last_part(const char *detail)
{
	const char *colon = strrchr(detail, ':');

	if (colon == NULL || colon[1] == '\0')
		return detail;
	return colon + 1 + strspn(colon + 1, " ");
}

/* "connection refused" */
static void
explain_connect(struct transfer *transfer)
{
	const char *words;
	long error = 0;

	curl_easy_getinfo(transfer->curl, CURLINFO_OS_ERRNO, &error);
	words = error != 0 ? strerrordesc_np((int)error) : NULL;
	text_print(transfer->why, sizeof(transfer->why), "%s",
	    words != NULL ? words : "no connection");
	transfer->why[0] = (char)tolower((unsigned char)transfer->why[0]);
}

static void
explain(struct transfer *transfer, CURLcode code, const char *detail)
{
	char *why = transfer->why;
	size_t size = sizeof(transfer->why);

	transfer->ours = transfer->anchors_why[0] != '\0';
	transfer->timed_out = code == CURLE_OPERATION_TIMEDOUT;
	if (transfer->ours)
		text_print(why, size, "%s", transfer->anchors_why);
	else if (transfer->timed_out)
		text_print(why, size, "timed out");
	else if (code == CURLE_COULDNT_CONNECT)
		explain_connect(transfer);
	else if (code == CURLE_PEER_FAILED_VERIFICATION)
		text_print(why, size, "certificate not accepted: %s",
		    last_part(detail));
	else if (code == CURLE_SSL_CONNECT_ERROR)
		text_print(
		    why, size, "TLS handshake failed: %s", last_part(detail));
	else
		text_print(why, size, "%s", detail);
}

int
transfer_perform(
    struct transfer *transfer, const char *url, struct deadline deadline)
{
	CURL *curl = transfer->curl;
	long left_ms = deadline_left_ms(deadline);
	char detail[CURL_ERROR_SIZE] = "", clean[160];
	CURLcode code;

	transfer->why[0] = '\0';
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
	/* 0 would be for ever. */
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, left_ms > 0 ? left_ms : 1L);
	code = curl_easy_perform(curl);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
	if (code == CURLE_OK)
		return code;
	if (detail[0] == '\0')
		text_print(
		    detail, sizeof(detail), "%s", curl_easy_strerror(code));
	printable(clean, sizeof(clean), detail, strlen(detail));
	explain(transfer, code, clean);
	return code;
}

void
transfer_close(struct transfer *transfer)
{
	curl_easy_cleanup(transfer->curl);
	transfer->curl = NULL;
}
