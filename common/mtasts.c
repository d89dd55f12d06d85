/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mtasts - MTA-STS records and policies, and TLSRPT records, read strictly */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mtasts.h"

enum { RECORD_MAX = 4096, VALUE_SHOWN = 64, NAME_MAX_LENGTH = 32 };

static const char blanks[] = " \t";

static const char *const mode_names[] = {
    [MTASTS_MODE_NONE] = "none",
    [MTASTS_MODE_TESTING] = "testing",
    [MTASTS_MODE_ENFORCE] = "enforce",
};

const char *
mtasts_mode_name(enum mtasts_mode mode)
{
	return mode_names[mode];
}

/* What is wrong, with the value it is about made harmless. */
static bool
refuse(struct text *why, const char *what, const char *value)
{
	char clean[VALUE_SHOWN];

	printable(clean, sizeof(clean), value, strlen(value));
	text_add(why, what, clean);
	return false;
}

static bool
refuse_whole(struct text *why, const char *what)
{
	text_add(why, "%s", what);
	return false;
}

static void
trim_end(char *string)
{
	size_t length = strlen(string);

	while (length > 0 && strchr(blanks, string[length - 1]) != NULL)
		string[--length] = '\0';
}

/* ALPHA or DIGIT, and behind the first one "_", "-" and "." too. */
static bool
is_extension_name(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length > NAME_MAX_LENGTH
	    || !isalnum((unsigned char)name[0]))
		return false;
	for (size_t i = 1; i < length; i++)
		if (!isalnum((unsigned char)name[i])
		    && strchr("_-.", name[i]) == NULL)
			return false;
	return true;
}

/* %x21-3A / %x3C / %x3E-7E, once or more: no blank, ";", "=" or control. */
static bool
is_extension_value(const char *value)
{
	const char *at = value;

	while (*at > ' ' && *at < 0x7f && *at != ';' && *at != '=')
		at++;
	return at > value && *at == '\0';
}

/*
 * "v=STSv1" and a delimiter before anything else, to the letter: all other
 * records at that name are not ours.
 */
static bool
has_version(const struct dns_record *record, const char *version)
{
	size_t length = strlen(version);
	const char *at = (const char *)record->data;
	const char *end = at + record->length;

	if (record->length < length || memcmp(at, version, length) != 0)
		return false;
	for (at += length; at < end && (*at == ' ' || *at == '\t'); at++)
		;
	return at == end || *at == ';';
}

/* The one record of a version as a string; how many there are. */
static size_t
pick(const struct dns_answer *answer, const char *version, char out[RECORD_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < answer->count; i++) {
		const struct dns_record *record = &answer->records[i];
		size_t length = record->length < RECORD_MAX - 1
		    ? record->length
		    : RECORD_MAX - 1;

		if (!has_version(record, version) || count++ > 0)
			continue;
		memcpy(out, record->data, length);
		out[length] = '\0';
		/* A NUL would hide what follows it. */
		for (size_t j = 0; j < length; j++)
			if (out[j] == '\0')
				out[j] = '\1';
	}
	return count;
}

/* Takes one field; what it knows not is none of its business. */
typedef bool take_field(
    const char *name, const char *value, void *out, struct text *why);

/* The fields behind the version, name=value without a blank between. */
static bool
take_fields(char *record, take_field *take, void *out, struct text *why)
{
	char *field;

	strsep(&record, ";"); /* the version */
	while ((field = strsep(&record, ";")) != NULL) {
		char *value;

		field += strspn(field, blanks);
		trim_end(field);
		if (*field == '\0' && record == NULL)
			break; /* the delimiter at the end */
		value = strchr(field, '=');
		if (value == NULL)
			return refuse(why, "'%s' is not name=value", field);
		*value++ = '\0';
		if (!is_extension_name(field))
			return refuse(why, "'%s' is no field name", field);
		if (!take(field, value, out, why))
			return false;
	}
	return true;
}

static enum mtasts_record
read_record(const struct dns_answer *answer, const char *version,
    take_field *take, void *out, struct text *why)
{
	char record[RECORD_MAX];
	size_t count = pick(answer, version, record);

	if (count == 0 && answer->count > 0)
		text_add(why, "%zu TXT record%s, none begins with %s;",
		    answer->count, answer->count == 1 ? "" : "s", version);
	if (count == 0)
		return MTASTS_RECORD_ABSENT;
	if (count > 1) {
		text_add(why, "%zu records where one is allowed", count);
		return MTASTS_RECORD_BROKEN;
	}
	return take_fields(record, take, out, why) ? MTASTS_RECORD_VALID
						   : MTASTS_RECORD_BROKEN;
}

static bool
is_id(const char *value)
{
	size_t length = strlen(value);

	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)value[i]))
			return false;
	return length >= 1 && length <= MTASTS_ID_MAX;
}

static bool
take_id(const char *name, const char *value, void *out, struct text *why)
{
	char *id = out;

	if (strcmp(name, "id") == 0 && id[0] == '\0' && !is_id(value))
		return refuse(
		    why, "id '%s' is not 1 to 32 letters and digits", value);
	if (!is_extension_value(value))
		return refuse(why, "'%s' is no field value", value);
	if (strcmp(name, "id") == 0 && id[0] == '\0')
		text_print(id, MTASTS_ID_MAX + 1, "%s", value);
	return true;
}

enum mtasts_record
mtasts_read_record(const struct dns_answer *answer, char id[MTASTS_ID_MAX + 1],
    struct text *why)
{
	enum mtasts_record found;

	id[0] = '\0';
	found = read_record(answer, "v=STSv1", take_id, id, why);
	if (found == MTASTS_RECORD_VALID && id[0] == '\0') {
		text_add(why, "it has no id");
		return MTASTS_RECORD_BROKEN;
	}
	return found;
}

/* No blank, no control byte, no second address behind a missing comma. */
static bool
is_report_address(const char *uri)
{
	for (const char *at = uri; *at != '\0'; at++)
		if (*at <= ' ' || *at >= 0x7f)
			return false;
	if (strncasecmp(uri, "mailto:", 7) == 0)
		return strchr(uri + 7, '@') != NULL;
	return strncasecmp(uri, "https://", 8) == 0 && uri[8] != '\0';
}

/* rua=: addresses separated by commas (RFC 8460 3). */
static bool
take_rua(const char *name, const char *value, void *out, struct text *why)
{
	bool *found = out;
	char list[RECORD_MAX], *rest = list, *uri;

	if (strcmp(name, "rua") != 0)
		return is_extension_value(value)
		    || refuse(why, "'%s' is no field value", value);
	if (*found)
		return true;
	text_print(list, sizeof(list), "%s", value);
	while ((uri = strsep(&rest, ",")) != NULL) {
		uri += strspn(uri, blanks);
		trim_end(uri);
		if (!is_report_address(uri))
			return refuse(
			    why, "rua '%s' is neither mailto: nor https:", uri);
	}
	*found = true;
	return true;
}

enum mtasts_record
tlsrpt_read_record(const struct dns_answer *answer, struct text *why)
{
	bool found = false;
	enum mtasts_record record =
	    read_record(answer, "v=TLSRPTv1", take_rua, &found, why);

	if (record == MTASTS_RECORD_VALID && !found) {
		text_add(why, "it has no rua");
		return MTASTS_RECORD_BROKEN;
	}
	return record;
}

/* What was read of a policy so far: each key counts the first time only. */
struct reading {
	struct mtasts_policy *policy;
	bool version, mode, max_age;
	struct text *why;
};

static bool
take_version(struct reading *reading, const char *value)
{
	reading->version = strcmp(value, "STSv1") == 0;
	return reading->version
	    || refuse(reading->why, "version '%s' is not STSv1", value);
}

static bool
take_mode(struct reading *reading, const char *value)
{
	for (int i = MTASTS_MODE_NONE; i <= MTASTS_MODE_ENFORCE; i++)
		if (strcmp(value, mode_names[i]) == 0) {
			reading->policy->mode = (enum mtasts_mode)i;
			reading->mode = true;
			return true;
		}
	return refuse(
	    reading->why, "mode '%s' is none of none, testing, enforce", value);
}

static bool
take_max_age(struct reading *reading, const char *value)
{
	struct cursor cursor = cursor_of(value);
	unsigned long long age;

	if (strlen(value) > 10 || !cursor_number(&cursor, MTASTS_AGE_MAX, &age)
	    || !cursor_at_end(&cursor))
		return refuse(reading->why,
		    "max_age '%s' is no number of seconds up to 31557600",
		    value);
	reading->policy->max_age_s = (unsigned)age;
	reading->max_age = true;
	return true;
}

/* RFC 5321's Domain, to the letter: A-labels, no dot at its end. */
static bool
is_domain(const char *name)
{
	char parsed[DOMAIN_SIZE];
	const char *reason;
	size_t length = strlen(name);

	for (const char *at = name; *at != '\0'; at++)
		if (!isalnum((unsigned char)*at) && *at != '-' && *at != '.')
			return false;
	return length > 0 && name[length - 1] != '.'
	    && domain_parse(name, parsed, &reason);
}

static bool
take_mx(struct reading *reading, char *value)
{
	struct mtasts_policy *policy = reading->policy;
	bool wildcard = strncmp(value, "*.", 2) == 0;

	if (!is_domain(value + (wildcard ? 2 : 0)))
		return refuse(
		    reading->why, "mx '%s' is no host name or *.name", value);
	for (char *at = value; *at != '\0'; at++)
		*at = (char)tolower((unsigned char)*at);
	policy->mx[policy->mx_count++] = value;
	return true;
}

/* Blanks may stand behind the colon, and at the end. */
static bool
take_line(struct reading *reading, char *line)
{
	char *value = strchr(line, ':');

	trim_end(line);
	if (value == NULL)
		return refuse(
		    reading->why, "line '%s' is not key: value", line);
	*value++ = '\0';
	value += strspn(value, blanks);
	if (!is_extension_name(line))
		return refuse(reading->why, "'%s' is no key", line);
	if (strcmp(line, "version") == 0 && !reading->version)
		return take_version(reading, value);
	if (strcmp(line, "mode") == 0 && !reading->mode)
		return take_mode(reading, value);
	if (strcmp(line, "max_age") == 0 && !reading->max_age)
		return take_max_age(reading, value);
	if (strcmp(line, "mx") == 0)
		return take_mx(reading, value);
	return true;
}

static bool
is_complete(const struct reading *reading)
{
	const struct mtasts_policy *policy = reading->policy;
	const char *missing = !reading->version ? "version"
	    : !reading->mode                    ? "mode"
	    : !reading->max_age                 ? "max_age"
	    : policy->mx_count == 0 && policy->mode != MTASTS_MODE_NONE ? "mx"
									: NULL;

	return missing == NULL || refuse(reading->why, "it has no %s", missing);
}

/* A copy to cut into lines, with room for as many patterns as it can hold. */
static bool
copy_body(struct mtasts_policy *policy, const char *body, size_t length)
{
	size_t lines = 1;

	for (size_t i = 0; i < length; i++)
		lines += body[i] == '\n';
	policy->text = malloc(length + 1);
	policy->mx = calloc(lines, sizeof(*policy->mx));
	if (policy->text == NULL || policy->mx == NULL)
		return false;
	memcpy(policy->text, body, length);
	policy->text[length] = '\0';
	return true;
}

bool
mtasts_read_policy(struct mtasts_policy *policy, const char *body,
    size_t length, struct text *why)
{
	struct reading reading = {.policy = policy, .why = why};
	char *rest, *line;

	memset(policy, 0, sizeof(*policy));
	if (memchr(body, '\0', length) != NULL)
		return refuse_whole(why, "it holds a NUL byte");
	if (!copy_body(policy, body, length))
		return refuse_whole(why, "out of memory");
	for (rest = policy->text; (line = strsep(&rest, "\n")) != NULL;) {
		size_t end = strlen(line);

		/* CR ends a line only before LF. */
		if (rest != NULL && end > 0 && line[end - 1] == '\r')
			line[--end] = '\0';
		/* Behind the last line's end there is nothing. */
		if (end == 0 && rest == NULL)
			break;
		if (!take_line(&reading, line))
			return false;
	}
	return is_complete(&reading);
}

void
mtasts_release(struct mtasts_policy *policy)
{
	free(policy->mx);
	free(policy->text);
	policy->mx = NULL;
	policy->text = NULL;
	policy->mx_count = 0;
}

bool
mtasts_lists(const struct mtasts_policy *policy, const char *host)
{
	const char *parent = strchr(host, '.');

	for (size_t i = 0; i < policy->mx_count; i++) {
		const char *pattern = policy->mx[i];

		if (strcasecmp(pattern, host) == 0)
			return true;
		if (pattern[0] == '*' && parent != NULL && parent != host
		    && strcasecmp(pattern + 1, parent) == 0)
			return true;
	}
	return false;
}

bool
mtasts_is_mode(const struct mtasts *mtasts, enum mtasts_mode mode)
{
	return mtasts->valid && mtasts->policy.mode == mode;
}

bool
mtasts_is_known(const struct mtasts *mtasts)
{
	return mtasts->asked && dns_is_answer(mtasts->record_status)
	    && !(mtasts->tried && mtasts->fetch_ours);
}
