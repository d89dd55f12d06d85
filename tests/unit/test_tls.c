/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_tls - TLS versions as users type them and read them */
#include "tls.h"
#include "unit.h"

static const struct version_case {
	const char *sentence;
	const char *string;
	int version; /* 0: refused */
	const char *text;
} version_cases[] = {
    {"1.0 is a version.", "1.0", 0x0301, "TLS 1.0"},
    {"1.1 is a version.", "1.1", 0x0302, "TLS 1.1"},
    {"1.2 is a version.", "1.2", 0x0303, "TLS 1.2"},
    {"1.3 is a version.", "1.3", 0x0304, "TLS 1.3"},
    {"1.4 is not known.", "1.4", 0, NULL},
    {"1 is no version.", "1", 0, NULL},
    {"1.20 is no version.", "1.20", 0, NULL},
    {"A blank behind is refused.", "1.2 ", 0, NULL},
    {"SSL 3 is refused.", "3.0", 0, NULL},
    {"Nothing is refused.", "", 0, NULL},
};

static void
parses(void **state)
{
	const struct version_case *row = *state;
	int version = 0;

	assert_int_equal(
	    tls_version_parse(row->string, &version), row->version != 0);
	if (row->version == 0)
		return;
	assert_int_equal(version, row->version);
	assert_string_equal(tls_version_text(version), row->text);
}

int
main(void)
{
	UNIT_TABLE(version_cases, parses);
	return unit_run("tls");
}
