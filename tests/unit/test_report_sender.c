/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_report_sender - who loses mail, over all servers of a run */
#include <string.h>

#include "judging.h"
#include "report_sender.h"
#include "unit.h"

enum { SERVERS = 3, LINE_MAX_BYTES = 600 };

/* A server of the set: TLS inside EHLO, unless a finding says otherwise. */
struct taking {
	const char *host;
	const char *address;  /* NULL: none */
	enum diagnosis found; /* DIAGNOSIS_END: nothing */
};

/*
 * What becomes of the mail: a letter for each sender, in their order: Works,
 * Fails, ? for what is not known. Nobody loses any unless a line says so.
 */
static const struct loss_case {
	const char *sentence;
	struct taking server[SERVERS]; /* up to the first without host */
	const char *delivery;
	const char *lines;
} loss_cases[] = {
    {"Where all take it nobody loses any.",
	{{"mx1", "192.0.2.1", DIAGNOSIS_END},
	    {"mx1", "2001:db8::1", DIAGNOSIS_END}},
	"WWWWWW", ""},
    {"Bad certificates lose none of these senders' mail.",
	{{"mx1", "192.0.2.1", CERT_EXPIRED},
	    {"mx1", "2001:db8::1", CERT_UNTRUSTED}},
	"WWWWWW", ""},
    {"One that is not known of the other family is no loss.",
	{{"mx1", "192.0.2.1", DIAGNOSIS_END}}, "WWWWW?", ""},
    {"One of two refuses: all go on to the other.",
	{{"mx1", "192.0.2.1", DIAGNOSIS_END},
	    {"mx2", "192.0.2.2", TCP_REFUSED}},
	"WWWWW?", ""},
    {"All of them refuse: all of it is lost.",
	{{"mx1", "192.0.2.1", TCP_TIMEOUT}, {"mx2", "192.0.2.2", TCP_REFUSED}},
	"FFFFF?",
	"plain sender: all of it, no server takes it; mx1 [192.0.2.1]: text "
	"(TCP_TIMEOUT)\n"
	"TLS-requiring sender: all of it, no server takes it; mx1 [192.0.2.1]: "
	"text (TCP_TIMEOUT)\n"
	"MTA-STS sender (Google, Microsoft, Yahoo): all of it, no server takes "
	"it; mx1 [192.0.2.1]: text (TCP_TIMEOUT)\n"
	"DANE sender (Postfix, Exim, Exchange Online): all of it, no server "
	"takes it; mx1 [192.0.2.1]: text (TCP_TIMEOUT)\n"
	"IPv4-only sender: all of it, no server takes it; mx1 [192.0.2.1]: "
	"text (TCP_TIMEOUT)\n"},
    {"One of two has no TLS: those who want it lose some.",
	{{"mx1", "192.0.2.1", DIAGNOSIS_END},
	    {"mx2", "192.0.2.2", STARTTLS_NOT_OFFERED}},
	"WWWWW?",
	"TLS-requiring sender: what goes to mx2 [192.0.2.2]: text "
	"(STARTTLS_NOT_OFFERED); 1 of 2 servers take it\n"},
    {"None has TLS: they lose all of it.",
	{{"mx1", "192.0.2.1", STARTTLS_NOT_OFFERED},
	    {"mx2", "192.0.2.2", TLS_HANDSHAKE}},
	"WFWWW?",
	"TLS-requiring sender: all of it, no server takes it; mx1 [192.0.2.1]: "
	"text (STARTTLS_NOT_OFFERED)\n"},
    {"Only IPv6 refuses: it alone loses all of it.",
	{{"mx1", "192.0.2.1", DIAGNOSIS_END},
	    {"mx1", "2001:db8::1", TCP_REFUSED}},
	"WWWWWF",
	"IPv6-only sender: all of it, no server takes it; mx1 [2001:db8::1]: "
	"text (TCP_REFUSED)\n"},
    {"What stops everybody at one server of three is told there.",
	{{"mx1", "192.0.2.1", DIAGNOSIS_END}, {"mx2", "192.0.2.2", TCP_REFUSED},
	    {"mx2", "2001:db8::2", DIAGNOSIS_END}},
	"WWWWWW", ""},
    {"A sender's own loss is told, not what stops everybody.",
	{{"mx1", "192.0.2.1", TCP_REFUSED},
	    {"mx2", "192.0.2.2", STARTTLS_NOT_OFFERED},
	    {"mx3", "192.0.2.3", DIAGNOSIS_END}},
	"WWWWW?",
	"TLS-requiring sender: what goes to mx2 [192.0.2.2]: text "
	"(STARTTLS_NOT_OFFERED); 1 of 3 servers take it\n"},
    {"Busy servers lose nothing that is known.",
	{{"mx1", "192.0.2.1", BANNER_BUSY}, {"mx2", "192.0.2.2", SMTP_BUSY}},
	"??????", ""},
    {"A server that takes it outweighs one that is not known.",
	{{"mx1", "192.0.2.1", BANNER_BUSY},
	    {"mx2", "192.0.2.2", DIAGNOSIS_END}},
	"WWWWW?", ""},
};

static struct target_host hosts[SERVERS];
static struct target targets[SERVERS];
static struct facts facts[SERVERS];
static struct severities severities;
static struct result set, results[SERVERS];
static struct report_server servers[SERVERS];
static struct domain_facts domain;
static struct report report;
static struct text out;

/* Without MTA-STS and DANE these senders are plain ones. */
static void
start(void)
{
	memset(hosts, 0, sizeof(hosts));
	memset(targets, 0, sizeof(targets));
	memset(facts, 0, sizeof(facts));
	severities_init(&severities, NULL);
	result_init(&set, &severities);
	judging_no_policy(&domain.mtasts);
	report = (struct report){
	    .domain = "example.com",
	    .scores = true,
	    .domain_facts = &domain,
	    .set = &set,
	    .server = servers,
	};
}

/* A second address has the host of the first. */
static const struct target *
add_target(const struct taking *taking)
{
	struct target_host *host = &hosts[report.count];
	struct target *target = &targets[report.count];

	if (report.count > 0
	    && strcmp(
		   servers[report.count - 1].target->host->name, taking->host)
		== 0)
		target->host = servers[report.count - 1].target->host;
	else
		target->host = host;
	target->first = target->host == host;
	text_print(host->name, DOMAIN_SIZE, "%s", taking->host);
	judging_sign(host);
	if (taking->address != NULL)
		judging_address(target, taking->address, 25);
	return target;
}

static struct result *
add_server(const struct taking *taking)
{
	struct facts *own = &facts[report.count];
	struct result *result = &results[report.count];
	const struct target *target = add_target(taking);

	own->target = target;
	own->ehlo.answer.code = 250;
	own->handshake.done = true;
	own->handshake.version = 0x0304;
	result_init(result, &severities);
	if (taking->found != DIAGNOSIS_END)
		result_add(result, taking->found, "text");
	servers[report.count++] = (struct report_server){
	    target, taking->address != NULL ? own : NULL, result};
	return result;
}

static const char *
lines(void)
{
	text_release(&out);
	text_init(&out, 1 << 16);
	report_lost_senders(&report, "", &out);
	return out.data;
}

static const char *
deliveries(void)
{
	static const char letters[] = {
	    [DELIVERY_UNKNOWN] = '?',
	    [DELIVERY_WORKS] = 'W',
	    [DELIVERY_FAILS] = 'F',
	    [DELIVERY_NO_WAY] = '-',
	};
	static char word[SENDERS + 1];

	for (int i = 0; i < SENDERS; i++)
		word[i] =
		    letters[report_sender_delivery(&report, (enum sender)i)];
	return word;
}

static void
tells_losses(void **state)
{
	const struct loss_case *row = *state;

	start();
	for (size_t i = 0; i < SERVERS && row->server[i].host != NULL; i++)
		add_server(&row->server[i]);
	assert_string_equal(deliveries(), row->delivery);
	assert_string_equal(lines(), row->lines);
}

static const struct taking well = {"mx1", "192.0.2.1", DIAGNOSIS_END};

/* DNS says what there is; what it did not say is not missing. */
static const struct address_case {
	const char *sentence;
	struct lookup v6[2]; /* of two hosts with IPv4 */
	const char *delivery;
	bool told;
} address_cases[] = {
    {"No host with IPv6 is no way for IPv6 alone.",
	{{DNS_NORECORD, "", .made = true}, {DNS_NORECORD, "", .made = true}},
	"WWWWWF", true},
    {"A look-up that failed may hide one.",
	{{DNS_NORECORD, "", .made = true}, {DNS_FAILED, "", .made = true}},
	"WWWWW?", false},
    {"With -4 nobody asked.",
	{{DNS_NORECORD, "", .made = false}, {DNS_NORECORD, "", .made = false}},
	"WWWWW?", false},
};

static void
tells_missing_addresses(void **state)
{
	static const struct taking second = {"mx2", "192.0.2.2", DIAGNOSIS_END};
	const struct address_case *row = *state;

	start();
	add_server(&well);
	add_server(&second);
	hosts[0].v6 = row->v6[0];
	hosts[1].v6 = row->v6[1];
	assert_string_equal(deliveries(), row->delivery);
	assert_string_equal(lines(),
	    row->told ? "IPv6-only sender: all of it, no server has an IPv6 "
			"address\n"
		      : "");
}

/* Each on its own: other senders lose nothing. */
static const struct strict_case {
	const char *sentence;
	enum diagnosis found; /* at mx1 */
	const char *delivery;
	const char *lines;
} strict_cases[] = {
    {"A server that fails the policy loses an MTA-STS sender's mail.",
	MTASTS_WOULD_FAIL, "WWWWW?",
	"MTA-STS sender (Google, Microsoft, Yahoo): what goes to mx1 "
	"[192.0.2.1]: text (MTASTS_WOULD_FAIL); 1 of 2 servers take it\n"},
    {"One that matches no TLSA record loses a DANE sender's.", DANE_MISMATCH,
	"WWWWW?",
	"DANE sender (Postfix, Exim, Exchange Online): what goes to mx1 "
	"[192.0.2.1]: text (DANE_MISMATCH); 1 of 2 servers take it\n"},
};

static void
tells_strict_senders(void **state)
{
	static const struct taking second = {"mx2", "192.0.2.2", DIAGNOSIS_END};
	const struct strict_case *row = *state;
	const struct taking first = {"mx1", "192.0.2.1", row->found};

	start();
	judging_policy(&domain.mtasts, MTASTS_MODE_ENFORCE);
	add_server(&first);
	add_server(&second);
	for (int i = 0; i < 2; i++) {
		judging_add_tlsa(&hosts[i], 3);
		facts[i].handshake.chain.verified = true;
		facts[i].dane.chain[0].seen = true;
	}
	assert_string_equal(deliveries(), row->delivery);
	assert_string_equal(lines(), row->lines);
}

static void
tells_missing_ipv4(void **state)
{
	static const struct taking taking = {
	    "mx1", "2001:db8::1", DIAGNOSIS_END};

	(void)state;
	start();
	add_server(&taking);
	hosts[0].v4 = (struct lookup){DNS_NORECORD, "", .made = true};
	assert_string_equal(deliveries(), "WWWWFW");
	assert_string_equal(lines(),
	    "IPv4-only sender: all of it, no server has an IPv4 address\n");
}

/* It is no server, but mail goes to it. */
static void
tells_a_host_without_address(void **state)
{
	static const struct taking none = {"mx2", NULL, DNS_MX_NO_ADDRESS};

	(void)state;
	start();
	add_server(&well);
	add_server(&none);
	hosts[0].v6 = hosts[1].v4 = hosts[1].v6 =
	    (struct lookup){DNS_NORECORD, "", .made = true};
	assert_string_equal(deliveries(), "WWWWWF");
	assert_string_equal(lines(),
	    "IPv6-only sender: all of it, no server has an IPv6 address\n");
}

/* A server of the first host may be behind the look-up that failed. */
static void
does_not_give_up_a_hidden_server(void **state)
{
	static const struct taking refusing = {
	    "mx2", "2001:db8::2", TCP_REFUSED};

	(void)state;
	start();
	add_server(&well);
	add_server(&refusing);
	hosts[0].v6 = (struct lookup){DNS_FAILED, "SERVFAIL", .made = true};
	assert_string_equal(deliveries(), "WWWWW?");
	assert_null(strstr(lines(), "IPv6-only sender: all of it"));
}

static void
tells_what_stops_the_set(void **state)
{
	(void)state;
	start();
	result_add(&set, DNS_NXDOMAIN, "example.com: domain does not exist");
	assert_string_equal(deliveries(), "FFFFFF");
	assert_string_equal(lines(),
	    "plain sender: example.com: domain does not exist (DNS_NXDOMAIN)\n"
	    "TLS-requiring sender: example.com: domain does not exist "
	    "(DNS_NXDOMAIN)\n"
	    "MTA-STS sender (Google, Microsoft, Yahoo): example.com: domain "
	    "does not exist (DNS_NXDOMAIN)\n"
	    "DANE sender (Postfix, Exim, Exchange Online): example.com: domain "
	    "does not exist (DNS_NXDOMAIN)\n"
	    "IPv4-only sender: example.com: domain does not exist "
	    "(DNS_NXDOMAIN)\n"
	    "IPv6-only sender: example.com: domain does not exist "
	    "(DNS_NXDOMAIN)\n");
}

static void
expects_a_null_mx(void **state)
{
	(void)state;
	start();
	result_add_as(&set, DNS_NULL_MX, STATE_OK, "accepts no mail");
	assert_string_equal(deliveries(), "??????");
	assert_string_equal(lines(), "");
}

static void
knows_nothing_of_the_untested(void **state)
{
	(void)state;
	start();
	add_server(&well)->untested = true;
	result_add(&set, TCP_EGRESS_BLOCKED, "this host can't get out");
	assert_string_equal(deliveries(), "??????");
	assert_string_equal(lines(), "");
}

/* The other server may take it: nobody counted it as one that does not. */
static void
does_not_count_the_unknown_as_refusing(void **state)
{
	static const struct taking clear = {
	    "mx1", "192.0.2.1", STARTTLS_NOT_OFFERED};
	static const struct taking busy = {"mx2", "192.0.2.2", BANNER_BUSY};

	(void)state;
	start();
	add_server(&clear);
	add_server(&busy);
	assert_string_equal(deliveries(), "W?WWW?");
	assert_contains(lines(),
	    "TLS-requiring sender: what goes to mx1 [192.0.2.1]: text "
	    "(STARTTLS_NOT_OFFERED)");
	assert_null(strstr(out.data, "0 of 2 servers take it"));
}

static void
is_silent_without_a_score(void **state)
{
	static const struct taking refusing = {"mx1", "192.0.2.1", TCP_REFUSED};

	(void)state;
	start();
	add_server(&refusing);
	report.scores = false;
	assert_string_equal(lines(), "");
}

static void
leads_each_line(void **state)
{
	static const struct taking refusing = {"mx1", "192.0.2.1", TCP_REFUSED};

	(void)state;
	start();
	add_server(&refusing);
	text_release(&out);
	text_init(&out, 1 << 16);
	report_lost_senders(&report, "Who? ", &out);
	assert_int_equal(strncmp(out.data, "Who? plain sender: ", 19), 0);
	assert_contains(out.data, "\nWho? TLS-requiring sender: ");
	assert_contains(out.data, "\nWho? IPv4-only sender: ");
}

static void
tells_one_loss(void **state)
{
	static const struct taking refusing = {"mx1", "192.0.2.1", TCP_REFUSED};

	(void)state;
	start();
	add_server(&refusing);
	text_release(&out);
	text_init(&out, 1 << 16);
	report_sender_loss(&report, SENDER_V6, &out);
	assert_string_equal(out.data, "");
	report_sender_loss(&report, SENDER_TLS, &out);
	assert_string_equal(out.data,
	    "TLS-requiring sender: all of it, no server takes it; mx1 "
	    "[192.0.2.1]: text (TCP_REFUSED)");
}

/* Names and texts are others': on one line each, and no longer than that. */
static void
disarms_and_bounds(void **state)
{
	char name[DOMAIN_SIZE], text[FINDING_TEXT_SIZE];
	const struct taking taking = {name, "192.0.2.1", DIAGNOSIS_END};
	struct result *result;
	size_t length;

	(void)state;
	start();
	memset(name, 'x', sizeof(name) - 1);
	memset(text, 't', sizeof(text) - 1);
	name[sizeof(name) - 1] = text[sizeof(text) - 1] = '\0';
	memcpy(text, "a|b\nc\033", 6);
	result = add_server(&taking);
	result_add(result, BANNER_REFUSED, "%s", text);
	lines();
	assert_contains(out.data, "a!b c?t");
	for (const char *line = out.data; *line != '\0'; line += length + 1) {
		length = strcspn(line, "\n");
		assert_int_equal(line[length], '\n');
		assert_true(length <= LINE_MAX_BYTES);
		assert_contains(line, "sender: all of it");
	}
}

int
main(void)
{
	int failed;

	text_init(&out, 0);
	UNIT_TABLE(loss_cases, tells_losses);
	UNIT_TABLE(address_cases, tells_missing_addresses);
	UNIT_TABLE(strict_cases, tells_strict_senders);
	unit_add(
	    "No host with IPv4 is no way for IPv4 alone.", tells_missing_ipv4);
	unit_add("A host without address loses what goes there.",
	    tells_a_host_without_address);
	unit_add("A look-up that failed may hide a server that takes it.",
	    does_not_give_up_a_hidden_server);
	unit_add("What stops the domain stops all.", tells_what_stops_the_set);
	unit_add(
	    "A domain that shall take no mail loses none.", expects_a_null_mx);
	unit_add("Where nothing was tested nothing is told.",
	    knows_nothing_of_the_untested);
	unit_add("A server that is not known is none that does not take it.",
	    does_not_count_the_unknown_as_refusing);
	unit_add("Without a score nobody is asked about.",
	    is_silent_without_a_score);
	unit_add("Each line has its lead.", leads_each_line);
	unit_add("A loss is told without the end of its line.", tells_one_loss);
	unit_add("A line is one line, and bounded.", disarms_and_bounds);
	failed = unit_run("report_sender");
	text_release(&out);
	return failed;
}
