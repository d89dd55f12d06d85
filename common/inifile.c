/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inifile - the lines of one section of an ini file
 *
 * inih takes the lines apart. It gets them from memory, one by one, so that
 * each can be looked at before, and its number is known.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ini.h>

#include "inifile.h"

enum {
	FILE_MAX = 1 << 20,
	LINE_SIZE = 8192, /* access tokens are long; the final NUL counted */
	SECTION_MAX = 49, /* inih cuts longer names */
	NAME_SHOWN = 160,
};

struct reading {
	const char *file;
	const char *section;
	inifile_take *take;
	void *user;
	struct cursor rest; /* of the file */
	unsigned line;      /* 0: none yet */
	bool found;         /* a line of the section */
	bool failed;        /* `why` says why */
	struct text *why;
};

void
inifile_add_place(const char *file, unsigned line, struct text *out)
{
	char clean[NAME_SHOWN];

	printable(clean, sizeof(clean), file, strlen(file));
	text_add(out, "%s", clean);
	if (line > 0)
		text_add(out, " line %u", line);
}

/* Returns false, for the caller to do the same. */
static bool
fail(struct reading *reading, const char *reason)
{
	reading->failed = true;
	inifile_add_place(reading->file, reading->line, reading->why);
	text_add(reading->why, ": %s", reason);
	return false;
}

/* [ section ] is as good as [section]. */
static bool
is_section(const char *header, const char *section)
{
	size_t length = strlen(section);

	header += strspn(header, " \t");
	return strncmp(header, section, length) == 0
	    && header[length + strspn(header + length, " \t")] == '\0';
}

/* For inih: a line of any section. */
static int
take_line(void *user, const char *header, const char *name, const char *value)
{
	struct reading *reading = user;
	struct text reason;

	if (reading->failed)
		return false;
	if (*header == '\0')
		return fail(reading, "no [SECTION] before it");
	if (*name == '\0')
		return fail(reading, "no name before the =");
	if (!is_section(header, reading->section))
		return true;
	reading->found = true;
	text_init(&reason, 200);
	if (!reading->take(reading->user, reading->line, name, value, &reason))
		fail(reading, reason.data);
	text_release(&reason);
	return !reading->failed;
}

/* TAB is fine, and CR at the end, where some editors leave one. */
static bool
is_text(const char *line, size_t length)
{
	if (length > 0 && line[length - 1] == '\r')
		length--;
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)line[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static bool
copy_line(struct reading *reading, char *line, size_t size)
{
	struct cursor *rest = &reading->rest;
	size_t length = (size_t)(rest->end - rest->at);
	const char *end = memchr(rest->at, '\n', length);

	if (end != NULL)
		length = (size_t)(end - rest->at);
	reading->line++;
	if (length >= size)
		return fail(reading, "too long");
	if (!is_text(rest->at, length))
		return fail(reading, "a control character, so no text file");
	memcpy(line, rest->at, length);
	line[length] = '\0';
	rest->at = end != NULL ? end + 1 : rest->end;
	return true;
}

/* For inih, in the manner of fgets(); at the end nothing is left behind. */
static char *
next_line(char *line, int size, void *user)
{
	struct reading *reading = user;

	if (!reading->failed && !cursor_at_end(&reading->rest)
	    && copy_line(reading, line, (size_t)size))
		return line;
	explicit_bzero(line, (size_t)size);
	return NULL;
}

static void
parse(struct reading *reading, const char *bytes, size_t length)
{
	int wrong;

	ini_allow_inline_comments = false; /* a password may hold any of them */
	ini_allow_multiline = false;
	ini_allow_no_value = true;
	ini_stop_on_first_error = true;
	ini_use_stack = false;
	ini_max_line = ini_initial_alloc = LINE_SIZE;
	reading->rest = (struct cursor){bytes, bytes + length};
	wrong = ini_parse_stream(next_line, reading, take_line, reading);
	if (reading->failed || wrong == 0)
		return;
	reading->line = wrong > 0 ? (unsigned)wrong : 0;
	fail(reading, wrong > 0 ? "no ] behind the section" : "out of memory");
}

/* All of a plain file, and a byte more than it may have. */
static bool
read_plain(int fd, char *bytes, size_t *length, const char **reason)
{
	struct stat status;
	ssize_t got;

	*reason = "no plain file";
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
		return false;
	while (*length <= FILE_MAX) {
		got = read(fd, bytes + *length, FILE_MAX + 1 - *length);
		*reason = got < 0 ? strerrordesc_np(errno) : NULL;
		if (got <= 0)
			return got == 0;
		*length += (size_t)got;
	}
	*reason = "larger than 1 MiB";
	return false;
}

static bool
read_all(struct reading *reading, char *bytes, size_t *length)
{
	int fd = open(reading->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *reason;
	bool done;

	if (fd < 0)
		return fail(reading, strerrordesc_np(errno));
	done = read_plain(fd, bytes, length, &reason) || fail(reading, reason);
	close(fd);
	return done;
}

static void
complain_of_section(struct reading *reading)
{
	char clean[NAME_SHOWN];
	struct text reason;

	reading->line = 0;
	printable(
	    clean, sizeof(clean), reading->section, strlen(reading->section));
	text_init(&reason, 2 * NAME_SHOWN);
	text_add(&reason, "nothing in section [%s]", clean);
	fail(reading, reason.data);
	text_release(&reason);
}

bool
inifile_read(const char *file, const char *section, inifile_take *take,
    void *user, struct text *why)
{
	struct reading reading = {.file = file,
	    .section = section,
	    .take = take,
	    .user = user,
	    .why = why};
	char *bytes = malloc(FILE_MAX + 1);
	size_t length = 0;

	if (bytes == NULL)
		return fail(&reading, "out of memory");
	if (strlen(section) > SECTION_MAX)
		fail(&reading, "the section's name is too long");
	else if (read_all(&reading, bytes, &length))
		parse(&reading, bytes, length);
	explicit_bzero(bytes, length);
	free(bytes);
	if (!reading.failed && !reading.found)
		complain_of_section(&reading);
	return !reading.failed;
}
