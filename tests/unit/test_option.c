/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_option - the command line, from one typed table */
#include <getopt.h>
#include <string.h>

#include "option.h"
#include "unit.h"

static bool flag;
static unsigned count, number;
static const char *string;
static struct option_list list;
static struct range range;
static char taken[32];

static bool
take(const char *value, struct text *why)
{
	text_print(taken, sizeof(taken), "<%s>", value);
	if (strcmp(value, "bad") == 0)
		text_add(why, "not good");
	else if (strncmp(value, "bad ", 4) == 0)
		text_add(why, "'%s' isn't good", value);
	return why->length == 0;
}

static const struct option_row rows[] = {
    OPTION_HEADING("Some options:"),
    OPTION_FLAG('f', "flag", &flag, "a flag"),
    OPTION_COUNT('v', "verbose", &count, "repeatable"),
    OPTION_STRING('s', "string", "TEXT", &string, "a string"),
    OPTION_LIST(0, "list", "ITEM", &list, "a list"),
    OPTION_END,
};

static const struct option_row more_rows[] = {
    OPTION_NUMBER('n', "number", "N", &number, 1, 65535, "a number"),
    OPTION_RANGE('w', "warning", &range, "a range"),
    OPTION_FUNCTION(0, "function", "[=VALUE]", take,
	"a function whose help is so long that it has to be folded to fit "
	"the columns of a terminal"),
    OPTION_END,
};

static const struct option_row *const tables[] = {rows, more_rows, NULL};

enum { ARGUMENTS_MAX = 40 };

static struct option_list operands;
static struct text why;

/* What ends like this came from a file. */
static const char *
origin(const char *word)
{
	const char *end = strstr(word, "secret");

	return end != NULL && end[6] == '\0' ? "FILE line 3" : NULL;
}

/* Parses the arguments up to a NULL; getopt may move them. */
static bool
parse(const char *const *arguments)
{
	char *argv[ARGUMENTS_MAX + 2] = {(char *)"program"};
	int argc = 1;

	flag = false;
	count = number = 0;
	string = NULL;
	memset(&list, 0, sizeof(list));
	memset(&range, 0, sizeof(range));
	memset(&operands, 0, sizeof(operands));
	taken[0] = '\0';
	text_release(&why);
	text_init(&why, 400);
	while (argc <= ARGUMENTS_MAX && arguments[argc - 1] != NULL) {
		argv[argc] = (char *)arguments[argc - 1];
		argc++;
	}
	optind = 0; /* glibc: start afresh */
	return option_parse(tables,
	    &(struct arguments){.count = argc, .word = argv, .origin = origin},
	    &operands, &why);
}

static void
takes_all(void **state)
{
	static const char *const arguments[] = {"example.com", "-f", "-vv",
	    "-v", "--string=text", "--list", "a", "--list=b", "-n65535", "-w",
	    "1:5", "--function=value", NULL};

	(void)state;
	assert_true(parse(arguments));
	assert_true(flag);
	assert_int_equal(count, 3);
	assert_string_equal(string, "text");
	assert_int_equal(list.count, 2);
	assert_string_equal(list.value[0], "a");
	assert_string_equal(list.value[1], "b");
	assert_null(list.value[2]);
	assert_int_equal(number, 65535);
	assert_true(range.set);
	assert_string_equal(taken, "<value>");
	assert_int_equal(operands.count, 1);
	assert_string_equal(operands.value[0], "example.com");
	assert_null(operands.value[1]);
	assert_string_equal(why.data, "");
}

static void
takes_nothing(void **state)
{
	static const char *const arguments[] = {NULL};

	(void)state;
	assert_true(parse(arguments));
	assert_int_equal(operands.count, 0);
}

static void
takes_optional(void **state)
{
	static const char *const arguments[] = {"--function", "operand", NULL};

	(void)state;
	assert_true(parse(arguments));
	assert_string_equal(taken, "<>");
	assert_int_equal(operands.count, 1);
}

static void
drops_empty_operands(void **state)
{
	static const char *const arguments[] = {"", "example.com", "", NULL};

	(void)state;
	assert_true(parse(arguments));
	assert_int_equal(operands.count, 1);
	assert_string_equal(operands.value[0], "example.com");
}

static void
ends_options_at_two_hyphens(void **state)
{
	static const char *const arguments[] = {"--", "-f", NULL};

	(void)state;
	assert_true(parse(arguments));
	assert_false(flag);
	assert_string_equal(operands.value[0], "-f");
}

static const struct refusal_case {
	const char *sentence;
	const char *arguments[4];
	const char *why; /* what it holds */
	const char *more;
} refusal_cases[] = {
    {"An unknown long option is named.", {"--nonsense", NULL}, "unknown",
	"'--nonsense'"},
    {"An unknown letter is named.", {"-x", NULL}, "unknown", "'-x'"},
    {"An unknown letter among others is named.", {"-fx", NULL}, "unknown",
	"'-x'"},
    {"A long option without its value is named.", {"--string", NULL},
	"'--string'", "needs a value"},
    {"A letter without its value is named.", {"-n", NULL}, "'-n'",
	"needs a value"},
    {"A flag takes no value.", {"--flag=yes", NULL}, "--flag",
	"takes no value"},
    {"An empty value is refused.", {"--string=", NULL}, "--string",
	"empty value"},
    {"An empty value of its own is refused.", {"-s", "", NULL}, "--string",
	"empty value"},
    {"An empty item is refused.", {"--list=", NULL}, "--list", "empty value"},
    {"An empty number is refused.", {"-n", "", NULL}, "--number",
	"empty value"},
    {"A number below its range is refused.", {"-n0", NULL}, "--number='0'",
	"1 to 65535"},
    {"A number above its range is refused.", {"-n", "65536", NULL},
	"--number='65536'", "1 to 65535"},
    {"A number that overflows is refused.",
	{"--number=99999999999999999999", NULL}, "--number", "1 to 65535"},
    {"A negative number is refused.", {"--number=-5", NULL}, "--number='-5'",
	"1 to 65535"},
    {"Letters behind a number are refused.", {"--number=25x", NULL},
	"--number='25x'", "1 to 65535"},
    {"A blank before a number is refused.", {"--number= 25", NULL},
	"--number=' 25'", "1 to 65535"},
    {"A bad range is refused.", {"--warning=5:1", NULL}, "--warning='5:1'",
	"range"},
    {"What a function refuses is told in its words.", {"--function=bad", NULL},
	"--function='bad'", "not good"},
    {"Hostile bytes are not echoed.", {"--number=\033[2J\n", NULL},
	"--number='?[2J?'", ""},
};

static void
refuses(void **state)
{
	const struct refusal_case *row = *state;

	assert_false(parse(row->arguments));
	assert_contains(why.data, row->why);
	assert_contains(why.data, row->more);
}

static void
bounds_lists(void **state)
{
	const char *arguments[OPTION_LIST_MAX + 2];

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(arguments); i++)
		arguments[i] = "--list=x";
	arguments[OPTION_LIST_MAX] = NULL;
	assert_true(parse(arguments));
	assert_int_equal(list.count, OPTION_LIST_MAX);
	arguments[OPTION_LIST_MAX] = "--list=x";
	arguments[OPTION_LIST_MAX + 1] = NULL;
	assert_false(parse(arguments));
	assert_contains(why.data, "--list");
	assert_contains(why.data, "more than 32 times");
}

static void
bounds_operands(void **state)
{
	const char *arguments[OPTION_LIST_MAX + 3];

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(arguments); i++)
		arguments[i] = "x";
	arguments[OPTION_LIST_MAX + 2] = NULL;
	parse(arguments);
	assert_true(operands.count <= OPTION_LIST_MAX);
}

static void
prints_help(void **state)
{
	struct text help;

	(void)state;
	text_init(&help, 1 << 14);
	option_help(tables, &help);
	assert_string_equal(help.data,
	    "\nSome options:\n"
	    "  -f, --flag              a flag\n"
	    "  -v, --verbose           repeatable\n"
	    "  -s, --string=TEXT       a string\n"
	    "      --list=ITEM         a list\n"
	    "  -n, --number=N          a number\n"
	    "  -w, --warning=RANGE     a range\n"
	    "      --function[=VALUE]  a function whose help is so long that "
	    "it "
	    "has to be\n"
	    "                          folded to fit the columns of a "
	    "terminal\n");
	text_release(&help);
}

static const struct word_case {
	const char *sentence;
	const char *name;
	const char *value;
	const char *word; /* or why there is none */
} word_cases[] = {
    {"An option with a value is one word.", "string", "text", "--string=text"},
    {"A letter stands for its option.", "s", "text", "--string=text"},
    {"A flag is a word.", "flag", NULL, "--flag"},
    {"A flag may have an empty value.", "flag", "", "--flag"},
    {"A value that may be missing may.", "function", NULL, "--function"},
    {"It may be there, too.", "function", "x", "--function=x"},
    {"A flag takes no value.", "flag", "x", "--flag takes no value"},
    {"A string needs one.", "string", NULL, "--string needs a value"},
    {"An empty one is none.", "string", "", "--string needs a value"},
    {"An unknown option is not repeated.", "frobnicate", "x",
	"unknown option"},
    {"What has no value may be one, and is not named.", "frobnicate", NULL,
	"unknown option"},
    {"A shortened name is unknown.", "strin", "x", "unknown option"},
    {"So is no name.", "", "x", "unknown option"},
};

static void
makes_word(void **state)
{
	const struct word_case *row = *state;
	bool is_word =
	    strncmp(row->word, "--", 2) == 0 && strstr(row->word, " ") == NULL;
	struct text word;

	text_init(&word, 400);
	text_release(&why);
	text_init(&why, 400);
	assert_int_equal(
	    option_word(tables, row->name, row->value, &word, &why), is_word);
	assert_string_equal(is_word ? word.data : why.data, row->word);
	text_release(&word);
}

static const struct hidden_case {
	const char *sentence;
	const char *argument;
	const char *why;
} hidden_cases[] = {
    {"A wrong value from a file is told by its place.", "--number=secret",
	"FILE line 3: --number: not a whole number from 1 to 65535"},
    {"What a reason quotes of it is left out.", "--function=bad secret",
	"FILE line 3: --function: '...' isn't good"},
};

static void
hides_value(void **state)
{
	const struct hidden_case *row = *state;
	const char *const arguments[] = {row->argument, NULL};

	assert_false(parse(arguments));
	assert_string_equal(why.data, row->why);
}

int
main(void)
{
	int failed;

	text_init(&why, 0);
	UNIT_TABLE(refusal_cases, refuses);
	unit_add("Options of all types are taken, in any order.", takes_all);
	unit_add("No argument at all is fine.", takes_nothing);
	unit_add("An optional value may be missing.", takes_optional);
	unit_add("Empty operands are dropped.", drops_empty_operands);
	unit_add("Two hyphens end the options.", ends_options_at_two_hyphens);
	unit_add("A list takes 32 values and no more.", bounds_lists);
	unit_add("Too many operands overrun nothing.", bounds_operands);
	unit_add("Help shows every row, folded.", prints_help);
	UNIT_TABLE(word_cases, makes_word);
	UNIT_TABLE(hidden_cases, hides_value);
	failed = unit_run("option");
	text_release(&why);
	return failed;
}
