/* SPDX-License-Identifier: GPL-3.0-or-later */
/* range - thresholds as users write them; what is printed reads the same */
#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "range.h"
#include "fuzz.h"

static void
reads_again(const struct range *range)
{
	char text[RANGE_TEXT_SIZE], again[RANGE_TEXT_SIZE];
	struct range copy;

	range_print(range, text);
	fuzz_require(strlen(text) < sizeof(text));
	fuzz_require_printable(text);
	if (strchr(text, '.') != NULL || strlen(text) > 20)
		return; /* to the precision that is shown */
	fuzz_require(range_parse(&copy, text));
	range_print(&copy, again);
	fuzz_require(strcmp(text, again) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *string = fuzz_string(bytes, size);
	struct expiry_limit limit;
	struct range range;

	fuzz_require(range_parse(&range, string) == range.set);
	if (range.set)
		reads_again(&range);
	range_alerts(&range, 1e300);
	fuzz_require(range_parse_least(&range, string) == range.set);
	if (range.set)
		reads_again(&range);
	expiry_limit_parse(&limit, string);
	free(string);
	return 0;
}
