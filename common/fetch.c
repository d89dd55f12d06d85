/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fetch - the MTA-STS policy of a domain, over HTTPS as senders fetch it */
#include <config.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "lookup.h"
#include "mtasts.h"
#include "text.h"
#include "fetch.h"

enum { ADDRESSES_MAX = 8, HTTPS_PORT = 443, HTTP_OK = 200 };

/* RFC 8460 4.3. */
static const char fetch_error[] = "sts-policy-fetch-error";
static const char webpki_invalid[] = "sts-webpki-invalid";

struct transfer {
	struct fetch *fetch;
	CURL *curl;
	const struct tls_policy *policy;
	const char *host;
	bool too_long;
	char anchors_why[FETCH_WHY_SIZE]; /* "" if they could be loaded */
};

/* "mta-sts.example.com: " and what went wrong there. */
static bool
fail(const struct transfer *transfer, const char *type, const char *format,
    const char *what)
{
	struct fetch *fetch = transfer->fetch;
	char text[FETCH_WHY_SIZE];

	fetch->type = type;
	text_print(text, sizeof(text), format, what);
	text_print(
	    fetch->why, sizeof(fetch->why), "%s: %s", transfer->host, text);
	return false;
}

/* Counted here: a server need not say how long a body will be. */
static size_t
take_body(char *bytes, size_t size, size_t count, void *argument)
{
	struct transfer *transfer = argument;
	struct fetch *fetch = transfer->fetch;
	size_t length = size * count;
	long status = 0;

	/* An error page is none of a policy, however long. */
	curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status != HTTP_OK)
		return length;
	transfer->too_long = fetch->length + length > MTASTS_POLICY_MAX;
	if (transfer->too_long)
		return 0;
	memcpy(fetch->body + fetch->length, bytes, length);
	fetch->length += length;
	return length;
}

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

/* "1.2.3.4,[2001:db8::1]" */
static void
add_addresses(const struct dns_answer *answer, size_t bare, struct text *out)
{
	for (size_t i = 0; i < answer->count && i < ADDRESSES_MAX; i++) {
		const union dns_address *address = &answer->records[i].address;
		bool v6 = address->any.sa_family == AF_INET6;
		char text[INET6_ADDRSTRLEN];

		dns_address_text(address, text);
		text_add(out, "%s%s%s%s", out->length > bare ? "," : "",
		    v6 ? "[" : "", text, v6 ? "]" : "");
	}
}

/* "HOST:443:ADDRESS,..." for libcurl, so that --nameserver counts. */
static bool
look_up(struct transfer *transfer, const struct dns_servers *servers,
    struct deadline deadline, struct text *out)
{
	const struct question questions[] = {
	    {transfer->host, DNS_TYPE_A}, {transfer->host, DNS_TYPE_AAAA}};
	struct dns_answer answer[2];
	size_t bare;

	lookup_all(
	    questions, 2, servers, deadline_share(deadline, 0.5), answer);
	text_add(out, "%s:%d:", transfer->host, HTTPS_PORT);
	bare = out->length;
	add_addresses(&answer[0], bare, out);
	add_addresses(&answer[1], bare, out);
	transfer->fetch->ours = answer[0].status == DNS_UNUSABLE
	    && answer[1].status == DNS_UNUSABLE;
	transfer->fetch->timed_out =
	    out->length == bare && answer[0].status == DNS_UNANSWERED;
	if (out->length == bare)
		fail(transfer, fetch_error, "no address (%s)",
		    answer[0].status == DNS_NORECORD ? answer[1].detail
						     : answer[0].detail);
	dns_release(&answer[0]);
	dns_release(&answer[1]);
	return out->length > bare;
}

static void
set_options(
    struct transfer *transfer, const char *url, struct deadline deadline)
{
	CURL *curl = transfer->curl;
	long left_ms = deadline_left_ms(deadline);

	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "check_mx/" PACKAGE_VERSION);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	/* Senders use none; a variable of the environment could set one. */
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	/* 0 would be for ever. */
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, left_ms > 0 ? left_ms : 1L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(curl, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, set_verification);
	curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, transfer);
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

static bool
explain_connect(const struct transfer *transfer)
{
	long error = 0;
	const char *words;
	char text[128];

	curl_easy_getinfo(transfer->curl, CURLINFO_OS_ERRNO, &error);
	words = error != 0 ? strerrordesc_np((int)error) : NULL;
	text_print(
	    text, sizeof(text), "%s", words != NULL ? words : "no connection");
	text[0] = (char)tolower((unsigned char)text[0]);
	return fail(transfer, fetch_error, "%s", text);
}

/* What libcurl's word for a failure means to a sender. */
static bool
explain(const struct transfer *transfer, CURLcode code, const char *detail)
{
	if (transfer->anchors_why[0] != '\0') {
		transfer->fetch->ours = true;
		return fail(transfer, fetch_error, "%s", transfer->anchors_why);
	}
	if (transfer->too_long)
		return fail(transfer, fetch_error, "%s", "larger than 64 KB");
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
		return fail(transfer, webpki_invalid,
		    "certificate not accepted: %s", last_part(detail));
	case CURLE_COULDNT_CONNECT:
		return explain_connect(transfer);
	case CURLE_SSL_CONNECT_ERROR:
		return fail(transfer, fetch_error, "TLS handshake failed: %s",
		    last_part(detail));
	case CURLE_OPERATION_TIMEDOUT:
		transfer->fetch->timed_out = true;
		return fail(transfer, fetch_error, "%s", "timed out");
	default:
		return fail(transfer, fetch_error, "%s", detail);
	}
}

static void
keep_media_type(const struct transfer *transfer)
{
	struct fetch *fetch = transfer->fetch;
	const char *type = NULL;

	curl_easy_getinfo(transfer->curl, CURLINFO_CONTENT_TYPE, &type);
	if (type != NULL)
		printable(fetch->media_type, sizeof(fetch->media_type), type,
		    strlen(type));
}

static bool
perform(struct transfer *transfer)
{
	CURL *curl = transfer->curl;
	char detail[CURL_ERROR_SIZE] = "", clean[160];
	long status = 0;
	CURLcode code;

	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
	code = curl_easy_perform(curl);
	if (detail[0] == '\0')
		text_print(
		    detail, sizeof(detail), "%s", curl_easy_strerror(code));
	printable(clean, sizeof(clean), detail, strlen(detail));
	if (code != CURLE_OK)
		return explain(transfer, code, clean);
	keep_media_type(transfer);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	text_print(clean, sizeof(clean), "%ld", status);
	return status == HTTP_OK
	    || fail(transfer, fetch_error, "HTTP status %s, not 200", clean);
}

static bool
get(struct transfer *transfer, const char *resolve, struct deadline deadline)
{
	struct curl_slist *list = curl_slist_append(NULL, resolve);
	char url[DOMAIN_SIZE + 64];
	bool done = false;

	transfer->curl = curl_easy_init();
	text_print(url, sizeof(url), "https://%s/.well-known/mta-sts.txt",
	    transfer->host);
	if (transfer->curl == NULL || list == NULL) {
		transfer->fetch->ours = true;
		fail(transfer, fetch_error, "%s", "libcurl can't be started");
	} else {
		set_options(transfer, url, deadline);
		curl_easy_setopt(transfer->curl, CURLOPT_RESOLVE, list);
		done = perform(transfer);
	}
	curl_easy_cleanup(transfer->curl);
	curl_slist_free_all(list);
	return done;
}

void
fetch_policy(struct fetch *fetch, const char *domain,
    const struct dns_servers *servers, const struct tls_policy *policy,
    struct deadline deadline)
{
	char host[DOMAIN_SIZE + 16];
	struct transfer transfer = {
	    .fetch = fetch, .policy = policy, .host = host};
	struct text resolve;

	memset(fetch, 0, sizeof(*fetch));
	text_print(host, sizeof(host), "mta-sts.%s", domain);
	fetch->body = malloc(MTASTS_POLICY_MAX);
	if (fetch->body == NULL) {
		fetch->ours = true;
		fail(&transfer, fetch_error, "%s", "out of memory");
		return;
	}
	text_init(&resolve, 4096);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	fetch->done = look_up(&transfer, servers, deadline, &resolve)
	    && get(&transfer, resolve.data, deadline);
	text_release(&resolve);
}

void
fetch_release(struct fetch *fetch)
{
	free(fetch->body);
	fetch->body = NULL;
}
