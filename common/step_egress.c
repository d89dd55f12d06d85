/* SPDX-License-Identifier: GPL-3.0-or-later */
/* step_egress - where every server times out: is it us? */
#include "egress.h"
#include "step_egress.h"

/* Of the time, for all else. */
static const double share_of_the_rest = 0.75;

static struct egress_host host;

static bool
take_host(const char *value, struct text *why)
{
	return egress_parse(&host, value, why);
}

const struct option_row step_egress_options[] = {
    OPTION_FUNCTION(0, "egress-check", "HOST[:PORT]", take_host,
	"a host known to answer: where every server times out and this one "
	"too, the fault is ours, and the time-outs are notes (default: none)"),
    OPTION_END,
};

struct deadline
step_egress_leave_time(struct deadline whole)
{
	return host.name[0] != '\0' ? deadline_share(whole, share_of_the_rest)
				    : whole;
}

static bool
timed_out(const struct facts *facts)
{
	return facts != NULL && facts->step == STEP_CONNECT
	    && facts->failure.kind == FAILURE_TIMEOUT;
}

/* But for those that this host could not have reached anyway. */
static bool
all_timed_out(const struct conclusion *conclusion)
{
	bool any = false;

	for (size_t i = 0; i < conclusion->count; i++) {
		const struct report_server *server = &conclusion->server[i];

		if (server->result->untested || !server->target->connects)
			continue;
		if (!timed_out(server->facts))
			return false;
		any = true;
	}
	return any;
}

static void
blame_ourselves(const struct conclusion *conclusion)
{
	result_add(conclusion->result, TCP_EGRESS_BLOCKED,
	    "every server timed out and so did %s: this host can't get out",
	    host.name);
	for (size_t i = 0; i < conclusion->count; i++) {
		struct result *result = conclusion->server[i].result;

		if (!timed_out(conclusion->server[i].facts))
			continue;
		result_leave_untested(result, TCP_TIMEOUT);
		result_restate(result, TCP_TIMEOUT, STATE_OK);
	}
}

void
step_egress_conclude(const struct conclusion *conclusion)
{
	/* Who waited for a turn at its servers may have no time left. */
	struct deadline deadline = conclusion->shared != NULL
	    ? deadline_in(settings->timeout_s)
	    : conclusion->deadline;
	struct text why;

	if (host.name[0] == '\0' || !all_timed_out(conclusion))
		return;
	text_init(&why, 200);
	switch (egress_test(&host, conclusion->shared, deadline, &why)) {
	case EGRESS_BLOCKED:
		blame_ourselves(conclusion);
		break;
	case EGRESS_UNKNOWN:
		result_add(conclusion->result, NOT_TESTED,
		    "our own way out not tested at %s: %s", host.name,
		    why.data);
		break;
	case EGRESS_OPEN:
		break;
	}
	text_release(&why);
}
