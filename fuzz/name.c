/* SPDX-License-Identifier: GPL-3.0-or-later */
/* name - a domain or mailbox as typed; what is taken is taken again */
#include <stdlib.h>
#include <string.h>

#include "dns.h"
#include "domain.h"
#include "judge.h"
#include "mailbox.h"
#include "fuzz.h"

static void
parse_domain(const char *string)
{
	char domain[DOMAIN_SIZE], again[DOMAIN_SIZE];
	const char *why = NULL;

	if (!domain_parse(string, domain, &why)) {
		fuzz_require(why != NULL);
		return;
	}
	fuzz_require_printable(domain);
	fuzz_require(domain_parse(domain, again, &why));
	fuzz_require(strcmp(domain, again) == 0);
}

static void
parse_mailbox(const char *string)
{
	char mailbox[MAILBOX_SIZE], again[MAILBOX_SIZE];
	struct text why;

	text_init(&why, 200);
	if (mailbox_parse(string, mailbox, &why)) {
		fuzz_require(strpbrk(mailbox, "<> \r\n") == NULL);
		mailbox_is_ascii(mailbox);
		fuzz_require(mailbox_parse(mailbox, again, &why));
		fuzz_require(strcmp(mailbox, again) == 0);
	} else {
		fuzz_require(why.length > 0);
	}
	fuzz_require_printable(why.data);
	text_release(&why);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *string = fuzz_string(bytes, size);
	union dns_address address;
	const char *why;

	parse_domain(string);
	parse_mailbox(string);
	domain_is_host(string);
	domain_is_address(string);
	dns_server_parse(string, &address);
	judge_expected_valid(string, &why);
	free(string);
	return 0;
}
