/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fetch - the MTA-STS policy of a domain, over HTTPS as senders fetch it */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "mtasts.h"
#include "text.h"
#include "fetch.h"

enum { ADDRESSES_MAX = 8, HTTPS_PORT = 443, HTTP_OK = 200 };

/* RFC 8460 4.3. */
static const char fetch_error[] = "sts-policy-fetch-error";
static const char webpki_invalid[] = "sts-webpki-invalid";

struct transfer {
	struct fetch *fetch;
	const struct tls_policy *policy;
	const char *host;
	bool too_long;
	char anchors_why[FETCH_WHY_SIZE]; /* "" if they could be loaded */
};

static bool
fail(
    struct fetch *fetch, const char *type, const char *format, const char *what)
{
	fetch->type = type;
	text_print(fetch->why, sizeof(fetch->why), format, what);
	return false;
}

/* Counted here: a server need not say how long a body will be. */
static size_t
take_body(char *bytes, size_t size, size_t count, void *argument)
{
	struct transfer *transfer = argument;
	struct fetch *fetch = transfer->fetch;
	size_t length = size * count;

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

static void
add_addresses(struct text *out, const struct dns_servers *servers,
    const char *host, enum dns_type type, struct deadline deadline,
    struct dns_answer *answer)
{
	dns_query(answer, servers, host, type, deadline);
	for (size_t i = 0; i < answer->count && i < ADDRESSES_MAX; i++) {
		char text[INET6_ADDRSTRLEN];
		bool v6 = type == DNS_TYPE_AAAA;

		dns_address_text(&answer->records[i].address, text);
		text_add(out, "%c%s%s%s",
		    out->data[out->length - 1] == ':' ? ' ' : ',',
		    v6 ? "[" : "", text, v6 ? "]" : "");
	}
}

static bool
is_ours(enum dns_status status)
{
	return status == DNS_UNUSABLE;
}

/* "HOST:443:ADDRESS,[ADDRESS]" for libcurl, so that --nameserver counts. */
static bool
look_up(struct fetch *fetch, struct text *out, const char *host,
    const struct dns_servers *servers, struct deadline deadline)
{
	struct dns_answer v4, v6;
	size_t bare;

	text_add(out, "%s:%d:", host, HTTPS_PORT);
	bare = out->length;
	add_addresses(out, servers, host, DNS_TYPE_A, deadline, &v4);
	add_addresses(out, servers, host, DNS_TYPE_AAAA, deadline, &v6);
	dns_release(&v4);
	dns_release(&v6);
	if (out->length > bare) {
		/* The first one follows the colon at once. */
		memmove(
		    out->data + bare, out->data + bare + 1, out->length - bare);
		out->length--;
		return true;
	}
	fetch->ours = is_ours(v4.status) && is_ours(v6.status);
	return fail(fetch, fetch_error, "mta-sts host has no address: %s",
	    v4.status == DNS_NORECORD ? v6.detail : v4.detail);
}

static void
set_options(CURL *curl, struct transfer *transfer, const char *url,
    struct deadline deadline)
{
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "check_mx/" PACKAGE_VERSION);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	/* Senders use none; a variable of the environment could set one. */
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(
	    curl, CURLOPT_TIMEOUT_MS, (long)deadline_left_ms(deadline));
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(curl, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, set_verification);
	curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, transfer);
}

/* What libcurl's word for a failure means to a sender. */
static bool
explain(const struct transfer *transfer, CURLcode code, const char *detail)
{
	struct fetch *fetch = transfer->fetch;

	if (transfer->anchors_why[0] != '\0') {
		fetch->ours = true;
		return fail(fetch, fetch_error, "%s", transfer->anchors_why);
	}
	if (transfer->too_long)
		return fail(
		    fetch, fetch_error, "%s", "it is larger than 64 KB");
	if (code == CURLE_PEER_FAILED_VERIFICATION)
		return fail(fetch, webpki_invalid,
		    "its certificate is not accepted: %s", detail);
	if (code == CURLE_OPERATION_TIMEDOUT)
		return fail(fetch, fetch_error, "%s", "timed out");
	return fail(fetch, fetch_error, "%s", detail);
}

static bool
transfer_policy(struct transfer *transfer, CURL *curl)
{
	struct fetch *fetch = transfer->fetch;
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
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	text_print(clean, sizeof(clean), "%ld", status);
	return status == HTTP_OK
	    || fail(fetch, fetch_error, "HTTP status %s, not 200", clean);
}

static bool
perform(struct fetch *fetch, const char *host, const char *resolve,
    const struct tls_policy *policy, struct deadline deadline)
{
	struct transfer transfer = {
	    .fetch = fetch, .policy = policy, .host = host};
	struct curl_slist *list = curl_slist_append(NULL, resolve);
	CURL *curl = curl_easy_init();
	char url[DOMAIN_SIZE + 64];
	bool done = false;

	text_print(
	    url, sizeof(url), "https://%s/.well-known/mta-sts.txt", host);
	if (curl == NULL || list == NULL) {
		fetch->ours = true;
		fail(fetch, fetch_error, "%s", "libcurl can't be started");
	} else {
		set_options(curl, &transfer, url, deadline);
		curl_easy_setopt(curl, CURLOPT_RESOLVE, list);
		done = transfer_policy(&transfer, curl);
	}
	curl_easy_cleanup(curl);
	curl_slist_free_all(list);
	return done;
}

void
fetch_policy(struct fetch *fetch, const char *domain,
    const struct dns_servers *servers, const struct tls_policy *policy,
    struct deadline deadline)
{
	char host[DOMAIN_SIZE + 16];
	struct text resolve;

	memset(fetch, 0, sizeof(*fetch));
	text_print(host, sizeof(host), "mta-sts.%s", domain);
	fetch->body = malloc(MTASTS_POLICY_MAX);
	if (fetch->body == NULL || strlen(host) >= DOMAIN_SIZE) {
		fetch->ours = fetch->body == NULL;
		fail(fetch, fetch_error, "%s",
		    fetch->ours ? "out of memory"
				: "the name mta-sts.DOMAIN is too long");
		return;
	}
	text_init(&resolve, 4096);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	fetch->done = look_up(fetch, &resolve, host, servers, deadline)
	    && perform(fetch, host, resolve.data, policy, deadline);
	text_release(&resolve);
}

void
fetch_release(struct fetch *fetch)
{
	free(fetch->body);
	fetch->body = NULL;
}
