/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mtasts - MTA-STS records and policies, and TLSRPT records, read strictly */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "mtasts.h"

enum { RECORD_MAX = 4096, VALUE_SHOWN = 64, LINE_MAX = 1024 };

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

static bool
refuse(struct text *why, const char *what, const char *value)
{
	char clean[VALUE_SHOWN];

	printable(clean, sizeof(clean), value, strlen(value));
	text_add(why, what, clean);
	return false;
}

/* Blanks and tabs off both ends, in place. */
static char *
trim(char *string)
{
	size_t length;

	string += strspn(string, " \t");
	length = strlen(string);
	while (length > 0 && strchr(" \t", string[length - 1]) != NULL)
		string[--length] = '\0';
	return string;
}

/* Splits "name = value" in place; NULL without the separator. */
static char *
split(char *field, char separator)
{
	char *value = strchr(field, separator);

	if (value == NULL)
		return NULL;
	*value++ = '\0';
	trim(field);
	return trim(value);
}

/* "v=STSv1" before anything else: all other records are not ours. */
static bool
has_version(const struct dns_record *record, const char *version)
{
	const char *at = (const char *)record->data;
	const char *end = at + record->length;
	size_t length = strlen(version);

	if (at == end || *at++ != 'v')
		return false;
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	if (at == end || *at++ != '=')
		return false;
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	if ((size_t)(end - at) < length || memcmp(at, version, length) != 0)
		return false;
	for (at += length; at < end && (*at == ' ' || *at == '\t'); at++)
		;
	return at == end || *at == ';';
}

/* The one record of a version, copied as a string; how many there are. */
static size_t
pick(const struct dns_answer *answer, const char *version, char out[RECORD_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < answer->count; i++) {
		const struct dns_record *record = &answer->records[i];

		if (!has_version(record, version))
			continue;
		if (count++ > 0)
			continue;
		printable(out, RECORD_MAX, (const char *)record->data,
		    record->length);
	}
	return count;
}

static bool
is_extension_name(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length > 32 || !isalnum((unsigned char)name[0]))
		return false;
	for (size_t i = 1; i < length; i++)
		if (!isalnum((unsigned char)name[i])
		    && strchr("_-.", name[i]) == NULL)
			return false;
	return true;
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

/* What a record's fields after the version are read by. */
typedef bool take_field(
    const char *name, const char *value, void *out, struct text *why);

static bool
take_fields(char *record, take_field *take, void *out, struct text *why)
{
	char *field = strsep(&record, ";"); /* the version */

	while ((field = strsep(&record, ";")) != NULL) {
		char *value;

		field = trim(field);
		if (*field == '\0' && record == NULL)
			break; /* the delimiter at the end */
		value = split(field, '=');
		if (value == NULL || !is_extension_name(field))
			return refuse(why, "'%s' is not name=value", field);
		if (!take(field, value, out, why))
			return false;
	}
	return true;
}

static bool
take_id(const char *name, const char *value, void *out, struct text *why)
{
	char *id = out;

	if (strcmp(name, "id") != 0 || id[0] != '\0')
		return true;
	if (!is_id(value))
		return refuse(
		    why, "id '%s' is not 1 to 32 letters and digits", value);
	text_print(id, MTASTS_ID_MAX + 1, "%s", value);
	return true;
}

enum mtasts_record
mtasts_read_record(const struct dns_answer *answer, char id[MTASTS_ID_MAX + 1],
    struct text *why)
{
	char record[RECORD_MAX];
	size_t count = pick(answer, "STSv1", record);

	id[0] = '\0';
	if (count == 0)
		return MTASTS_RECORD_ABSENT;
	if (count > 1) {
		text_add(why, "%zu records where one is allowed", count);
		return MTASTS_RECORD_BROKEN;
	}
	if (!take_fields(record, take_id, id, why))
		return MTASTS_RECORD_BROKEN;
	if (id[0] != '\0')
		return MTASTS_RECORD_VALID;
	text_add(why, "it has no id");
	return MTASTS_RECORD_BROKEN;
}

static bool
is_report_address(const char *uri)
{
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

	if (strcmp(name, "rua") != 0 || *found)
		return true;
	text_print(list, sizeof(list), "%s", value);
	while ((uri = strsep(&rest, ",")) != NULL) {
		uri = trim(uri);
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
	char record[RECORD_MAX];
	size_t count = pick(answer, "TLSRPTv1", record);
	bool found = false;

	if (count == 0)
		return MTASTS_RECORD_ABSENT;
	if (count > 1) {
		text_add(why, "%zu records where one is allowed", count);
		return MTASTS_RECORD_BROKEN;
	}
	if (!take_fields(record, take_rua, &found, why))
		return MTASTS_RECORD_BROKEN;
	if (found)
		return MTASTS_RECORD_VALID;
	text_add(why, "it has no rua");
	return MTASTS_RECORD_BROKEN;
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
	if (strcmp(value, "STSv1") != 0)
		return refuse(reading->why, "version '%s' is not STSv1", value);
	reading->version = true;
	return true;
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

static bool
take_mx(struct reading *reading, const char *value)
{
	struct mtasts_policy *policy = reading->policy;
	bool wildcard = strncmp(value, "*.", 2) == 0;
	const char *reason;
	char name[DOMAIN_SIZE];

	if (!domain_parse(value + (wildcard ? 2 : 0), name, &reason))
		return refuse(
		    reading->why, "mx '%s' is no host name or *.name", value);
	if (policy->mx_count < MTASTS_MX_MAX)
		text_print(policy->mx[policy->mx_count], sizeof(policy->mx[0]),
		    "%s%s", wildcard ? "*." : "", name);
	policy->mx_count++;
	return true;
}

static bool
take_line(struct reading *reading, char *line)
{
	char *value = split(line, ':');

	if (value == NULL || !is_extension_name(line))
		return refuse(
		    reading->why, "line '%s' is not key: value", line);
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
	const char *missing = !reading->version ? "version"
	    : !reading->mode                    ? "mode"
	    : !reading->max_age                 ? "max_age"
	    : reading->policy->mx_count == 0
		&& reading->policy->mode != MTASTS_MODE_NONE
	    ? "mx"
	    : NULL;

	return missing == NULL || refuse(reading->why, "it has no %s", missing);
}

bool
mtasts_read_policy(struct mtasts_policy *policy, const char *body,
    size_t length, struct text *why)
{
	struct reading reading = {.policy = policy, .why = why};
	const char *end = body + length;

	memset(policy, 0, sizeof(*policy));
	while (body < end) {
		const char *newline = memchr(body, '\n', (size_t)(end - body));
		const char *stop = newline != NULL ? newline : end;
		size_t size = (size_t)(stop - body);
		char line[LINE_MAX];

		if (size > 0 && body[size - 1] == '\r')
			size--;
		if (size >= sizeof(line) || memchr(body, '\0', size) != NULL) {
			text_add(why,
			    size >= sizeof(line) ? "a line is too long"
						 : "it holds a NUL byte");
			return false;
		}
		memcpy(line, body, size);
		line[size] = '\0';
		/* An empty line at the very end does no harm. */
		if ((size > 0 || newline + 1 != end)
		    && !take_line(&reading, line))
			return false;
		body = newline != NULL ? newline + 1 : end;
	}
	return is_complete(&reading);
}

bool
mtasts_lists(const struct mtasts_policy *policy, const char *host)
{
	const char *parent = strchr(host, '.');

	for (size_t i = 0; i < policy->mx_count && i < MTASTS_MX_MAX; i++) {
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
	bool answered = mtasts->record_status == DNS_ANSWERED
	    || mtasts->record_status == DNS_NONAME
	    || mtasts->record_status == DNS_NORECORD;

	return mtasts->asked && answered
	    && !(mtasts->tried && mtasts->fetch_ours);
}
