/* SPDX-License-Identifier: GPL-3.0-or-later */
/* message - one of the user's, and one of ours with his words in it */
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "fuzz.h"

/* Its end comes once, and where it ends. */
static void
ends_once(const struct text *message)
{
	static const char end[] = "\r\n.\r\n";
	struct text stuffed;
	const char *found;

	text_init(&stuffed, 1 << 22);
	message_stuff(message, &stuffed);
	found = strstr(stuffed.data, end);
	fuzz_require(found != NULL
	    && found + strlen(end) == stuffed.data + stuffed.length);
	text_release(&stuffed);
}

static void
write_one(const char *subject)
{
	static const char *const to[] = {"a@example.net", NULL};
	const char *const headers[] = {
	    message_header_valid(subject) ? subject : NULL, NULL};
	struct message_params params = {.from = "",
	    .to = to,
	    .subject = strpbrk(subject, "\r\n") == NULL ? subject : "x",
	    .headers = headers,
	    .token = "0123",
	    .host = "mx.example.org",
	    .server = "mx1.example.com"};
	struct text out;

	text_init(&out, 1 << 20);
	message_write(&params, &out);
	ends_once(&out);
	text_release(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *string = fuzz_string(bytes, size);
	struct text out, why;

	text_init(&out, 1 << 21);
	text_init(&why, 200);
	if (message_take((const char *)bytes, size, &out, &why)) {
		message_is_8bit(&out);
		message_has_8bit_headers(&out);
		message_mark(&out, "0123456789abcdef");
		ends_once(&out);
	} else {
		fuzz_require(why.length > 0);
		fuzz_require_printable(why.data);
	}
	write_one(string);
	text_release(&why);
	text_release(&out);
	free(string);
	return 0;
}
