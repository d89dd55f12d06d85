/* SPDX-License-Identifier: GPL-3.0-or-later */
/* egress - is it us? Whether this host gets out to the SMTP port at all */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "facts.h"
#include "smtp.h"
#include "egress.h"

enum {
	GREETING_MS = 2000, /* that we wait for it, to say QUIT politely */
	LEAST_MS = 400,     /* with less a time-out would prove nothing */
	HOLDS_S = 60,       /* that runs side by side go by one answer */
};

static bool
parse_port(const char *string, uint16_t *port)
{
	struct cursor cursor = cursor_of(string);
	unsigned long long number;

	if (!cursor_number(&cursor, 65535, &number) || !cursor_at_end(&cursor))
		return false;
	*port = (uint16_t)number;
	return number > 0;
}

/* Splits off the port; an IPv6 address without brackets has none. */
static bool
split(const char *string, char *name, size_t size, struct egress_host *host)
{
	bool bracket = *string == '[';
	const char *start = string + (bracket ? 1 : 0);
	const char *end = bracket ? strchr(start, ']') : strchr(start, ':');

	host->port = 0;
	if (domain_is_address(string) || end == NULL) {
		text_print(name, size, "%s", string);
		return !bracket;
	}
	text_print(name, size, "%.*s", (int)(end - start), start);
	end += bracket ? 1 : 0;
	if (bracket && !domain_is_address(name))
		return false;
	return *end == '\0'
	    || (*end == ':' && parse_port(end + 1, &host->port));
}

bool
egress_parse(struct egress_host *host, const char *string, struct text *why)
{
	char name[2 * DOMAIN_SIZE];
	const char *reason = "longer than 253 octets";

	if (!split(string, name, sizeof(name), host)) {
		text_add(why, "not HOST or HOST:PORT");
		return false;
	}
	if (domain_is_address(name)) {
		text_print(host->name, sizeof(host->name), "%s", name);
		return true;
	}
	if (domain_parse(name, host->name, &reason))
		return true;
	text_add(why, "%s", reason);
	return false;
}

/* Says goodbye to whoever greets. */
static void
call(const struct target *target, struct deadline deadline, struct facts *facts)
{
	struct smtp_params params = {
	    .target = target,
	    .fqdn = settings->fqdn,
	    .source = settings->source,
	    .deadline = deadline,
	};
	struct smtp smtp;

	if (smtp_open(&smtp, &params, facts)) {
		smtp.conn.deadline = deadline_earlier(
		    deadline, deadline_in(GREETING_MS / 1000.0));
		smtp_greeting(&smtp);
	}
	smtp_close(&smtp);
}

/* Among runs side by side one calls, and the others go by that for a while. */
static enum turn
call_in_turn(
    struct shared *shared, const struct target *target, struct facts **facts)
{
	enum turn turn = TURN_OURS;
	bool anew = false;

	while ((*facts = calloc(1, sizeof(**facts))) != NULL
	    && (turn = shared_begin(shared, target, anew, *facts)) == TURN_KNOWN
	    && time(NULL) - (*facts)->when > HOLDS_S) {
		anew = true;
		facts_free(*facts);
	}
	if (*facts == NULL || turn != TURN_OURS)
		return turn;
	(*facts)->when = time(NULL);
	call(target, deadline_in(settings->timeout_s), *facts);
	shared_end(shared, target, *facts);
	return turn;
}

static enum egress
answer_in(const struct facts *facts, struct text *why)
{
	bool connected =
	    facts->step > STEP_CONNECT || facts->failure.kind == FAILURE_NONE;

	if (connected || facts->failure.kind == FAILURE_REFUSED)
		return EGRESS_OPEN;
	if (facts->failure.kind == FAILURE_TIMEOUT)
		return EGRESS_BLOCKED;
	text_add(why, "%s", facts->failure.text);
	return EGRESS_UNKNOWN;
}

/* One address. */
static enum egress
ask(struct shared *shared, const struct target *target,
    struct deadline deadline, struct text *why)
{
	enum egress answer = EGRESS_UNKNOWN;
	enum turn turn = TURN_OURS;
	struct facts *facts;

	if (shared != NULL)
		turn = call_in_turn(shared, target, &facts);
	else if ((facts = calloc(1, sizeof(*facts))) != NULL)
		call(target, deadline, facts);
	if (facts == NULL)
		text_add(why, "out of memory");
	else if (turn == TURN_OURS || turn == TURN_KNOWN)
		answer = answer_in(facts, why);
	else
		text_add(why, "no turn came at its address");
	facts_free(facts);
	return answer;
}

enum egress
egress_test(const struct egress_host *host, struct shared *shared,
    struct deadline deadline, struct text *why)
{
	const char *hosts[2] = {host->name, NULL};
	struct target_query query = {
	    .hosts = hosts,
	    .port = host->port != 0 ? host->port : settings_port(PORT_SMTP),
	    .family = settings->family,
	    .servers = settings->servers,
	};
	struct target_set set;
	enum egress answer = EGRESS_UNKNOWN;

	if (deadline_left_ms(deadline) < LEAST_MS) {
		text_add(why, "no time was left");
		return EGRESS_UNKNOWN;
	}
	if (!target_find(&set, &query, deadline_share(deadline, 0.5)))
		return EGRESS_UNKNOWN;
	for (size_t i = 0; i < set.count && answer != EGRESS_OPEN; i++) {
		struct deadline share =
		    deadline_share(deadline, 1.0 / (double)(set.count - i));
		enum egress one = EGRESS_UNKNOWN;

		if (set.targets[i].connects)
			one = ask(shared, &set.targets[i], share, why);
		if (one != EGRESS_UNKNOWN)
			answer = one;
	}
	target_release(&set);
	if (answer == EGRESS_UNKNOWN && why->length == 0)
		text_add(why, "it has no address");
	return answer;
}
