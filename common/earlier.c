/* SPDX-License-Identifier: GPL-3.0-or-later */
/* earlier - the output of an earlier run, that this one goes on with */
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output.h"
#include "report.h"
#include "earlier.h"

/* In the tree: its state, then its name. */
enum { STATE_BYTE, NAME };

/* While it is read. */
struct reading {
	struct earlier *earlier;
	bool any, ours; /* lines */
	bool is_output;
};

static bool
refuse(struct text *why, const char *reason)
{
	text_add(why, "%s", reason);
	return false;
}

static int
compare(const void *a, const void *b)
{
	return strcmp((const char *)a + NAME, (const char *)b + NAME);
}

/* The line that came last counts. False if out of memory. */
static bool
add(struct earlier *earlier, const struct report_line *line)
{
	size_t size = NAME + strlen(line->domain) + 1;
	char *entry = malloc(size), **place;

	if (entry == NULL)
		return false;
	memcpy(entry + NAME, line->domain, size - NAME);
	place = tsearch(entry, &earlier->domains, compare);
	if (place == NULL || *place != entry)
		free(entry);
	if (place != NULL)
		(*place)[STATE_BYTE] = (char)line->state;
	return place != NULL;
}

/* Half a line may be all there is of it, and be ours all the same. */
static bool
take_torn(struct reading *reading, const char *bytes, size_t length, off_t at,
    struct text *why)
{
	if (report_json_begins(bytes, length)) {
		reading->earlier->torn = reading->is_output;
		reading->earlier->end = at;
	} else if (reading->is_output || !reading->ours) {
		return refuse(why,
		    reading->ours ? "its last line has no end, and is not of "
				    "check_mx --domains"
				  : "not the output of check_mx --domains");
	}
	return true;
}

static bool
take_line(struct reading *reading, const char *bytes, struct text *why)
{
	struct report_line line;

	report_json_read(bytes, &line);
	reading->any = true;
	reading->ours = reading->ours || line.ours;
	return !line.done || add(reading->earlier, &line)
	    || refuse(why, strerrordesc_np(ENOMEM));
}

static bool
read_lines(struct reading *reading, FILE *file, struct text *why)
{
	bool well = true;
	char *line = NULL;
	size_t size = 0;
	ssize_t length = 0;
	off_t at = 0;

	while (well && (length = getline(&line, &size, file)) > 0) {
		well = line[length - 1] == '\n'
		    ? take_line(reading, line, why)
		    : take_torn(reading, line, (size_t)length, at, why);
		at += length;
	}
	if (well && !feof(file))
		well = refuse(why, strerrordesc_np(errno));
	free(line);
	return well
	    && (!reading->any || reading->ours
		|| refuse(why, "not the output of check_mx --domains"));
}

static bool
open_file(const char *name, FILE **file, struct text *why)
{
	/* A pipe would be waited for, and a folder be told by reading only. */
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat status = {0};

	*file = NULL;
	if (fd < 0)
		return errno == ENOENT || refuse(why, strerrordesc_np(errno));
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		*file = fdopen(fd, "r");
	if (*file != NULL)
		return true;
	close(fd);
	return refuse(why,
	    S_ISREG(status.st_mode) ? strerrordesc_np(ENOMEM) : "not a file");
}

bool
earlier_read(struct earlier *earlier, const char *file, struct text *why)
{
	struct reading reading = {.earlier = earlier};
	FILE *stream;
	bool read;

	*earlier = (struct earlier){0};
	if (!open_file(file, &stream, why) || stream == NULL)
		return stream == NULL && why->length == 0;
	reading.is_output = output_is(fileno(stream));
	read = reading.is_output && !output_appends()
	    ? refuse(why, "also the output: append to it (>>)")
	    : read_lines(&reading, stream, why);
	fclose(stream);
	if (!read)
		earlier_release(earlier);
	return read;
}

int
earlier_mend(const struct earlier *earlier)
{
	if (!earlier->torn || ftruncate(STDOUT_FILENO, earlier->end) == 0)
		return 0;
	return errno;
}

bool
earlier_has(
    const struct earlier *earlier, const char *domain, enum state *state)
{
	char key[NAME + DOMAIN_SIZE];
	char *const *found;

	text_print(key + NAME, DOMAIN_SIZE, "%s", domain);
	found = tfind(key, &earlier->domains, compare);
	if (found != NULL)
		*state = (enum state)(*found)[STATE_BYTE];
	return found != NULL;
}

void
earlier_release(struct earlier *earlier)
{
	tdestroy(earlier->domains, free);
	earlier->domains = NULL;
}
