/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reply - lines as a server may send them, replies one after the other */
#include <stdlib.h>
#include <string.h>

#include "reply.h"
#include "fuzz.h"

static void
look_at(const struct reply *reply)
{
	struct answer answer;

	reply_keep(reply, &answer);
	fuzz_require(answer.code >= 200 && answer.code <= 599);
	fuzz_require_printable(answer.text);
	fuzz_require_printable(answer.enhanced);
	fuzz_require_printable(answer_detail(&answer));
	answer_blames_sender(&answer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *string = malloc(size + 1), *rest = string;
	enum reply_status status;
	struct reply reply;

	fuzz_require(string != NULL);
	memcpy(string, bytes, size);
	string[size] = '\n';
	reply_init(&reply);
	while (rest < string + size) {
		size_t length =
		    (size_t)((char *)memchr(rest, '\n', size + 1) - rest);

		status = reply_line(&reply, rest, length);
		fuzz_require_printable(reply.text);
		fuzz_require_printable(reply.joined);
		if (status == REPLY_DONE)
			look_at(&reply);
		if (status != REPLY_MORE)
			reply_init(&reply);
		rest += length + 1;
	}
	free(string);
	return 0;
}
