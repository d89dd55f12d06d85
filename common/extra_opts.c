/* SPDX-License-Identifier: GPL-3.0-or-later */
/* extra_opts - options from an ini file, by the rules of monitoring-plugins */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inifile.h"
#include "extra_opts.h"

enum { WORD_MAX = 16384 };

/* A word that a file has brought. */
struct brought {
	struct brought *next;
	struct text place;
	struct text word;
};

static struct brought *all_brought;

/* What one file adds, and to what. */
struct expansion {
	const char *file;
	const struct option_row *const *tables;
	struct arguments *arguments;
};

static const char *
origin(const char *word)
{
	for (const struct brought *at = all_brought; at != NULL; at = at->next)
		if (at->word.data == word)
			return at->place.data;
	return NULL;
}

static bool
add_argument(struct arguments *arguments, char *word, struct text *why)
{
	size_t size = (size_t)arguments->count + 2;
	char **grown =
	    reallocarray(arguments->word, size, sizeof(*arguments->word));

	if (grown == NULL) {
		text_add(why, "out of memory");
		return false;
	}
	arguments->word = grown;
	arguments->word[arguments->count++] = word;
	arguments->word[arguments->count] = NULL;
	return true;
}

/* Keeps a word with where it stands. */
static bool
bring(struct expansion *expansion, unsigned line, struct text word,
    struct text *why)
{
	struct brought *brought = calloc(1, sizeof(*brought));

	if (brought == NULL || word.cut) {
		free(brought);
		text_add(why, "out of memory");
		return false;
	}
	brought->word = word;
	text_init(&brought->place, PATH_MAX);
	inifile_add_place(expansion->file, line, &brought->place);
	brought->next = all_brought;
	all_brought = brought;
	return add_argument(expansion->arguments, word.data, why);
}

static bool
take_line(void *user, unsigned line, const char *name, const char *value,
    struct text *why)
{
	struct expansion *expansion = user;
	struct stat status;
	struct text word;

	if (strcmp(name, EXTRA_OPTS) == 0) {
		text_add(why, "--" EXTRA_OPTS " can't be in a file");
		return false;
	}
	if ((strcmp(name, "authpass") == 0 || strcmp(name, "P") == 0)
	    && stat(expansion->file, &status) == 0
	    && (status.st_mode & S_IROTH) != 0) {
		text_add(why, "others may read this secret (chmod o-r)");
		return false;
	}
	text_init(&word, WORD_MAX);
	return option_word(expansion->tables, name, value, &word, why)
	    && bring(expansion, line, word, why);
}

static bool
is_there(struct text *path, const char *folder, size_t length, const char *name)
{
	text_release(path);
	text_init(path, PATH_MAX);
	text_add(path, "%.*s/%s", (int)length, folder, name);
	return !path->cut && access(path->data, F_OK) == 0;
}

/* In a list of folders such as PATH is. */
static bool
find_in_folders(struct text *path, const char *folders)
{
	static const char *const names[] = {"monitoring-plugins.ini",
	    "plugins.ini", "nagios-plugins.ini", NULL};
	size_t length;

	for (; *folders != '\0'; folders += length + (folders[length] == ':')) {
		length = strcspn(folders, ":");
		for (size_t i = 0; names[i] != NULL && length > 0; i++)
			if (is_there(path, folders, length, names[i]))
				return true;
	}
	return false;
}

/* Where monitoring-plugins look, in their order. */
static bool
find_in_usual_places(struct text *path)
{
	static const struct {
		const char *folder;
		const char *name;
	} places[] = {
	    {"/usr/local/etc/monitoring-plugins", "monitoring-plugins.ini"},
	    {"/usr/local/etc", "monitoring-plugins.ini"},
	    {"/etc/monitoring-plugins", "monitoring-plugins.ini"},
	    {"/etc", "monitoring-plugins.ini"},
	    {"/etc/nagios", "plugins.ini"},
	    {"/usr/local/nagios/etc", "plugins.ini"},
	    {"/usr/local/etc/nagios", "plugins.ini"},
	    {"/etc/opt/nagios", "plugins.ini"},
	    {"/etc", "nagios-plugins.ini"},
	    {"/usr/local/etc", "nagios-plugins.ini"},
	    {"/etc/opt", "nagios-plugins.ini"},
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (is_there(path, places[i].folder, strlen(places[i].folder),
			places[i].name))
			return true;
	return false;
}

static bool
find_file(struct text *path)
{
	const char *chosen = getenv("MP_CONFIG_FILE");
	const char *folders = getenv("NAGIOS_CONFIG_PATH");

	if (chosen != NULL && *chosen != '\0') {
		text_add(path, "%s", chosen);
		return true;
	}
	return (folders != NULL && find_in_folders(path, folders))
	    || find_in_usual_places(path);
}

/* [SECTION][@FILE], with what is missing filled in. */
static bool
choose(const char *value, const char *program, struct text *section,
    struct text *file, struct text *why)
{
	const char *at = value != NULL ? strchr(value, '@') : NULL;

	if (value != NULL)
		text_add_bytes(section, value,
		    at != NULL ? (size_t)(at - value) : strlen(value));
	if (section->length == 0)
		text_add(section, "%s", program);
	if (at != NULL)
		text_add(file, "%s", at + 1);
	if ((value != NULL && *value == '\0') || (at != NULL && at[1] == '\0'))
		text_add(why, "empty value");
	else if (at == NULL && !find_file(file))
		text_add(why, "no plugins.ini in any of the usual places");
	return why->length == 0;
}

static bool
expand(struct expansion *expansion, const char *value, const char *program,
    struct text *why)
{
	struct text section, file, reason;
	bool done;

	text_init(&section, PATH_MAX);
	text_init(&file, PATH_MAX);
	text_init(&reason, 400);
	done = choose(value, program, &section, &file, &reason);
	if (done) {
		expansion->file = file.data;
		done = inifile_read(
		    file.data, section.data, take_line, expansion, &reason);
	}
	if (!done)
		text_add(why, "--" EXTRA_OPTS ": %s", reason.data);
	text_release(&reason);
	text_release(&file);
	text_release(&section);
	return done;
}

/* The option itself; `value` is what stands behind its "=", or NULL. */
static bool
is_extra_opts(const char *word, const char **value)
{
	static const char option[] = "--" EXTRA_OPTS;
	size_t length = strlen(option);

	if (strncmp(word, option, length) != 0
	    || (word[length] != '\0' && word[length] != '='))
		return false;
	*value = word[length] == '=' ? word + length + 1 : NULL;
	return true;
}

bool
extra_opts_expand(struct arguments *arguments,
    const struct option_row *const *tables, const char *program,
    struct text *why)
{
	struct arguments expanded = {.origin = origin};
	struct expansion expansion = {.tables = tables, .arguments = &expanded};
	bool options = true, done = true;

	for (int i = 0; done && i < arguments->count; i++) {
		char *word = arguments->word[i];
		const char *value;

		options = options && strcmp(word, "--") != 0;
		done = options && is_extra_opts(word, &value)
		    ? expand(&expansion, value, program, why)
		    : add_argument(&expanded, word, why);
	}
	if (done)
		*arguments = expanded;
	else
		free(expanded.word);
	return done;
}
