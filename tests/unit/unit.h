/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * unit - C tests that speak TAP, a sentence and mostly a row of a table each
 *
 * A table is an array of structs whose first member is the sentence. Its
 * test function gets the row as *state. main() adds the tables and runs:
 *
 *	UNIT_TABLE(parsed_cases, parses);
 *	unit_add("An unset range never alerts.", never_alerts);
 *	return unit_run("range");
 */
#ifndef UNIT_H
#define UNIT_H

/* What cmocka.h wants to see before itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define UNIT_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One test for each row. */
#define UNIT_TABLE(table, test)                                                \
	unit_table((table), UNIT_COUNT(table), sizeof((table)[0]), (test))

/* Fails, showing both, unless `part` stands in `text`. */
#define assert_contains(text, part)                                            \
	unit_assert_contains((text), (part), __FILE__, __LINE__)

void unit_add(const char *sentence, CMUnitTestFunction test);

void unit_table(
    const void *rows, size_t count, size_t size, CMUnitTestFunction test);

/* Runs all that was added; the exit code of main(). */
int unit_run(const char *module);

void unit_assert_contains(
    const char *text, const char *part, const char *file, int line);

#endif
