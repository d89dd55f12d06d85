/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report_sender - who loses mail, over all servers of a run */
#include "report_sender.h"

enum { LOSS_MAX = 600 }; /* bytes of a line */

/* How one kind of sender fares at the servers that are in its reach. */
struct tally {
	unsigned servers;
	unsigned taking;
	unsigned failing;
	unsigned alone; /* of those failing: take plain mail, or may */
	unsigned hosts;
	unsigned lacking; /* hosts known to have no address for it */
	unsigned hidden;  /* and those where that was not found out */
	const struct report_server *where; /* the first one that fails, best */
	const struct finding *why;         /* one that fails it alone */
};

static void
tally_host(struct tally *tally, enum sender sender, const struct target *target)
{
	if (!target->first)
		return;
	tally->hosts++;
	tally->lacking += sender_lacks_address(sender, target->host);
	tally->hidden += sender_may_miss_address(sender, target->host);
}

struct sender_place
report_sender_place(
    const struct report *report, const struct report_server *server)
{
	return (struct sender_place){server->target, server->facts,
	    server->result, &report->domain_facts->mtasts};
}

static enum delivery
deliver(const struct report *report, enum sender sender,
    const struct report_server *server, const struct finding **why)
{
	struct sender_place place = report_sender_place(report, server);

	return sender_delivery(sender, &place, why);
}

static void
tally_failure(const struct report *report, struct tally *tally,
    const struct report_server *server, const struct finding *why)
{
	const struct finding *plain_why;
	bool alone =
	    deliver(report, SENDER_PLAIN, server, &plain_why) != DELIVERY_FAILS;

	tally->failing++;
	if (tally->where == NULL || (alone && tally->alone == 0)) {
		tally->where = server;
		tally->why = why;
	}
	tally->alone += alone;
}

static struct tally
count(const struct report *report, enum sender sender)
{
	struct tally tally = {.servers = 0};

	for (size_t i = 0; i < report->count; i++) {
		const struct report_server *server = &report->server[i];
		const struct finding *why;
		enum delivery delivery = deliver(report, sender, server, &why);

		tally_host(&tally, sender, server->target);
		tally.servers += delivery != DELIVERY_NO_WAY;
		tally.taking += delivery == DELIVERY_WORKS;
		if (delivery == DELIVERY_FAILS)
			tally_failure(report, &tally, server, why);
	}
	return tally;
}

static bool
lacks_address(const struct tally *tally)
{
	return tally->hosts > 0 && tally->lacking == tally->hosts;
}

static enum delivery
weigh(const struct report *report, const struct tally *tally)
{
	if (tally->taking > 0)
		return DELIVERY_WORKS;
	if (sender_stopped_by_set(report->set) != NULL || lacks_address(tally)
	    || (tally->servers > 0 && tally->failing == tally->servers
		&& tally->hidden == 0))
		return DELIVERY_FAILS;
	return DELIVERY_UNKNOWN;
}

enum delivery
report_sender_delivery(const struct report *report, enum sender sender)
{
	struct tally tally = count(report, sender);

	return weigh(report, &tally);
}

/*
 * A sender that one server stops goes on to the next one (RFC 5321 5.1), which
 * is worth telling only where plain senders need not: what stops everybody
 * stands at the server itself.
 */
static bool
is_news(enum sender sender, const struct tally *tally)
{
	return sender != SENDER_PLAIN && tally->alone > 0;
}

static void
add_where(const struct tally *tally, struct text *out)
{
	char name[DOMAIN_SIZE + INET6_ADDRSTRLEN + 4];

	if (tally->where == NULL)
		return;
	report_name_server(tally->where->target, name, sizeof(name));
	text_add_line(out, name);
	text_add(out, ": ");
	report_finding(tally->why, out);
}

void
report_sender_loss(
    const struct report *report, enum sender sender, struct text *out)
{
	const struct finding *stopped = sender_stopped_by_set(report->set);
	struct tally tally = count(report, sender);
	bool all = weigh(report, &tally) == DELIVERY_FAILS;

	if (!all && !is_news(sender, &tally))
		return;
	text_add(out, "%s: ", sender_name(sender));
	if (stopped != NULL) {
		report_finding(stopped, out);
	} else if (lacks_address(&tally)) {
		text_add(out, "all of it, no server has an %s address",
		    sender == SENDER_V4 ? "IPv4" : "IPv6");
	} else if (all) {
		text_add(out, "all of it, no server takes it; ");
		add_where(&tally, out);
	} else {
		text_add(out, "what goes to ");
		add_where(&tally, out);
		if (tally.taking > 0)
			text_add(out, "; %u of %u servers take it",
			    tally.taking, tally.servers);
	}
}

void
report_lost_senders(
    const struct report *report, const char *lead, struct text *out)
{
	for (int i = 0; report->scores && i < SENDERS; i++) {
		struct text loss;

		text_init(&loss, LOSS_MAX);
		report_sender_loss(report, (enum sender)i, &loss);
		if (loss.length > 0)
			text_add(out, "%s%s\n", lead, loss.data);
		text_release(&loss);
	}
}

bool
report_knows_senders(const struct report *report)
{
	for (int i = 0; i < SENDERS; i++)
		if (report_sender_delivery(report, (enum sender)i)
		    != DELIVERY_UNKNOWN)
			return true;
	return false;
}
