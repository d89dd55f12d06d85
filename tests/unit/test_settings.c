/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_settings - the options that all plugins share
 *
 * They are parsed once in the life of a process, so each row is parsed in a
 * process of its own, which tells what came of it through a pipe.
 */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "settings.h"
#include "unit.h"

static const struct option_row own_rows[] = {OPTION_END};

static const struct option_row *const own_tables[] = {own_rows, NULL};

static const char *const family_names[] = {"any", "IPv4", "IPv6"};

static void
tell_hosts(struct text *out)
{
	for (size_t i = 0; i < settings->host_count; i++)
		text_add(out, "host %s; ", settings->hosts[i]);
	if (settings->hosts[settings->host_count] != NULL)
		text_add(out, "hosts without end; ");
}

static void
tell_nameservers(struct text *out)
{
	char address[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < settings->servers.count; i++) {
		dns_address_text(&settings->servers.server[i], address);
		text_add(out, "nameserver %s; ", address);
	}
}

static void
tell_severities(struct text *out)
{
	static const enum diagnosis asides[] = {DNS_MX_CNAME, DIAGNOSIS_END};
	static const enum diagnosis shown[] = {
	    TCP_TIMEOUT, TIMEOUT, DNS_MX_CNAME, CERT_EXPIRED, DIAGNOSIS_END};
	struct severities severities;

	settings_severities(&severities, asides);
	for (const enum diagnosis *code = shown; *code != DIAGNOSIS_END; code++)
		text_add(out, "%s %s; ", diagnosis_entry(*code)->code,
		    state_name(severities.state[*code]));
}

/* What differs from the defaults. */
static void
tell(struct text *out)
{
	if (settings->domain != NULL)
		text_add(out, "domain %s; ", settings->domain);
	tell_hosts(out);
	tell_nameservers(out);
	if (settings->port != 0)
		text_add(out, "port %u; ", settings->port);
	if (settings->family != TARGET_ANY_FAMILY)
		text_add(out, "%s; ", family_names[settings->family]);
	if (settings->fqdn != NULL)
		text_add(out, "fqdn %s; ", settings->fqdn);
	if (settings->timeout_s != 30)
		text_add(out, "timeout %u; ", settings->timeout_s);
	if (settings->quorum != 0)
		text_add(out, "quorum %u; ", settings->quorum);
	if (settings->format == SETTINGS_JSON)
		text_add(out, "JSON; ");
	if (settings->format == SETTINGS_REPORT)
		text_add(out, "report; ");
	if (settings->explain)
		text_add(out, "explain %s; ",
		    settings->explain_code != NULL ? settings->explain_code
						   : "all");
	for (int i = 0; i < DIAGNOSIS_END; i++)
		if (settings->severity_chosen[i])
			text_add(out, "%s chosen; ",
			    diagnosis_entry((enum diagnosis)i)->code);
	if (settings->timeout_state_chosen)
		tell_severities(out);
}

enum { ARGUMENTS_MAX = 8 };

static const struct settings_groups all_groups = {
    .dialogue = true, .port = PORT_SMTP, .certificates = true, .rehearses = true};

static void
parse(const char *const *arguments, struct text *out)
{
	const struct option_row *tables[SETTINGS_TABLES];
	char *argv[ARGUMENTS_MAX + 2] = {(char *)"check_mx_test"};
	struct text why;
	int argc = 1;

	while (arguments[argc - 1] != NULL) {
		argv[argc] = (char *)arguments[argc - 1];
		argc++;
	}
	text_init(&why, 400);
	settings_tables(own_tables, &all_groups, tables);
	if (settings_parse(
		tables, &(struct arguments){.count = argc, .word = argv}, &why))
		tell(out);
	else
		text_add(out, "refused: %s", why.data);
}

/* The same in another process. */
static const char *
parse_apart(const char *const *arguments)
{
	static char told[2048];
	size_t length = 0;
	ssize_t got;
	int ends[2], status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct text out;

		text_init(&out, sizeof(told) - 1);
		parse(arguments, &out);
		_exit(write(ends[1], out.data, out.length)
		    != (ssize_t)out.length);
	}
	close(ends[1]);
	while (
	    (got = read(ends[0], told + length, sizeof(told) - 1 - length)) > 0)
		length += (size_t)got;
	told[length] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	return told;
}

static const struct parse_case {
	const char *sentence;
	const char *arguments[ARGUMENTS_MAX];
	const char *told;
} parse_cases[] = {
    {"No option leaves the defaults.", {NULL}, ""},
    {"An operand is the domain.", {"Example.COM.", NULL},
	"domain example.com; "},
    {"-d is the domain.", {"-d", "example.com", NULL}, "domain example.com; "},
    {"A domain of umlauts is looked up in A-labels.",
	{"m\303\274nchen.example", NULL}, "domain xn--mnchen-3ya.example; "},
    {"-H may be repeated.",
	{"-H", "MX1.example.com", "-H192.0.2.4", "-H", "2001:db8::25", NULL},
	"host mx1.example.com; host 192.0.2.4; host 2001:db8::25; "},
    {"-H goes with -d.", {"-H", "mx1.example.com", "-d", "example.com", NULL},
	"domain example.com; host mx1.example.com; "},
    {"Nameservers may be repeated.",
	{"--nameserver=127.0.0.1:5353", "--nameserver=[::1]:53", NULL},
	"nameserver 127.0.0.1; nameserver ::1; "},
    {"The port is taken.", {"-p", "2525", NULL}, "port 2525; "},
    {"-4 is IPv4 only.", {"-4", NULL}, "IPv4; "},
    {"-6 is IPv6 only.", {"-6", NULL}, "IPv6; "},
    {"A source address decides on the family.", {"--source=::1", NULL},
	"IPv6; "},
    {"A name for EHLO is taken in lower case.", {"-F", "Mon.Example.net", NULL},
	"fqdn mon.example.net; "},
    {"An address literal for EHLO is taken.", {"-F", "[192.0.2.1]", NULL},
	"fqdn [192.0.2.1]; "},
    {"An IPv6 literal for EHLO is taken.", {"-F", "[IPv6:2001:db8::1]", NULL},
	"fqdn [IPv6:2001:db8::1]; "},
    {"A timeout is taken.", {"-t", "10", NULL}, "timeout 10; "},
    {"A timeout's state is that of all timeouts.", {"-t", "10:unknown", NULL},
	"timeout 10; TCP_TIMEOUT UNKNOWN; TIMEOUT UNKNOWN; DNS_MX_CNAME OK; "
	"CERT_EXPIRED CRITICAL; "},
    {"A timeout's state may be a number.", {"-t", "30:1", NULL},
	"TCP_TIMEOUT WARNING; TIMEOUT WARNING; DNS_MX_CNAME OK; "
	"CERT_EXPIRED CRITICAL; "},
    {"--severity outweighs the timeout's state and the plugin's.",
	{"-t30:1", "--severity=TCP_TIMEOUT=ok,DNS_MX_CNAME=critical", NULL},
	"DNS_MX_CNAME chosen; TCP_TIMEOUT chosen; TCP_TIMEOUT OK; "
	"TIMEOUT WARNING; DNS_MX_CNAME CRITICAL; CERT_EXPIRED CRITICAL; "},
    {"Letter case in --severity does not matter.",
	{"--severity=cert_expired=Warning", NULL}, "CERT_EXPIRED chosen; "},
    {"A quorum is taken.", {"--quorum=2", NULL}, "quorum 2; "},
    {"The output may be JSON.", {"--output-format=json", NULL}, "JSON; "},
    {"The output may be a report.", {"--output-format=report", NULL},
	"report; "},
    {"The last output format counts.",
	{"--output-format=json", "--output-format=nagios", NULL}, ""},
    {"--explain alone explains all.", {"--explain", NULL}, "explain all; "},
    {"--explain takes a code.", {"--explain=CERT_EXPIRED", NULL},
	"explain CERT_EXPIRED; "},
    {"--explain takes its code as an operand too.",
	{"--explain", "CERT_EXPIRED", NULL}, "explain CERT_EXPIRED; "},
    {"An empty operand is ignored.", {"", "example.com", NULL},
	"domain example.com; "},
};

static void
parses(void **state)
{
	const struct parse_case *row = *state;

	assert_string_equal(parse_apart(row->arguments), row->told);
}

static const struct refusal_case {
	const char *sentence;
	const char *arguments[ARGUMENTS_MAX];
	const char *option; /* both stand in the message */
	const char *reason;
} refusal_cases[] = {
    {"Two domains are refused.", {"a.example", "b.example", NULL}, "domain",
	"more than one"},
    {"-d beside an operand is refused.", {"-d", "a.example", "b.example", NULL},
	"domain", "more than one"},
    {"A domain that is none is refused.", {"-d", "a b", NULL}, "--domain",
	"not a domain name"},
    {"An operand that is none is refused.", {"a|b", NULL}, "'a|b'",
	"not a domain name"},
    {"An address as domain is refused.", {"192.0.2.4", NULL}, "'192.0.2.4'",
	"address"},
    {"A host that is none is refused.", {"-H", "mx..example", NULL},
	"--hostname", "empty label"},
    {"Port 0 is refused.", {"-p0", NULL}, "--port", "1 to 65535"},
    {"Port 65536 is refused.", {"-p65536", NULL}, "--port", "1 to 65535"},
    {"-4 and -6 exclude each other.", {"-4", "-6", NULL}, "--ipv4", "--ipv6"},
    {"A source address of the other family is refused.",
	{"-6", "--source=127.0.0.1", NULL}, "--source", "family"},
    {"A source that is no address is refused.", {"--source=localhost", NULL},
	"--source", "not an address"},
    {"A nameserver by name is refused.", {"--nameserver=localhost", NULL},
	"--nameserver", "not an address"},
    {"A fourth nameserver is refused.",
	{"--nameserver=127.0.0.1", "--nameserver=127.0.0.2",
	    "--nameserver=127.0.0.3", "--nameserver=127.0.0.4", NULL},
	"--nameserver", "more than 3 times"},
    {"A broken literal for EHLO is refused.", {"-F", "[192.0.2]", NULL},
	"--fqdn", ""},
    {"An open literal for EHLO is refused.", {"-F", "[192.0.2.1", NULL},
	"--fqdn", ""},
    {"An IPv6 literal without its tag is refused.",
	{"-F", "[2001:db8::1]", NULL}, "--fqdn", ""},
    {"A bracket alone for EHLO is refused.", {"-F", "[", NULL}, "--fqdn", ""},
    {"A newline for EHLO is refused.", {"-F", "mon.example\nQUIT", NULL},
	"--fqdn", ""},
    {"A newline for --sni is refused.", {"--sni=a\nb", NULL}, "--sni", ""},
    {"A timeout of 0 is refused.", {"-t0", NULL}, "--timeout", "seconds"},
    {"A timeout of letters is refused.", {"-tx", NULL}, "--timeout", "seconds"},
    {"A timeout beyond an hour is refused.", {"-t3601", NULL}, "--timeout",
	"3600"},
    {"A timeout of an unknown state is refused.", {"-t10:bad", NULL},
	"--timeout", "STATE"},
    {"A timeout with an empty state is refused.", {"-t10:", NULL}, "--timeout",
	"STATE"},
    {"A timeout with a unit is refused.", {"-t10s", NULL}, "--timeout", ""},
    {"A quorum of 0 is refused.", {"--quorum=0", NULL}, "--quorum", "1 to"},
    {"An unknown output format is refused.", {"--output-format=xml", NULL},
	"--output-format", "none of nagios, report, json"},
    {"An unknown code is refused.", {"--severity=NOPE=ok", NULL}, "--severity",
	"NOPE"},
    {"An unknown state is refused.", {"--severity=CERT_EXPIRED=fine", NULL},
	"--severity", "fine"},
    {"A severity without a state is refused.",
	{"--severity=CERT_EXPIRED", NULL}, "--severity", "CODE=STATE"},
    {"An empty item among severities is refused.",
	{"--severity=CERT_EXPIRED=ok,", NULL}, "--severity", "CODE=STATE"},
    {"An unknown code is not explained.", {"--explain=NOPE", NULL}, "--explain",
	"no such code"},
    {"Two codes are not explained at once.",
	{"--explain", "CERT_EXPIRED", "TIMEOUT", NULL}, "", "more than one"},
};

static void
refuses(void **state)
{
	const struct refusal_case *row = *state;
	const char *told = parse_apart(row->arguments);

	assert_contains(told, "refused: ");
	assert_contains(told, row->option);
	assert_contains(told, row->reason);
}

static const struct table_case {
	const char *sentence;
	bool trust;
	size_t count;
} table_cases[] = {
    {"A plugin that judges certificates has their options.", true, 5},
    {"Another one does not.", false, 4},
};

static void
makes_tables(void **state)
{
	const struct table_case *row = *state;
	const struct option_row *tables[SETTINGS_TABLES] = {NULL};

	settings_tables(own_tables,
	    &(struct settings_groups){
		.dialogue = true, .certificates = row->trust},
	    tables);
	assert_non_null(tables[row->count - 1]);
	assert_null(tables[row->count]);
}

int
main(void)
{
	UNIT_TABLE(parse_cases, parses);
	UNIT_TABLE(refusal_cases, refuses);
	UNIT_TABLE(table_cases, makes_tables);
	return unit_run("settings");
}
