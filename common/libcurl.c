/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libcurl - its functions, in a library that is loaded when one is called
 *
 * With what it needs itself it would make up a third of a whole check_mx, and
 * few domains have a policy to fetch. The functions have the names and meanings
 * of curl/curl.h; linked is this file in libcurl's place. Where that is not
 * installed no handle can be had, a failure that every user knows. What is
 * loaded stays.
 */
#include <dlfcn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <curl/curl.h>
#undef curl_easy_getinfo
#undef curl_easy_setopt

/* Into the function pointer at `pointer`; false if there is none. */
static bool
find(void *pointer, const char *function)
{
	void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
	void *address = library != NULL ? dlsym(library, function) : NULL;

	/* ISO C has no conversion between the two, POSIX makes them alike. */
	memcpy(pointer, &address, sizeof(address));
	return address != NULL;
}

CURLcode
curl_global_init(long flags)
{
	__typeof__(curl_global_init) *real;

	return find(&real, "curl_global_init") ? real(flags)
					       : CURLE_FAILED_INIT;
}

CURL *
curl_easy_init(void)
{
	__typeof__(curl_easy_init) *real;

	return find(&real, "curl_easy_init") ? real() : NULL;
}

/* A number, or anything that is a pointer; no other kind is used here. */
CURLcode
curl_easy_setopt(CURL *curl, CURLoption option, ...)
{
	__typeof__(curl_easy_setopt) *real;
	CURLcode code = CURLE_FAILED_INIT;
	bool found = find(&real, "curl_easy_setopt");
	va_list value;

	va_start(value, option);
	if (found && option < CURLOPTTYPE_OBJECTPOINT)
		code = real(curl, option, va_arg(value, long));
	else if (found && option < CURLOPTTYPE_OFF_T)
		code = real(curl, option, va_arg(value, void *));
	va_end(value);
	return code;
}

CURLcode
curl_easy_getinfo(CURL *curl, CURLINFO info, ...)
{
	__typeof__(curl_easy_getinfo) *real;
	CURLcode code = CURLE_FAILED_INIT;
	va_list place;

	va_start(place, info);
	if (find(&real, "curl_easy_getinfo"))
		code = real(curl, info, va_arg(place, void *));
	va_end(place);
	return code;
}

CURLcode
curl_easy_perform(CURL *curl)
{
	__typeof__(curl_easy_perform) *real;

	return find(&real, "curl_easy_perform") ? real(curl)
						: CURLE_FAILED_INIT;
}

const char *
curl_easy_strerror(CURLcode code)
{
	__typeof__(curl_easy_strerror) *real;

	return find(&real, "curl_easy_strerror") ? real(code) : "no libcurl";
}

void
curl_easy_cleanup(CURL *curl)
{
	__typeof__(curl_easy_cleanup) *real;

	if (curl != NULL && find(&real, "curl_easy_cleanup"))
		real(curl);
}

void
curl_free(void *memory)
{
	__typeof__(curl_free) *real;

	if (memory != NULL && find(&real, "curl_free"))
		real(memory);
}

struct curl_slist *
curl_slist_append(struct curl_slist *list, const char *string)
{
	__typeof__(curl_slist_append) *real;

	return find(&real, "curl_slist_append") ? real(list, string) : NULL;
}

void
curl_slist_free_all(struct curl_slist *list)
{
	__typeof__(curl_slist_free_all) *real;

	if (list != NULL && find(&real, "curl_slist_free_all"))
		real(list);
}

CURLU *
curl_url(void)
{
	__typeof__(curl_url) *real;

	return find(&real, "curl_url") ? real() : NULL;
}

CURLUcode
curl_url_set(CURLU *url, CURLUPart part, const char *string, unsigned flags)
{
	__typeof__(curl_url_set) *real;

	return find(&real, "curl_url_set") ? real(url, part, string, flags)
					   : CURLUE_OUT_OF_MEMORY;
}

/* Newer headers have a const more than older ones. */
CURLUcode get_part(const CURLU *url, CURLUPart part, char **string,
    unsigned flags) __asm__("curl_url_get");

CURLUcode
get_part(const CURLU *url, CURLUPart part, char **string, unsigned flags)
{
	CURLUcode (*real)(const CURLU *, CURLUPart, char **, unsigned);

	return find(&real, "curl_url_get") ? real(url, part, string, flags)
					   : CURLUE_OUT_OF_MEMORY;
}

const char *
curl_url_strerror(CURLUcode code)
{
	__typeof__(curl_url_strerror) *real;

	return find(&real, "curl_url_strerror") ? real(code) : "no libcurl";
}

void
curl_url_cleanup(CURLU *url)
{
	__typeof__(curl_url_cleanup) *real;

	if (url != NULL && find(&real, "curl_url_cleanup"))
		real(url);
}
