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
