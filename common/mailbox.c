/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailbox - an address as MAIL and RCPT want it (RFC 5321 4.1.2, RFC 6531) */
#include <string.h>

#include "domain.h"
#include "mailbox.h"

enum { LOCAL_PART_MAX = 64 };

bool
mailbox_is_ascii(const char *mailbox)
{
	for (; *mailbox != '\0'; mailbox++)
		if ((unsigned char)*mailbox >= 0x80)
			return false;
	return true;
}

/* Whether printable() leaves it alone: valid UTF-8 without tricks. */
static bool
is_clean(const char *string, size_t length)
{
	char clean[LOCAL_PART_MAX + 4];

	printable(clean, sizeof(clean), string, length);
	return strlen(clean) == length && memcmp(clean, string, length) == 0;
}

/* Atoms and dots: what a monitoring mailbox is called. */
static bool
is_local_part(const char *string, size_t length)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789!#$%&'*+-/=?^_`{}~.";

	if (length == 0 || length > LOCAL_PART_MAX || string[0] == '.'
	    || string[length - 1] == '.' || !is_clean(string, length))
		return false;
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)string[i] < 0x80
		    && strchr(allowed, string[i]) == NULL)
			return false;
	return true;
}

bool
mailbox_parse(const char *string, char mailbox[MAILBOX_SIZE], struct text *why)
{
	const char *at = strrchr(string, '@'), *reason;
	char domain[DOMAIN_SIZE];
	int local;

	if (at == NULL || !is_local_part(string, (size_t)(at - string))) {
		text_add(why, "not a mailbox, USER@DOMAIN");
		return false;
	}
	if (!domain_parse(at + 1, domain, &reason)) {
		text_add(why, "%s", reason);
		return false;
	}
	local = (int)(at - string);
	if ((size_t)local + 1 + strlen(domain) > MAILBOX_MAX) {
		text_add(why, "longer than %d octets", MAILBOX_MAX);
		return false;
	}
	text_print(mailbox, MAILBOX_SIZE, "%.*s@%s", local, string, domain);
	return true;
}
