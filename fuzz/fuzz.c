/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz - what the harnesses share */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "fuzz.h"

void
fuzz_check(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

void
fuzz_require_printable(const char *string)
{
	size_t size = strlen(string) + 1;
	char *clean = malloc(size);

	fuzz_require(clean != NULL);
	printable(clean, size, string, size - 1);
	fuzz_require(strcmp(clean, string) == 0);
	free(clean);
}

char *
fuzz_string(const uint8_t *bytes, size_t size)
{
	char *string = malloc(size + 1);

	fuzz_require(string != NULL);
	for (size_t i = 0; i < size; i++)
		string[i] = bytes[i] != '\0' ? (char)bytes[i] : '?';
	string[size] = '\0';
	return string;
}

size_t
fuzz_lines(char *string, char **lines, size_t max)
{
	size_t count = 0;

	while (string != NULL && count < max)
		lines[count++] = strsep(&string, "\n");
	lines[count] = NULL;
	return count;
}

struct dns_answer
fuzz_txt(const uint8_t *bytes, size_t size)
{
	enum { RECORDS_MAX = 8 };
	struct dns_answer answer = {.detail = "answered"};
	const uint8_t *end = bytes + size;

	answer.records = calloc(RECORDS_MAX, sizeof(*answer.records));
	fuzz_require(answer.records != NULL);
	while (answer.count < RECORDS_MAX) {
		struct dns_record *record = &answer.records[answer.count++];
		const uint8_t *stop =
		    memchr(bytes, '\n', (size_t)(end - bytes));

		record->length = (size_t)((stop != NULL ? stop : end) - bytes);
		record->data = malloc(record->length + 1);
		fuzz_require(record->data != NULL);
		memcpy(record->data, bytes, record->length);
		if (stop == NULL)
			break;
		bytes = stop + 1;
	}
	return answer;
}
