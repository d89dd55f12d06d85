/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report_stage - the stages of a test at one server, and what came of each */
#include <string.h>

#include "when.h"
#include "evidence.h"
#include "judge.h"
#include "report_stage.h"

enum { LINES_MAX = 64 << 10 };

static const struct {
	const char *name;
	unsigned steps;     /* a plugin that makes one of them has the stage */
	const char *prefix; /* of the codes that belong to it */
} stages[STAGES] = {
    [STAGE_DNS] = {"DNS", 0, "DNS_"},
    [STAGE_PTR] = {"PTR", 0, "DNS_PTR_"},
    [STAGE_CONNECT] = {"TCP", 1U << STEP_CONNECT, "TCP_"},
    [STAGE_BANNER] = {"banner", 1U << STEP_BANNER, "BANNER_"},
    [STAGE_EHLO] = {"EHLO", 1U << STEP_EHLO, "EHLO_"},
    [STAGE_TLS] = {"TLS", 1U << STEP_STARTTLS | 1U << STEP_TLS, "TLS_"},
    [STAGE_CERTIFICATE] = {"certificate", 1U << STEP_TLS, "CERT_"},
    [STAGE_DANE] = {"DANE", 0, "DANE_"},
    [STAGE_MTASTS] = {"MTA-STS", 0, "MTASTS_"},
    [STAGE_EHLO_TLS] = {"EHLO in TLS", 0, "EHLO_CHANGED_"},
    [STAGE_LOGIN] = {"login", 1U << STEP_AUTH, "AUTH_"},
    [STAGE_RELAY] = {"relay", 1U << STEP_RELAY, "RELAY_"},
    [STAGE_DELIVERY] = {"delivery", 1U << STEP_MAIL | 1U << STEP_DATA, "MAIL_"},
    [STAGE_ARRIVAL] = {"arrival", 0, "ARRIVAL_"},
    [STAGE_OTHER] = {"other", 0, ""},
};

/* Where a dialogue broke off. */
static enum stage_kind
stage_of_break(const struct facts *facts)
{
	static const enum stage_kind kinds[] = {
	    [STEP_CONNECT] = STAGE_CONNECT,
	    [STEP_BANNER] = STAGE_BANNER,
	    [STEP_EHLO] = STAGE_EHLO,
	    [STEP_STARTTLS] = STAGE_TLS,
	    [STEP_TLS] = STAGE_TLS,
	    [STEP_AUTH] = STAGE_LOGIN,
	    [STEP_RELAY] = STAGE_RELAY,
	    [STEP_MAIL] = STAGE_DELIVERY,
	    [STEP_DATA] = STAGE_DELIVERY,
	};

	if (facts->step == STEP_EHLO && facts->seconds.ehlo_tls > 0)
		return STAGE_EHLO_TLS;
	return kinds[facts->step];
}

static bool
begins_with(const char *code, const char *prefix)
{
	return strncmp(code, prefix, strlen(prefix)) == 0;
}

/* Of the codes of a transaction each is named after its command. */
static bool
is_of_delivery(const char *code)
{
	return begins_with(code, "RCPT_") || begins_with(code, "DATA_")
	    || begins_with(code, "MESSAGE_") || begins_with(code, "DSN_");
}

/*
 * A code's first word names its stage. TCP_ and SMTP_ codes also tell how a
 * dialogue broke off, and NOT_TESTED that our own means failed: these belong
 * where it did.
 */
static enum stage_kind
stage_of_finding(const struct finding *finding, const struct facts *facts)
{
	const char *code = diagnosis_entry(finding->code)->code;
	bool broke = facts != NULL && facts->failure.kind != FAILURE_NONE;
	bool local = broke && facts->failure.kind == FAILURE_LOCAL;

	if (broke
	    && (begins_with(code, "TCP_") || begins_with(code, "SMTP_")
		|| (local && finding->code == NOT_TESTED)))
		return stage_of_break(facts);
	if (begins_with(code, "STARTTLS_"))
		return STAGE_TLS;
	if (is_of_delivery(code))
		return STAGE_DELIVERY;
	if (facts != NULL && facts->ehlo_tls.answer.code != 0
	    && (finding->code == EHLO_REFUSED
		|| finding->code == EHLO_NAME_REFUSED
		|| finding->code == EHLO_HELO_ONLY))
		return STAGE_EHLO_TLS;
	/* What was not tested for want of a verdict on its own. */
	if (finding->code == NOT_TESTED
	    && begins_with(finding->text, "MTA-STS"))
		return STAGE_MTASTS;
	if (finding->code == NOT_TESTED && begins_with(finding->text, "DANE"))
		return STAGE_DANE;
	if (finding->code == NOT_TESTED && begins_with(finding->text, "login"))
		return STAGE_LOGIN;
	/* From the end, as DNS_PTR_ is more than DNS_. */
	for (int i = STAGE_OTHER; i-- > 0;)
		if (begins_with(code, stages[i].prefix))
			return (enum stage_kind)i;
	return STAGE_OTHER;
}

/*
 * One line of facts, made harmless as a whole; without blanks at its start,
 * which would keep it from being folded.
 */
static void add_fact(struct stage *stage, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
add_fact(struct stage *stage, const char *format, ...)
{
	struct text line;
	va_list arguments;

	text_init(&line, LINES_MAX);
	va_start(arguments, format);
	text_vadd(&line, format, arguments);
	va_end(arguments);
	text_add_line(&stage->lines, line.data + strspn(line.data, " "));
	text_add(&stage->lines, "\n");
	text_release(&line);
}

/*
 * The findings of a stage, whose worst becomes its state; where there is no
 * fact, mere notes have to tell what happened.
 */
static void
add_findings(struct stage *stage, enum stage_kind kind,
    const struct report_server *server)
{
	const struct result *result = server->result;
	bool notes = stage->tested && stage->lines.length == 0;

	for (size_t i = 0; i < result->count; i++) {
		const struct finding *finding = &result->finding[i];
		bool note = finding->state == STATE_OK;
		bool excuse = note && finding_is_told(finding);

		/* The stages themselves tell that they were not made. */
		if (finding->steps != 0
		    || stage_of_finding(finding, server->facts) != kind
		    || (note && !excuse && !notes))
			continue;
		report_finding(finding, &stage->lines);
		text_add(&stage->lines, "\n");
		stage->state = state_worse(stage->state, finding->state);
		stage->tested = stage->tested
		    && (!excuse || finding->code == MESSAGE_ACCEPTED);
	}
}

/* An address that was given needs no look-up. */
static void
describe_dns(struct stage *stage, const struct target *target)
{
	const struct target_host *host = target->host;
	char preference[32] = "";

	stage->tested = !host->is_address || host->from_mx;
	if (!stage->tested)
		return;
	if (host->from_mx)
		text_print(
		    preference, sizeof(preference), "MX %u", host->preference);
	else if (host->implicit)
		text_print(preference, sizeof(preference), "no MX");
	if (target->connects)
		add_fact(stage, "%s%saddress %s", preference,
		    preference[0] != '\0' ? ", " : "", target->address_text);
	else if (preference[0] != '\0')
		add_fact(stage, "%s, no address", preference);
}

/* A look-up that failed is told among what was not tested. */
static void
describe_reverse(struct stage *stage, const struct facts *facts)
{
	const struct reverse *reverse = &facts->reverse;
	struct text names;

	stage->tested = reverse->asked
	    && (reverse->count > 0 || dns_is_none(reverse->status));
	if (reverse->count == 0)
		return;
	text_init(&names, LINES_MAX);
	for (size_t i = 0; i < reverse->count && i < REVERSE_NAMES_MAX; i++)
		text_add(&names, "%s%s", i > 0 ? ", " : "", reverse->name[i]);
	add_fact(stage, "%s%s", names.data,
	    reverse->confirmed ? " (forward-confirmed)" : "");
	text_release(&names);
}

static void
describe_connect(struct stage *stage, const struct facts *facts)
{
	stage->seconds = facts->seconds.connect;
	stage->tested = stage->seconds > 0;
	if (stage->tested
	    && (facts->failure.kind == FAILURE_NONE
		|| facts->step != STEP_CONNECT))
		add_fact(stage, "connected");
}

static void
describe_banner(struct stage *stage, const struct facts *facts)
{
	stage->seconds = facts->seconds.banner;
	stage->tested = stage->seconds > 0;
	/* Any other greeting is quoted by its finding. */
	if (facts->banner.came && facts->banner.code == 220)
		add_fact(
		    stage, "%d %s", facts->banner.code, facts->banner.text);
}

static void
describe_ehlo(struct stage *stage, const struct facts *facts)
{
	struct text line;

	stage->seconds = facts->seconds.ehlo;
	stage->tested = stage->seconds > 0;
	if (facts->ehlo.answer.code == 0)
		return;
	text_init(&line, LINES_MAX);
	evidence_ehlo(&facts->ehlo, &line);
	add_fact(stage, "%s", line.data);
	text_release(&line);
}

/* The second time only what is new is worth a line. */
static void
describe_ehlo_tls(struct stage *stage, const struct facts *facts)
{
	struct text changes;

	stage->seconds = facts->seconds.ehlo_tls;
	stage->tested = stage->seconds > 0;
	if (!answer_is(&facts->ehlo_tls.answer, 2))
		return;
	text_init(&changes, LINES_MAX);
	judge_list_changes(facts, &changes);
	if (changes.length > 0)
		add_fact(stage, "changed:%s", changes.data);
	else
		add_fact(stage, "as before");
	text_release(&changes);
}

static void
describe_tls(struct stage *stage, const struct facts *facts)
{
	struct text line;

	stage->seconds = facts->seconds.tls;
	stage->tested = facts->starttls.asked || stage->seconds > 0;
	if (!facts->handshake.done)
		return;
	text_init(&line, LINES_MAX);
	evidence_session(&facts->handshake, &line);
	add_fact(stage, "%s", line.data);
	text_release(&line);
}

static void
describe_certificate(struct stage *stage, const struct facts *facts)
{
	const struct chain *chain = &facts->handshake.chain;
	const struct certificate *leaf = &chain->certificate[0];
	bool over = leaf->not_after < facts->when;
	char expiry[64], end[WHEN_TEXT_SIZE];
	struct text names;

	stage->tested = facts->handshake.done && chain->count > 0;
	if (!stage->tested)
		return;
	text_init(&names, LINES_MAX);
	judge_list_names(leaf, &names);
	add_fact(stage, "for %s, issued by %s", names.data, leaf->issuer);
	text_release(&names);
	if (!leaf->dates_valid)
		return;
	when_print(leaf->not_after, end);
	judge_expiry_text(expiry, sizeof(expiry), leaf->not_after, facts->when);
	if (over)
		add_fact(stage, "ended %s", end);
	else
		add_fact(stage, "%s, until %s", expiry, end);
}

static void
describe_dane(struct stage *stage, const struct facts *facts)
{
	const struct tlsa_set *tlsa = &facts->target->host->tlsa;
	struct text line;

	stage->tested = facts->dane.chain[0].seen;
	for (size_t i = 0; i < tlsa->count; i++) {
		text_init(&line, LINES_MAX);
		evidence_tlsa(facts, i, &line);
		add_fact(stage, "%s", line.data);
		text_release(&line);
	}
	if (facts->dane.next.matches)
		add_fact(
		    stage, "the next certificate matches, too: safe to switch");
}

static void
add_rcpt(
    struct stage *stage, const char *label, const struct relay_probe *probe)
{
	struct text line;

	text_init(&line, LINES_MAX);
	if (probe->mail.code == 0 || answer_is(&probe->mail, 2))
		evidence_rcpt(probe, &line);
	else
		evidence_mail(probe, &line);
	add_fact(stage, "%s%s", label, line.data);
	text_release(&line);
}

static void
describe_relay(struct stage *stage, const struct facts *facts)
{
	const struct relay *relay = &facts->relay;

	stage->seconds = facts->seconds.relay;
	stage->tested = relay->count > 0;
	if (!stage->tested)
		return;
	add_rcpt(stage, "", &relay->probe[0]);
	if (answer_is(&relay->probe[0].mail, 2))
		add_rcpt(stage, "control: ", &relay->control);
	if (relay->planned > 1)
		add_fact(stage, "%zu of %zu address forms asked", relay->count,
		    relay->planned);
}

/* A fact for each of these lines. */
static void
add_facts(struct stage *stage, const char *lines)
{
	struct cursor rest = cursor_of(lines), line;

	while (cursor_line(&rest, &line))
		add_fact(stage, "%.*s", (int)(line.end - line.at), line.at);
}

static void
describe_login(struct stage *stage, const struct facts *facts)
{
	struct text lines;

	stage->seconds = facts->seconds.auth;
	text_init(&lines, LINES_MAX);
	evidence_login(facts, &lines);
	stage->tested = stage->seconds > 0 || lines.length > 0;
	add_facts(stage, lines.data);
	text_release(&lines);
}

static void
describe_delivery(struct stage *stage, const struct facts *facts)
{
	const struct seconds *seconds = &facts->seconds;
	struct text lines;

	stage->seconds = seconds->mail + seconds->rcpt + seconds->data;
	stage->tested = stage->seconds > 0;
	text_init(&lines, LINES_MAX);
	evidence_delivery(&facts->delivery, &lines);
	add_facts(stage, lines.data);
	text_release(&lines);
}

static void
describe_arrival(struct stage *stage, const struct facts *facts)
{
	const struct arrival *arrival = &facts->delivery.arrival;
	struct text lines;

	stage->seconds = arrival->seen ? arrival->seconds : 0;
	stage->tested = arrival->asked;
	text_init(&lines, LINES_MAX);
	evidence_arrival(arrival, &lines);
	add_facts(stage, lines.data);
	text_release(&lines);
}

/* The facts of a stage at a server that was spoken to. */
static void
describe_facts(
    struct stage *stage, enum stage_kind kind, const struct facts *facts)
{
	static void (*const describe[STAGES])(
	    struct stage * stage, const struct facts *facts) = {
	    [STAGE_PTR] = describe_reverse,
	    [STAGE_CONNECT] = describe_connect,
	    [STAGE_BANNER] = describe_banner,
	    [STAGE_EHLO] = describe_ehlo,
	    [STAGE_TLS] = describe_tls,
	    [STAGE_DANE] = describe_dane,
	    [STAGE_EHLO_TLS] = describe_ehlo_tls,
	    [STAGE_CERTIFICATE] = describe_certificate,
	    [STAGE_LOGIN] = describe_login,
	    [STAGE_RELAY] = describe_relay,
	    [STAGE_DELIVERY] = describe_delivery,
	    [STAGE_ARRIVAL] = describe_arrival,
	};

	if (describe[kind] != NULL)
		describe[kind](stage, facts);
}

/* What stood in the way of a stage that was not reached. */
static const char *
obstacle(const struct report_server *server)
{
	if (!server->target->connects)
		return "no address";
	if (server->facts == NULL)
		return "it did not come to an end";
	return judge_obstacle(server->facts);
}

bool
stage_describe(struct stage *stage, enum stage_kind kind,
    const struct report *report, const struct report_server *server)
{
	*stage = (struct stage){.name = stages[kind].name};
	text_init(&stage->lines, LINES_MAX);
	if (kind == STAGE_DNS)
		describe_dns(stage, server->target);
	else if (server->facts != NULL)
		describe_facts(stage, kind, server->facts);
	/* A time-out that was our own fault is no verdict. */
	if (kind == STAGE_CONNECT && server->result->untested
	    && server->facts != NULL
	    && server->facts->failure.kind == FAILURE_TIMEOUT)
		stage->tested = false;
	add_findings(stage, kind, server);
	if (stage->lines.length > 0)
		return true;
	if (stage->tested)
		add_fact(stage, "failed");
	else if ((stages[kind].steps & report->steps) != 0)
		add_fact(stage, "not tested: %s", obstacle(server));
	return stage->lines.length > 0;
}

void
stage_release(struct stage *stage)
{
	text_release(&stage->lines);
}

static bool
tls_came_first(const struct report_server *server)
{
	return server->facts != NULL && facts_tls_first(server->facts);
}

const enum stage_kind *
stage_order(const struct report_server *server)
{
	static const enum stage_kind usual[STAGES] = {STAGE_DNS, STAGE_PTR,
	    STAGE_CONNECT, STAGE_BANNER, STAGE_EHLO, STAGE_TLS,
	    STAGE_CERTIFICATE, STAGE_DANE, STAGE_MTASTS, STAGE_EHLO_TLS,
	    STAGE_LOGIN, STAGE_RELAY, STAGE_DELIVERY, STAGE_ARRIVAL,
	    STAGE_OTHER};
	static const enum stage_kind with_ssl[STAGES] = {STAGE_DNS, STAGE_PTR,
	    STAGE_CONNECT, STAGE_TLS, STAGE_CERTIFICATE, STAGE_DANE,
	    STAGE_MTASTS, STAGE_BANNER, STAGE_EHLO, STAGE_EHLO_TLS, STAGE_LOGIN,
	    STAGE_RELAY, STAGE_DELIVERY, STAGE_ARRIVAL, STAGE_OTHER};

	return tls_came_first(server) ? with_ssl : usual;
}
