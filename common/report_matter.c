/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report_matter - what many servers share: a code's findings over a whole run */
#include <netinet/in.h>
#include <string.h>

#include "report_matter.h"

enum { MANY_SERVERS = 3 }; /* are not named if all are meant */

/*
 * All results of the run by number: that of the domain is number 0, the
 * servers' follow.
 */
static const struct result *
result_at(const struct report *report, size_t number)
{
	return number == 0 ? report->set : report->server[number - 1].result;
}

/*
 * The worst finding of a code in one result, or the first of its mere notes;
 * or NULL. A note that is told without -v stands beside its step.
 */
static const struct finding *
find(const struct result *result, enum diagnosis code, bool notes)
{
	for (size_t i = 0; i < result->count; i++) {
		const struct finding *finding = &result->finding[i];

		if (finding->code == code
		    && (notes ? !finding_is_told(finding)
			      : finding->state != STATE_OK))
			return finding;
	}
	return NULL;
}

const struct finding *
matter_worst(const struct report *report, enum diagnosis code)
{
	const struct finding *worst = NULL;

	for (size_t i = 0; i <= report->count; i++) {
		const struct finding *finding =
		    find(result_at(report, i), code, false);

		if (finding != NULL
		    && (worst == NULL
			|| state_worse(worst->state, finding->state)
			    != worst->state))
			worst = finding;
	}
	return worst;
}

const char *
matter_note(const struct report *report, enum diagnosis code)
{
	const char *text = NULL;

	for (size_t i = 0; i <= report->count; i++) {
		const struct finding *note =
		    find(result_at(report, i), code, true);

		if (note == NULL)
			continue;
		if (text != NULL && strcmp(text, note->text) != 0)
			return diagnosis_entry(code)->title;
		text = note->text;
	}
	return text;
}

/* The domain has no address; nor has a set of hosts a name. */
static void
name_place(const struct report *report, size_t number, char *out, size_t size)
{
	if (number > 0)
		report_name_server(
		    report->server[number - 1].target, out, size);
	else
		text_print(out, size, "%s",
		    report->domain != NULL ? report->domain : "the whole set");
}

void
matter_places(const struct report *report, enum diagnosis code, bool notes,
    struct text *out)
{
	char name[DOMAIN_SIZE + INET6_ADDRSTRLEN + 4];
	size_t count = 0;
	struct text names;

	text_init(&names, out->max);
	for (size_t i = 0; i <= report->count; i++) {
		if (find(result_at(report, i), code, notes) == NULL)
			continue;
		name_place(report, i, name, sizeof(name));
		text_add(&names, "%s", count++ > 0 ? ", " : "");
		text_add_line(&names, name);
	}
	if (count == report->count && count >= MANY_SERVERS)
		text_add(out, "all %zu servers", count);
	else
		text_add(out, "%s", names.data);
	text_release(&names);
}
