/* SPDX-License-Identifier: GPL-3.0-or-later */
/* step_auth - the login: credentials, and when they may be sent */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "secret.h"
#include "judge.h"
#include "settings.h"
#include "auth.h"
#include "step_tls.h"
#include "step_auth.h"

static const char variable_name[] = "CHECK_MX_AUTHPASS";
static const char *mechanism, *user, *secret_file;
static const char *source; /* option that the secret came by; NULL: none */
static char secret[SECRET_SIZE];
static bool in_clear;

static bool
take_mechanism(const char *value, struct text *why)
{
	mechanism = value;
	if (auth_mechanism_known(value))
		return true;
	text_add(why, "none of %s", auth_mechanism_list());
	return false;
}

static bool
take_user(const char *value, struct text *why)
{
	user = value;
	if (strlen(value) <= AUTH_USER_MAX)
		return true;
	text_add(why, "longer than %d bytes", AUTH_USER_MAX);
	return false;
}

/* Arguments may be written to (C11 5.1.2.2.1); this one has to be. */
static bool
take_secret(const char *value, struct text *why)
{
	source = "--authpass";
	return secret_take((char *)value, secret, why);
}

const struct option_row step_auth_options[] = {
    OPTION_HEADING("How to log in:"),
    OPTION_FUNCTION('A', "authtype", "MECH", take_mechanism,
	"SCRAM-SHA-256, SCRAM-SHA-1, CRAM-MD5, PLAIN, LOGIN or XOAUTH2 "
	"(default: the first of them but XOAUTH2 that is offered)"),
    OPTION_FUNCTION('U', "authuser", "NAME", take_user,
	"user name, in UTF-8 (default: no login)"),
    OPTION_FUNCTION('P', "authpass", "SECRET", take_secret,
	"password, or access token for XOAUTH2. Not advised: for a moment "
	"anybody on this host can read it in the list of processes, and it "
	"stays in configuration and shell history. Better one of the "
	"following (default: those)"),
    OPTION_STRING(0, "authpass-file", "FILE", &secret_file,
	"file with the secret as its first line, not to be read by others; - "
	"is the standard input "
	"(default: the environment variable CHECK_MX_AUTHPASS)"),
    OPTION_FLAG(0, "in-clear", &in_clear,
	"do not start TLS: what a login says anybody on the way can read "
	"(default: never a login outside TLS)"),
    OPTION_END,
};

static bool
read_secret_file(struct text *why)
{
	struct text reason;
	bool done;

	source = "--authpass-file";
	text_init(&reason, 200);
	done =
	    secret_read_file(secret_file, secret, settings_deadline(), &reason);
	if (!done) /* a secret in the wrong place is not to be repeated */
		text_add(why, "%s: %s", source, reason.data);
	text_release(&reason);
	return done;
}

/* What is not needed is a secret all the same. */
static bool
take_variable(char *variable, struct text *why)
{
	if (source != NULL) {
		secret_add(variable);
		memset(variable, 'x', strlen(variable));
		return true;
	}
	source = variable_name;
	if (strlen(variable) >= SECRET_SIZE)
		text_add(why, "%s: ", source);
	return secret_take(variable, secret, why);
}

/* By the first of its sources. */
static bool
load_secret(struct text *why)
{
	char *variable = getenv(variable_name);

	if (source != NULL && secret_file != NULL) {
		text_add(why, "--authpass-file: not with %s", source);
		return false;
	}
	if (secret_file != NULL && !read_secret_file(why))
		return false;
	return variable == NULL || *variable == '\0'
	    || take_variable(variable, why);
}

/*
 * An option that can't be meant without another one would test nothing. The
 * variable is no option: it may be there for other runs.
 */
static bool
are_complete(struct text *why)
{
	if (user != NULL && source == NULL)
		text_add(
		    why, "--authuser: wants a secret too, see --authpass-file");
	else if (user == NULL && source != NULL && source != variable_name)
		text_add(why, "%s: wants --authuser too", source);
	else if (user == NULL && mechanism != NULL)
		text_add(why, "--authtype: wants --authuser and a secret");
	else if (in_clear && settings->ssl)
		text_add(why, "--in-clear: --ssl is TLS from the first byte");
	else
		return true;
	return false;
}

bool
step_auth_prepare(struct text *why)
{
	if (!load_secret(why) || !are_complete(why))
		return false;
	if (user == NULL || (secret_add(secret) && auth_prepare()))
		return true;
	text_add(why, "out of memory");
	return false;
}

bool
step_auth_wanted(void)
{
	return user != NULL;
}

bool
step_auth_in_clear(void)
{
	return in_clear;
}

const char *
step_auth_user(void)
{
	return user;
}

const char *
step_auth_secret(void)
{
	return user != NULL ? secret : NULL;
}

bool
step_auth_by_token(void)
{
	return mechanism != NULL && strcasecmp(mechanism, "XOAUTH2") == 0;
}

/*
 * What a secret is too good for: all that is CRITICAL about TLS and
 * certificate, and encryption that can be broken, or is none. --severity says
 * how a finding counts, and is no permission to show a secret.
 */
static bool
betrays(const struct finding *finding)
{
	return finding->state == STATE_CRITICAL
	    || finding->code == TLS_CIPHER_WEAK || finding->code == TLS_KEY_WEAK
	    || finding->code == TLS_SIGNATURE_WEAK;
}

/* The first of these in a few words, or NULL. */
static const char *
find_tls_fault(const struct facts *facts)
{
	struct severities severities;
	struct result result;

	severities_init(&severities, NULL);
	result_init(&result, &severities);
	step_tls_judge_session(facts, &result);
	step_tls_judge_certificate(facts, judge_validity, &result);
	for (size_t i = 0; i < result.count; i++)
		if (betrays(&result.finding[i]))
			return diagnosis_entry(result.finding[i].code)->title;
	return NULL;
}

/*
 * Whether it is the user who said where the secret goes. An MX record is
 * anybody's on the way here, and so would be the name that the certificate is
 * compared with; but a host within the domain is whose it is.
 */
static bool
is_named(const struct target_host *host)
{
	const char *domain = settings->domain;
	size_t length = strlen(host->name), suffix;

	if (domain == NULL || settings->host_count > 0)
		return true;
	suffix = strlen(domain);
	return length >= suffix
	    && strcmp(host->name + length - suffix, domain) == 0
	    && (length == suffix || host->name[length - suffix - 1] == '.');
}

bool
step_auth_login(struct smtp *smtp)
{
	const struct auth_params params = {user, secret, mechanism};
	struct auth *auth = &smtp->facts->auth;

	auth->wanted = user != NULL;
	if (!auth->wanted)
		return true;
	if (smtp->facts->failure.kind != FAILURE_NONE)
		return false;
	if (!is_named(smtp->params->target->host))
		auth->withheld =
		    "only the DNS says that it is ours, name it with -H";
	else if (!ehlo_is_accepted(smtp->ehlo))
		auth->withheld = "EHLO was refused";
	else if (smtp->conn.ssl != NULL)
		auth->withheld = find_tls_fault(smtp->facts);
	else if (!in_clear)
		auth->withheld = "there is no TLS session";
	return auth->withheld == NULL && auth_login(smtp, &params);
}

void
step_auth_judge(const struct facts *facts, struct result *result)
{
	const struct auth_wishes wishes = {.in_clear = in_clear};

	if (user == NULL)
		return;
	judge_mechanisms(facts, &wishes, result);
	judge_login(facts, &wishes, result);
}
