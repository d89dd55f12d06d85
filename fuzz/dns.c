/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dns - a type asked for, then a message as it came from the network */
#include <stdlib.h>
#include <string.h>

#include "dns.h"
#include "mtasts.h"
#include "tlsa.h"
#include "fuzz.h"

static void
look_at_txt(const struct dns_answer *answer)
{
	char id[MTASTS_ID_MAX + 1];
	struct text why;

	text_init(&why, 127);
	mtasts_read_record(answer, id, &why);
	tlsrpt_read_record(answer, &why);
	fuzz_require_printable(why.data);
	text_release(&why);
}

static void
look_at_tlsa(const struct dns_record *record)
{
	char text[80];
	struct tlsa tlsa;

	if (record->length < 3)
		return;
	tlsa = (struct tlsa){record->data[0], record->data[1], record->data[2],
	    record->data + 3, record->length - 3};
	fuzz_require(tlsa_is_usable(&tlsa) == (tlsa_fault(&tlsa) == NULL));
	tlsa_text(&tlsa, text, sizeof(text));
	fuzz_require_printable(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct dns_answer answer;
	enum dns_type type;

	if (size == 0)
		return 0;
	type = (enum dns_type)(bytes[0] % (DNS_TYPE_SOA + 1));
	dns_parse(&answer, bytes + 1, size - 1, type);
	fuzz_require(answer.detail != NULL);
	fuzz_require(answer.status != DNS_ANSWERED || answer.count > 0);
	fuzz_require_printable(answer.canonical);
	for (size_t i = 0; i < answer.count; i++) {
		fuzz_require_printable(answer.records[i].host);
		if (type == DNS_TYPE_TLSA)
			look_at_tlsa(&answer.records[i]);
	}
	if (type == DNS_TYPE_TXT && answer.status == DNS_ANSWERED)
		look_at_txt(&answer);
	dns_release(&answer);
	return 0;
}
