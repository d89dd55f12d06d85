/* SPDX-License-Identifier: GPL-3.0-or-later */
/* software - which mail server a greeting says it is */
#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "software.h"

/* As they write it themselves; the more telling name first. */
static const char *const names[] = {
    "Zimbra",
    "Postfix",
    "Exim",
    "OpenSMTPD",
    "Microsoft ESMTP",
    "Sendmail",
    "gsmtp", /* Google */
    "qmail",
    "Haraka",
    "Stalwart",
    "Domino",
    "MDaemon",
    "MailEnable",
    "hMailServer",
    "Kerio Connect",
    "CommuniGate Pro",
    "IceWarp",
};

/* Part of a word, or of a host name like postfix.example.com. */
static bool
goes_on(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '@';
}

/* Whether `name` stands alone at `at` in `text`: "Haraka/3.0" does. */
static bool
stands_alone(const char *text, const char *at, const char *name)
{
	const char *end = at + strlen(name);

	if (at > text && (goes_on(at[-1]) || at[-1] == '.'))
		return false;
	return !goes_on(*end == '.' ? end[1] : *end);
}

static bool
names_it(const char *text, const char *name)
{
	for (const char *at = text; (at = strcasestr(at, name)) != NULL; at++)
		if (stands_alone(text, at, name))
			return true;
	return false;
}

const char *
software_named(const char *greeting)
{
	const char *text = greeting + strcspn(greeting, " ");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names_it(text, names[i]))
			return names[i];
	return NULL;
}
