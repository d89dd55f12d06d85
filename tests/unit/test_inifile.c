/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_inifile - the lines of one section of an ini file */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inifile.h"
#include "unit.h"

enum { LONGEST = 8191, LARGEST = 1 << 20 };

static char path[] = "inifile-XXXXXX";
static struct text told, why;

/* "1 name=value; ", and refuses what is called "bad". */
static bool
take(void *user, unsigned line, const char *name, const char *value,
    struct text *reason)
{
	assert_ptr_equal(user, path);
	text_add(&told, "%u %s", line, name);
	if (value != NULL)
		text_add(&told, "=%s", value);
	text_add(&told, "; ");
	if (strcmp(name, "bad") != 0)
		return true;
	text_add(reason, "not good");
	return false;
}

static void
write_bytes(const char *bytes, size_t length)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

static bool
read_section(const char *section)
{
	text_release(&told);
	text_release(&why);
	text_init(&told, 1 << 16);
	text_init(&why, 400);
	return inifile_read(path, section, take, path, &why);
}

static const struct read_case {
	const char *sentence;
	const char *bytes;
	const char *told;
} read_cases[] = {
    {"A line is name and value.", "[s]\nname=value\n", "2 name=value; "},
    {"The last line needs no end.", "[s]\nname=value", "2 name=value; "},
    {"Blanks around name and value don't count.", "[s]\n \tname = a b \t\n",
	"2 name=a b; "},
    {"CRLF ends a line.", "[s]\r\nname=value\r\n", "2 name=value; "},
    {"A name may stand alone.", "[s]\nname\n", "2 name; "},
    {"A value may be empty.", "[s]\nname=\n", "2 name=; "},
    {"A name may be repeated.", "[s]\nb=1\na=2\nb=1\n",
	"2 b=1; 3 a=2; 4 b=1; "},
    {"Indented lines are lines.", "[s]\na=1\n b=2\n", "2 a=1; 3 b=2; "},
    {"Comments and empty lines are passed over.",
	"# a\n; b\n\n[s]\n # c\n\n ; d\na=1\n", "8 a=1; "},
    {"In a value ; and # are no comments.", "[s]\na=1 ;2 #3\n",
	"2 a=1 ;2 #3; "},
    {"A value may hold = and :.", "[s]\na=b=c:d\n", "2 a=b=c:d; "},
    {"Quotes belong to the value.", "[s]\na=\"b\"\n", "2 a=\"b\"; "},
    {"Other sections are passed over.", "[r]\na=1\n[s]\nb=2\n[t]\nc=3\n",
	"4 b=2; "},
    {"A section may go on further down.", "[s]\na=1\n[r]\nb=2\n[s]\nc=3\n",
	"2 a=1; 6 c=3; "},
    {"Blanks around a section don't count.", " [ s ] \na=1\n", "2 a=1; "},
    {"A section is found by its whole name.", "[s2]\na=1\n[S]\nb=2\n[s]\nc=3\n",
	"6 c=3; "},
    {"A byte order mark is passed over.", "\xef\xbb\xbf[s]\na=1\n", "2 a=1; "},
    {"Bytes beyond ASCII are fine.", "[s]\na=\xe4\xc3\xa4\n",
	"2 a=\xe4\xc3\xa4; "},
};

static void
reads(void **state)
{
	const struct read_case *row = *state;

	write_bytes(row->bytes, strlen(row->bytes));
	assert_true(read_section("s"));
	assert_string_equal(told.data, row->told);
	assert_string_equal(why.data, "");
}

#define BYTES(literal) (literal), sizeof(literal) - 1

static const struct refusal_case {
	const char *sentence;
	const char *bytes;
	size_t length;
	const char *why; /* behind the file's name */
} refusal_cases[] = {
    {"What the caller refuses is told by its line.",
	BYTES("[s]\n\nbad=1\nbad=2\n"), " line 3: not good"},
    {"A line before any section is refused.", BYTES("a=1\n[s]\nb=2\n"),
	" line 1: no [SECTION] before it"},
    {"A line without a name is refused.", BYTES("[s]\na=1\n =2\n"),
	" line 3: no name before the ="},
    {"So it is in another section.", BYTES("[r]\n=2\n[s]\na=1\n"),
	" line 2: no name before the ="},
    {"A section without end is refused.", BYTES("[s]\na=1\n[r\n=2\n"),
	" line 3: no ] behind the section"},
    {"A NUL is no text.", BYTES("[s]\na=1\0\n"),
	" line 2: a control character, so no text file"},
    {"Nor is an escape.", BYTES("[s]\n\033=1\n"),
	" line 2: a control character, so no text file"},
    {"Nor is a CR within a line.", BYTES("[s]\na=1\rb=2\n"),
	" line 2: a control character, so no text file"},
    {"An empty file has nothing in it.", BYTES(""), ": nothing in section [s]"},
    {"An empty section neither.", BYTES("[s]\n[r]\na=1\n"),
	": nothing in section [s]"},
};

static void
refuses(void **state)
{
	const struct refusal_case *row = *state;

	write_bytes(row->bytes, row->length);
	assert_false(read_section("s"));
	assert_int_equal(strncmp(why.data, path, strlen(path)), 0);
	assert_string_equal(why.data + strlen(path), row->why);
}

static void
fill(char *bytes, size_t length)
{
	memset(bytes, 'x', length);
	memcpy(bytes, "[s]\na=", 6);
}

static void
bounds_lines(void **state)
{
	static char bytes[LONGEST + 10];

	(void)state;
	fill(bytes, sizeof(bytes));
	write_bytes(bytes, 4 + LONGEST);
	assert_true(read_section("s"));
	assert_int_equal(told.length, strlen("2 a=; ") + LONGEST - 2);
	write_bytes(bytes, 4 + LONGEST + 1);
	assert_false(read_section("s"));
	assert_contains(why.data, " line 2: too long");
}

static void
bounds_files(void **state)
{
	char *bytes = calloc(1, LARGEST + 1);

	(void)state;
	assert_non_null(bytes);
	memset(bytes, '\n', LARGEST + 1);
	memcpy(bytes, "[s]\na=1\n", 8);
	write_bytes(bytes, LARGEST);
	assert_true(read_section("s"));
	write_bytes(bytes, LARGEST + 1);
	assert_false(read_section("s"));
	assert_contains(why.data, "larger than 1 MiB");
	free(bytes);
}

static void
wants_plain_files(void **state)
{
	(void)state;
	text_release(&why);
	text_init(&why, 400);
	assert_false(inifile_read(".", "s", take, path, &why));
	assert_string_equal(why.data, ".: no plain file");
	text_release(&why);
	text_init(&why, 400);
	assert_false(inifile_read("no\033file", "s", take, path, &why));
	assert_string_equal(why.data, "no?file: No such file or directory");
}

static void
bounds_sections(void **state)
{
	char section[100] = "";

	(void)state;
	write_bytes(BYTES("[s]\na=1\n"));
	memset(section, 's', sizeof(section) - 1);
	assert_false(read_section(section));
	assert_contains(why.data, "too long");
}

int
main(void)
{
	int fd = mkstemp(path), failed;

	if (fd < 0)
		return EXIT_FAILURE;
	close(fd);
	UNIT_TABLE(read_cases, reads);
	UNIT_TABLE(refusal_cases, refuses);
	unit_add("A line has up to 8191 bytes.", bounds_lines);
	unit_add("A file has up to 1 MiB.", bounds_files);
	unit_add("Only plain files are read, and named without hostile bytes.",
	    wants_plain_files);
	unit_add("A section's name that inih would cut is refused.",
	    bounds_sections);
	failed = unit_run("inifile");
	text_release(&told);
	text_release(&why);
	unlink(path);
	return failed;
}
