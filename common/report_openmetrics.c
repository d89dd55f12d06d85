/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_openmetrics - the outcome of a run for Prometheus and its kin
 *
 * What is told is also valid in the older text format, which takes UNIT and
 * EOF for comments: node_exporter's textfile collector reads that.
 */
#include <string.h>

#include "perfdata.h"
#include "report.h"
#include "report_sender.h"

#define PREFIX "check_mx_"

enum { SECONDS_A_DAY = 86400 };

/* One name for all its samples, which have to stand together. */
struct family {
	char name[64];
	const char *unit; /* "seconds", or "" */
};

/*
 * What the metrics are. A name always has the same words, whatever the plugin:
 * of files that do not agree the textfile collector drops the help.
 */
static const struct purpose {
	const char *label;
	const char *unit;
	const char *help;
	bool of_set; /* no server has its own */
} purposes[] = {
    {"accepted", "", "outside recipients accepted by a relay test", false},
    {"addresses", "", "addresses of all MX hosts", true},
    {"arrival", "s", "from sending a message to seeing it arrive", false},
    {"auth", "s", "the login took", false},
    {"banner", "s", "from the connection to the whole banner", false},
    {"connect", "s", "the TCP connection took", false},
    {"data", "s", "the message took, from DATA to its acceptance", false},
    {"days", "", "until the certificate expires, rounded down to days", false},
    {"ehlo", "s", "EHLO took", false},
    {"mail", "s", "MAIL took", false},
    {"probes", "", "recipients that a relay test got an answer to", false},
    {"rcpt", "s", "RCPT took", false},
    {"score", "", "score of 100", false},
    {"servers", "", "servers of the domain, or asked for", true},
    {"servers_ok", "", "servers whose state is OK", true},
    {"time", "s", "the test took", false},
    {"tls", "", "TLS version agreed on", false},
    {"tls", "s", "the TLS handshake took", false},
};

static const struct purpose *
find_purpose(const struct metric *metric)
{
	for (size_t i = 0; i < sizeof(purposes) / sizeof(purposes[0]); i++)
		if (strcmp(purposes[i].label, metric->label) == 0
		    && strcmp(purposes[i].unit, metric->unit) == 0)
			return &purposes[i];
	return NULL;
}

/* What is no base unit is converted: days are a certificate's seconds. */
static bool
is_days(const struct metric *metric)
{
	return strcmp(metric->label, "days") == 0;
}

/* By OpenMetrics a unit is the end of the name. */
static struct family
family_of(const char *scope, const char *label, const char *unit)
{
	struct family family = {
	    .unit = strcmp(unit, "s") == 0 ? "seconds" : ""};

	text_print(family.name, sizeof(family.name), PREFIX "%s%s%s%s", scope,
	    label, family.unit[0] != '\0' ? "_" : "", family.unit);
	return family;
}

static struct family
family_of_metric(const char *scope, const struct metric *metric)
{
	return is_days(metric) ? family_of(scope, "certificate_left", "s")
			       : family_of(scope, metric->label, metric->unit);
}

static void
add_head(const struct family *family, const char *help, struct text *out)
{
	text_add(out, "# TYPE %s gauge\n", family->name);
	if (family->unit[0] != '\0')
		text_add(out, "# UNIT %s %s\n", family->name, family->unit);
	text_add(out, "# HELP %s %s\n", family->name, help);
}

static void
add_metric_head(
    const char *scope, const struct metric *metric, struct text *out)
{
	const struct family family = family_of_metric(scope, metric);
	const struct purpose *purpose = find_purpose(metric);
	const char *whose =
	    scope[0] == '\0' && (purpose == NULL || !purpose->of_set)
	    ? "; of the worst server"
	    : "";
	char help[128];

	text_print(help, sizeof(help), "%s%s",
	    purpose != NULL ? purpose->help : metric->label, whose);
	add_head(&family, help, out);
}

/* A label's value between its quotes. */
static void
add_escaped(const char *value, struct text *out)
{
	for (; *value != '\0'; value++) {
		if (*value == '\\' || *value == '"')
			text_add_bytes(out, "\\", 1);
		text_add_bytes(out, *value == '\n' ? " " : value, 1);
	}
}

/* `lead` is what stands before it, "{" or ",". */
static void
add_label(
    const char *lead, const char *name, const char *value, struct text *out)
{
	text_add(out, "%s%s=\"", lead, name);
	add_escaped(value, out);
	text_add_bytes(out, "\"", 1);
}

/* The hosts asked for, in one label; a host's servers stand together. */
static void
add_hosts(const struct report *report, struct text *out)
{
	text_add(out, ",host=\"");
	for (size_t i = 0; i < report->count; i++) {
		const struct target_host *host = report->server[i].target->host;

		if (i > 0 && host == report->server[i - 1].target->host)
			continue;
		text_add(out, "%s", i > 0 ? "," : "");
		add_escaped(host->name, out);
	}
	text_add(out, "\"");
}

/*
 * Name and labels, left open; without a server it is the whole set's: what was
 * asked for tells it from those of other runs.
 */
static void
begin_sample(const struct report *report, const struct report_server *server,
    const char *name, struct text *out)
{
	text_add(out, "%s", name);
	add_label("{", "check", report->plugin, out);
	if (report->domain != NULL)
		add_label(",", "domain", report->domain, out);
	if (server == NULL) {
		if (report->domain == NULL)
			add_hosts(report, out);
		return;
	}
	add_label(",", "host", server->target->host->name, out);
	if (server->target->connects)
		add_label(",", "address", server->target->address_text, out);
}

static void
end_sample(const char *value, struct text *out)
{
	text_add(out, "} %s\n", value);
}

static void
add_state(const struct report *report, const struct report_server *server,
    const char *name, enum state state, struct text *out)
{
	char value[16];

	text_print(value, sizeof(value), "%d", (int)state);
	begin_sample(report, server, name, out);
	end_sample(value, out);
}

static void
add_states(const struct report *report, struct text *out)
{
	static const char code[] =
	    "0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN or not tested";
	const struct family whole = family_of("", "state", "");
	const struct family single = family_of("server_", "state", "");

	add_head(&whole, code, out);
	add_state(report, NULL, whole.name, report_state(report), out);
	if (report->count > 0)
		add_head(&single, code, out);
	for (size_t i = 0; i < report->count; i++)
		add_state(report, &report->server[i], single.name,
		    report_server_state(&report->server[i]), out);
}

static void
add_result_findings(const struct report *report,
    const struct report_server *server, const char *name, struct text *out)
{
	const struct result *result =
	    server != NULL ? server->result : report->set;
	unsigned told[DIAGNOSIS_END] = {0};

	for (size_t i = 0; i < result->count; i++) {
		const struct finding *finding = &result->finding[i];

		/* Labels have to be a sample's own. */
		if (!finding_is_told(finding)
		    || (told[finding->code] & 1U << finding->state) != 0)
			continue;
		told[finding->code] |= 1U << finding->state;
		begin_sample(report, server, name, out);
		add_label(
		    ",", "code", diagnosis_entry(finding->code)->code, out);
		add_label(",", "state", state_name(finding->state), out);
		end_sample("1", out);
	}
}

static void
add_findings(const struct report *report, struct text *out)
{
	const struct family family = family_of("", "finding", "");

	add_head(&family, "1: this diagnosis was made", out);
	add_result_findings(report, NULL, family.name, out);
	for (size_t i = 0; i < report->count; i++)
		add_result_findings(
		    report, &report->server[i], family.name, out);
}

static void
add_value(const struct report *report, const struct report_server *server,
    const char *name, const struct metric *metric, struct text *out)
{
	struct metric based = *metric;
	struct perfdata perfdata;

	if (is_days(metric))
		based.value *= SECONDS_A_DAY;
	perfdata_init(&perfdata, NULL, &based);
	begin_sample(report, server, name, out);
	end_sample(perfdata.value, out);
}

static void
add_servers_values(
    const struct report *report, const struct metric *kind, struct text *out)
{
	const struct family family = family_of_metric("server_", kind);
	bool begun = false;

	for (size_t i = 0; i < report->count; i++) {
		const struct report_server *server = &report->server[i];
		const struct metric *metric =
		    result_find_metric(server->result, kind->label);

		if (metric == NULL)
			continue;
		if (!begun)
			add_metric_head("server_", kind, out);
		begun = true;
		add_value(report, server, family.name, metric, out);
	}
}

static void
add_values(const struct report *report, struct text *out)
{
	struct metric metric[REPORT_AGGREGATES_MAX];
	size_t count = report_aggregates(report, metric);

	for (size_t i = 0; i < count; i++) {
		const struct family family = family_of_metric("", &metric[i]);

		add_metric_head("", &metric[i], out);
		add_value(report, NULL, family.name, &metric[i], out);
	}
	for (size_t i = 0; i < count; i++)
		add_servers_values(report, &metric[i], out);
}

/* What is not known has no sample. */
static void
add_senders(const struct report *report, struct text *out)
{
	const struct family family = family_of("", "sender_delivers", "");

	if (!report->scores || !report_knows_senders(report))
		return;
	add_head(&family,
	    "1: mail of this kind of sender arrives, 0: it does not", out);
	for (int i = 0; i < SENDERS; i++) {
		enum delivery delivery =
		    report_sender_delivery(report, (enum sender)i);

		if (delivery == DELIVERY_UNKNOWN)
			continue;
		begin_sample(report, NULL, family.name, out);
		add_label(",", "sender", sender_key((enum sender)i), out);
		end_sample(delivery == DELIVERY_WORKS ? "1" : "0", out);
	}
}

void
report_openmetrics(const struct report *report, struct text *out)
{
	add_states(report, out);
	add_findings(report, out);
	add_values(report, out);
	add_senders(report, out);
	text_add(out, "# EOF\n");
}
