/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * judge_relay - the verdict on relaying
 *
 * Only an accepted outside recipient proves an open relay, and a refusal
 * proves the contrary only where the same server takes its own mail (the
 * control); everything between is told as what it is.
 */
#include <string.h>

#include "judge.h"

/* What the answers to one probe mean. */
enum verdict {
	VERDICT_UNASKED, /* MAIL refused, or the session was cut before */
	VERDICT_REFUSED,
	VERDICT_POLICY,   /* 554: refused, perhaps for another reason */
	VERDICT_DEMANDED, /* 530: only after authentication */
	VERDICT_DEFERRED,
	VERDICT_SENDER,         /* refused for its sender's sake */
	VERDICT_NO_SUCH_DOMAIN, /* the recipient's domain is rejected */
	VERDICT_ACCEPTED,
	VERDICT_SUSPECT,     /* 252, or an odd form accepted */
	VERDICT_MEANINGLESS, /* the same where any local name is accepted */
	VERDICT_LOCAL,       /* the server took mail of its own */
};

/*
 * "This domain takes no mail" says nothing about relaying: X.1.2 and X.1.10
 * (RFC 3463, RFC 7505), 556 (RFC 7504), and Postfix' words.
 */
static bool
rejects_domain(const struct answer *answer)
{
	const char *detail = answer_detail(answer);

	return answer->code == 556 || strcmp(detail, ".1.2") == 0
	    || strcmp(detail, ".1.10") == 0
	    || strcasestr(answer->text, "domain not found") != NULL;
}

static enum verdict
read_probe(const struct relay_probe *probe)
{
	int code = probe->rcpt.code;

	if (!answer_is(&probe->mail, 2) || code == 503 || code == 421)
		return VERDICT_UNASKED;
	if (code / 100 == 2 && probe->kind == RELAY_LOCAL)
		return VERDICT_LOCAL;
	if (code == 252)
		return VERDICT_SUSPECT;
	if (code / 100 == 2)
		return probe->kind == RELAY_ODD ? VERDICT_SUSPECT
						: VERDICT_ACCEPTED;
	if (code == 530)
		return VERDICT_DEMANDED;
	if (answer_blames_sender(&probe->rcpt))
		return VERDICT_SENDER;
	if (rejects_domain(&probe->rcpt))
		return VERDICT_NO_SUCH_DOMAIN;
	if (code / 100 == 4)
		return VERDICT_DEFERRED;
	if (code / 100 != 5)
		return VERDICT_UNASKED;
	return code == 554 ? VERDICT_POLICY : VERDICT_REFUSED;
}

/* The same in the light of what else the server accepts. */
static enum verdict
weigh_probe(const struct relay *relay, const struct relay_probe *probe)
{
	enum verdict verdict = read_probe(probe);
	bool meaningless = verdict == VERDICT_SUSPECT
	    && probe->kind == RELAY_ODD && answer_is(&relay->catch_all.rcpt, 2);

	return meaningless ? VERDICT_MEANINGLESS : verdict;
}

const char *
judge_relay_verdict(const struct relay *relay, const struct relay_probe *probe)
{
	static const char *const names[] = {
	    [VERDICT_UNASKED] = "unanswered",
	    [VERDICT_REFUSED] = "refused",
	    [VERDICT_POLICY] = "policy",
	    [VERDICT_DEMANDED] = "authentication",
	    [VERDICT_DEFERRED] = "deferred",
	    [VERDICT_SENDER] = "sender",
	    [VERDICT_NO_SUCH_DOMAIN] = "domain",
	    [VERDICT_ACCEPTED] = "open",
	    [VERDICT_SUSPECT] = "suspect",
	    [VERDICT_MEANINGLESS] = "meaningless",
	    [VERDICT_LOCAL] = "local",
	};

	return names[weigh_probe(relay, probe)];
}

/* Probes of a verdict: how many, and their names as far as they fit. */
struct tally {
	unsigned count;
	const struct relay_probe *first;
	struct text names;
};

static void
tally_add(struct tally *tally, const struct relay_probe *probe)
{
	if (tally->count++ == 0)
		tally->first = probe;
	text_add(&tally->names, "%s%s", tally->count > 1 ? ", " : "",
	    strcmp(probe->name, "plain") == 0 ? probe->to : probe->name);
}

/* `least` is what -w and -c make of the number accepted. */
static void
judge_accepted(const struct tally *tally, enum diagnosis code, enum state least,
    struct result *result)
{
	const char *what =
	    code == RELAY_OPEN ? "open relay" : "perhaps an open relay";
	enum state state = state_worse(result->severities->state[code], least);

	if (tally->count == 1)
		result_add_as(result, code, state,
		    "%s: RCPT TO:%s (%s) got %d %s", what, tally->first->to,
		    tally->first->name, tally->first->rcpt.code,
		    tally->first->rcpt.text);
	else if (tally->count > 1)
		result_add_as(result, code, state,
		    "%s: %u recipients accepted: %s", what, tally->count,
		    tally->names.data);
}

static void
judge_inconclusive(
    const char *why, const struct answer *answer, struct result *result)
{
	result_add(result, RELAY_INCONCLUSIVE, "relaying not tested, %s: %d %s",
	    why, answer->code, answer->text);
}

/* The control was not accepted: what a refusal is then worth. */
static void
judge_without_control(
    const struct relay *relay, enum verdict verdict, struct result *result)
{
	if (verdict == VERDICT_DEMANDED)
		return;
	if (verdict == VERDICT_DEFERRED && answer_is(&relay->control.rcpt, 4))
		judge_inconclusive("every recipient is deferred",
		    &relay->probe[0].rcpt, result);
	else
		judge_inconclusive("its own recipient is not accepted either",
		    &relay->control.rcpt, result);
}

static void
judge_cut(const struct facts *facts, struct result *result)
{
	if (facts->failure.kind == FAILURE_BUSY)
		judge_inconclusive(
		    "server ended the session", &facts->busy, result);
	else if (failure_is_cut(&facts->failure))
		result_add(result, RELAY_INCONCLUSIVE,
		    "relaying not tested, connection cut after MAIL or RCPT");
}

/* The plain form, together with the control: the one that always counts. */
static void
judge_plain(const struct facts *facts, struct result *result)
{
	const struct relay *relay = &facts->relay;
	const struct relay_probe *plain = &relay->probe[0];
	enum verdict verdict = read_probe(plain);

	if (verdict == VERDICT_ACCEPTED || verdict == VERDICT_SUSPECT)
		return;
	if (verdict == VERDICT_UNASKED && plain->mail.code != 0
	    && !answer_is(&plain->mail, 2))
		judge_inconclusive(plain->mail.code == 421
			? "server ended the session"
			: "MAIL is refused",
		    &plain->mail, result);
	else if (facts->failure.kind != FAILURE_NONE
	    && (plain->rcpt.code == 0 || relay->control.rcpt.code == 0))
		judge_cut(facts, result);
	else if (verdict == VERDICT_UNASKED)
		judge_inconclusive(plain->rcpt.code == 421
			? "server ended the session"
			: "RCPT is not answered as such",
		    &plain->rcpt, result);
	else if (verdict == VERDICT_SENDER)
		judge_inconclusive(
		    "the sender is refused", &plain->rcpt, result);
	else if (!answer_is(&relay->control.rcpt, 2))
		judge_without_control(relay, verdict, result);
	else if (verdict == VERDICT_DEFERRED)
		result_add(result, RELAY_GREYLISTED,
		    "outside recipient deferred, not accepted: %d %s",
		    plain->rcpt.code, plain->rcpt.text);
	else if (verdict == VERDICT_NO_SUCH_DOMAIN)
		judge_inconclusive("the recipient's own domain is rejected",
		    &plain->rcpt, result);
	else if (verdict == VERDICT_POLICY)
		result_add(result, RELAY_POLICY, "refused by policy: %d %s",
		    plain->rcpt.code, plain->rcpt.text);
}

static void
count_probes(const struct relay *relay, struct tally *open,
    struct tally *suspect, unsigned *answered, unsigned *meaningless)
{
	for (size_t i = 0; i < relay->count; i++) {
		const struct relay_probe *probe = &relay->probe[i];
		enum verdict verdict = weigh_probe(relay, probe);

		*answered += verdict != VERDICT_UNASKED;
		if (verdict == VERDICT_ACCEPTED)
			tally_add(open, probe);
		else if (verdict == VERDICT_SUSPECT)
			tally_add(suspect, probe);
		*meaningless += verdict == VERDICT_MEANINGLESS;
	}
}

static void
judge_cut_short(
    const struct relay *relay, unsigned answered, struct result *result)
{
	if (relay->cut && answered > 0 && answered < relay->planned)
		result_add(result, RELAY_INCONCLUSIVE,
		    "only %u of %zu address forms answered, then %s", answered,
		    relay->planned,
		    relay->cut_reason[0] != '\0' ? relay->cut_reason
						 : "cut off");
}

/* The metrics; returns the state that -w and -c give them. */
static enum state
add_counts(const struct thresholds *thresholds, unsigned accepted,
    unsigned answered, struct result *result)
{
	struct metric metric = {.label = "accepted",
	    .unit = "",
	    .value = accepted,
	    .thresholds = *thresholds,
	    .has_min = true};
	enum state state = metric_state(&metric);

	result_metric(result, &metric);
	result_metric(result,
	    &(struct metric){.label = "probes",
		.unit = "",
		.value = answered,
		.has_min = true,
		.worst = METRIC_LOWEST});
	if (state != STATE_OK && accepted == 0 && answered > 0)
		result_add_as(result, RELAY_SUSPECT, state,
		    "no recipient accepted, which -w or -c alert on");
	return state;
}

static void
judge_demand(const struct facts *facts, struct result *result)
{
	/* RFC 3207 4: a public MX must not insist; submission may. */
	if (facts->relay.starttls_required && target_port(facts->target) == 25)
		result_add(result, STARTTLS_REQUIRED,
		    "MAIL is refused without STARTTLS");
}

void
judge_relay(const struct facts *facts, const struct thresholds *thresholds,
    struct result *result)
{
	const struct relay *relay = &facts->relay;
	struct tally open = {0}, suspect = {0};
	unsigned answered = 0, meaningless = 0;
	enum state state;

	if (relay->trusted)
		result_add(result, RELAY_TRUSTED,
		    "relaying not tested, we are allowed to relay here");
	if (relay->count == 0) {
		add_counts(thresholds, 0, 0, result);
		return;
	}
	if (relay->too_long > 0)
		result_add(result, NOT_TESTED,
		    "%zu address forms not tested, too long with these names",
		    relay->too_long);
	text_init(&open.names, 160);
	text_init(&suspect.names, 160);
	judge_demand(facts, result);
	count_probes(relay, &open, &suspect, &answered, &meaningless);
	state = add_counts(
	    thresholds, open.count + suspect.count, answered, result);
	judge_accepted(&open, RELAY_OPEN, state, result);
	judge_accepted(&suspect, RELAY_SUSPECT, state, result);
	judge_plain(facts, result);
	if (relay->for_another)
		result_add(result, NOT_TESTED,
		    "not asked whether it takes mail for this domain, only "
		    "RCPT TO:%s, which shares the server",
		    relay->control.to);
	if (meaningless > 0)
		result_add(result, NOT_TESTED,
		    "%u odd address forms prove nothing, any local name is "
		    "accepted",
		    meaningless);
	judge_cut_short(relay, answered, result);
	text_release(&open.names);
	text_release(&suspect.names);
}
