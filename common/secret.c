/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * secret - what must never be shown, whoever says it
 *
 * Inside base64 the bytes of a secret look one of three ways, by how many
 * bytes stand before it (RFC 4648 4). The characters at its two ends are made
 * of a neighbour's bits too: these are not looked for, but are masked with
 * the rest.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "input.h"
#include "secret.h"

enum {
	ALIGNMENTS = 3,
	FORMS_MAX = SECRETS_MAX * (ALIGNMENTS + 1),
	FORM_SIZE = (SECRET_SIZE + ALIGNMENTS) / 3 * 4 + 1,
};

/* One look of a secret. */
struct form {
	size_t length;
	size_t before; /* characters to be masked around it as well, 0 or 1 */
	size_t after;
	char bytes[FORM_SIZE];
};

static struct form forms[FORMS_MAX];
static size_t form_count;
static size_t secret_count;

/* Buffers of others that a secret was put into. */
static char *loaded[SECRETS_MAX];
static size_t loaded_count;

/* A debugger and a core file would tell what we don't. */
static void
keep_memory_private(void)
{
	static const struct rlimit nothing = {0, 0};

	setrlimit(RLIMIT_CORE, &nothing);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* The six bits of base64's character at `place`. */
static char
base64_at(const unsigned char *bytes, size_t place)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz"
				       "0123456789+/";
	size_t first = place * 6 / 8;
	unsigned pair = (unsigned)bytes[first] << 8 | bytes[first + 1];

	return alphabet[pair >> (10 - place * 6 % 8) & 0x3f];
}

/* The longest first: a secret may be part of another. */
static int
compare_forms(const void *a, const void *b)
{
	const struct form *one = a, *other = b;

	return (one->length < other->length) - (one->length > other->length);
}

/* With `shift` bytes before it, which only the bordering characters show. */
static void
add_base64_form(const char *secret, size_t length, size_t shift)
{
	unsigned char bytes[ALIGNMENTS + SECRET_SIZE + 1] = {0};
	struct form *form = &forms[form_count++];
	size_t first = (shift * 8 + 5) / 6, end = (shift + length) * 8 / 6;

	memcpy(bytes + shift, secret, length);
	for (size_t i = first; i < end; i++)
		form->bytes[i - first] = base64_at(bytes, i);
	form->length = end - first;
	form->before = shift > 0;
	form->after = (shift + length) * 8 % 6 != 0;
	explicit_bzero(bytes, sizeof(bytes));
}

bool
secret_add(const char *secret)
{
	size_t length = strlen(secret);
	struct form *form;

	if (length >= SECRET_SIZE || secret_count == SECRETS_MAX)
		return false;
	secret_count++;
	keep_memory_private();
	if (length < SECRET_MASKED_MIN)
		return true;
	form = &forms[form_count++];
	form->length = length;
	memcpy(form->bytes, secret, length);
	for (size_t shift = 0; shift < ALIGNMENTS; shift++)
		add_base64_form(secret, length, shift);
	qsort(forms, form_count, sizeof(forms[0]), compare_forms);
	return true;
}

/* Letter case aside: some servers echo a command in capitals. */
static void
mask_form(const struct form *form, char *bytes, size_t length)
{
	for (size_t i = 0; i + form->length <= length; i++) {
		size_t start = i - (i > 0 ? form->before : 0);
		size_t end = i + form->length;

		if (strncasecmp(bytes + i, form->bytes, form->length) != 0)
			continue;
		end += end < length ? form->after : 0;
		memset(bytes + start, '*', end - start);
		i = end - 1;
	}
}

void
secret_mask(char *bytes, size_t length)
{
	for (size_t i = 0; i < form_count; i++)
		mask_form(&forms[i], bytes, length);
}

static bool
refuse(struct text *why, const char *reason)
{
	text_add(why, "%s", reason);
	return false;
}

static void
remember_loaded(char *secret)
{
	if (loaded_count < SECRETS_MAX)
		loaded[loaded_count++] = secret;
}

/* What "pass show" prints need not be on a disk: a pipe is as good. */
static int
open_private(const char *file, struct text *why)
{
	int fd = input_open(file, why);
	struct stat status;

	if (fd < 0
	    || (fstat(fd, &status) == 0 && (status.st_mode & S_IROTH) == 0))
		return fd;
	close(fd);
	refuse(why, "others may read the file (chmod o-r)");
	return -1;
}

/* Ends the first of the lines read; false if that can't be a secret. */
static bool
end_line(char *line, size_t length, struct text *why)
{
	char *end = memchr(line, '\n', length);
	size_t used = end != NULL ? (size_t)(end - line) : length;

	if (end != NULL && used > 0 && line[used - 1] == '\r')
		used--;
	if (used == 0)
		return refuse(why, "its first line is empty");
	if (used >= SECRET_SIZE)
		return refuse(why, "its first line is too long");
	if (memchr(line, '\0', used) != NULL)
		return refuse(why, "its first line is no text");
	line[used] = '\0';
	return true;
}

bool
secret_read_file(const char *file, char secret[SECRET_SIZE],
    struct deadline deadline, struct text *why)
{
	char bytes[SECRET_SIZE + 1]; /* with the end of the longest line */
	int fd = open_private(file, why);
	ssize_t length;
	bool done;

	keep_memory_private();
	if (fd < 0)
		return false;
	length = input_read_line(fd, bytes, sizeof(bytes), deadline, why);
	done = length >= 0 && end_line(bytes, (size_t)length, why);
	close(fd);
	if (done) {
		memcpy(secret, bytes, strlen(bytes) + 1);
		remember_loaded(secret);
	}
	explicit_bzero(bytes, sizeof(bytes));
	return done;
}

bool
secret_take(char *original, char secret[SECRET_SIZE], struct text *why)
{
	size_t length = strlen(original);
	bool fits = length < SECRET_SIZE;

	keep_memory_private();
	if (fits) {
		memcpy(secret, original, length + 1);
		remember_loaded(secret);
	} else {
		refuse(why, "too long");
	}
	memset(original, 'x', length);
	return fits;
}

void
secret_wipe(void)
{
	/* Not all of the table: its pages were never touched. */
	explicit_bzero(forms, form_count * sizeof(forms[0]));
	form_count = secret_count = 0;
	for (; loaded_count > 0; loaded_count--)
		explicit_bzero(loaded[loaded_count - 1], SECRET_SIZE);
}
