/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_explain - every diagnosis in words */
#include <stdio.h>
#include <string.h>

#include "explain.h"
#include "unit.h"

static void
explains_one(void **state)
{
	struct text out;

	(void)state;
	text_init(&out, 1 << 16);
	explain_diagnosis(CERT_EXPIRED, &out);
	assert_int_equal(strncmp(out.data, "CERT_EXPIRED (CRITICAL): ", 25), 0);
	assert_contains(out.data, diagnosis_entry(CERT_EXPIRED)->title);
	assert_contains(out.data, "\n  cause:  ");
	assert_contains(out.data, "\n  remedy: ");
	text_release(&out);
}

static void
calls_notes_notes(void **state)
{
	struct text out;

	(void)state;
	text_init(&out, 1 << 16);
	explain_diagnosis(TLS_NOT_1_3, &out);
	assert_int_equal(strncmp(out.data, "TLS_NOT_1_3 (note): ", 20), 0);
	text_release(&out);
}

static void
assert_fits(const char *line)
{
	size_t length = strcspn(line, "\n");

	assert_true(length == 0 || line[length - 1] != ' ');
	assert_true(length <= TEXT_WIDTH);
}

static void
fits_a_terminal(void **state)
{
	(void)state;
	for (int i = 0; i < DIAGNOSIS_END; i++) {
		const char *line;
		struct text out;

		text_init(&out, 1 << 16);
		explain_diagnosis((enum diagnosis)i, &out);
		assert_false(out.cut);
		assert_int_equal(out.data[out.length - 1], '\n');
		for (line = out.data; *line != '\0';
		     line = strchr(line, '\n') + 1)
			assert_fits(line);
		text_release(&out);
	}
}

int
main(void)
{
	unit_add(
	    "A code is explained by title, cause and remedy.", explains_one);
	unit_add("A note is called one.", calls_notes_notes);
	unit_add("Every explanation fits a terminal.", fits_a_terminal);
	return unit_run("explain");
}
