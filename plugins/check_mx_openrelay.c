/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_mx_openrelay - would a server carry strangers' mail to strangers?
 *
 * Step 7, by MAIL and RCPT alone: DATA is never sent. By default one outside
 * recipient and one control, two RCPTs on one connection, which no error
 * limit and no fail2ban takes amiss.
 */
#include <string.h>

#include "judge.h"
#include "relay.h"
#include "settings.h"
#include "plugin.h"

static struct thresholds limits;
static struct option_list recipients;
static char local_domain[DOMAIN_SIZE];
static bool trusted, list_probes;
static struct relay_settings relay = {
    .recipients = recipients.value,
};
static struct tls_policy policy = {.verify = TLS_VERIFY_NONE};

static bool
take_from(const char *value, struct text *why)
{
	static char address[FORM_MAILBOX_MAX + 1];

	relay.from = address;
	address[0] = '\0';
	if (strcmp(value, "<>") == 0)
		return true;
	return form_mailbox_parse(value, address, why);
}

static bool
take_local_domain(const char *value, struct text *why)
{
	const char *reason;

	relay.local_domain = local_domain;
	if (domain_parse(value, local_domain, &reason))
		return true;
	text_add(why, "%s", reason);
	return false;
}

static bool
take_recipient(const char *value, struct text *why)
{
	static char address[RELAY_RECIPIENTS_MAX][FORM_MAILBOX_MAX + 1];

	if (recipients.count == RELAY_RECIPIENTS_MAX) {
		text_add(why, "given more than %d times", RELAY_RECIPIENTS_MAX);
		return false;
	}
	recipients.value[recipients.count] = address[recipients.count];
	return form_mailbox_parse(value, address[recipients.count++], why);
}

static bool
take_probes(const char *value, struct text *why)
{
	return form_parse(value, relay.wanted, why);
}

static const struct option_row options[] = {
    OPTION_HEADING("What to check:"),
    OPTION_FUNCTION('f', "from", "ADDR", take_from,
	"sender, <> for none (default: check_mx@ our EHLO name, and <> once "
	"more if that is refused)"),
    OPTION_FUNCTION(0, "recipient", "ADDR", take_recipient,
	"outside mailbox to ask for, best one of your own at another "
	"provider; repeatable (default: relay-test@example.com, or at "
	"example.net where that is the domain checked)"),
    OPTION_FUNCTION(0, "local-domain", "DOMAIN", take_local_domain,
	"domain whose postmaster is the control (default: the domain checked; "
	"with -H alone, <postmaster>)"),
    OPTION_FUNCTION(0, "probes", "basic|all|NAME[,...]", take_probes,
	"address forms to try: the plain one, every one, or the plain one and "
	"those named (default: basic)"),
    OPTION_FLAG(0, "list-probes", &list_probes, "print all address forms"),
    OPTION_FLAG(0, "trusted", &trusted,
	"we are allowed to relay here: test nothing, and say so"),
    OPTION_FLAG('S', "starttls", &relay.starttls,
	"upgrade by STARTTLS first (default: off, unless the server insists)"),
    OPTION_RANGE('w', "warning", &limits.warning,
	"number of address forms accepted (default: none)"),
    OPTION_RANGE('c', "critical", &limits.critical,
	"the same for CRITICAL (default: none)"),
    OPTION_END,
};

static const enum diagnosis asides[] = {
    PLUGIN_DNS_ASIDES, PLUGIN_SMTP_ASIDES, DIAGNOSIS_END};

/* In a domain that the server serves, being accepted proves nothing. */
static bool
is_outside(const char *recipient)
{
	const char *domain = strchr(recipient, '@') + 1;

	return (settings->domain == NULL
		   || strcmp(domain, settings->domain) != 0)
	    && (relay.local_domain == NULL
		|| strcmp(domain, relay.local_domain) != 0);
}

/* Of two domains to check, three can't be. */
static const char *
default_recipient(void)
{
	if (is_outside("relay-test@example.com"))
		return "relay-test@example.com";
	if (is_outside("relay-test@example.net"))
		return "relay-test@example.net";
	return "relay-test@example.org";
}

static bool
prepare(struct text *why)
{
	for (size_t i = 0; i < recipients.count; i++)
		if (!is_outside(recipients.value[i])) {
			text_add(why,
			    "--recipient='%s': in the domain checked, not "
			    "outside",
			    recipients.value[i]);
			return false;
		}
	if (recipients.count == 0)
		recipients.value[recipients.count++] = default_recipient();
	return true;
}

static bool
inform(struct text *out)
{
	if (list_probes)
		form_list(out);
	return list_probes;
}

static void
observe(const struct smtp_params *params, struct facts *facts)
{
	struct smtp smtp;

	facts->relay.trusted = trusted;
	if (trusted)
		return;
	if (smtp_open(&smtp, params, facts) && smtp_greeting(&smtp)
	    && smtp_ehlo(&smtp)
	    && (!relay.starttls || (smtp_starttls(&smtp) && smtp_ehlo(&smtp))))
		relay_ask(&smtp, &relay);
	smtp_close(&smtp);
	relay_follow_up(params, &relay, facts);
}

static void
summarize(const struct facts *facts, struct result *result)
{
	const struct answer *answer = &facts->relay.probe[0].rcpt;
	const struct metric *probes = result_find_metric(result, "probes");
	const struct finding *note = result_find(result, RELAY_TRUSTED);
	size_t size = sizeof(result->summary);

	if (note == NULL)
		note = result_find(result, RELAY_GREYLISTED);
	if (note != NULL)
		text_print(result->summary, size, "%s", note->text);
	else if (answer_is(answer, 5) && facts->relay.planned > 1)
		text_print(result->summary, size,
		    "relaying refused, %.0f of %zu probes answered",
		    probes->value, facts->relay.planned);
	else if (answer_is(answer, 5))
		text_print(result->summary, size, "relaying refused: %d %s",
		    answer->code, answer->text);
}

static void
judge(const struct facts *facts, struct result *result)
{
	static const struct thresholds none;

	judge_failure(facts, result);
	judge_time(facts, facts->seconds.total, &none, result);
	judge_banner(facts, NULL, result);
	judge_ehlo(facts, NULL, result);
	if ((relay.starttls || facts->starttls.asked) && !trusted)
		judge_starttls(facts, result);
	judge_relay(facts, &limits, result);
	summarize(facts, result);
}

static const struct plugin plugin = {
    .name = "check_mx_openrelay",
    .service = "MX_OPENRELAY",
    .purpose = "would a server carry strangers' mail to strangers?",
    .notes = "Asks each server to take mail for an outside mailbox, and for "
	     "its own postmaster as the control: if that is refused too, the "
	     "refusal proves nothing. No message is ever sent.\n"
	     "--probes=all walks every address form, two a connection; run "
	     "it daily at most, and not from a host that fail2ban watches.\n"
	     "\nExamples:\n"
	     "  check_mx_openrelay example.com\n"
	     "  check_mx_openrelay example.com "
	     "--recipient=me@elsewhere.example\n"
	     "  check_mx_openrelay -H mx1.example.com -d example.com "
	     "--probes=all -t 120\n",
    .metric = "accepted",
    .steps = PLUGIN_STEPS_EHLO | 1U << STEP_RELAY,
    .options = options,
    .asides = asides,
    .policy = &policy,
    .prepare = prepare,
    .inform = inform,
    .observe = observe,
    .judge = judge,
};

int
main(int argc, char **argv)
{
	return plugin_main(&plugin, argc, argv);
}
