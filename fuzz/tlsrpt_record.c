/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tlsrpt_record - the TXT records at _smtp._tls, a line each */
#include "mtasts.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct dns_answer answer = fuzz_txt(bytes, size);
	struct text why;

	text_init(&why, 127);
	if (tlsrpt_read_record(&answer, &why) == MTASTS_RECORD_BROKEN)
		fuzz_require(why.length > 0);
	fuzz_require_printable(why.data);
	text_release(&why);
	dns_release(&answer);
	return 0;
}
