/* SPDX-License-Identifier: GPL-3.0-or-later */
/* queue_id - the name of a message in the reply to it; which server it is */
#include <stdlib.h>
#include <string.h>

#include "software.h"
#include "transaction.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct answer answer = {.code = 250};
	char id[96];

	printable(answer.text, sizeof(answer.text), (const char *)bytes, size);
	transaction_queue_id(&answer, id, sizeof(id));
	fuzz_require(strlen(id) < sizeof(id));
	fuzz_require_printable(id);
	transaction_queue_id(&answer, id, 8);
	fuzz_require(strlen(id) < 8);
	software_named(answer.text);
	return 0;
}
