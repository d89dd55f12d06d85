/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_tls - TLS versions as users type them and read them */
#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <string.h>

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

/* What OpenSSL's error queue holds, and whose fault that is. */
static const struct failure_case {
	const char *sentence;
	int reason; /* of libssl; 0: none */
	bool ours;
	const char *text;
} failure_cases[] = {
    {"A failure without a word is ours.", 0, true, "OpenSSL gives no reason"},
    {"So is want of memory.", ERR_R_MALLOC_FAILURE, true, "out of memory"},
    {"So is a version that this OpenSSL has not.", SSL_R_NO_PROTOCOLS_AVAILABLE,
	true, "no protocols available"},
    {"A certificate that is not believed is not.",
	SSL_R_CERTIFICATE_VERIFY_FAILED, false, "certificate verify failed"},
    {"Nor is a server that speaks no TLS.", SSL_R_WRONG_VERSION_NUMBER, false,
	"the server answered without TLS"},
    {"Nor is an alert.", SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, false,
	"the server sent the alert \"handshake failure\""},
};

static void
blames(void **state)
{
	const struct failure_case *row = *state;
	char text[160];

	if (row->reason != 0)
		ERR_raise(ERR_LIB_SSL, row->reason);
	assert_int_equal(tls_failure(text, sizeof(text)), row->ours);
	assert_string_equal(text, row->text);
	assert_int_equal(ERR_peek_error(), 0);
}

int
main(void)
{
	UNIT_TABLE(version_cases, parses);
	UNIT_TABLE(failure_cases, blames);
	return unit_run("tls");
}
