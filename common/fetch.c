/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fetch - the MTA-STS policy of a domain, over HTTPS as senders fetch it */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "lookup.h"
#include "mtasts.h"
#include "text.h"
#include "transfer.h"
#include "fetch.h"

enum { ADDRESSES_MAX = 8, HTTPS_PORT = 443, HTTP_OK = 200 };

/* RFC 8460 4.3. */
static const char fetch_error[] = "sts-policy-fetch-error";
static const char webpki_invalid[] = "sts-webpki-invalid";

struct download {
	struct fetch *fetch;
	struct transfer transfer;
	const char *host;
	bool too_long;
};

/* "mta-sts.example.com: " and what went wrong there. */
static bool
fail(const struct download *download, const char *type, const char *format,
    const char *what)
{
	struct fetch *fetch = download->fetch;
	char text[FETCH_WHY_SIZE];

	fetch->type = type;
	text_print(text, sizeof(text), format, what);
	text_print(
	    fetch->why, sizeof(fetch->why), "%s: %s", download->host, text);
	return false;
}

/* Counted here: a server need not say how long a body will be. */
static size_t
take_body(char *bytes, size_t size, size_t count, void *argument)
{
	struct download *download = argument;
	struct fetch *fetch = download->fetch;
	size_t length = size * count;
	long status = 0;

	/* An error page is none of a policy, however long. */
	curl_easy_getinfo(
	    download->transfer.curl, CURLINFO_RESPONSE_CODE, &status);
	if (status != HTTP_OK)
		return length;
	download->too_long = fetch->length + length > MTASTS_POLICY_MAX;
	if (download->too_long)
		return 0;
	memcpy(fetch->body + fetch->length, bytes, length);
	fetch->length += length;
	return length;
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
look_up(struct download *download, const struct dns_servers *servers,
    struct deadline deadline, struct text *out)
{
	const struct question questions[] = {
	    {download->host, DNS_TYPE_A}, {download->host, DNS_TYPE_AAAA}};
	struct dns_answer answer[2];
	size_t bare;

	lookup_all(
	    questions, 2, servers, deadline_share(deadline, 0.5), answer);
	text_add(out, "%s:%d:", download->host, HTTPS_PORT);
	bare = out->length;
	add_addresses(&answer[0], bare, out);
	add_addresses(&answer[1], bare, out);
	download->fetch->ours = answer[0].status == DNS_UNUSABLE
	    && answer[1].status == DNS_UNUSABLE;
	download->fetch->timed_out =
	    out->length == bare && answer[0].status == DNS_UNANSWERED;
	if (out->length == bare)
		fail(download, fetch_error, "no address (%s)",
		    answer[0].status == DNS_NORECORD ? answer[1].detail
						     : answer[0].detail);
	dns_release(&answer[0]);
	dns_release(&answer[1]);
	return out->length > bare;
}

static void
set_options(struct download *download, struct curl_slist *addresses)
{
	CURL *curl = download->transfer.curl;

	curl_easy_setopt(curl, CURLOPT_USERAGENT, "check_mx/" PACKAGE_VERSION);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_RESOLVE, addresses);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, download);
}

static void
keep_media_type(const struct download *download)
{
	struct fetch *fetch = download->fetch;
	const char *type = NULL;

	curl_easy_getinfo(
	    download->transfer.curl, CURLINFO_CONTENT_TYPE, &type);
	if (type != NULL)
		printable(fetch->media_type, sizeof(fetch->media_type), type,
		    strlen(type));
}

static bool
perform(struct download *download, const char *url, struct deadline deadline)
{
	struct transfer *transfer = &download->transfer;
	int code = transfer_perform(transfer, url, deadline);
	char number[24];
	long status = 0;

	if (download->too_long)
		return fail(download, fetch_error, "%s", "larger than 64 KB");
	if (code != CURLE_OK)
		return fail(download,
		    code == CURLE_PEER_FAILED_VERIFICATION ? webpki_invalid
							   : fetch_error,
		    "%s", transfer->why);
	keep_media_type(download);
	curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
	text_print(number, sizeof(number), "%ld", status);
	return status == HTTP_OK
	    || fail(download, fetch_error, "HTTP status %s, not 200", number);
}

static bool
get(struct download *download, const char *resolve,
    const struct tls_policy *policy, struct deadline deadline)
{
	struct transfer *transfer = &download->transfer;
	struct fetch *fetch = download->fetch;
	struct curl_slist *list = curl_slist_append(NULL, resolve);
	char url[DOMAIN_SIZE + 64];
	bool done = false;

	text_print(url, sizeof(url), "https://%s/.well-known/mta-sts.txt",
	    download->host);
	if (!transfer_open(transfer, "https", download->host, policy, true)) {
		fail(download, fetch_error, "%s", transfer->why);
	} else if (list == NULL) {
		transfer->ours = true;
		fail(download, fetch_error, "%s", "out of memory");
	} else {
		set_options(download, list);
		done = perform(download, url, deadline);
	}
	fetch->ours = transfer->ours;
	fetch->timed_out = transfer->timed_out;
	transfer_close(transfer);
	curl_slist_free_all(list);
	return done;
}

void
fetch_policy(struct fetch *fetch, const char *domain,
    const struct dns_servers *servers, const struct tls_policy *policy,
    struct deadline deadline)
{
	char host[DOMAIN_SIZE + 16];
	struct download download = {.fetch = fetch, .host = host};
	struct text resolve;

	memset(fetch, 0, sizeof(*fetch));
	text_print(host, sizeof(host), "mta-sts.%s", domain);
	fetch->body = malloc(MTASTS_POLICY_MAX);
	if (fetch->body == NULL) {
		fetch->ours = true;
		fail(&download, fetch_error, "%s", "out of memory");
		return;
	}
	text_init(&resolve, 4096);
	transfer_prepare();
	fetch->done = look_up(&download, servers, deadline, &resolve)
	    && get(&download, resolve.data, policy, deadline);
	text_release(&resolve);
}

void
fetch_release(struct fetch *fetch)
{
	free(fetch->body);
	fetch->body = NULL;
}
