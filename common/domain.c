/* SPDX-License-Identifier: GPL-3.0-or-later */
/* domain - domain names as users type them and as DNS wants them */
#include <arpa/inet.h>
#include <ctype.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <idn2.h>

#include "domain.h"

enum { LABEL_MAX = 63 };

static bool
is_ascii(const char *string)
{
	while (*string != '\0')
		if ((unsigned char)*string++ >= 0x80)
			return false;
	return true;
}

static bool
label_octet(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_';
}

/* A name whose last label is a number is an address gone wrong. */
static bool
ends_in_number(const char *name)
{
	const char *dot = strrchr(name, '.');
	const char *last = dot != NULL ? dot + 1 : name;

	return strspn(last, "0123456789") == strlen(last);
}

/* RFC 5321 4.1.2, and underscores, as some hosts have them. */
static const char *
labels_wrong(const char *name)
{
	const char *start = name;
	size_t label = 0;

	if (*name == '\0')
		return "empty";
	for (;; name++) {
		if (*name != '.' && *name != '\0') {
			if (!label_octet(*name))
				return "not a domain name";
			label++;
			continue;
		}
		if (label == 0)
			return "empty label";
		if (label > LABEL_MAX)
			return "label longer than 63 octets";
		if (name[-1] == '-' || name[-(ptrdiff_t)label] == '-')
			return "a label begins or ends with a hyphen";
		if (*name == '\0')
			return ends_in_number(start)
			    ? "neither name nor address"
			    : NULL;
		label = 0;
	}
}

/* Lower case, one trailing dot less; the length is checked here. */
static const char *
normalize(const char *name, char domain[DOMAIN_SIZE])
{
	size_t length = strlen(name);

	if (length > 1 && name[length - 1] == '.')
		length--;
	if (length >= DOMAIN_SIZE)
		return "longer than 253 octets";
	for (size_t i = 0; i < length; i++)
		domain[i] = (char)tolower((unsigned char)name[i]);
	domain[length] = '\0';
	return labels_wrong(domain);
}

/*
 * A function of libidn2, into the function pointer at `pointer`; false if there
 * is none. Linked with, that library and its tables would make up a tenth of
 * the start of every plugin; few names need it. Once loaded it stays.
 */
static bool
find_idn2(void *pointer, const char *function)
{
	void *library = dlopen("libidn2.so.0", RTLD_NOW | RTLD_LOCAL);
	void *address = library != NULL ? dlsym(library, function) : NULL;

	/* ISO C has no conversion between the two, POSIX makes them alike. */
	memcpy(pointer, &address, sizeof(address));
	return address != NULL;
}

/* IDNA 2008. What it returns is to be freed; NULL with a reason in `why`. */
static char *
to_ascii(const char *typed, const char **why)
{
	__typeof__(idn2_lookup_u8) *look_up;
	__typeof__(idn2_strerror) *reason;
	unsigned char *ascii = NULL;
	int status;

	*why = "letters beyond ASCII need libidn2, which is not installed";
	if (!find_idn2(&look_up, "idn2_lookup_u8")
	    || !find_idn2(&reason, "idn2_strerror"))
		return NULL;
	status = look_up((const unsigned char *)typed, &ascii,
	    IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	*why =
	    status == IDN2_ENCODING_ERROR ? "not valid UTF-8" : reason(status);
	return status == IDN2_OK ? (char *)ascii : NULL;
}

bool
domain_parse(const char *typed, char domain[DOMAIN_SIZE], const char **why)
{
	char *ascii = NULL;

	if (is_ascii(typed)) {
		*why = normalize(typed, domain);
	} else {
		ascii = to_ascii(typed, why);
		if (ascii != NULL)
			*why = normalize(ascii, domain);
		free(ascii);
	}
	if (domain_is_address(typed))
		*why = "an address, not a domain name";
	return *why == NULL;
}

bool
domain_is_host(const char *name)
{
	if (strchr(name, '.') == NULL || strchr(name, '_') != NULL
	    || strlen(name) >= DOMAIN_SIZE)
		return false;
	return labels_wrong(name) == NULL && !domain_is_address(name);
}

bool
domain_is_address(const char *name)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, name, address) == 1
	    || inet_pton(AF_INET6, name, address) == 1;
}
