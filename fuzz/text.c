/* SPDX-License-Identifier: GPL-3.0-or-later */
/* text - a size, then bytes to be made harmless, cut and folded */
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "fuzz.h"

static void
make_harmless(const char *bytes, size_t length, size_t size)
{
	char *out = malloc(size);

	fuzz_require(out != NULL);
	printable(out, size, bytes, length);
	fuzz_require(strlen(out) < size);
	fuzz_require_printable(out);
	free(out);
}

static void
cut(const char *string, size_t size)
{
	char *out = malloc(size);

	fuzz_require(out != NULL);
	text_print(out, size, "%s", string);
	fuzz_require(strlen(out) < size);
	free(out);
}

static void
build(const char *string, size_t width)
{
	struct text line, folded;

	text_init(&line, 4096);
	text_add_line(&line, string);
	fuzz_require(strpbrk(line.data, "|\n\r\033") == NULL);
	fuzz_require_printable(line.data);
	text_init(&folded, 1 << 20);
	text_add_folded(&folded, string, width / 4, width / 8, width);
	text_release(&folded);
	text_release(&line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	unsigned char number = size > 0 ? bytes[0] : 0;
	char *string;

	if (size == 0)
		return 0;
	string = fuzz_string(bytes + 1, size - 1);
	make_harmless((const char *)bytes + 1, size - 1, number + 1U);
	cut(string, number + 1U);
	build(string, number / 2 + 16U);
	free(string);
	return 0;
}
