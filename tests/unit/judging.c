/* SPDX-License-Identifier: GPL-3.0-or-later */
/* judging - one server's facts to be judged, and what was found */
#include <arpa/inet.h>
#include <string.h>

#include "judging.h"
#include "unit.h"

struct judging *
judging_start(void)
{
	static struct judging judging;
	struct target_host *host = &judging.host;

	memset(&judging, 0, sizeof(judging));
	memcpy(host->name, "mx1.example.com", sizeof("mx1.example.com"));
	host->from_mx = true;
	host->preference = 10;
	judging.target.host = host;
	judging.target.first = true;
	judging_address(&judging.target, "192.0.2.4", 25);
	judging.facts.target = &judging.target;
	judging.facts.when = JUDGING_WHEN;
	severities_init(&judging.severities, NULL);
	result_init(&judging.result, &judging.severities);
	return &judging;
}

void
judging_address(struct target *target, const char *address, unsigned port)
{
	union dns_address *to = &target->address;

	memset(to, 0, sizeof(*to));
	if (inet_pton(AF_INET, address, &to->v4.sin_addr) == 1) {
		to->v4.sin_family = AF_INET;
		to->v4.sin_port = htons((uint16_t)port);
	} else {
		assert_int_equal(
		    inet_pton(AF_INET6, address, &to->v6.sin6_addr), 1);
		to->v6.sin6_family = AF_INET6;
		to->v6.sin6_port = htons((uint16_t)port);
	}
	text_print(
	    target->address_text, sizeof(target->address_text), "%s", address);
	target->connects = true;
	target->ordinal = 1;
}

void
judging_sign(struct target_host *host)
{
	host->resolver = RESOLVER_VALIDATES;
	host->secure_mx = true;
	host->v4 = (struct lookup){
	    .status = DNS_ANSWERED,
	    .detail = "answered",
	    .made = true,
	    .secure = true,
	};
	host->tlsa.asked = host->tlsa.secure = true;
	host->tlsa.status = DNS_NORECORD;
	host->tlsa.detail = "no such record";
	text_print(host->tlsa.base, DOMAIN_SIZE, "%s", host->name);
}

void
judging_add_tlsa(struct target_host *host, unsigned usage)
{
	static const unsigned char zeros[32];

	host->tlsa.status = DNS_ANSWERED;
	host->tlsa.detail = "answered";
	host->tlsa.record[host->tlsa.count++] = (struct tlsa){
	    .usage = (uint8_t)usage,
	    .selector = 1,
	    .matching = 1,
	    .data = zeros,
	    .length = sizeof(zeros),
	};
}

void
judging_no_policy(struct mtasts *mtasts)
{
	*mtasts = (struct mtasts){
	    .asked = true,
	    .record_status = DNS_NORECORD,
	    .record_detail = "no such record",
	    .tlsrpt_status = DNS_NORECORD,
	};
}

void
judging_policy(struct mtasts *mtasts, enum mtasts_mode mode)
{
	static const char *patterns[] = {"mx1.example.com"};

	*mtasts = (struct mtasts){
	    .asked = true,
	    .record_status = DNS_ANSWERED,
	    .record_detail = "answered",
	    .record = MTASTS_RECORD_VALID,
	    .id = "20260115",
	    .tried = true,
	    .fetched = true,
	    .valid = true,
	    .policy = {.mode = mode,
		.max_age_s = 604800,
		.mx_count = 1,
		.mx = patterns},
	    .tlsrpt_status = DNS_ANSWERED,
	    .tlsrpt = MTASTS_RECORD_VALID,
	};
}

const char *
judging_codes(const struct result *result)
{
	static char codes[FINDINGS_MAX * 32];
	size_t used = 0;

	codes[0] = '\0';
	for (size_t i = 0; i < result->count; i++) {
		text_print(codes + used, sizeof(codes) - used, "%s%s",
		    i > 0 ? " " : "",
		    diagnosis_entry(result->finding[i].code)->code);
		used += strlen(codes + used);
	}
	return codes;
}

const struct finding *
judging_finding(const struct result *result, enum diagnosis code)
{
	for (size_t i = 0; i < result->count; i++)
		if (result->finding[i].code == code)
			return &result->finding[i];
	assert_string_equal(judging_codes(result), diagnosis_entry(code)->code);
	return NULL;
}

void
judging_answer(struct answer *to, int code, const char *text)
{
	char line[REPLY_TEXT_SIZE + 8];
	struct reply reply;

	if (code == 0)
		return;
	text_print(line, sizeof(line), "%d %s", code, text);
	reply_init(&reply);
	reply_line(&reply, line, strlen(line));
	reply_keep(&reply, to);
}
