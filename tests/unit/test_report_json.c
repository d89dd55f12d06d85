/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_report_json - the outcome of a run for programs */
#include <string.h>

#include <jansson.h>

#include "judging.h"
#include "report.h"
#include "unit.h"

/* A report on the one server of judging, read back from its JSON. */
static struct result set;
static struct report_server server;
static struct report report;
static json_t *object;

static struct judging *
start(void)
{
	struct judging *judging = judging_start();

	result_init(&set, &judging->severities);
	text_print(judging->result.summary, sizeof(judging->result.summary),
	    "all is well");
	server = (struct report_server){
	    &judging->target, &judging->facts, &judging->result};
	report = (struct report){
	    .plugin = "check_mx_test",
	    .version = "1.2.3",
	    .service = "MX_TEST",
	    .domain_facts = &judging->domain,
	    .set = &set,
	    .server = &server,
	    .count = 1,
	    .seconds = 0.5,
	};
	return judging;
}

static const char *
print(void)
{
	static struct text out;

	text_release(&out);
	text_init(&out, (size_t)1 << 20);
	assert_true(report_json(&report, &out));
	json_decref(object);
	object = json_loads(out.data, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(object);
	return out.data;
}

/* The value of a key of the server; NULL: it has none. */
static const json_t *
server_value(const char *key)
{
	return json_object_get(
	    json_array_get(json_object_get(object, "servers"), 0), key);
}

static const char *
server_string(const char *key, const char *inner)
{
	return json_string_value(json_object_get(server_value(key), inner));
}

static const json_t *
first_certificate(void)
{
	return json_array_get(server_value("certificates"), 0);
}

/* A handshake with one certificate; verified, and nothing against it. */
static struct chain *
add_tls(struct judging *judging)
{
	struct handshake *handshake = &judging->facts.handshake;
	struct chain *chain = &handshake->chain;

	handshake->done = true;
	memcpy(handshake->version_name, "TLSv1.3", sizeof("TLSv1.3"));
	memcpy(handshake->cipher, "TLS_TEST", sizeof("TLS_TEST"));
	chain->sent = chain->count = 1;
	chain->verified = chain->name_matches = true;
	chain->certificate[0].dates_valid = true;
	chain->certificate[0].not_after = JUDGING_WHEN - 1;
	return chain;
}

static void
says_nothing_of_the_unobserved(void **state)
{
	static const char *const keys[] = {"ptr", "banner", "ehlo", "ehlo_tls",
	    "tls", "certificates", "relay", "dane"};

	(void)state;
	start();
	print();
	assert_null(json_object_get(object, "mtasts"));
	for (size_t i = 0; i < UNIT_COUNT(keys); i++)
		assert_null(server_value(keys[i]));
	assert_int_equal(json_object_size(server_value("seconds")), 0);
	assert_true(json_is_null(server_value("score")));
	assert_true(json_is_null(json_object_get(object, "domain")));
}

static void
knows_late_server(void **state)
{
	(void)state;
	start();
	server.facts = NULL;
	print();
	assert_null(server_value("seconds"));
	assert_string_equal(json_string_value(server_value("state")), "OK");
}

static void
has_no_address(void **state)
{
	struct judging *judging = start();

	(void)state;
	judging->target.connects = false;
	judging->host.from_mx = false;
	print();
	assert_true(json_is_null(server_value("address")));
	assert_true(json_is_null(server_value("port")));
	assert_true(json_is_null(server_value("preference")));
}

static void
knows_untested(void **state)
{
	struct judging *judging = start();

	(void)state;
	judging->result.untested = true;
	result_add(&judging->result, RELAY_TRUSTED, "not tested");
	print();
	assert_string_equal(
	    json_string_value(server_value("state")), "UNKNOWN");
	assert_string_equal(
	    json_string_value(json_object_get(object, "state")), "UNKNOWN");
	assert_int_equal(
	    json_integer_value(json_object_get(object, "exit_code")), 3);
}

static void
leaves_out_unreadable_dates(void **state)
{
	struct judging *judging = start();

	(void)state;
	add_tls(judging)->certificate[0].dates_valid = false;
	print();
	assert_non_null(first_certificate());
	assert_null(json_object_get(first_certificate(), "not_before"));
	assert_null(json_object_get(first_certificate(), "not_after"));
	assert_null(json_object_get(first_certificate(), "days_left"));
	assert_null(json_object_get(first_certificate(), "key"));
}

static void
counts_days_as_judge_does(void **state)
{
	struct judging *judging = start();

	(void)state;
	add_tls(judging);
	print();
	assert_int_equal(json_integer_value(
			     json_object_get(first_certificate(), "days_left")),
	    -1);
	assert_string_equal(json_string_value(json_object_get(
				first_certificate(), "not_after")),
	    "2026-01-15T11:59:59Z");
}

static const struct verify_case {
	const char *sentence;
	bool verified, name_matches;
	int depth;         /* of an error; -1: none */
	int verdict;       /* -1: no key */
	const char *error; /* the first */
} verify_cases[] = {
    {"A good chain and name are verified.", true, true, -1, 1, NULL},
    {"An error of the chain is not.", true, true, 0, 0, "expired"},
    {"An error higher up tells its depth.", true, true, 2, 0,
	"expired, at depth 2"},
    {"A wrong name is not verified.", true, false, -1, 0, "hostname mismatch"},
    {"What was not looked at has no verdict.", false, true, -1, -1, NULL},
};

static void
tells_verification(void **state)
{
	const struct verify_case *row = *state;
	struct chain *chain = add_tls(start());
	const json_t *verified, *errors;
	const char *error;

	chain->verified = row->verified;
	chain->name_matches = row->name_matches;
	if (row->depth >= 0)
		chain_add_error(chain, FAULT_EXPIRED, row->depth, "expired");
	print();
	verified = json_object_get(server_value("tls"), "verified");
	errors = json_object_get(server_value("tls"), "errors");
	error = json_string_value(json_array_get(errors, 0));
	if (row->verdict < 0)
		assert_true(verified == NULL && errors == NULL);
	else
		assert_int_equal(json_is_true(verified), row->verdict);
	if (row->error != NULL)
		assert_string_equal(error != NULL ? error : "none", row->error);
	else
		assert_null(error);
}

static const struct ptr_case {
	const char *sentence;
	enum dns_status status;
	size_t count;
	bool confirmed, forward_unknown;
	int names;   /* -1: no key at all */
	int verdict; /* -1: no key */
} ptr_cases[] = {
    {"A name that leads back is confirmed.", DNS_ANSWERED, 1, true, false, 1,
	1},
    {"One that does not is not.", DNS_ANSWERED, 1, false, false, 1, 0},
    {"One that can't be looked up may or may not.", DNS_ANSWERED, 1, false,
	true, 1, -1},
    {"Another name's failure does not matter then.", DNS_ANSWERED, 2, true,
	true, 2, 1},
    {"No name is an answer too.", DNS_NONAME, 0, false, false, 0, 0},
    {"A failed look-up is none.", DNS_FAILED, 0, false, false, -1, -1},
};

static void
tells_ptr(void **state)
{
	const struct ptr_case *row = *state;
	struct reverse *reverse = &start()->facts.reverse;
	const json_t *names, *confirmed;

	*reverse = (struct reverse){.asked = true,
	    .status = row->status,
	    .count = row->count,
	    .name = {"mx1.example.com", "mx2.example.com"},
	    .confirmed = row->confirmed,
	    .forward_unknown = row->forward_unknown};
	print();
	names = json_object_get(server_value("ptr"), "names");
	confirmed = json_object_get(server_value("ptr"), "confirmed");
	if (row->names < 0)
		assert_null(server_value("ptr"));
	else
		assert_int_equal(json_array_size(names), row->names);
	if (row->verdict < 0)
		assert_null(confirmed);
	else
		assert_int_equal(json_is_true(confirmed), row->verdict);
}

static void
is_silent_about_refused_ehlo(void **state)
{
	struct judging *judging = start();

	(void)state;
	judging->facts.ehlo.answer.code = 502;
	memcpy(judging->facts.ehlo.name, "5.5.2", sizeof("5.5.2"));
	print();
	assert_null(server_value("ehlo"));
}

static const struct banner_case {
	const char *sentence;
	const char *text; /* as it was kept */
	const char *told;
} banner_cases[] = {
    {"Quotes and backslashes survive.", "\"a\\b\" </x>", "\"a\\b\" </x>"},
    {"Umlauts survive.", "gr\303\274\303\237", "gr\303\274\303\237"},
    {"A bar survives.", "a|b", "a|b"},
    {"Half a character does not.", "gr\303", "gr?"},
    {"A control character does not.", "a\x1b[31m", "a?[31m"},
    {"No text is an empty one.", "", ""},
};

static void
tells_banner(void **state)
{
	const struct banner_case *row = *state;
	struct judging *judging = start();

	judging->facts.banner.came = true;
	judging->facts.banner.code = 220;
	text_print(
	    judging->facts.banner.text, REPLY_TEXT_SIZE, "%s", row->text);
	assert_null(strchr(print(), '|'));
	assert_string_equal(server_string("banner", "text"), row->told);
	assert_null(server_string("banner", "host"));
}

static const struct probe_case {
	const char *sentence;
	int mail, rcpt;
	const char *reply; /* NULL: no key */
} probe_cases[] = {
    {"The reply to RCPT is told.", 250, 550, "550 to RCPT"},
    {"That to MAIL is, if MAIL was refused.", 550, 503, "550 to MAIL"},
    {"No reply is none.", 250, 0, NULL},
    {"Nothing asked is none.", 0, 0, NULL},
};

static void
tells_probe(void **state)
{
	const struct probe_case *row = *state;
	struct relay *relay = &start()->facts.relay;
	struct relay_probe *probe = &relay->probe[0];
	const json_t *control, *plain, *reply;

	relay->count = relay->planned = 1;
	relay->control.name = "control";
	relay->control.kind = RELAY_LOCAL;
	probe->name = "plain";
	memcpy(probe->from, "<a@b>", sizeof("<a@b>"));
	probe->mail = (struct answer){row->mail, "to MAIL", ""};
	probe->rcpt = (struct answer){row->rcpt, "to RCPT", ""};
	print();
	control = json_array_get(server_value("relay"), 0);
	plain = json_array_get(server_value("relay"), 1);
	assert_string_equal(
	    json_string_value(json_object_get(control, "from")), "<a@b>");
	reply = json_object_get(plain, "reply");
	if (row->reply == NULL)
		assert_null(reply);
	else
		assert_string_equal(json_string_value(reply), row->reply);
}

/* Whether a record matched: True, False, Null. */
static const struct tlsa_case {
	const char *sentence;
	bool seen[2];    /* chains of either key type */
	bool matches[2]; /* the first record */
	char matched;
} tlsa_cases[] = {
    {"A TLSA record that matches is told.", {true}, {true}, 'T'},
    {"So is one that does not.", {true}, {false}, 'F'},
    {"One that the other certificate matches does.", {true, true},
	{false, true}, 'T'},
    {"Of one that nothing was compared with it is not known.", {false}, {false},
	'N'},
};

static char
letter_of(const json_t *value)
{
	return json_is_true(value) ? 'T'
	    : json_is_false(value) ? 'F'
	    : json_is_null(value)  ? 'N'
				   : '?';
}

static void
tells_tlsa(void **state)
{
	const struct tlsa_case *row = *state;
	struct judging *judging = start();
	const json_t *records, *record;

	judging_sign(&judging->host);
	judging_add_tlsa(&judging->host, 3);
	for (int i = 0; i < 2; i++) {
		struct dane_chain *chain = &judging->facts.dane.chain[i];

		chain->seen = row->seen[i];
		chain->matches = chain->matched[0] = row->matches[i];
	}
	print();
	assert_int_equal(
	    letter_of(json_object_get(server_value("dane"), "secure")), 'T');
	records = json_object_get(server_value("dane"), "records");
	assert_int_equal(json_array_size(records), 1);
	record = json_array_get(records, 0);
	assert_int_equal(
	    json_integer_value(json_object_get(record, "usage")), 3);
	assert_int_equal(
	    json_integer_value(json_object_get(record, "selector")), 1);
	assert_int_equal(
	    json_integer_value(json_object_get(record, "matching")), 1);
	assert_string_equal(json_string_value(json_object_get(record, "data")),
	    "00000000000000000000000000000000"
	    "00000000000000000000000000000000");
	assert_int_equal(
	    letter_of(json_object_get(record, "matched")), row->matched);
}

/* Of --next-cert; without it there is no key. */
static void
tells_of_the_next_certificate(void **state)
{
	struct judging *judging = start();
	struct dane_chain *next = &judging->facts.dane.next;

	(void)state;
	judging_sign(&judging->host);
	judging_add_tlsa(&judging->host, 3);
	print();
	assert_null(json_object_get(server_value("dane"), "next_matches"));
	next->seen = true;
	print();
	assert_true(json_is_false(
	    json_object_get(server_value("dane"), "next_matches")));
	next->matches = next->matched[0] = true;
	print();
	assert_true(json_is_true(
	    json_object_get(server_value("dane"), "next_matches")));
}

/* A whole certificate may be in it. */
static void
tells_tlsa_whole(void **state)
{
	static unsigned char data[DNS_DATA_MAX - 3];
	struct judging *judging = start();
	struct tlsa *record = &judging->host.tlsa.record[0];
	const char *hex;

	(void)state;
	judging_sign(&judging->host);
	judging_add_tlsa(&judging->host, 3);
	data[sizeof(data) - 1] = 0xaf;
	record->matching = 0;
	record->data = data;
	record->length = sizeof(data);
	print();
	hex = json_string_value(json_object_get(
	    json_array_get(json_object_get(server_value("dane"), "records"), 0),
	    "data"));
	assert_int_equal(strlen(hex), 2 * sizeof(data));
	assert_string_equal(hex + 2 * (sizeof(data) - 1), "af");
}

static void
tells_that_there_is_no_tlsa(void **state)
{
	struct judging *judging = start();

	(void)state;
	judging_sign(&judging->host);
	judging->host.tlsa.secure = false;
	print();
	assert_int_equal(
	    letter_of(json_object_get(server_value("dane"), "secure")), 'F');
	assert_true(
	    json_is_array(json_object_get(server_value("dane"), "records")));
	assert_int_equal(
	    json_array_size(json_object_get(server_value("dane"), "records")),
	    0);
}

static void
tells_policy(void **state)
{
	struct judging *judging = start();
	const json_t *mtasts;

	(void)state;
	judging_policy(&judging->domain.mtasts, MTASTS_MODE_TESTING);
	print();
	mtasts = json_object_get(object, "mtasts");
	assert_string_equal(
	    json_string_value(json_object_get(mtasts, "id")), "20260115");
	assert_string_equal(
	    json_string_value(json_object_get(mtasts, "mode")), "testing");
	assert_int_equal(
	    json_integer_value(json_object_get(mtasts, "max_age")), 604800);
	assert_int_equal(json_array_size(json_object_get(mtasts, "mx")), 1);
	assert_string_equal(
	    json_string_value(json_array_get(json_object_get(mtasts, "mx"), 0)),
	    "mx1.example.com");
}

/* Mode none does not need an mx. */
static void
tells_empty_policy(void **state)
{
	struct judging *judging = start();
	const json_t *mtasts;

	(void)state;
	judging_policy(&judging->domain.mtasts, MTASTS_MODE_NONE);
	judging->domain.mtasts.policy.mx_count = 0;
	print();
	mtasts = json_object_get(object, "mtasts");
	assert_string_equal(
	    json_string_value(json_object_get(mtasts, "mode")), "none");
	assert_true(json_is_array(json_object_get(mtasts, "mx")));
}

/* The record was there, the policy was not. */
static void
tells_id_alone(void **state)
{
	struct judging *judging = start();
	const json_t *mtasts;

	(void)state;
	judging_policy(&judging->domain.mtasts, MTASTS_MODE_ENFORCE);
	judging->domain.mtasts.valid = false;
	print();
	mtasts = json_object_get(object, "mtasts");
	assert_int_equal(json_object_size(mtasts), 1);
	assert_string_equal(
	    json_string_value(json_object_get(mtasts, "id")), "20260115");
}

/* What holds nothing has no key. */
static void
is_silent_without_a_record(void **state)
{
	struct judging *judging = start();

	(void)state;
	judging_no_policy(&judging->domain.mtasts);
	print();
	assert_null(json_object_get(object, "mtasts"));
}

static void
add_score(struct result *result, double score)
{
	result_metric(result,
	    &(struct metric){.label = "score",
		.unit = "",
		.value = score,
		.worst = METRIC_LOWEST});
}

static void
is_silent_about_points(void **state)
{
	struct judging *judging = start();

	(void)state;
	result_add(&judging->result, TCP_REFUSED, "refused");
	print();
	assert_null(json_object_get(object, "score"));
	assert_null(json_object_get(object, "tests"));
	assert_null(json_object_get(object, "delivers"));
	assert_true(json_is_null(server_value("score")));
	assert_null(server_value("tests"));
	assert_null(server_value("delivers"));
}

/* "41 of 47", "" without the key. */
static const char *
tests_of(const json_t *parent)
{
	static char text[64];
	const json_t *tests = json_object_get(parent, "tests");
	const json_t *made = json_object_get(tests, "made");
	const json_t *planned = json_object_get(tests, "planned");

	if (tests == NULL)
		return "";
	assert_true(json_is_integer(made) && json_is_integer(planned));
	text_print(text, sizeof(text), "%lld of %lld",
	    (long long)json_integer_value(made),
	    (long long)json_integer_value(planned));
	return text;
}

/* Of two servers and of all; -1: none. */
static const struct score_case {
	const char *sentence;
	double first, second;
	int worst;
} score_cases[] = {
    {"The score of all is the worst.", 86, 70, 70},
    {"It does not matter whose.", 5, 70, 5},
    {"No points are a score.", 100, 0, 0},
    {"A server without a score leaves the other's.", 86, -1, 86},
    {"The first may have none.", -1, 86, 86},
    {"No score at all is null.", -1, -1, -1},
};

static void
tells_score(void **state)
{
	const struct score_case *row = *state;
	static struct result second;
	struct judging *judging = start();
	struct report_server both[2] = {server, server};
	const json_t *score;

	result_init(&second, &judging->severities);
	both[1].result = &second;
	report.scores = true;
	report.server = both;
	report.count = 2;
	if (row->first >= 0)
		add_score(&judging->result, row->first);
	if (row->second >= 0)
		add_score(&second, row->second);
	judging->result.tests_made = 41;
	judging->result.tests_planned = 47;
	second.tests_planned = 44;
	print();
	score = json_object_get(object, "score");
	if (row->worst < 0)
		assert_true(json_is_null(score));
	else
		assert_true(json_is_integer(score)
		    && json_integer_value(score) == row->worst);
	assert_string_equal(tests_of(object), "41 of 91");
	assert_int_equal(json_is_null(server_value("score")), row->first < 0);
	assert_string_equal(
	    tests_of(json_array_get(json_object_get(object, "servers"), 0)),
	    "41 of 47");
	assert_string_equal(
	    tests_of(json_array_get(json_object_get(object, "servers"), 1)),
	    "0 of 44");
}

static void
tells_score_of_a_domain(void **state)
{
	(void)state;
	start();
	report.scores = true;
	report.count = 0;
	result_add(&set, DNS_NXDOMAIN, "example.com: domain does not exist");
	add_score(&set, 0);
	print();
	assert_int_equal(
	    json_integer_value(json_object_get(object, "score")), 0);
	assert_true(json_is_integer(json_object_get(object, "score")));
	assert_true(json_is_false(
	    json_object_get(json_object_get(object, "delivers"), "plain")));
}

/*
 * Of the one server, which has an IPv4 address, and of all: a letter for
 * plain, TLS-requiring, MTA-STS, DANE, IPv4-only and IPv6-only: True, False,
 * Null. Neither a policy nor TLSA records are published.
 */
static const struct delivers_case {
	const char *sentence;
	bool ehlo, tls;
	enum diagnosis found; /* DIAGNOSIS_END: nothing */
	const char *server, *all;
} delivers_cases[] = {
    {"A server that is well delivers.", true, true, DIAGNOSIS_END, "TTTTTF",
	"TTTTTN"},
    {"One without TLS delivers what may be read.", true, false,
	STARTTLS_NOT_OFFERED, "TFTTTF", "TFTTTN"},
    {"A refusing one does not.", false, false, TCP_REFUSED, "FFFFFF", "FFFFFN"},
    {"Of a busy one it is not known.", false, false, BANNER_BUSY, "NNNNNF",
	"NNNNNN"},
    {"Nor of one that was not asked.", false, false, DIAGNOSIS_END, "NNNNNF",
	"NNNNNN"},
};

static void
assert_delivers(const json_t *delivers, const char *letters)
{
	static const char *const keys[] = {"plain", "tls_requiring", "mta_sts",
	    "dane", "ipv4_only", "ipv6_only"};

	assert_int_equal(json_object_size(delivers), UNIT_COUNT(keys));
	for (size_t i = 0; i < UNIT_COUNT(keys); i++) {
		const json_t *value = json_object_get(delivers, keys[i]);

		assert_int_equal(letter_of(value), letters[i]);
	}
}

static void
tells_deliveries(void **state)
{
	const struct delivers_case *row = *state;
	struct judging *judging = start();

	report.scores = true;
	judging_sign(&judging->host);
	judging_no_policy(&judging->domain.mtasts);
	judging->facts.ehlo.answer.code = row->ehlo ? 250 : 0;
	judging->facts.handshake.done = row->tls;
	judging->facts.handshake.version = row->tls ? 0x0304 : 0;
	if (row->found != DIAGNOSIS_END)
		result_add(&judging->result, row->found, "text");
	print();
	assert_delivers(server_value("delivers"), row->server);
	assert_delivers(json_object_get(object, "delivers"), row->all);
}

static void
tells_deliveries_of_a_late_server(void **state)
{
	struct judging *judging = start();

	(void)state;
	report.scores = true;
	server.facts = NULL;
	result_add(&judging->result, TIMEOUT, "not done within 30 s");
	print();
	assert_delivers(server_value("delivers"), "NNNNNF");
}

static void
has_no_room(void **state)
{
	struct text out;

	(void)state;
	start();
	text_init(&out, 100);
	assert_false(report_json(&report, &out));
	text_release(&out);
}

static void
tells_line_1(void **state)
{
	struct judging *judging = start();
	char summary[REPORT_LINE_TEXT + 1];

	(void)state;
	result_add(&judging->result, BANNER_REFUSED, "no | none\nat all");
	print();
	report_summary(&report, summary);
	assert_string_equal(
	    json_string_value(json_object_get(object, "summary")), summary);
	assert_contains(summary, "no ! none at all (BANNER_REFUSED); 0 of 1");
}

struct line_case {
	const char *sentence;
	const char *line;
	struct report_line read;
};

static const struct line_case line_cases[] = {
    {"A line with a domain is done.",
	"{\"plugin\":\"check_mx\",\"exit_code\":2,\"domain\":\"a.example\"}\n",
	{true, true, "a.example", STATE_CRITICAL}},
    {"One that was not tested is not.",
	"{\"plugin\":\"check_mx\",\"exit_code\":3,\"domain\":\"a.example\","
	"\"line\":1}\n",
	{true, false, "a.example", STATE_UNKNOWN}},
    {"What is no domain is ours all the same.",
	"{\"plugin\":\"check_mx\",\"exit_code\":3,\"domain\":null,\"line\":1}"
	"\n",
	{true, false, "", STATE_UNKNOWN}},
    {"A state that is none is not known.",
	"{\"plugin\":\"check_mx\",\"exit_code\":9,\"domain\":\"a.example\"}\n",
	{true, true, "a.example", STATE_UNKNOWN}},
    {"Other objects are not ours.", "{\"domain\":\"a.example\"}\n",
	{false, false, "a.example", STATE_UNKNOWN}},
    {"Half an object is nothing.", "{\"plugin\":\"check_mx\",\"dom\n",
	{false, false, "", STATE_UNKNOWN}},
    {"A list is nothing.", "a.example\n", {false, false, "", STATE_UNKNOWN}},
};

static void
reads_a_line(void **state)
{
	const struct line_case *row = *state;
	struct report_line read;

	report_json_read(row->line, &read);
	assert_int_equal(read.ours, row->read.ours);
	assert_int_equal(read.done, row->read.done);
	assert_string_equal(read.domain, row->read.domain);
	assert_int_equal(read.state, row->read.state);
}

/* It is the long one, word for word. */
static void
is_brief(const char *domain)
{
	const struct report about = {
	    .plugin = "check_mx", .version = "1.0", .domain = domain};
	char brief[REPORT_BRIEF_SIZE];
	struct report_line read;
	struct text long_one;
	json_t *short_object, *long_object;

	text_init(&long_one, 2000);
	assert_true(
	    report_json_refusal(&about, 7, "line 7: out of memory", &long_one));
	report_json_brief(&about, 7, brief);
	report_json_read(brief, &read);
	assert_true(read.ours && !read.done);
	short_object = json_loads(brief, 0, NULL);
	long_object = json_loads(long_one.data, 0, NULL);
	assert_true(json_equal(short_object, long_object));
	json_decref(short_object);
	json_decref(long_object);
	text_release(&long_one);
}

static void
is_brief_about_both(void **state)
{
	(void)state;
	is_brief("a.example");
	is_brief(NULL);
}

int
main(void)
{
	unit_add("What was not observed has no key, or is null.",
	    says_nothing_of_the_unobserved);
	unit_add("A server that was not done in time has no facts.",
	    knows_late_server);
	unit_add("A host without address has neither address nor port.",
	    has_no_address);
	unit_add("A server not tested is not OK.", knows_untested);
	unit_add("What can't be read of a certificate is left out.",
	    leaves_out_unreadable_dates);
	unit_add("Days left are rounded down.", counts_days_as_judge_does);
	UNIT_TABLE(ptr_cases, tells_ptr);
	UNIT_TABLE(verify_cases, tells_verification);
	unit_add("An EHLO that was refused tells no name.",
	    is_silent_about_refused_ehlo);
	UNIT_TABLE(banner_cases, tells_banner);
	UNIT_TABLE(probe_cases, tells_probe);
	UNIT_TABLE(tlsa_cases, tells_tlsa);
	unit_add("Whether the next certificate matches is told.",
	    tells_of_the_next_certificate);
	unit_add("The longest of TLSA records is told as a whole.",
	    tells_tlsa_whole);
	unit_add("That there is no TLSA record is told.",
	    tells_that_there_is_no_tlsa);
	unit_add("A policy is told.", tells_policy);
	unit_add(
	    "A policy without MX hosts has an empty list.", tells_empty_policy);
	unit_add("A record without its policy is told.", tells_id_alone);
	unit_add("Without a record nothing is told of MTA-STS.",
	    is_silent_without_a_record);
	unit_add("Without a score there are no tests and senders either.",
	    is_silent_about_points);
	UNIT_TABLE(score_cases, tells_score);
	unit_add("A domain without servers has its own score.",
	    tells_score_of_a_domain);
	UNIT_TABLE(delivers_cases, tells_deliveries);
	unit_add("Nor of one that did not come to an end.",
	    tells_deliveries_of_a_late_server);
	unit_add("Half an object is a failure.", has_no_room);
	unit_add("The summary is line 1's text.", tells_line_1);
	UNIT_TABLE(line_cases, reads_a_line);
	unit_add("Without memory the same is said.", is_brief_about_both);
	return unit_run("report_json");
}
