/* SPDX-License-Identifier: GPL-3.0-or-later */
/* step_relay - step 7: what the user wants of the relay test */
#include <string.h>

#include "mailbox.h"
#include "relay.h"
#include "settings.h"
#include "step_relay.h"

static struct option_list recipients;
static char local_domain[DOMAIN_SIZE];
static bool trusted, list_probes;
static struct relay_settings relay;

/* The forms of the test are plain ASCII. */
static bool
take_mailbox(const char *value, char mailbox[MAILBOX_SIZE], struct text *why)
{
	if (!mailbox_parse(value, mailbox, why))
		return false;
	if (!mailbox_is_ascii(mailbox))
		text_add(why, "not a mailbox, USER@DOMAIN");
	return mailbox_is_ascii(mailbox);
}

static bool
take_from(const char *value, struct text *why)
{
	static char address[MAILBOX_SIZE];

	relay.from = address;
	address[0] = '\0';
	if (strcmp(value, "<>") == 0)
		return true;
	return take_mailbox(value, address, why);
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
	static char address[RELAY_RECIPIENTS_MAX][MAILBOX_SIZE];

	if (recipients.count == RELAY_RECIPIENTS_MAX) {
		text_add(why, "given more than %d times", RELAY_RECIPIENTS_MAX);
		return false;
	}
	recipients.value[recipients.count] = address[recipients.count];
	return take_mailbox(value, address[recipients.count++], why);
}

static bool
take_probes(const char *value, struct text *why)
{
	return form_parse(value, relay.wanted, why);
}

const struct option_row step_relay_options[] = {
    OPTION_HEADING("How to ask for relaying:"),
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
	"we are allowed to relay here: do not ask, and say so (default: ask)"),
    OPTION_END,
};

/* In a domain that the server serves, being accepted proves nothing. */
static bool
is_outside(const char *recipient, const char *checked)
{
	const char *domain = strchr(recipient, '@') + 1;

	return (checked == NULL || strcmp(domain, checked) != 0)
	    && (relay.local_domain == NULL
		|| strcmp(domain, relay.local_domain) != 0);
}

/* Of two domains to check, three can't be. */
static const char *
default_recipient(const char *checked)
{
	if (is_outside("relay-test@example.com", checked))
		return "relay-test@example.com";
	if (is_outside("relay-test@example.net", checked))
		return "relay-test@example.net";
	return "relay-test@example.org";
}

/* The settings for one domain, with recipients that are outside of it. */
struct outside {
	struct relay_settings settings;
	const char *recipient[RELAY_RECIPIENTS_MAX + 1];
};

static const struct relay_settings *
look_outside(struct outside *outside, const char *checked)
{
	size_t count = 0;

	outside->settings = relay;
	for (size_t i = 0; i < recipients.count; i++)
		if (is_outside(recipients.value[i], checked))
			outside->recipient[count++] = recipients.value[i];
	if (count == 0)
		outside->recipient[count++] = default_recipient(checked);
	outside->recipient[count] = NULL;
	outside->settings.recipients = outside->recipient;
	return &outside->settings;
}

bool
step_relay_prepare(struct text *why)
{
	for (size_t i = 0; i < recipients.count; i++)
		if (!is_outside(recipients.value[i], settings->domain)) {
			text_add(why,
			    "--recipient='%s': in the domain checked, not "
			    "outside",
			    recipients.value[i]);
			return false;
		}
	return true;
}

bool
step_relay_inform(struct text *out)
{
	if (list_probes)
		form_list(out);
	return list_probes;
}

bool
step_relay_trusted(void)
{
	return trusted;
}

void
step_relay_ask(struct smtp *smtp)
{
	struct outside outside;

	relay_ask(smtp, look_outside(&outside, smtp->params->domain));
}

void
step_relay_ask_apart(const struct smtp_params *params, struct facts *facts)
{
	struct outside outside;

	relay_ask_apart(params, look_outside(&outside, params->domain), facts);
}

void
step_relay_follow_up(const struct smtp_params *params, struct facts *facts)
{
	struct outside outside;

	relay_follow_up(params, look_outside(&outside, params->domain), facts);
}

/* "<postmaster@example.com>", as it was sent. */
static bool
is_within(const char *recipient, const char *domain)
{
	size_t length = strlen(domain);
	const char *at = strrchr(recipient, '@');

	return at != NULL && strncasecmp(at + 1, domain, length) == 0
	    && strcmp(at + 1 + length, ">") == 0;
}

/*
 * Nothing else about it is asked in the name of a domain. That a server takes
 * mail for another domain is as good a control, that it does not is none.
 */
bool
step_relay_suits(const struct facts *facts, const char *domain)
{
	const struct relay *asked = &facts->relay;
	const struct relay_probe *control = &asked->control;
	bool open = false;

	if (domain == NULL || asked->count == 0)
		return true;
	for (size_t i = 0; i < asked->count; i++) {
		const struct relay_probe *probe = &asked->probe[i];

		if (is_within(probe->to, domain))
			return false;
		open = open
		    || (probe->kind == RELAY_OUTSIDE
			&& answer_is(&probe->rcpt, 2));
	}
	return open || relay.local_domain != NULL || control->rcpt.code == 0
	    || answer_is(&control->rcpt, 2) || is_within(control->to, domain);
}

void
step_relay_match(const struct smtp_params *params, struct facts *facts)
{
	struct relay *asked = &facts->relay;

	asked->for_another = params->domain != NULL
	    && relay.local_domain == NULL && asked->control.rcpt.code != 0
	    && !is_within(asked->control.to, params->domain);
}
