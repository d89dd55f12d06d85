/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mtasts_record - the TXT records at _mta-sts, a line each */
#include <string.h>

#include "mtasts.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct dns_answer answer = fuzz_txt(bytes, size);
	char id[MTASTS_ID_MAX + 1] = "";
	enum mtasts_record record;
	struct text why;

	text_init(&why, 127);
	record = mtasts_read_record(&answer, id, &why);
	fuzz_require(record != MTASTS_RECORD_VALID || id[0] != '\0');
	fuzz_require(record != MTASTS_RECORD_BROKEN || why.length > 0);
	fuzz_require_printable(id);
	fuzz_require_printable(why.data);
	text_release(&why);
	dns_release(&answer);
	return 0;
}
