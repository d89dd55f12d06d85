/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * option - one typed table from which parsing and --help come
 *
 * A row names an option once: letter, long name, argument, where its value
 * goes, default, help. The variable's type is checked by the compiler: each
 * OPTION_ macro accepts a pointer of its own kind only.
 */
#ifndef OPTION_H
#define OPTION_H

#include <stdbool.h>
#include <stdio.h>

#include "text.h"
#include "range.h"

enum { OPTION_LIST_MAX = 32 };

/* The words of a command line; parsing may move them. */
struct arguments {
	int count;
	char **word; /* the program first, NULL last */

	/*
	 * Where a word stands that came from elsewhere ("FILE line 3"), NULL
	 * for the others; what it says may be a secret, so that no message
	 * repeats it. Or NULL: all came from the command line.
	 */
	const char *(*origin)(const char *word);
};

/* Values of a repeatable option, NULL last; strings belong to argv. */
struct option_list {
	size_t count;
	const char *value[OPTION_LIST_MAX + 1];
};

enum option_type {
	OPTION_TYPE_END,
	OPTION_TYPE_HEADING, /* a line of --help between the rows */
	OPTION_TYPE_FLAG,
	OPTION_TYPE_COUNT,
	OPTION_TYPE_STRING,
	OPTION_TYPE_LIST,
	OPTION_TYPE_NUMBER,
	OPTION_TYPE_RANGE,
	OPTION_TYPE_FUNCTION,
};

/*
 * Takes a value that is no plain type, "" where the argument is optional and
 * missing; false with `why` saying what is wrong ("no port number").
 */
typedef bool option_function(const char *value, struct text *why);

struct option_row {
	enum option_type type;
	char letter;          /* 0: none */
	const char *name;     /* without "--" */
	const char *argument; /* "RANGE"; "[=CODE]" where optional */
	const char *help;     /* for --help, its default included */
	union {
		bool *flag;
		unsigned *count;
		const char **string;
		struct option_list *list;
		struct range *range;
		option_function *function;
		struct {
			unsigned *value;
			unsigned min, max;
		} number;
	} into;
};

#define OPTION_HEADING(help_)                                                  \
	{                                                                      \
		.type = OPTION_TYPE_HEADING, .help = (help_)                   \
	}
#define OPTION_FLAG(letter_, name_, into_, help_)                              \
	{                                                                      \
		.type = OPTION_TYPE_FLAG, .letter = (letter_),                 \
		.name = (name_), .help = (help_), .into.flag = (into_)         \
	}
#define OPTION_COUNT(letter_, name_, into_, help_)                             \
	{                                                                      \
		.type = OPTION_TYPE_COUNT, .letter = (letter_),                \
		.name = (name_), .help = (help_), .into.count = (into_)        \
	}
#define OPTION_STRING(letter_, name_, argument_, into_, help_)                 \
	{                                                                      \
		.type = OPTION_TYPE_STRING, .letter = (letter_),               \
		.name = (name_), .argument = (argument_), .help = (help_),     \
		.into.string = (into_)                                         \
	}
#define OPTION_LIST(letter_, name_, argument_, into_, help_)                   \
	{                                                                      \
		.type = OPTION_TYPE_LIST, .letter = (letter_),                 \
		.name = (name_), .argument = (argument_), .help = (help_),     \
		.into.list = (into_)                                           \
	}
#define OPTION_NUMBER(letter_, name_, argument_, into_, min_, max_, help_)     \
	{                                                                      \
		.type = OPTION_TYPE_NUMBER, .letter = (letter_),               \
		.name = (name_), .argument = (argument_), .help = (help_),     \
		.into.number = {                                               \
			(into_),                                               \
			(min_),                                                \
			(max_)                                                 \
		}                                                              \
	}
#define OPTION_RANGE(letter_, name_, into_, help_)                             \
	{                                                                      \
		.type = OPTION_TYPE_RANGE, .letter = (letter_),                \
		.name = (name_), .argument = "RANGE", .help = (help_),         \
		.into.range = (into_)                                          \
	}
#define OPTION_FUNCTION(letter_, name_, argument_, into_, help_)               \
	{                                                                      \
		.type = OPTION_TYPE_FUNCTION, .letter = (letter_),             \
		.name = (name_), .argument = (argument_), .help = (help_),     \
		.into.function = (into_)                                       \
	}
#define OPTION_END                                                             \
	{                                                                      \
		.type = OPTION_TYPE_END                                        \
	}

/*
 * Parses arguments against tables of rows (a list of tables, NULL last), in any
 * order with the operands; an empty operand is dropped. The operands left,
 * NULL last, are put into `operands`. False with `why` naming option and
 * reason at the first thing wrong: an unknown option, a missing or an empty
 * value, a value out of range.
 */
bool option_parse(const struct option_row *const *tables,
    const struct arguments *arguments, struct option_list *operands,
    struct text *why);

/*
 * The word that gives an option on the command line, "--port=25" or "--ssl",
 * from its letter or whole name and its value; NULL and "" are none. False with
 * `why` filled in, the value left out, if there is no such option or the value
 * is missing or one too many.
 */
bool option_word(const struct option_row *const *tables, const char *name,
    const char *value, struct text *word, struct text *why);

/* The options as --help shows them, folded to 80 columns. */
void option_help(const struct option_row *const *tables, struct text *out);

#endif
