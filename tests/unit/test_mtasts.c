/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_mtasts - the records of MTA-STS and TLSRPT, and policies */
#include <stdlib.h>
#include <string.h>

#include "mtasts.h"
#include "unit.h"

#define D63  "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz0123456789"
#define ID32 "20260101abcdefghijklmnopqrstuvwx"

enum { RECORDS_MAX = 3 };

/* An answer with these TXT records, as long as `records` lives. */
static struct dns_answer
answer_of(struct dns_record *records, const char *const texts[RECORDS_MAX])
{
	struct dns_answer answer = {.detail = "", .records = records};

	while (answer.count < RECORDS_MAX && texts[answer.count] != NULL) {
		const char *text = texts[answer.count];

		records[answer.count++] = (struct dns_record){
		    .data = (unsigned char *)text,
		    .length = strlen(text),
		};
	}
	return answer;
}

/* A reason is given for what is broken, and where only others' records are. */
static bool
is_told(const struct dns_answer *answer, enum mtasts_record record)
{
	return record == MTASTS_RECORD_BROKEN
	    || (record == MTASTS_RECORD_ABSENT && answer->count > 0);
}

static const struct record_case {
	const char *sentence;
	const char *texts[RECORDS_MAX];
	enum mtasts_record record;
	const char *id; /* where it is valid; what `why` holds where broken */
} record_cases[] = {
    {"A record has a version and an id.", {"v=STSv1; id=20260101"},
	MTASTS_RECORD_VALID, "20260101"},
    {"It may end in a semicolon.", {"v=STSv1; id=1;"}, MTASTS_RECORD_VALID,
	"1"},
    {"It may end in blanks after that.", {"v=STSv1; id=1; \t"},
	MTASTS_RECORD_VALID, "1"},
    {"It needs no blanks.", {"v=STSv1;id=1"}, MTASTS_RECORD_VALID, "1"},
    {"Blanks may stand around a semicolon.", {"v=STSv1; id=1 \t; a=b"},
	MTASTS_RECORD_VALID, "1"},
    {"An id may have 32 characters.", {"v=STSv1; id=" ID32},
	MTASTS_RECORD_VALID, ID32},
    {"An id keeps its letter case.", {"v=STSv1; id=aBc"}, MTASTS_RECORD_VALID,
	"aBc"},
    {"Other fields may come before the id.", {"v=STSv1; a=b; id=1"},
	MTASTS_RECORD_VALID, "1"},
    {"Their names may have dots and dashes.", {"v=STSv1; id=1; a.b-c_d=!#<>~"},
	MTASTS_RECORD_VALID, "1"},
    {"Of two ids the first one counts.", {"v=STSv1; id=1; id=2"},
	MTASTS_RECORD_VALID, "1"},
    {"Records of others do not matter.",
	{"v=spf1 -all", "v=STSv1; id=1", "v=STSv2; id=2"}, MTASTS_RECORD_VALID,
	"1"},

    {"No record at all is none.", {NULL}, MTASTS_RECORD_ABSENT, NULL},
    {"An empty record is none.", {""}, MTASTS_RECORD_ABSENT, NULL},
    {"A single letter is none.", {"v"}, MTASTS_RECORD_ABSENT, NULL},
    {"Part of the version is none.", {"v=STS"}, MTASTS_RECORD_ABSENT, NULL},
    {"Another version is none.", {"v=STSv2; id=1"}, MTASTS_RECORD_ABSENT, NULL},
    {"A longer version is none.", {"v=STSv10; id=1"}, MTASTS_RECORD_ABSENT,
	NULL},
    {"The version in small letters is none.", {"v=stsv1; id=1"},
	MTASTS_RECORD_ABSENT, NULL},
    {"A record of somebody else is none.", {"google-site-verification=x"},
	MTASTS_RECORD_ABSENT, NULL},

    {"Two records are broken.", {"v=STSv1; id=1", "v=STSv1; id=2"},
	MTASTS_RECORD_BROKEN, "2"},
    {"So are two that are the same.", {"v=STSv1; id=1", "v=STSv1; id=1"},
	MTASTS_RECORD_BROKEN, "2"},
    {"No id is broken.", {"v=STSv1;"}, MTASTS_RECORD_BROKEN, "id"},
    {"No id beside another field is broken.", {"v=STSv1; a=b"},
	MTASTS_RECORD_BROKEN, "id"},
    {"An id in capitals is no id.", {"v=STSv1; ID=1"}, MTASTS_RECORD_BROKEN,
	"id"},
    {"An empty id is broken.", {"v=STSv1; id="}, MTASTS_RECORD_BROKEN, "id"},
    {"An id without value is broken.", {"v=STSv1; id"}, MTASTS_RECORD_BROKEN,
	"id"},
    {"A long id is broken.", {"v=STSv1; id=" ID32 "y"}, MTASTS_RECORD_BROKEN,
	"id"},
    {"A hyphen in the id is broken.", {"v=STSv1; id=2026-01-01"},
	MTASTS_RECORD_BROKEN, "2026-01-01"},
    {"A letter beyond ASCII in the id is broken.", {"v=STSv1; id=\303\244"},
	MTASTS_RECORD_BROKEN, "id"},
    {"A blank in the id is broken.", {"v=STSv1; id=1 2"}, MTASTS_RECORD_BROKEN,
	"1 2"},
    {"A blank before the id is broken.", {"v=STSv1; id= 1"},
	MTASTS_RECORD_BROKEN, "id"},
    {"A blank after its name is broken.", {"v=STSv1; id =1"},
	MTASTS_RECORD_BROKEN, "id"},
    {"A bare word is broken.", {"v=STSv1; id=1; enforce"}, MTASTS_RECORD_BROKEN,
	"enforce"},
    {"A field without a name is broken.", {"v=STSv1; id=1; =1"},
	MTASTS_RECORD_BROKEN, ""},
    {"A field without a value is broken.", {"v=STSv1; id=1; a="},
	MTASTS_RECORD_BROKEN, "a"},
    {"A name that begins with a dot is broken.", {"v=STSv1; id=1; .a=b"},
	MTASTS_RECORD_BROKEN, ".a"},
    {"A name of 33 characters is broken.", {"v=STSv1; id=1; a" ID32 "=b"},
	MTASTS_RECORD_BROKEN, ID32},
    {"A value with an equals sign is broken.", {"v=STSv1; id=1; a=b=c"},
	MTASTS_RECORD_BROKEN, "a"},
    {"A value with a control byte is broken.", {"v=STSv1; id=1; a=\033"},
	MTASTS_RECORD_BROKEN, "a"},
    {"An empty field is broken.", {"v=STSv1;; id=1"}, MTASTS_RECORD_BROKEN, ""},
};

static void
reads_record(void **state)
{
	const struct record_case *row = *state;
	struct dns_record records[RECORDS_MAX];
	struct dns_answer answer = answer_of(records, row->texts);
	char id[MTASTS_ID_MAX + 1];
	struct text why;

	text_init(&why, 200);
	assert_int_equal(mtasts_read_record(&answer, id, &why), row->record);
	if (row->record == MTASTS_RECORD_VALID)
		assert_string_equal(id, row->id);
	else if (row->record == MTASTS_RECORD_BROKEN)
		assert_contains(why.data, row->id);
	assert_int_equal(why.length > 0, is_told(&answer, row->record));
	text_release(&why);
}

/* Where the RFC speaks with two tongues (erratum 6285), or hardly at all. */
static const struct record_case doubtful_cases[] = {
    {"A bare version is no valid record.", {"v=STSv1"}, 0, NULL},
    {"A version in second place is no valid record.", {"id=1; v=STSv1"}, 0,
	NULL},
    {"A version with blanks in it is no valid record.", {"v = STSv1; id=1"}, 0,
	NULL},
    {"A record in quotes is no valid record.", {"\"v=STSv1; id=1\""}, 0, NULL},
};

static void
refuses_record(void **state)
{
	const struct record_case *row = *state;
	struct dns_record records[RECORDS_MAX];
	struct dns_answer answer = answer_of(records, row->texts);
	char id[MTASTS_ID_MAX + 1];
	struct text why;

	text_init(&why, 200);
	assert_int_not_equal(
	    mtasts_read_record(&answer, id, &why), MTASTS_RECORD_VALID);
	text_release(&why);
}

static void
refuses_nul_in_record(void **state)
{
	static const char text[] = "v=STSv1; id=1\0"
				   "2";
	struct dns_record record = {
	    .data = (unsigned char *)text, .length = sizeof(text) - 1};
	struct dns_answer answer = {.count = 1, .records = &record};
	char id[MTASTS_ID_MAX + 1];
	struct text why;

	(void)state;
	text_init(&why, 200);
	assert_int_equal(
	    mtasts_read_record(&answer, id, &why), MTASTS_RECORD_BROKEN);
	text_release(&why);
}

static const struct report_case {
	const char *sentence;
	const char *texts[RECORDS_MAX];
	enum mtasts_record record;
} report_cases[] = {
    {"Reports go to a mailbox.", {"v=TLSRPTv1; rua=mailto:tls@example.com"},
	MTASTS_RECORD_VALID},
    {"Reports go to a web server.",
	{"v=TLSRPTv1;rua=https://example.com/r?a=b;"}, MTASTS_RECORD_VALID},
    {"Reports go to both.",
	{"v=TLSRPTv1; rua=mailto:a@example.com , https://example.com/"},
	MTASTS_RECORD_VALID},
    {"A scheme may be in capitals.",
	{"v=TLSRPTv1; rua=MAILTO:a@example.com,HTTPS://example.com/"},
	MTASTS_RECORD_VALID},
    {"Other fields of it do not matter.",
	{"v=TLSRPTv1; new=1; rua=mailto:a@example.com"}, MTASTS_RECORD_VALID},
    {"Other records beside it do not matter.",
	{"v=spf1 -all", "v=TLSRPTv1; rua=mailto:a@example.com"},
	MTASTS_RECORD_VALID},
    {"Nobody is asked for reports.", {NULL}, MTASTS_RECORD_ABSENT},
    {"Others' records do not ask for them.", {"v=spf1 -all", ""},
	MTASTS_RECORD_ABSENT},
    {"Another version does not.", {"v=TLSRPTv2; rua=mailto:a@example.com"},
	MTASTS_RECORD_ABSENT},
    {"Small letters do not.", {"v=tlsrptv1; rua=mailto:a@example.com"},
	MTASTS_RECORD_ABSENT},
    {"Two that ask for them are broken.",
	{"v=TLSRPTv1; rua=mailto:a@example.com",
	    "v=TLSRPTv1; rua=mailto:b@example.com"},
	MTASTS_RECORD_BROKEN},
    {"No place to report to is broken.", {"v=TLSRPTv1;"}, MTASTS_RECORD_BROKEN},
    {"Another field is no place.", {"v=TLSRPTv1; new=1"}, MTASTS_RECORD_BROKEN},
    {"An empty place is broken.", {"v=TLSRPTv1; rua="}, MTASTS_RECORD_BROKEN},
    {"A place without scheme is broken.", {"v=TLSRPTv1; rua=a@example.com"},
	MTASTS_RECORD_BROKEN},
    {"A scheme alone is broken.", {"v=TLSRPTv1; rua=mailto:"},
	MTASTS_RECORD_BROKEN},
    {"A scheme and slashes alone are broken.", {"v=TLSRPTv1; rua=https://"},
	MTASTS_RECORD_BROKEN},
    {"A mailbox without a domain is broken.", {"v=TLSRPTv1; rua=mailto:a"},
	MTASTS_RECORD_BROKEN},
    {"HTTP without TLS is broken.", {"v=TLSRPTv1; rua=http://example.com/"},
	MTASTS_RECORD_BROKEN},
    {"An unknown scheme is broken.", {"v=TLSRPTv1; rua=ftp://example.com/"},
	MTASTS_RECORD_BROKEN},
    {"A comma at the end is broken.", {"v=TLSRPTv1; rua=mailto:a@example.com,"},
	MTASTS_RECORD_BROKEN},
    {"A missing comma is broken.",
	{"v=TLSRPTv1; rua=mailto:a@example.com mailto:b@example.com"},
	MTASTS_RECORD_BROKEN},
    {"A control byte in a place is broken.",
	{"v=TLSRPTv1; rua=mailto:a\033@example.com"}, MTASTS_RECORD_BROKEN},
};

static void
reads_reports(void **state)
{
	const struct report_case *row = *state;
	struct dns_record records[RECORDS_MAX];
	struct dns_answer answer = answer_of(records, row->texts);
	struct text why;

	text_init(&why, 200);
	assert_int_equal(tlsrpt_read_record(&answer, &why), row->record);
	assert_int_equal(why.length > 0, is_told(&answer, row->record));
	text_release(&why);
}

#define VERSION "version: STSv1\n"
#define ENFORCE "mode: enforce\n"
#define MX      "mx: mx.example.com\n"
#define AGE     "max_age: 604800\n"
#define GOOD    VERSION ENFORCE MX AGE

static const struct policy_case {
	const char *sentence;
	const char *body;
	enum mtasts_mode mode;
	unsigned max_age_s;
	size_t mx_count;
} policy_cases[] = {
    {"A policy has four fields.", GOOD, MTASTS_MODE_ENFORCE, 604800, 1},
    {"Their order does not matter.", AGE MX ENFORCE VERSION,
	MTASTS_MODE_ENFORCE, 604800, 1},
    {"Its mode may be testing.", VERSION "mode: testing\n" MX AGE,
	MTASTS_MODE_TESTING, 604800, 1},
    {"Its mode may be none.", VERSION "mode: none\n" MX AGE, MTASTS_MODE_NONE,
	604800, 1},
    {"The mode none needs no mx.", VERSION "mode: none\n" AGE, MTASTS_MODE_NONE,
	604800, 0},
    {"Every mx counts.", GOOD "mx: *.example.net\nmx: a.b.example.org\n",
	MTASTS_MODE_ENFORCE, 604800, 3},
    {"The last line may lack its end.", VERSION ENFORCE MX "max_age: 1",
	MTASTS_MODE_ENFORCE, 1, 1},
    {"Lines may end in CRLF.",
	"version: STSv1\r\nmode: enforce\r\nmx: a.example\r\nmax_age: 1\r\n",
	MTASTS_MODE_ENFORCE, 1, 1},
    {"Lines may end in either.",
	"version: STSv1\r\nmode: enforce\nmx: a.example\r\nmax_age: 1",
	MTASTS_MODE_ENFORCE, 1, 1},
    {"Blanks may come before the end of a line.",
	"version: STSv1 \nmode: enforce\t \r\nmx: a.example \nmax_age: 1 ",
	MTASTS_MODE_ENFORCE, 1, 1},
    {"A colon needs no blank.",
	"version:STSv1\nmode:enforce\nmx:*.example\nmax_age:1\n",
	MTASTS_MODE_ENFORCE, 1, 1},
    {"A colon may have many.",
	"version: \tSTSv1\nmode:   enforce\nmx:\ta.example\nmax_age:  1\n",
	MTASTS_MODE_ENFORCE, 1, 1},
    {"Unknown fields are passed over.",
	"x: y\n" GOOD "a.b-c_d: e:f; g=h\nX-Mode: none\n", MTASTS_MODE_ENFORCE,
	604800, 1},
    {"So is what looks like a field, but in capitals.", GOOD "Mode: none\n",
	MTASTS_MODE_ENFORCE, 604800, 1},
    {"Of two modes the first one counts.", GOOD "mode: none\n",
	MTASTS_MODE_ENFORCE, 604800, 1},
    {"Of two max_age the first one counts.", GOOD "max_age: x\n",
	MTASTS_MODE_ENFORCE, 604800, 1},
    {"Of two versions the first one counts.", GOOD "version: STSv2\n",
	MTASTS_MODE_ENFORCE, 604800, 1},
    {"max_age may be 0.", VERSION ENFORCE MX "max_age: 0\n",
	MTASTS_MODE_ENFORCE, 0, 1},
    {"max_age may be a year.", VERSION ENFORCE MX "max_age: 31557600\n",
	MTASTS_MODE_ENFORCE, 31557600, 1},
    {"max_age may have ten digits.", VERSION ENFORCE MX "max_age: 0000000060\n",
	MTASTS_MODE_ENFORCE, 60, 1},
};

/* From memory that ends where the policy ends. */
static bool
read_policy(struct mtasts_policy *policy, const char *body, size_t length,
    struct text *why)
{
	char *bytes = malloc(length > 0 ? length : 1);
	bool valid;

	assert_non_null(bytes);
	memcpy(bytes, body, length);
	valid = mtasts_read_policy(policy, bytes, length, why);
	free(bytes);
	return valid;
}

static void
reads_policy(void **state)
{
	const struct policy_case *row = *state;
	struct mtasts_policy policy;
	struct text why;

	text_init(&why, 200);
	assert_true(read_policy(&policy, row->body, strlen(row->body), &why));
	assert_int_equal(why.length, 0);
	assert_int_equal(policy.mode, row->mode);
	assert_int_equal(policy.max_age_s, row->max_age_s);
	assert_int_equal(policy.mx_count, row->mx_count);
	mtasts_release(&policy);
	text_release(&why);
}

#define BYTES(string) (string), sizeof(string) - 1

static const struct refused_case {
	const char *sentence;
	const char *body;
	size_t length;
	const char *why; /* a part of it */
} refused_cases[] = {
    {"An empty policy is refused.", BYTES(""), "version"},
    {"A line end alone is refused.", BYTES("\n"), ""},
    {"A carriage return alone is refused.", BYTES("\r"), ""},
    {"A carriage return after the last line is refused.", BYTES(GOOD "\r"), ""},
    {"No version is refused.", BYTES(ENFORCE MX AGE), "version"},
    {"Another version is refused.", BYTES("version: STSv2\n" ENFORCE MX AGE),
	"STSv2"},
    {"A version in small letters is refused.",
	BYTES("version: stsv1\n" ENFORCE MX AGE), "stsv1"},
    {"A field's name in capitals is another field.",
	BYTES("Version: STSv1\n" ENFORCE MX AGE), "version"},
    {"No mode is refused.", BYTES(VERSION MX AGE), "mode"},
    {"An unknown mode is refused.", BYTES(VERSION "mode: report\n" MX AGE),
	"report"},
    {"A mode in capitals is refused.", BYTES(VERSION "mode: ENFORCE\n" MX AGE),
	"ENFORCE"},
    {"A mode and more is refused.", BYTES(VERSION "mode: enforce,x\n" MX AGE),
	"enforce,x"},
    {"An empty mode is refused.", BYTES(VERSION "mode:\n" MX AGE), "mode"},
    {"No max_age is refused.", BYTES(VERSION ENFORCE MX), "max_age"},
    {"An empty max_age is refused.", BYTES(VERSION ENFORCE MX "max_age: \n"),
	"max_age"},
    {"A max_age beyond a year is refused.",
	BYTES(VERSION ENFORCE MX "max_age: 31557601\n"), "31557601"},
    {"A max_age of eleven digits is refused.",
	BYTES(VERSION ENFORCE MX "max_age: 00000000060\n"), "00000000060"},
    {"A max_age beyond 64 bits is refused.",
	BYTES(VERSION ENFORCE MX "max_age: 18446744073709551617\n"),
	"18446744073709551617"},
    {"A negative max_age is refused.",
	BYTES(VERSION ENFORCE MX "max_age: -1\n"), "-1"},
    {"A max_age with a sign is refused.",
	BYTES(VERSION ENFORCE MX "max_age: +1\n"), "+1"},
    {"A max_age with a unit is refused.",
	BYTES(VERSION ENFORCE MX "max_age: 7d\n"), "7d"},
    {"A max_age with a fraction is refused.",
	BYTES(VERSION ENFORCE MX "max_age: 1.5\n"), "1.5"},
    {"Two numbers are refused.", BYTES(VERSION ENFORCE MX "max_age: 1 2\n"),
	"1 2"},
    {"enforce without mx is refused.", BYTES(VERSION ENFORCE AGE), "mx"},
    {"testing without mx is refused.", BYTES(VERSION "mode: testing\n" AGE),
	"mx"},
    {"An empty mx is refused.", BYTES(GOOD "mx:\n"), "mx"},
    {"A bare asterisk is refused.", BYTES(GOOD "mx: *\n"), "*"},
    {"An asterisk and a dot are refused.", BYTES(GOOD "mx: *.\n"), "*."},
    {"Two asterisks are refused.", BYTES(GOOD "mx: *.*.example\n"),
	"*.*.example"},
    {"An asterisk within is refused.", BYTES(GOOD "mx: a.*.example\n"),
	"a.*.example"},
    {"An asterisk as part of a label is refused.",
	BYTES(GOOD "mx: mx*.example\n"), "mx*.example"},
    {"An mx that begins with a dot is refused.", BYTES(GOOD "mx: .example\n"),
	".example"},
    {"An mx that ends in a dot is refused.",
	BYTES(GOOD "mx: mx.example.com.\n"), "mx.example.com."},
    {"An mx with two dots in a row is refused.",
	BYTES(GOOD "mx: mx..example\n"), "mx..example"},
    {"An mx that is not ASCII is refused.",
	BYTES(GOOD "mx: m\303\274nchen.example\n"), "nchen.example"},
    {"Two mx on a line are refused.", BYTES(GOOD "mx: a.example, b.example\n"),
	"a.example, b.example"},
    {"An mx with a label too long is refused.",
	BYTES(GOOD "mx: a" D63 ".example\n"), "mx"},
    {"An mx too long is refused.",
	BYTES(GOOD "mx: " D63 "." D63 "." D63 "." D63 "\n"), "mx"},
    {"An empty line in between is refused.", BYTES(VERSION "\n" ENFORCE MX AGE),
	""},
    {"An empty line at the end is refused.", BYTES(GOOD "\n"), ""},
    {"A line without a colon is refused.", BYTES(GOOD "enforce\n"), "enforce"},
    {"A line without a name is refused.", BYTES(GOOD ": enforce\n"), ""},
    {"A blank before a name is refused.",
	BYTES(VERSION " mode: enforce\n" MX AGE), "mode"},
    {"A blank before a colon is refused.",
	BYTES(VERSION "mode : enforce\n" MX AGE), "mode"},
    {"A name of 33 characters is refused.", BYTES(GOOD "a" ID32 ": b\n"), ID32},
    {"A byte order mark is refused.", BYTES("\357\273\277" GOOD), "version"},
    {"A NUL before a name is refused.", BYTES(VERSION "\0" ENFORCE MX AGE),
	"NUL"},
    {"A NUL in a value is refused.",
	BYTES(VERSION "mode: enforce\0none\n" MX AGE), "NUL"},
    {"A NUL at the end is refused.", BYTES(GOOD "\0"), "NUL"},
    {"UTF-16 is refused.", BYTES("v\0e\0r\0s\0i\0o\0n\0:\0"), "NUL"},
    {"Lines that end in CR alone are refused.",
	BYTES("version: STSv1\rmode: enforce\rmx: a.example\rmax_age: 1\r"),
	""},
    {"All on one line is refused.",
	BYTES("version: STSv1 mode: enforce mx: a.example max_age: 1\n"),
	"STSv1 mode"},
    {"A web page is refused.", BYTES("<!DOCTYPE html>\n<html></html>\n"),
	"<!DOCTYPE html>"},
    {"Control bytes do not get out.", BYTES(VERSION "mode: \033[31m\n" MX AGE),
	"?[31m"},
};

static void
refuses_policy(void **state)
{
	const struct refused_case *row = *state;
	struct mtasts_policy policy;
	struct text why;

	text_init(&why, 200);
	assert_false(read_policy(&policy, row->body, row->length, &why));
	assert_true(why.length > 0);
	assert_contains(why.data, row->why);
	assert_null(strchr(why.data, '\033'));
	mtasts_release(&policy);
	text_release(&why);
}

/* Nothing is read beyond where it was cut, and never is it valid too early. */
static void
refuses_cut_policy(void **state)
{
	static const char body[] = VERSION ENFORCE MX "max_age: ";
	struct mtasts_policy policy;
	struct text why;

	(void)state;
	for (size_t length = 0; length < sizeof(body); length++) {
		text_init(&why, 200);
		assert_false(read_policy(&policy, body, length, &why));
		mtasts_release(&policy);
		text_release(&why);
	}
}

/* A good policy, padded by a line of an unknown field to this length. */
static void
passes_over_long_line(void **state)
{
	static const char start[] = GOOD "x: ";
	char *body = malloc(MTASTS_POLICY_MAX);
	struct mtasts_policy policy;
	struct text why;

	(void)state;
	assert_non_null(body);
	memset(body, 'y', MTASTS_POLICY_MAX);
	memcpy(body, start, sizeof(start) - 1);
	text_init(&why, 200);
	assert_true(read_policy(&policy, body, MTASTS_POLICY_MAX, &why));
	mtasts_release(&policy);
	text_release(&why);
	free(body);
}

static void
keeps_every_mx(void **state)
{
	enum { PATTERNS = 1000 };
	struct mtasts_policy policy;
	struct text body, why;

	(void)state;
	text_init(&body, MTASTS_POLICY_MAX);
	text_init(&why, 200);
	text_add(&body, VERSION ENFORCE AGE);
	for (int i = 1; i <= PATTERNS; i++)
		text_add(&body, "mx: mx%d.example.com\n", i);
	assert_true(read_policy(&policy, body.data, body.length, &why));
	assert_int_equal(policy.mx_count, PATTERNS);
	assert_true(mtasts_lists(&policy, "mx1.example.com"));
	assert_true(mtasts_lists(&policy, "mx1000.example.com"));
	assert_false(mtasts_lists(&policy, "mx1001.example.com"));
	mtasts_release(&policy);
	text_release(&why);
	text_release(&body);
}

static const struct list_case {
	const char *sentence;
	const char *pattern;
	const char *host;
	bool listed;
} list_cases[] = {
    {"A name lists itself.", "mx.example.com", "mx.example.com", true},
    {"Letter case of a pattern does not matter.", "MX.Example.COM",
	"mx.example.com", true},
    {"A name does not list another.", "mx.example.com", "mx2.example.com",
	false},
    {"A domain does not list its hosts.", "example.com", "mx.example.com",
	false},
    {"A host does not list its domain.", "mx.example.com", "example.com",
	false},
    {"A suffix of a label is another label.", "x.example.com", "mx.example.com",
	false},
    {"A prefix of a name is another name.", "mx.example.co", "mx.example.com",
	false},
    {"A wildcard lists a host.", "*.example.com", "mx.example.com", true},
    {"A wildcard in capitals does, too.", "*.EXAMPLE.Com", "mx.example.com",
	true},
    {"A wildcard stands for one label, not for two.", "*.example.com",
	"a.mx.example.com", false},
    {"A wildcard stands for one label, not for none.", "*.example.com",
	"example.com", false},
    {"A wildcard stands for a whole label.", "*.example.com", "mxexample.com",
	false},
    {"A wildcard of a top-level domain lists what is right below it.", "*.com",
	"example.com", true},
    {"A wildcard lists no top-level domain.", "*.com", "com", false},
    {"A wildcard lists no name that begins with a dot.", "*.example.com",
	".example.com", false},
    {"A wildcard lists no empty name.", "*.example.com", "", false},
};

static void
lists(void **state)
{
	const struct list_case *row = *state;
	struct mtasts_policy policy;
	struct text body, why;

	text_init(&body, 1000);
	text_init(&why, 200);
	text_add(&body, VERSION ENFORCE AGE "mx: %s\n", row->pattern);
	assert_true(read_policy(&policy, body.data, body.length, &why));
	assert_int_equal(mtasts_lists(&policy, row->host), row->listed);
	mtasts_release(&policy);
	text_release(&why);
	text_release(&body);
}

static void
lists_by_any(void **state)
{
	static const char body[] =
	    GOOD "mx: *.example.net\nmx: mail.example.org\n";
	struct mtasts_policy policy;
	struct text why;

	(void)state;
	text_init(&why, 200);
	assert_true(read_policy(&policy, body, strlen(body), &why));
	assert_true(mtasts_lists(&policy, "mx.example.com"));
	assert_true(mtasts_lists(&policy, "a.example.net"));
	assert_true(mtasts_lists(&policy, "mail.example.org"));
	assert_false(mtasts_lists(&policy, "a.example.org"));
	mtasts_release(&policy);
	text_release(&why);
}

static void
lists_nothing(void **state)
{
	static const char body[] = VERSION "mode: none\n" AGE;
	struct mtasts_policy policy;
	struct text why;

	(void)state;
	text_init(&why, 200);
	assert_true(read_policy(&policy, body, strlen(body), &why));
	assert_false(mtasts_lists(&policy, "mx.example.com"));
	mtasts_release(&policy);
	text_release(&why);
}

static void
names_modes(void **state)
{
	(void)state;
	assert_string_equal(mtasts_mode_name(MTASTS_MODE_NONE), "none");
	assert_string_equal(mtasts_mode_name(MTASTS_MODE_TESTING), "testing");
	assert_string_equal(mtasts_mode_name(MTASTS_MODE_ENFORCE), "enforce");
}

int
main(void)
{
	UNIT_TABLE(record_cases, reads_record);
	UNIT_TABLE(doubtful_cases, refuses_record);
	UNIT_TABLE(report_cases, reads_reports);
	UNIT_TABLE(policy_cases, reads_policy);
	UNIT_TABLE(refused_cases, refuses_policy);
	UNIT_TABLE(list_cases, lists);
	unit_add("A NUL in a record is broken.", refuses_nul_in_record);
	unit_add("A policy is not valid before its end.", refuses_cut_policy);
	unit_add("A line may be as long as a policy.", passes_over_long_line);
	unit_add("A thousand patterns all count.", keeps_every_mx);
	unit_add("One pattern of several is enough.", lists_by_any);
	unit_add("Without patterns nothing is listed.", lists_nothing);
	unit_add("A mode has the name that the RFC gave it.", names_modes);
	return unit_run("mtasts");
}
