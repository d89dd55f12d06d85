/* SPDX-License-Identifier: GPL-3.0-or-later */
/* unit - C tests that speak TAP, a sentence and mostly a row of a table each */
#include <stdbool.h>
#include <string.h>

#include "unit.h"

enum { TESTS_MAX = 400 };

static struct CMUnitTest tests[TESTS_MAX];
static size_t test_count;

static void
add_row(const char *sentence, CMUnitTestFunction test, const void *row)
{
	assert_true(test_count < TESTS_MAX);
	tests[test_count++] = (struct CMUnitTest){
	    .name = sentence,
	    .test_func = test,
	    .initial_state = (void *)row,
	};
}

void
unit_add(const char *sentence, CMUnitTestFunction test)
{
	add_row(sentence, test, NULL);
}

void
unit_table(const void *rows, size_t count, size_t size, CMUnitTestFunction test)
{
	for (size_t i = 0; i < count; i++) {
		const void *row = (const char *)rows + i * size;
		const char *sentence;

		memcpy(&sentence, row, sizeof(sentence));
		add_row(sentence, test, row);
	}
}

int
unit_run(const char *module)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return _cmocka_run_group_tests(module, tests, test_count, NULL, NULL);
}

void
unit_assert_contains(
    const char *text, const char *part, const char *file, int line)
{
	if (strstr(text, part) == NULL)
		_assert_string_equal(text, part, file, line);
}
