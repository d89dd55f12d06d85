/* SPDX-License-Identifier: GPL-3.0-or-later */
/* form - the address forms that servers have been tricked into relaying by */
#include <string.h>

#include "form.h"

static const struct form forms[] = {
    {"plain", RELAY_OUTSIDE, "<%f>", "<%r@%d>"},
    {"no-brackets", RELAY_OUTSIDE, "<%f>", "%r@%d"},
    {"sender-unqualified", RELAY_OUTSIDE, "<check_mx>", "<%r@%d>"},
    {"sender-null", RELAY_OUTSIDE, "<>", "<%r@%d>"},
    {"sender-localhost", RELAY_OUTSIDE, "<check_mx@localhost>", "<%r@%d>"},
    {"sender-host", RELAY_OUTSIDE, "<check_mx@%h>", "<%r@%d>"},
    {"sender-local", RELAY_OUTSIDE, "<check_mx@%l>", "<%r@%d>"},
    {"sender-postmaster", RELAY_OUTSIDE, "<postmaster@%h>", "<%r@%d>"},
    {"sender-literal", RELAY_OUTSIDE, "<check_mx@%i>", "<%r@%d>"},
    {"sender-subdomain", RELAY_OUTSIDE, "<check_mx@no-such-host.%d>",
	"<%r@%d>"},
    {"sender-uucp", RELAY_OUTSIDE, "<%d!check_mx>", "<%r@%d>"},
    {"sender-recipient", RELAY_OUTSIDE, "<%r@%d>", "<%r@%d>"},
    {"percent-host", RELAY_ODD, "<%f>", "<%r%%%d@%h>"},
    {"percent-local", RELAY_ODD, "<%f>", "<%r%%%d@%l>"},
    {"percent-literal", RELAY_ODD, "<%f>", "<%r%%%d@%i>"},
    {"percent-bare", RELAY_ODD, "<%f>", "<%r%%%d>"},
    {"quoted", RELAY_ODD, "<%f>", "<\"%r@%d\">"},
    {"quoted-percent", RELAY_ODD, "<%f>", "<\"%r%%%d\">"},
    {"quoted-host", RELAY_ODD, "<%f>", "<\"%r@%d\"@%h>"},
    {"quoted-literal", RELAY_ODD, "<%f>", "<\"%r@%d\"@%i>"},
    {"double-at-host", RELAY_ODD, "<%f>", "<%r@%d@%h>"},
    {"double-at-literal", RELAY_ODD, "<%f>", "<%r@%d@%i>"},
    {"route-host", RELAY_OUTSIDE, "<%f>", "<@%h:%r@%d>"},
    {"route-literal", RELAY_OUTSIDE, "<%f>", "<@%i:%r@%d>"},
    {"route-two-hops", RELAY_OUTSIDE, "<%f>", "<@%h,@%d:%r@%d>"},
    {"bang", RELAY_ODD, "<%f>", "<%d!%r>"},
    {"bang-host", RELAY_ODD, "<%f>", "<%d!%r@%h>"},
    {"bang-literal", RELAY_ODD, "<%f>", "<%d!%r@%i>"},
    {"bang-percent", RELAY_ODD, "<%f>", "<%h!%r%%%d>"},
    {"trailing-at", RELAY_ODD, "<%f>", "<%r@%d@>"},
    {"trailing-dot", RELAY_OUTSIDE, "<%f>", "<%r@%d.>"},
    {"foreign-literal", RELAY_OUTSIDE, "<%f>", "<%r@[198.51.100.9]>"},
};

enum {
	FORMS = sizeof(forms) / sizeof(forms[0]),
	ADDRESS_MAX = 512 - (int)sizeof("MAIL FROM:\r\n") + 1,
};

_Static_assert((int)FORMS <= (int)FORMS_MAX, "wanted[] is too small");

const struct form *
form_number(size_t number)
{
	return number < FORMS ? &forms[number] : NULL;
}

static const char *
letter_means(const struct form_meaning *meaning, char letter)
{
	switch (letter) {
	case 'f':
		return meaning->sender;
	case 'r':
		return meaning->mailbox;
	case 'd':
		return meaning->domain;
	case 'h':
		return meaning->host;
	case 'i':
		return meaning->literal;
	case 'l':
		return meaning->local;
	default:
		return "%";
	}
}

bool
form_expand(char out[RELAY_ADDRESS_SIZE], const char *pattern,
    const struct form_meaning *meaning)
{
	struct text address;
	bool fits;

	text_init(&address, RELAY_ADDRESS_SIZE - 1);
	for (; *pattern != '\0'; pattern++)
		if (*pattern == '%')
			text_add(
			    &address, "%s", letter_means(meaning, *++pattern));
		else
			text_add_bytes(&address, pattern, 1);
	fits = !address.cut && address.length <= ADDRESS_MAX;
	memcpy(out, address.data, address.length + 1);
	text_release(&address);
	return fits;
}

/* The letters with what a reader needs: SENDER, USER@OUTSIDE, HOST, ... */
static void
list_pattern(const char *pattern, struct text *out)
{
	for (; *pattern != '\0'; pattern++) {
		if (*pattern != '%') {
			text_add_bytes(out, pattern, 1);
			continue;
		}
		switch (*++pattern) {
		case 'f':
			text_add(out, "SENDER");
			break;
		case 'r':
			text_add(out, "USER");
			break;
		case 'd':
			text_add(out, "OUTSIDE");
			break;
		case 'h':
			text_add(out, "HOST");
			break;
		case 'i':
			text_add(out, "[ADDRESS]");
			break;
		case 'l':
			text_add(out, "LOCAL");
			break;
		default:
			text_add(out, "%%");
		}
	}
}

void
form_list(struct text *out)
{
	for (size_t i = 0; i < FORMS; i++) {
		text_add(out, "%-18s  MAIL FROM:", forms[i].name);
		list_pattern(forms[i].from, out);
		text_add(out, "  RCPT TO:");
		list_pattern(forms[i].to, out);
		text_add(out, "\n");
	}
}

static bool
want_form(const struct cursor *name, bool wanted[FORMS_MAX])
{
	for (size_t i = 0; i < FORMS; i++)
		if (cursor_equals(name, forms[i].name)) {
			wanted[i] = true;
			return true;
		}
	return false;
}

bool
form_parse(const char *string, bool wanted[FORMS_MAX], struct text *why)
{
	struct cursor name;

	memset(wanted, 0, FORMS_MAX * sizeof(wanted[0]));
	if (strcmp(string, "basic") == 0)
		return true;
	if (strcmp(string, "all") == 0) {
		for (size_t i = 0; i < FORMS; i++)
			wanted[i] = true;
		return true;
	}
	for (name.at = string;; name.at = name.end + 1) {
		name.end = name.at + strcspn(name.at, ",");
		if (!want_form(&name, wanted)) {
			text_add(why, "no such probe, see --list-probes");
			return false;
		}
		if (*name.end == '\0')
			return true;
	}
}
