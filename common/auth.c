/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * auth - a login by SASL (RFC 4954), by GNU SASL
 *
 * A login is a short conversation: AUTH, perhaps with the first response in
 * it, then a response to each challenge (334) until the server has decided.
 * Where our side can't go on it says so with "*".
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <gsasl.h>

#include "deadline.h"
#include "auth.h"

enum {
	COMMAND_MAX = 512 - 2, /* RFC 5321 4.5.3.1.4, without CRLF */
	RESPONSE_SIZE = REPLY_LINE_MAX,
	RESPONSES_MAX = 4,        /* none of ours needs more */
	ITERATIONS_MAX = 1000000, /* of a hash: a second or so of work */
	REPLY_ACCEPTED = 235,
	REPLY_CHALLENGE = 334,
};

struct login;

/*
 * Answers a challenge with the next response, both base64; false with the
 * reason in login->auth if there is none to give.
 */
typedef bool respond_function(struct login *login, const char *challenge);

struct mechanism {
	const char *name;
	bool client_first; /* its first response goes with AUTH */
	bool mutual;       /* the server has to prove itself too */
	bool on_request;   /* needs a secret of its own kind */
	int telling;       /* the response by which a server may refuse them */
	respond_function *respond;
};

struct login {
	struct smtp *smtp;
	struct auth *auth;
	const struct auth_params *params;
	const struct mechanism *mechanism;
	Gsasl_session *session; /* of those that GNU SASL carries out */
	bool said;              /* our side has given its last response */
	int sent;               /* responses */
	char response[RESPONSE_SIZE];
};

static respond_function respond_by_gsasl, respond_by_scram, respond_by_login,
    respond_by_token;

/* The best first: what shows the password to nobody, then to the server. */
static const struct mechanism mechanisms[] = {
    {"SCRAM-SHA-256", true, true, false, 1, respond_by_scram},
    {"SCRAM-SHA-1", true, true, false, 1, respond_by_scram},
    {"CRAM-MD5", false, false, false, 1, respond_by_gsasl},
    {"PLAIN", true, false, false, 1, respond_by_gsasl},
    {"LOGIN", false, false, false, 2, respond_by_login},
    {"XOAUTH2", true, false, true, 1, respond_by_token},
};

enum { MECHANISMS = sizeof(mechanisms) / sizeof(mechanisms[0]) };

static Gsasl *library; /* read only once threads are there */

static const struct mechanism *
find_mechanism(const char *name)
{
	for (int i = 0; i < MECHANISMS; i++)
		if (strcasecmp(mechanisms[i].name, name) == 0)
			return &mechanisms[i];
	return NULL;
}

bool
auth_mechanism_known(const char *mechanism)
{
	return find_mechanism(mechanism) != NULL;
}

const char *
auth_mechanism_list(void)
{
	return "SCRAM-SHA-256, SCRAM-SHA-1, CRAM-MD5, PLAIN, LOGIN, XOAUTH2";
}

bool
auth_prepare(void)
{
	return library != NULL || gsasl_init(&library) == GSASL_OK;
}

/* The one that was asked for, or the best, if it is offered. */
static const struct mechanism *
choose_mechanism(const struct ehlo *ehlo, const char *wanted)
{
	for (int i = 0; i < MECHANISMS; i++) {
		const struct mechanism *mechanism = &mechanisms[i];
		bool fits = wanted != NULL
		    ? strcasecmp(mechanism->name, wanted) == 0
		    : !mechanism->on_request;

		if (fits && ehlo_offers_mechanism(ehlo, mechanism->name))
			return mechanism;
	}
	return NULL;
}

/* Our side gives up; the first reason stays. */
static bool
give_up(struct login *login, const char *why)
{
	if (login->auth->failure == NULL)
		login->auth->failure = why;
	return false;
}

static bool
give_up_by(struct login *login, int status)
{
	switch (status) {
	case GSASL_AUTHENTICATION_ERROR:
		login->auth->unproven = true;
		return give_up(login, "the server fails to prove itself");
	case GSASL_BASE64_ERROR:
		return give_up(login, "a challenge is not base64");
	case GSASL_MECHANISM_CALLED_TOO_MANY_TIMES:
		return give_up(login, "one challenge too many");
	case GSASL_MECHANISM_PARSE_ERROR:
		return give_up(login, "a challenge makes no sense");
	default:
		login->auth->unprepared = true;
		return give_up(login, gsasl_strerror(status));
	}
}

/* Takes what GNU SASL allocated, and leaves no copy of it. */
static bool
keep_response(struct login *login, char *response)
{
	size_t length = strlen(response);
	bool fits = length < sizeof(login->response);

	if (fits)
		memcpy(login->response, response, length + 1);
	explicit_bzero(response, length);
	gsasl_free(response);
	if (fits)
		return true;
	login->auth->unprepared = true;
	return give_up(login, "too long a response");
}

static bool
respond_by_gsasl(struct login *login, const char *challenge)
{
	char *response = NULL;
	int status;

	/* PLAIN would say it all again to whoever asks again. */
	if (login->said)
		return give_up(login, "one challenge too many");
	status = gsasl_step64(login->session, challenge, &response);
	if (status != GSASL_OK && status != GSASL_NEEDS_MORE)
		return give_up_by(login, status);
	login->said = status == GSASL_OK;
	return keep_response(login, response);
}

/* "r=...,s=...,i=4096": how often a server wants us to hash (RFC 5802 5.1). */
static bool
is_too_much_work(const char *challenge)
{
	const char *count = NULL;
	char *clear = NULL;
	size_t size;
	bool too_much = false;

	if (gsasl_base64_from(challenge, strlen(challenge), &clear, &size)
	    == GSASL_OK)
		count = memmem(clear, size, ",i=", 3);
	if (count != NULL) {
		struct cursor digits = {count + 3, clear + size};
		unsigned long long wanted;

		too_much = !cursor_at_end(&digits)
		    && !cursor_number(&digits, ITERATIONS_MAX, &wanted)
		    && isdigit((unsigned char)*digits.at);
	}
	gsasl_free(clear);
	return too_much;
}

/* Hashing can't be interrupted once it has begun. */
static bool
respond_by_scram(struct login *login, const char *challenge)
{
	if (is_too_much_work(challenge))
		return give_up(login, "too many iterations asked for");
	return respond_by_gsasl(login, challenge);
}

/* Name, then password: whatever the prompts say, some are no base64. */
static bool
respond_by_login(struct login *login, const char *challenge)
{
	(void)challenge;
	return respond_by_gsasl(login, "");
}

/*
 * XOAUTH2, as Google defined it: all in one response. A challenge after it
 * tells an error, and wants an empty response before the refusal.
 */
static bool
respond_by_token(struct login *login, const char *challenge)
{
	char clear[RESPONSE_SIZE], *encoded = NULL;
	size_t size;
	int length, status;

	(void)challenge;
	login->response[0] = '\0';
	if (login->said)
		return true;
	login->said = true;
	length =
	    snprintf(clear, sizeof(clear), "user=%s\001auth=Bearer %s\001\001",
		login->params->user, login->params->secret);
	status = gsasl_base64_to(clear, (size_t)length, &encoded, &size);
	explicit_bzero(clear, sizeof(clear));
	if (status != GSASL_OK)
		return give_up_by(login, status);
	return keep_response(login, encoded);
}

/* "AUTH PLAIN", with the first response if that is due and fits. */
static bool
say_auth(struct login *login)
{
	const char *name = login->mechanism->name;
	const char *first = login->response[0] != '\0' ? login->response : "=";
	char line[COMMAND_MAX + 1], shown[48];
	int length = 0;
	bool done;

	if (login->mechanism->client_first)
		length =
		    snprintf(line, sizeof(line), "AUTH %s %s", name, first);
	snprintf(shown, sizeof(shown), "AUTH %s ****", name);
	if (length == 0 || (size_t)length >= sizeof(line)) {
		snprintf(line, sizeof(line), "AUTH %s", name);
		memcpy(shown, line, strlen(line) + 1);
	} else {
		login->response[0] = '\0';
		login->sent++;
	}
	done = smtp_say_secret(login->smtp, line, shown, &login->auth->answer);
	explicit_bzero(line, sizeof(line));
	return done;
}

/*
 * Answers challenges until the server has decided; false if one of the two
 * sides can't go on. A first response that AUTH could not hold is the answer
 * to an empty challenge.
 */
static bool
answer_challenges(struct login *login)
{
	struct auth *auth = login->auth;
	bool waiting = login->response[0] != '\0';

	for (int i = 0; auth->answer.code == REPLY_CHALLENGE; i++) {
		bool ready = waiting && i == 0;

		if (i == RESPONSES_MAX)
			return give_up(login, "one challenge too many");
		if (!ready
		    && !login->mechanism->respond(
			login, smtp_challenge(login->smtp)))
			return false;
		login->sent++;
		if (!smtp_say_secret(
			login->smtp, login->response, "****", &auth->answer))
			return false;
	}
	return true;
}

/* The server is told, and answers with a refusal (RFC 4954 4). */
static void
cancel(struct login *login)
{
	struct answer answer;

	smtp_say_secret(login->smtp, "*", "*", &answer);
}

static void
converse(struct login *login)
{
	const struct mechanism *mechanism = login->mechanism;
	struct auth *auth = login->auth;

	if ((mechanism->client_first && !mechanism->respond(login, ""))
	    || !say_auth(login))
		return;
	if (!answer_challenges(login) && auth->failure != NULL)
		cancel(login);
	auth->said = login->sent >= mechanism->telling;
	auth->accepted = auth->answer.code == REPLY_ACCEPTED;
	if (auth->accepted && mechanism->mutual && !login->said)
		auth->unproven = true;
}

static bool
start_session(struct login *login)
{
	int status;

	if (login->mechanism->respond == respond_by_token)
		return true;
	status = gsasl_client_start(
	    library, login->mechanism->name, &login->session);
	if (status != GSASL_OK)
		return give_up_by(login, status);
	gsasl_property_set(login->session, GSASL_AUTHID, login->params->user);
	gsasl_property_set(
	    login->session, GSASL_PASSWORD, login->params->secret);
	return true;
}

static void
end_session(struct login *login)
{
	char *password;

	explicit_bzero(login->response, sizeof(login->response));
	if (login->session == NULL)
		return;
	password = (char *)gsasl_property_fast(login->session, GSASL_PASSWORD);
	if (password != NULL)
		explicit_bzero(password, strlen(password));
	gsasl_finish(login->session);
}

bool
auth_login(struct smtp *smtp, const struct auth_params *params)
{
	struct auth *auth = &smtp->facts->auth;
	struct login login = {.smtp = smtp, .auth = auth, .params = params};
	double began = clock_seconds();

	auth->chosen = params->mechanism;
	login.mechanism = choose_mechanism(smtp->ehlo, params->mechanism);
	auth->missing = login.mechanism == NULL;
	if (auth->missing)
		return false;
	text_print(auth->mechanism, sizeof(auth->mechanism), "%s",
	    login.mechanism->name);
	smtp_begin(smtp, STEP_AUTH);
	if (start_session(&login))
		converse(&login);
	end_session(&login);
	smtp->facts->seconds.auth = clock_seconds() - began;
	return auth->accepted && !auth->unproven;
}
