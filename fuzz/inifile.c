/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inifile - a file of options; each line becomes a word, as extra_opts does */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "inifile.h"
#include "settings.h"
#include "fuzz.h"

static const struct option_row *tables[SETTINGS_TABLES];

static bool
take(void *user, unsigned line, const char *name, const char *value,
    struct text *why)
{
	struct text word;

	(void)user;
	fuzz_require(line > 0);
	text_init(&word, 16384);
	option_word(tables, name, value, &word, why);
	text_release(&word);
	/* What is no option ends the reading, but not always here. */
	return why->length % 2 == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const struct option_row *const own[] = {NULL};
	static const struct settings_groups groups = {
	    .dialogue = true, .certificates = true, .rehearses = true};
	char path[40];
	struct text why;
	int fd = memfd_create("ini", MFD_CLOEXEC);

	fuzz_require(fd >= 0);
	fuzz_require(write(fd, bytes, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	settings_tables(own, &groups, tables);
	text_init(&why, 400);
	fuzz_require(
	    inifile_read(path, "s", take, NULL, &why) == (why.length == 0));
	fuzz_require_printable(why.data);
	text_release(&why);
	close(fd);
	return 0;
}
