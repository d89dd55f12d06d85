/* SPDX-License-Identifier: GPL-3.0-or-later */
/* imap_answer - what an IMAP server says, and the address of one */
#include <stdlib.h>

#include "imap_answer.h"
#include "imap_url.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *string = fuzz_string(bytes, size);
	struct imap_url url;
	struct text why;
	uint32_t newest;

	imap_answer_has_capability(string, "IDLE");
	imap_answer_newest(string, &newest);
	text_init(&why, 400);
	fuzz_require(imap_url_parse(string, &url, &why) == (why.length == 0));
	fuzz_require_printable(why.data);
	text_release(&why);
	free(string);
	return 0;
}
