/* SPDX-License-Identifier: GPL-3.0-or-later */
/* option - one typed table from which parsing and --help come */
#include <ctype.h>
#include <getopt.h>
#include <string.h>

#include "option.h"

enum {
	ROWS_MAX = 96,
	FIRST_LONG_ONLY = 256, /* getopt values of rows without a letter */
	HELP_COLUMN = 26,
};

/* What getopt_long() wants, made from the tables. */
struct getopt_tables {
	size_t count;
	const struct option_row *row[ROWS_MAX];
	struct option long_option[ROWS_MAX + 1];
	char letters[2 * ROWS_MAX + 2];
};

static bool
is_optional(const struct option_row *row)
{
	return row->argument != NULL && row->argument[0] == '[';
}

static void
add_row(struct getopt_tables *made, const struct option_row *row)
{
	size_t place = made->count++;
	char *letters = made->letters + strlen(made->letters);

	made->row[place] = row;
	made->long_option[place] = (struct option){
	    .name = row->name,
	    .has_arg = row->argument == NULL ? no_argument
		: is_optional(row)           ? optional_argument
					     : required_argument,
	    .val = FIRST_LONG_ONLY + (int)place,
	};
	if (row->letter == 0)
		return;
	*letters++ = row->letter;
	if (row->argument != NULL)
		*letters++ = ':';
	*letters = '\0';
}

static void
make_tables(struct getopt_tables *made, const struct option_row *const *tables)
{
	memset(made, 0, sizeof(*made));
	made->letters[0] = ':'; /* a missing value is told from the rest */
	for (; *tables != NULL; tables++)
		for (const struct option_row *row = *tables;
		     row->type != OPTION_TYPE_END && made->count < ROWS_MAX;
		     row++)
			if (row->type != OPTION_TYPE_HEADING)
				add_row(made, row);
}

static const struct option_row *
find_row(const struct getopt_tables *made, int value)
{
	if (value >= FIRST_LONG_ONLY)
		return made->row[value - FIRST_LONG_ONLY];
	for (size_t i = 0; i < made->count; i++)
		if (made->row[i]->letter == value)
			return made->row[i];
	return NULL;
}

static bool
take_number(const struct option_row *row, const char *value, struct text *why)
{
	struct cursor cursor = cursor_of(value);
	unsigned long long number;

	if (!cursor_number(&cursor, row->into.number.max, &number)
	    || !cursor_at_end(&cursor) || number < row->into.number.min) {
		text_add(why, "not a whole number from %u to %u",
		    row->into.number.min, row->into.number.max);
		return false;
	}
	*row->into.number.value = (unsigned)number;
	return true;
}

static bool
take_list(const struct option_row *row, const char *value, struct text *why)
{
	struct option_list *list = row->into.list;

	if (list->count == OPTION_LIST_MAX) {
		text_add(why, "given more than %d times", OPTION_LIST_MAX);
		return false;
	}
	list->value[list->count++] = value;
	return true;
}

static bool
take_range(const struct option_row *row, const char *value, struct text *why)
{
	if (range_parse(row->into.range, value))
		return true;
	text_add(why, "not a range ([@][start:][end], start <= end)");
	return false;
}

static bool
take(const struct option_row *row, const char *value, struct text *why)
{
	switch (row->type) {
	case OPTION_TYPE_FLAG:
		*row->into.flag = true;
		return true;
	case OPTION_TYPE_COUNT:
		++*row->into.count;
		return true;
	case OPTION_TYPE_STRING:
		*row->into.string = value;
		return true;
	case OPTION_TYPE_LIST:
		return take_list(row, value, why);
	case OPTION_TYPE_NUMBER:
		return take_number(row, value, why);
	case OPTION_TYPE_RANGE:
		return take_range(row, value, why);
	case OPTION_TYPE_FUNCTION:
		return row->into.function(value, why);
	default:
		return false;
	}
}

/* Messages quote what the user typed, which may hold anything. */
static void
add_quoted_bytes(struct text *why, const char *typed, size_t length)
{
	char clean[96];

	printable(clean, sizeof(clean), typed, length);
	text_add(why, "'%s'", clean);
}

static void
add_quoted(struct text *why, const char *typed)
{
	add_quoted_bytes(why, typed, strlen(typed));
}

/* Without its value: it may be the secret of a misspelt --authpass. */
static void
add_quoted_name(struct text *why, const char *typed)
{
	add_quoted_bytes(why, typed, strcspn(typed, "="));
}

static bool
is_ambiguous(const struct getopt_tables *made, const char *typed)
{
	size_t length = strcspn(typed, "=");
	unsigned matches = 0;

	for (size_t i = 0; i < made->count && length > 2; i++)
		matches +=
		    strncmp(made->row[i]->name, typed + 2, length - 2) == 0;
	return matches > 1;
}

/* What getopt_long() stumbled over: it names letters by optopt only. */
static void
explain_stumble(const struct getopt_tables *made, struct text *why,
    bool missing, char **argv)
{
	char letter[] = {'-', (char)optopt, '\0'};
	bool is_long = optopt == 0 || optopt >= FIRST_LONG_ONLY;
	const char *typed = is_long ? argv[optind - 1] : letter;

	if (is_long && optopt == 0)
		text_add(why, "%s option ",
		    is_ambiguous(made, typed) ? "ambiguous" : "unknown");
	else
		text_add(
		    why, "%soption ", is_long || missing ? "" : "unknown ");
	add_quoted_name(why, typed);
	if (missing)
		text_add(why, " needs a value");
	else if (is_long && optopt != 0)
		text_add(why, " takes no value");
}

/* Whether an apostrophe is a quotation mark, not that of "can't". */
static bool
is_quote(const char *text, const char *at)
{
	return *at == '\''
	    && (at == text || !isalpha((unsigned char)at[-1])
		|| !isalpha((unsigned char)at[1]));
}

/* Without what is quoted: from the first mark to the last all is hidden. */
static void
add_unquoted(struct text *why, const char *reason)
{
	const char *first = reason, *last = reason + strlen(reason);

	while (*first != '\0' && !is_quote(reason, first))
		first++;
	while (last > first && !is_quote(reason, last))
		last--;
	if (first == last)
		text_add(why, "%s", reason);
	else
		text_add(
		    why, "%.*s'...%s", (int)(first - reason), reason, last);
}

static void
explain_refusal(const struct option_row *row, const char *origin,
    const char *reason, struct text *why)
{
	if (origin != NULL) {
		text_add(why, "%s: --%s: ", origin, row->name);
		add_unquoted(why, reason);
		return;
	}
	text_add(why, "--%s", row->name);
	if (optarg != NULL && *optarg != '\0') {
		text_add(why, "=");
		add_quoted(why, optarg);
	}
	text_add(why, ": %s", reason);
}

static bool
take_option(const struct getopt_tables *made, int value,
    const struct arguments *arguments, struct text *why)
{
	const struct option_row *row = find_row(made, value);
	const char *origin = arguments->origin == NULL
	    ? NULL
	    : arguments->origin(arguments->word[optind - 1]);
	struct text reason;
	bool taken;

	text_init(&reason, 200);
	taken = optarg == NULL || *optarg != '\0';
	if (taken)
		taken = take(row, optarg != NULL ? optarg : "", &reason);
	else
		text_add(&reason, "empty value");
	if (!taken)
		explain_refusal(row, origin, reason.data, why);
	text_release(&reason);
	return taken;
}

bool
option_parse(const struct option_row *const *tables,
    const struct arguments *arguments, struct option_list *operands,
    struct text *why)
{
	int argc = arguments->count;
	char **argv = arguments->word;
	struct getopt_tables made;
	int value;

	make_tables(&made, tables);
	opterr = 0;
	while ((value = getopt_long(
		    argc, argv, made.letters, made.long_option, NULL))
	    != -1) {
		if (value == '?' || value == ':') {
			explain_stumble(&made, why, value == ':', argv);
			return false;
		}
		if (!take_option(&made, value, arguments, why))
			return false;
	}
	for (; optind < argc; optind++) {
		if (argv[optind][0] == '\0')
			continue;
		if (operands->count == OPTION_LIST_MAX)
			break;
		operands->value[operands->count++] = argv[optind];
	}
	return true;
}

/* By its letter, or its whole name: what is kept in a file is no shorthand. */
static const struct option_row *
find_named(const struct option_row *const *tables, const char *name)
{
	bool is_letter = name[0] != '\0' && name[1] == '\0';

	for (; *tables != NULL; tables++)
		for (const struct option_row *row = *tables;
		     row->type != OPTION_TYPE_END; row++)
			if (row->type != OPTION_TYPE_HEADING
			    && (is_letter ? row->letter == name[0]
					  : strcmp(row->name, name) == 0))
				return row;
	return NULL;
}

bool
option_word(const struct option_row *const *tables, const char *name,
    const char *value, struct text *word, struct text *why)
{
	const struct option_row *row = find_named(tables, name);
	bool given = value != NULL && *value != '\0';

	if (row == NULL) {
		/* It may be a value that lost its name. */
		text_add(why, "unknown option");
		return false;
	}
	if (given && row->argument == NULL)
		text_add(why, "--%s takes no value", row->name);
	else if (!given && row->argument != NULL && !is_optional(row))
		text_add(why, "--%s needs a value", row->name);
	else if (given)
		text_add(word, "--%s=%s", row->name, value);
	else
		text_add(word, "--%s", row->name);
	return word->length > 0;
}

static void
help_row(const struct option_row *row, struct text *out)
{
	size_t start = out->length, column;

	if (row->type == OPTION_TYPE_HEADING) {
		text_add(out, "\n%s\n", row->help);
		return;
	}
	if (row->letter != 0)
		text_add(out, "  -%c, --%s", row->letter, row->name);
	else
		text_add(out, "      --%s", row->name);
	if (row->argument != NULL)
		text_add(
		    out, "%s%s", is_optional(row) ? "" : "=", row->argument);
	column = out->length - start;
	if (column + 2 > HELP_COLUMN)
		text_add(out, "\n%*s", HELP_COLUMN, "");
	else
		text_add(out, "%*s", (int)(HELP_COLUMN - column), "");
	text_add_folded(out, row->help, HELP_COLUMN, HELP_COLUMN, TEXT_WIDTH);
}

void
option_help(const struct option_row *const *tables, struct text *out)
{
	for (; *tables != NULL; tables++)
		for (const struct option_row *row = *tables;
		     row->type != OPTION_TYPE_END; row++)
			help_row(row, out);
}
