/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_software - which mail server a greeting says it is */
#include "software.h"
#include "unit.h"

static const struct greeting_case {
	const char *sentence;
	const char *greeting;
	const char *name; /* NULL: it does not say */
} greeting_cases[] = {
    {"Postfix says so.", "mx1.example.com ESMTP Postfix", "Postfix"},
    {"Debian's Postfix says more.", "mx1 ESMTP Postfix (Debian/GNU)",
	"Postfix"},
    {"Exim names its version.", "mx1 ESMTP Exim 4.96 Thu, 15 Jan 2026", "Exim"},
    {"OpenSMTPD says so.", "mx1 ESMTP OpenSMTPD", "OpenSMTPD"},
    {"Exchange calls itself Microsoft ESMTP.",
	"mx1 Microsoft ESMTP MAIL Service ready at Thu", "Microsoft ESMTP"},
    {"Sendmail names its versions.", "mx1 ESMTP Sendmail 8.17.1/8.17.1; Thu",
	"Sendmail"},
    {"Google ends in gsmtp.", "mx.google.com ESMTP a1-b2si3.4 - gsmtp",
	"gsmtp"},
    {"A slash ends a name.", "mx1 ESMTP Haraka/3.0.1 ready", "Haraka"},
    {"A bracket ends a name.", "mx1 ESMTP (Postfix)", "Postfix"},
    {"A full stop ends a name.", "mx1 ESMTP, this is Exim.", "Exim"},
    {"Letter case does not matter.", "mx1 ESMTP POSTFIX", "Postfix"},
    {"A later word is found behind a part of one.", "mx1 Eximious Exim",
	"Exim"},
    {"A host's name is no software.", "postfix.example.com ESMTP", NULL},
    {"Nor is another host's behind it.", "mx1 ESMTP exim.example.com", NULL},
    {"Nor one that ends in a name.", "mx1 ESMTP relay.postfix", NULL},
    {"Part of a word is no name.", "mx1 ESMTP Postfixed", NULL},
    {"Nor is part of a compound.", "mx1 ESMTP non-postfix", NULL},
    {"A bare greeting does not say.", "mx1.example.com ESMTP", NULL},
    {"Nor does an empty one.", "", NULL},
    {"Nor does one that is masked.", "************************", NULL},
};

static void
reads_greeting(void **state)
{
	const struct greeting_case *row = *state;
	const char *name = software_named(row->greeting);

	if (row->name == NULL)
		assert_null(name);
	else
		assert_string_equal(name != NULL ? name : "none", row->name);
}

int
main(void)
{
	UNIT_TABLE(greeting_cases, reads_greeting);
	return unit_run("software");
}
