/* SPDX-License-Identifier: GPL-3.0-or-later */
/* settings - the options that all plugins share, and what they were set to */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "when.h"
#include "enhanced.h"
#include "extra_opts.h"
#include "settings.h"

static struct settings values = {.timeout_s = TIMEOUT_DEFAULT_S};
static bool only_v4, only_v6;
static struct deadline run_deadline;
static char domain_name[DOMAIN_SIZE];
static char host_names[OPTION_LIST_MAX][DOMAIN_SIZE];
static union dns_address source_address;

const struct settings *const settings = &values;

static bool
take_domain(const char *value, struct text *why)
{
	const char *reason;

	if (values.domain != NULL) {
		text_add(why, "more than one domain");
		return false;
	}
	if (!domain_parse(value, domain_name, &reason)) {
		text_add(why, "%s", reason);
		return false;
	}
	values.domain = domain_name;
	return true;
}

/* An address, in brackets or not, in its one canonical form. */
static bool
parse_address(const char *value, char name[DOMAIN_SIZE])
{
	size_t length = strlen(value);
	bool bracket =
	    length > 2 && value[0] == '[' && value[length - 1] == ']';
	unsigned char octets[sizeof(struct in6_addr)];
	char address[INET6_ADDRSTRLEN + 1];
	int family;

	text_print(address, sizeof(address), "%.*s",
	    (int)(bracket ? length - 2 : length), value + (bracket ? 1 : 0));
	family = strchr(address, ':') != NULL ? AF_INET6 : AF_INET;
	return inet_pton(family, address, octets) == 1
	    && inet_ntop(family, octets, name, DOMAIN_SIZE) != NULL;
}

static bool
take_host(const char *value, struct text *why)
{
	const char *reason;
	char *name;

	if (values.host_count == OPTION_LIST_MAX) {
		text_add(why, "given more than %d times", OPTION_LIST_MAX);
		return false;
	}
	name = host_names[values.host_count];
	if (!parse_address(value, name)
	    && !domain_parse(value, name, &reason)) {
		text_add(why, "%s", reason);
		return false;
	}
	values.hosts[values.host_count++] = name;
	return true;
}

static bool
take_nameserver(const char *value, struct text *why)
{
	if (values.servers.count == DNS_NAMESERVERS_MAX) {
		text_add(why, "given more than %d times", DNS_NAMESERVERS_MAX);
		return false;
	}
	if (dns_server_parse(
		value, &values.servers.server[values.servers.count])) {
		values.servers.count++;
		return true;
	}
	text_add(why, "not an address, ADDR:PORT or [ADDR]:PORT");
	return false;
}

static bool
take_source(const char *value, struct text *why)
{
	memset(&source_address, 0, sizeof(source_address));
	values.source = &source_address;
	if (inet_pton(AF_INET, value, &source_address.v4.sin_addr) == 1)
		source_address.any.sa_family = AF_INET;
	else if (inet_pton(AF_INET6, value, &source_address.v6.sin6_addr) == 1)
		source_address.any.sa_family = AF_INET6;
	else
		text_add(why, "not an address");
	return source_address.any.sa_family != AF_UNSPEC;
}

/* RFC 5321 4.1.3: [192.0.2.1] or [IPv6:2001:db8::1]. */
static bool
is_literal(const char *value)
{
	static const char v6[] = "[IPv6:";
	bool is_v6 = strncasecmp(value, v6, strlen(v6)) == 0;
	unsigned char octets[sizeof(struct in6_addr)];
	const char *start = value + (is_v6 ? strlen(v6) : 1);
	char address[INET6_ADDRSTRLEN];
	size_t length = strlen(value);

	if (value[0] != '[' || value[length - 1] != ']'
	    || length - (size_t)(start - value) > sizeof(address))
		return false;
	text_print(address, sizeof(address), "%.*s",
	    (int)(value + length - 1 - start), start);
	return inet_pton(is_v6 ? AF_INET6 : AF_INET, address, octets) == 1;
}

static bool
take_sni(const char *value, struct text *why)
{
	static char name[DOMAIN_SIZE];
	const char *reason;

	values.sni = name;
	if (domain_parse(value, name, &reason))
		return true;
	text_add(why, "%s", reason);
	return false;
}

static bool
take_fqdn(const char *value, struct text *why)
{
	static char name[DOMAIN_SIZE];
	const char *reason;

	if (is_literal(value)) {
		values.fqdn = value;
		return true;
	}
	values.fqdn = name;
	if (domain_parse(value, name, &reason))
		return true;
	text_add(why, "%s", reason);
	return false;
}

/* A state by its name or its number. */
static bool
parse_state(const char *string, enum state *state)
{
	if (string[0] >= '0' && string[0] <= '3' && string[1] == '\0') {
		*state = (enum state)(string[0] - '0');
		return true;
	}
	return state_find(string, state);
}

static bool
take_timeout(const char *value, struct text *why)
{
	struct cursor cursor = cursor_of(value);
	unsigned long long seconds;

	if (!cursor_number(&cursor, TIMEOUT_MAX_S, &seconds) || seconds == 0) {
		text_add(
		    why, "not a number of seconds from 1 to %d", TIMEOUT_MAX_S);
		return false;
	}
	values.timeout_s = (unsigned)seconds;
	if (cursor_at_end(&cursor))
		return true;
	values.timeout_state_chosen = cursor_skip(&cursor, ':')
	    && parse_state(cursor.at, &values.timeout_state);
	if (!values.timeout_state_chosen)
		text_add(why, "not SECONDS or SECONDS:STATE");
	return values.timeout_state_chosen;
}

/* One CODE=STATE, in a copy that may be written to. */
static bool
take_one_severity(char *item, struct text *why)
{
	char *sign = strchr(item, '=');
	enum diagnosis code;
	enum state state;

	if (sign == NULL) {
		text_add(why, "'%s' is not CODE=STATE", item);
		return false;
	}
	*sign = '\0';
	if (!diagnosis_find(item, &code)) {
		text_add(why, "there is no code '%s'", item);
		return false;
	}
	if (!parse_state(sign + 1, &state)) {
		text_add(why, "'%s' is none of ok, warning, critical, unknown",
		    sign + 1);
		return false;
	}
	values.severity_chosen[code] = true;
	values.severity[code] = state;
	return true;
}

static bool
take_severity(const char *value, struct text *why)
{
	char list[1024], *rest = list, *item;

	if (strlen(value) >= sizeof(list)) {
		text_add(why, "too long");
		return false;
	}
	printable(list, sizeof(list), value, strlen(value));
	while ((item = strsep(&rest, ",")) != NULL)
		if (!take_one_severity(item, why))
			return false;
	return true;
}

static bool
take_format(const char *value, struct text *why)
{
	static const char *const names[] = {
	    [SETTINGS_NAGIOS] = "nagios",
	    [SETTINGS_JSON] = "json",
	    [SETTINGS_OPENMETRICS] = "openmetrics",
	    [SETTINGS_REPORT] = "report",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(value, names[i]) == 0) {
			values.format = (enum settings_format)i;
			return true;
		}
	text_add(why, "none of nagios, report, json, openmetrics");
	return false;
}

static bool
take_explain(const char *value, struct text *why)
{
	enum diagnosis code;

	values.explain = true;
	if (*value == '\0')
		return true;
	values.explain_code = value;
	if (diagnosis_find(value, &code) || enhanced_valid(value))
		return true;
	text_add(why, "there is no such code");
	return false;
}

/* Only a shortened form comes here: the rest was expanded before. */
static bool
take_extra_opts(const char *value, struct text *why)
{
	(void)value;
	text_add(why, "to be written in full");
	return false;
}

static bool
take_at(const char *value, struct text *why)
{
	return when_parse(value, &values.at, why);
}

static const struct option_row server_rows[] = {
    OPTION_HEADING("Which servers:"),
    OPTION_FUNCTION('d', "domain", "DOMAIN", take_domain,
	"check every MX host of DOMAIN, every address of each; the same as "
	"DOMAIN without an option"),
    OPTION_FUNCTION('H', "hostname", "HOST", take_host,
	"check this host (name or address) instead, found as the system finds "
	"it, /etc/hosts included; repeatable; with --domain too, that is what "
	"the host serves"),
    OPTION_FLAG('4', "ipv4", &only_v4, "IPv4 only (default: both)"),
    OPTION_FLAG('6', "ipv6", &only_v6, "IPv6 only (default: both)"),
    OPTION_FUNCTION(0, "nameserver", "ADDR[:PORT]", take_nameserver,
	"ask this DNS server; repeatable; [2001:db8::1]:53 for IPv6 (default: "
	"resolv.conf)"),
    OPTION_END,
};

static const struct option_row dnssec_rows[] = {
    OPTION_FLAG(0, "trust-ad", &values.servers.trust_ad,
	"believe the AD bit of a resolver that is not on this host (default: "
	"only of one on a loopback address)"),
    OPTION_END,
};

static char port_help[64];

static const struct option_row dialogue_rows[] = {
    OPTION_HEADING("How to talk to them:"),
    OPTION_NUMBER('p', "port", "PORT", &values.port, 1, 65535, port_help),
    OPTION_FUNCTION(0, "source", "ADDR", take_source,
	"local address to connect from (default: the system's choice)"),
    OPTION_FUNCTION('F', "fqdn", "NAME", take_fqdn,
	"name given in EHLO (default: this host's, if it is fully qualified, "
	"else its address literal)"),
    OPTION_FLAG(
	's', "ssl", &values.ssl, "TLS from the first byte (default: off)"),
    OPTION_FLAG('r', "proxy", &values.proxy,
	"send a PROXY protocol version 1 header first (default: off)"),
    OPTION_FUNCTION(0, "sni", "NAME", take_sni,
	"server name for TLS (default: the host's name; none for an address)"),
    OPTION_END,
};

static const struct option_row trust_rows[] = {
    OPTION_HEADING("Whom to trust:"),
    OPTION_STRING(0, "ca-file", "FILE", &values.ca_file,
	"trust anchors, PEM (default: the system's)"),
    OPTION_STRING(0, "ca-dir", "DIR", &values.ca_dir,
	"trust anchors, hashed directory (default: the system's)"),
    OPTION_END,
};

static const struct option_row moment_rows[] = {
    OPTION_HEADING("As of when:"),
    OPTION_FUNCTION(0, "at", "+DAYSd|DATE", take_at,
	"the verdict as it will be then: +14d, 2030-01-31 or "
	"2030-01-31T12:00:00Z (default: now)"),
    OPTION_END,
};

static const struct option_row verdict_rows[] = {
    OPTION_HEADING("The verdict:"),
    OPTION_FUNCTION('t', "timeout", "SECONDS[:STATE]", take_timeout,
	"for the whole run, DNS included, and what a time-out counts as "
	"(default: 30, CRITICAL)"),
    OPTION_NUMBER(0, "quorum", "N", &values.quorum, 1, TARGETS_MAX,
	"while N servers are not CRITICAL, failures of the others count as "
	"WARNING (default: all must pass)"),
    OPTION_FUNCTION(0, "severity", "CODE=STATE[,...]", take_severity,
	"what a diagnosis counts as: ok, warning, critical or unknown "
	"(default: see --explain)"),
    OPTION_HEADING("Help and output:"),
    OPTION_FUNCTION(0, "output-format", "nagios|report|json|openmetrics",
	take_format,
	"report is for a person at a terminal: each step, cause and remedy; "
	"json is for programs: all that was found and observed, in one object; "
	"openmetrics is for Prometheus' textfile collector (default: nagios)"),
    OPTION_FUNCTION(0, "explain", "[=CODE]", take_explain,
	"print what a code means, its causes and remedies; CODE may be an "
	"enhanced status code of a reply, such as 5.7.1; without CODE, all of "
	"this suite's"),
    OPTION_FUNCTION(
	0, EXTRA_OPTS, "[=[SECTION][@FILE]]", take_extra_opts, EXTRA_OPTS_HELP),
    OPTION_COUNT('v', "verbose", &values.verbosity,
	"tell more: what was observed; -vv causes and remedies; -vvv the "
	"dialogue too"),
    OPTION_FLAG('V', "version", &values.version, "print the version"),
    OPTION_FLAG('h', "help", &values.help, "print this help"),
    OPTION_END,
};

void
settings_tables(const struct option_row *const *own,
    const struct settings_groups *groups,
    const struct option_row *tables[SETTINGS_TABLES])
{
	size_t count = 0;

	text_print(port_help, sizeof(port_help),
	    "port (default: %u; %d with --ssl)", groups->port, PORT_SMTPS);
	tables[count++] = server_rows;
	if (groups->dnssec)
		tables[count++] = dnssec_rows;
	if (groups->dialogue)
		tables[count++] = dialogue_rows;
	if (groups->certificates)
		tables[count++] = trust_rows;
	if (groups->certificates && groups->rehearses)
		tables[count++] = moment_rows;
	for (; *own != NULL; own++)
		tables[count++] = *own;
	tables[count++] = verdict_rows;
	tables[count] = NULL;
}

/* The operand is the domain, or for --explain the code. */
static bool
take_operand(const struct option_list *operands, struct text *why)
{
	const char *operand = operands->value[0];
	char clean[96];
	struct text reason;
	bool taken;

	if (operands->count == 0)
		return true;
	if (operands->count > 1 || (values.domain != NULL && !values.explain)) {
		operand = operands->value[operands->count - 1];
		printable(clean, sizeof(clean), operand, strlen(operand));
		text_add(why, "'%s': more than one domain", clean);
		return false;
	}
	text_init(&reason, 200);
	taken = values.explain ? take_explain(operand, &reason)
			       : take_domain(operand, &reason);
	if (!taken) {
		printable(clean, sizeof(clean), operand, strlen(operand));
		text_add(why, "'%s': %s", clean, reason.data);
	}
	text_release(&reason);
	return taken;
}

static bool
choose_family(struct text *why)
{
	bool source_v4 =
	    values.source != NULL && values.source->any.sa_family == AF_INET;
	bool source_v6 = values.source != NULL && !source_v4;

	if ((only_v4 || source_v4) && (only_v6 || source_v6)) {
		text_add(why,
		    only_v4 && only_v6
			? "--ipv4 and --ipv6 exclude each other"
			: "--source: not of the family that was asked for");
		return false;
	}
	if (only_v4 || source_v4)
		values.family = TARGET_ONLY_V4;
	if (only_v6 || source_v6)
		values.family = TARGET_ONLY_V6;
	return true;
}

bool
settings_parse(const struct option_row *const *tables,
    const struct arguments *arguments, struct text *why)
{
	struct option_list operands = {.count = 0};

	bool parsed = option_parse(tables, arguments, &operands, why)
	    && take_operand(&operands, why) && choose_family(why);

	run_deadline = deadline_in(values.timeout_s);
	return parsed;
}

struct deadline
settings_deadline(void)
{
	return run_deadline;
}

uint16_t
settings_port(unsigned usual)
{
	if (values.port != 0)
		return (uint16_t)values.port;
	return (uint16_t)(values.ssl ? PORT_SMTPS : usual);
}

void
settings_severities(struct severities *severities, const enum diagnosis *asides)
{
	static const enum diagnosis timeouts[] = {DNS_TIMEOUT, TCP_TIMEOUT,
	    BANNER_TIMEOUT, SMTP_TIMEOUT, TLS_TIMEOUT, ARRIVAL_MISSING, TIMEOUT,
	    DIAGNOSIS_END};

	severities_init(severities, asides);
	for (const enum diagnosis *code = timeouts;
	     values.timeout_state_chosen && *code != DIAGNOSIS_END; code++)
		severities->state[*code] = values.timeout_state;
	for (int i = 0; i < DIAGNOSIS_END; i++) {
		severities->chosen[i] = values.severity_chosen[i];
		if (values.severity_chosen[i])
			severities->state[i] = values.severity[i];
	}
}
