/* SPDX-License-Identifier: GPL-3.0-or-later */
/* smtp - the dialogue with one server, step by step (RFC 5321, RFC 3207) */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "secret.h"
#include "smtp.h"

/* How long the answer to QUIT may take; nothing is lost if it never comes. */
enum { QUIT_MS = 1500 };

/* And how much may still come where the dialogue broke off. */
enum { DRAIN_MAX = 1 << 20 };

void
smtp_begin(struct smtp *smtp, enum step step)
{
	if (smtp->facts->failure.kind == FAILURE_NONE)
		smtp->facts->step = step;
}

/* A step ends: the clock is read, the first failure kept. */
static bool
end(struct smtp *smtp, bool ok)
{
	struct facts *facts = smtp->facts;

	facts->seconds.total = clock_seconds() - smtp->began;
	if (!ok && facts->failure.kind == FAILURE_NONE)
		facts->failure = smtp->conn.failure;
	return ok;
}

static bool
shake_hands(struct smtp *smtp)
{
	const struct smtp_params *params = smtp->params;
	double began = clock_seconds();
	bool done;

	smtp_begin(smtp, STEP_TLS);
	done = conn_starttls(&smtp->conn, params->context, params->policy,
	    params->target->host->name, &params->offer,
	    &smtp->facts->handshake);
	smtp->facts->seconds.tls = clock_seconds() - began;
	return end(smtp, done);
}

/*
 * RFC 5321 4.1.4: our name if we have one, else our address. The target's
 * own name would look like a forgery where we run on that host ourselves.
 */
static void
choose_name(struct smtp *smtp)
{
	const struct smtp_params *params = smtp->params;
	char address[INET6_ADDRSTRLEN];
	bool usable = params->fqdn != NULL
	    && (params->fqdn_chosen
		|| strcasecmp(params->fqdn, params->target->host->name) != 0);

	if (usable) {
		text_print(smtp->name, sizeof(smtp->name), "%s", params->fqdn);
		return;
	}
	conn_local_text(&smtp->conn, address);
	text_print(smtp->name, sizeof(smtp->name), "[%s%s]",
	    strchr(address, ':') != NULL ? "IPv6:" : "", address);
}

bool
smtp_open(
    struct smtp *smtp, const struct smtp_params *params, struct facts *facts)
{
	bool connected;

	smtp->params = params;
	smtp->facts = facts;
	smtp->ehlo = &facts->ehlo;
	smtp->began = clock_seconds();
	smtp->greeted = smtp->in_data = smtp->surplus = false;
	smtp_begin(smtp, STEP_CONNECT);
	connected = conn_open(&smtp->conn,
	    &(struct conn_params){
		.address = &params->target->address,
		.source = params->source,
		.proxy = params->proxy,
		.deadline = params->deadline,
		.transcript =
		    facts->transcript.max > 0 ? &facts->transcript : NULL,
	    });
	facts->seconds.connect = clock_seconds() - smtp->began;
	if (!end(smtp, connected))
		return false;
	choose_name(smtp);
	return !params->ssl || shake_hands(smtp);
}

/* Keeps what an EHLO line after the first one offers (RFC 5321 4.1.1.1). */
static void
keep_extension(struct ehlo *ehlo, const char *text)
{
	if (ehlo->count < EHLO_KEYWORDS_MAX)
		text_print(ehlo->extension[ehlo->count++], EHLO_KEYWORD_SIZE,
		    "%s", text);
}

static void
keep_banner_line(const struct reply *reply, struct banner *banner)
{
	size_t used = strlen(banner->lines);

	if (reply->lines == 1)
		memcpy(banner->text, reply->text, sizeof(banner->text));
	text_print(banner->lines + used, sizeof(banner->lines) - used,
	    "%d %s\n", reply->code, reply->text);
}

static void
keep_ehlo_line(const struct reply *reply, struct ehlo *ehlo)
{
	struct cursor line = cursor_of(reply->text), word;

	if (reply->lines > 1)
		keep_extension(ehlo, reply->text);
	else if (cursor_word(&line, &word))
		text_print(ehlo->name, sizeof(ehlo->name), "%.*s",
		    (int)(word.end - word.at), word.at);
}

/* Reads one reply; `banner` or `ehlo`, if not NULL, keep its lines. */
static bool
read_reply(struct smtp *smtp, struct banner *banner, struct ehlo *ehlo)
{
	enum reply_status status = REPLY_MORE;
	const char *line;
	size_t length;

	for (reply_init(&smtp->reply); status == REPLY_MORE;) {
		if (!conn_line(&smtp->conn, REPLY_LINE_MAX, &line, &length))
			return false;
		status = reply_line(&smtp->reply, line, length);
		if (status == REPLY_MALFORMED)
			return conn_fail(&smtp->conn, FAILURE_PROTOCOL,
			    "%.200s", smtp->reply.text);
		if (status == REPLY_TOO_LONG)
			return conn_fail(&smtp->conn, FAILURE_TOO_LONG,
			    "more than %d lines or %d bytes", REPLY_LINES_MAX,
			    REPLY_BYTES_MAX);
		if (banner != NULL)
			keep_banner_line(&smtp->reply, banner);
		if (ehlo != NULL)
			keep_ehlo_line(&smtp->reply, ehlo);
	}
	return true;
}

/* The name that a greeting states: a host, or an address literal. */
static void
keep_banner_host(struct banner *banner)
{
	struct cursor line = cursor_of(banner->text), word;
	char name[DOMAIN_SIZE];

	if (!cursor_word(&line, &word)
	    || (size_t)(word.end - word.at) >= sizeof(name))
		return;
	text_print(
	    name, sizeof(name), "%.*s", (int)(word.end - word.at), word.at);
	if (domain_is_host(name) || (name[0] == '[' && word.end[-1] == ']'))
		memcpy(banner->host, name, sizeof(banner->host));
}

bool
smtp_greeting(struct smtp *smtp)
{
	struct banner *banner = &smtp->facts->banner;
	double began = clock_seconds();

	smtp_begin(smtp, STEP_BANNER);
	banner->came = read_reply(smtp, banner, NULL);
	banner->begun = smtp->conn.heard;
	smtp->facts->seconds.banner = clock_seconds() - began;
	smtp->facts->seconds.greeted = clock_seconds() - smtp->began;
	if (!end(smtp, banner->came))
		return false;
	smtp->greeted = true;
	banner->code = smtp->reply.code;
	keep_banner_host(banner);
	return banner->code == 220;
}

/* A reply in mid-session; 421 may come instead of any (RFC 5321 3.8). */
static bool
take_answer(struct smtp *smtp, struct answer *answer, struct ehlo *ehlo)
{
	if (!read_reply(smtp, NULL, ehlo))
		return false;
	reply_keep(&smtp->reply, answer);
	/* Lines were masked one by one; a secret may go on in the next. */
	secret_mask(answer->text, strlen(answer->text));
	if (answer->code != 421)
		return true;
	smtp->facts->busy = *answer;
	return conn_fail(&smtp->conn, FAILURE_BUSY, "%.200s", answer->text);
}

/*
 * Before something is said nothing may lie there: an answer too many would
 * make all that follow belong to the wrong commands. 421 may come any time.
 */
static bool
is_in_step(struct smtp *smtp)
{
	struct answer answer;

	if (smtp->surplus || conn_is_quiet(&smtp->conn))
		return true;
	return take_answer(smtp, &answer, NULL)
	    && conn_fail(&smtp->conn, FAILURE_PROTOCOL,
		"an answer to nothing: %d %.160s", answer.code, answer.text);
}

static bool
say_hello(struct smtp *smtp, const char *verb, struct answer *answer,
    struct ehlo *ehlo)
{
	char line[sizeof(smtp->name) + 8];
	int length =
	    snprintf(line, sizeof(line), "%s %s\r\n", verb, smtp->name);

	return is_in_step(smtp) && conn_write(&smtp->conn, line, (size_t)length)
	    && take_answer(smtp, answer, ehlo);
}

bool
smtp_ehlo(struct smtp *smtp)
{
	struct facts *facts = smtp->facts;
	struct ehlo *ehlo =
	    facts->ehlo.answer.code == 0 ? &facts->ehlo : &facts->ehlo_tls;
	double began = clock_seconds();
	bool ok;

	smtp_begin(smtp, STEP_EHLO);
	smtp->ehlo = ehlo;
	ok = say_hello(
	    smtp, smtp->params->lmtp ? "LHLO" : "EHLO", &ehlo->answer, ehlo);
	if (ok && smtp->params->proxy && answer_is(&ehlo->answer, 5)
	    && ehlo == &facts->ehlo)
		ok = conn_fail(&smtp->conn, FAILURE_PROTOCOL,
		    "%d %.120s: the PROXY header (-r) is not understood, it "
		    "seems",
		    ehlo->answer.code, ehlo->answer.text);
	if (ok && !smtp->params->lmtp && !answer_is(&ehlo->answer, 2)) {
		ehlo->count = 0;
		ok = say_hello(smtp, "HELO", &ehlo->helo, NULL);
	}
	if (ehlo == &facts->ehlo)
		facts->seconds.ehlo = clock_seconds() - began;
	else
		facts->seconds.ehlo_tls = clock_seconds() - began;
	return end(smtp, ok) && ehlo_is_accepted(ehlo);
}

bool
smtp_say(struct smtp *smtp, const char *line, struct answer *answer)
{
	struct smtp_command command = {line, answer};

	return smtp_exchange(smtp, &command, 1);
}

bool
smtp_starttls(struct smtp *smtp)
{
	struct starttls *starttls = &smtp->facts->starttls;

	if (smtp->conn.ssl != NULL)
		return true;
	if (ehlo_offers(smtp->ehlo, "STARTTLS") == NULL)
		return false;
	smtp_begin(smtp, STEP_STARTTLS);
	starttls->asked = true;
	if (!smtp_say(smtp, "STARTTLS", &starttls->answer)
	    || starttls->answer.code != 220)
		return false;
	/* RFC 3207 4.2, and CVE-2011-0411 the other way round. */
	starttls->leftover = conn_pending(&smtp->conn);
	if (starttls->leftover)
		return end(smtp,
		    conn_fail(&smtp->conn, FAILURE_PROTOCOL,
			"plaintext behind the reply to STARTTLS"));
	return shake_hands(smtp);
}

bool
smtp_hear(struct smtp *smtp, struct answer *answer)
{
	return end(smtp, take_answer(smtp, answer, NULL));
}

static bool
send_lines(struct smtp *smtp, const struct smtp_command *command, size_t count)
{
	struct text lines;
	bool sent;

	text_init(&lines, REPLY_BYTES_MAX);
	for (size_t i = 0; i < count; i++)
		text_add(&lines, "%s\r\n", command[i].line);
	sent = lines.cut
	    ? conn_fail(&smtp->conn, FAILURE_LOCAL, "out of memory")
	    : is_in_step(smtp)
		&& conn_write(&smtp->conn, lines.data, lines.length);
	text_release(&lines);
	return sent;
}

bool
smtp_exchange(
    struct smtp *smtp, const struct smtp_command *command, size_t count)
{
	bool at_once = ehlo_offers(smtp->ehlo, "PIPELINING") != NULL;
	bool ok = !at_once || send_lines(smtp, command, count);

	for (size_t i = 0; ok && i < count; i++) {
		if (!at_once)
			ok = send_lines(smtp, &command[i], 1);
		ok = ok && take_answer(smtp, command[i].answer, NULL);
		if (ok && !at_once && i == 0
		    && !answer_is(command[i].answer, 2))
			break;
	}
	return end(smtp, ok);
}

bool
smtp_say_secret(struct smtp *smtp, const char *line, const char *shown,
    struct answer *answer)
{
	char out[REPLY_LINE_MAX];
	int length = snprintf(out, sizeof(out), "%s\r\n", line);
	bool fits = length > 0 && (size_t)length < sizeof(out);
	bool ok = fits
	    ? is_in_step(smtp)
		&& conn_write_as(&smtp->conn, out, (size_t)length, shown)
	    : conn_fail(&smtp->conn, FAILURE_LOCAL, "too long a line to send");

	explicit_bzero(out, sizeof(out));
	smtp->conn.hides = true;
	ok = ok && take_answer(smtp, answer, NULL);
	smtp->conn.hides = false;
	if (ok && answer->code == 334)
		memcpy(answer->text, "****", sizeof("****"));
	return end(smtp, ok);
}

const char *
smtp_challenge(const struct smtp *smtp)
{
	const char *raw = smtp->conn.raw;

	return strlen(raw) > 4 ? raw + 4 : "";
}

bool
smtp_send(struct smtp *smtp, const struct smtp_command *command, size_t count)
{
	return end(smtp, send_lines(smtp, command, count));
}

/*
 * A server that has read enough may answer in the middle and hang up: what it
 * said is in our hands, if the reset did not take it away.
 */
static bool
hear_interruption(struct smtp *smtp, struct answer *answer)
{
	struct failure failure = smtp->conn.failure;

	if (!failure_is_cut(&failure))
		return false;
	smtp->conn.failure.kind = FAILURE_NONE;
	if (take_answer(smtp, answer, NULL))
		return true;
	smtp->conn.failure = failure;
	return false;
}

bool
smtp_send_message(
    struct smtp *smtp, const struct text *message, struct answer *answer)
{
	char shown[64];
	bool sent;

	text_print(
	    shown, sizeof(shown), "(message, %zu bytes)", message->length);
	sent =
	    conn_write_as(&smtp->conn, message->data, message->length, shown);
	smtp->in_data = smtp->in_data && !sent;
	if (answer == NULL)
		return end(smtp, sent);
	return end(smtp,
	    sent ? take_answer(smtp, answer, NULL)
		 : hear_interruption(smtp, answer));
}

bool
smtp_fail(struct smtp *smtp, const char *why)
{
	return end(smtp, conn_fail(&smtp->conn, FAILURE_LOCAL, "%s", why));
}

static bool
may_say_quit(const struct smtp *smtp)
{
	return smtp->greeted && !smtp->in_data && conn_stands(&smtp->conn)
	    && !smtp->facts->starttls.leftover;
}

/*
 * One reply; but where the dialogue broke off, others may be on their way, or
 * one beyond all measure.
 */
static void
hear_farewell(struct smtp *smtp)
{
	if (smtp->facts->failure.kind == FAILURE_NONE)
		read_reply(smtp, NULL, NULL);
	else
		conn_drain(&smtp->conn, DRAIN_MAX);
}

/*
 * With TLS 1.3 the handshake ends for us before the server has seen what we
 * sent last: one that demands a certificate of ours refuses what we say first
 * (RFC 8446 4.4.2.4, 6.2). Where that is QUIT, the handshake has failed. A
 * close or silence without an alert proves nothing: it is only rude.
 */
static void
keep_late_refusal(struct smtp *smtp)
{
	const struct failure *failure = &smtp->conn.failure;
	bool first_inside = smtp->conn.ssl != NULL && !smtp->params->ssl
	    && smtp->ehlo == &smtp->facts->ehlo;

	if (!first_inside || failure->kind != FAILURE_TLS
	    || smtp->facts->failure.kind != FAILURE_NONE)
		return;
	smtp_begin(smtp, STEP_TLS);
	smtp->facts->failure = *failure;
}

void
smtp_close(struct smtp *smtp)
{
	struct conn *conn = &smtp->conn;

	if (may_say_quit(smtp)) {
		/* The failure is on record; QUIT is said all the same. */
		conn->failure.kind = FAILURE_NONE;
		conn->deadline = deadline_earlier(
		    conn->deadline, deadline_in(QUIT_MS / 1000.0));
		if (conn_write(conn, "QUIT\r\n", 6))
			hear_farewell(smtp);
		keep_late_refusal(smtp);
	}
	conn_close(conn);
}

void
smtp_see_tls(const struct smtp_params *params, struct facts *facts)
{
	struct smtp smtp;

	if (smtp_open(&smtp, params, facts) && smtp_greeting(&smtp)
	    && smtp_ehlo(&smtp))
		smtp_starttls(&smtp);
	smtp_close(&smtp);
}
