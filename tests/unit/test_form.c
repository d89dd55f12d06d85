/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_form - the address forms of the relay test */
#include <string.h>

#include "form.h"
#include "unit.h"

static const struct expand_case {
	const char *sentence;
	const char *pattern;
	const char *address;
} expand_cases[] = {
    {"The plain forms name sender and recipient.", "<%f>", "<me@mon.example>"},
    {"A recipient is mailbox and domain.", "<%r@%d>", "<you@out.example>"},
    {"%% is a percent sign.", "<%r%%%d@%h>", "<you%out.example@mx.example>"},
    {"A literal keeps its brackets.", "<%r@%d@%i>",
	"<you@out.example@[192.0.2.4]>"},
    {"A served domain is known.", "<%r%%%d@%l>",
	"<you%out.example@local.example>"},
    {"A pattern without letters stays.", "<>", "<>"},
};

static struct form_meaning
make_meaning(void)
{
	struct form_meaning meaning = {.sender = "me@mon.example",
	    .mailbox = "you",
	    .domain = "out.example",
	    .host = "mx.example",
	    .literal = "[192.0.2.4]",
	    .local = "local.example"};

	return meaning;
}

static void
expands(void **state)
{
	const struct expand_case *row = *state;
	struct form_meaning meaning = make_meaning();
	char address[RELAY_ADDRESS_SIZE];

	assert_true(form_expand(address, row->pattern, &meaning));
	assert_string_equal(address, row->address);
}

/* RFC 5321 4.5.3.1.4: 512 octets of a command line, CRLF among them. */
static void
refuses_long_lines(void **state)
{
	struct form_meaning meaning = make_meaning();
	char address[RELAY_ADDRESS_SIZE], local[RELAY_ADDRESS_SIZE];

	(void)state;
	memset(local, 'l', sizeof(local));
	meaning.local = local;
	local[sizeof(local) - 1] = '\0';
	assert_false(form_expand(address, "<%l>", &meaning));
	local[512 - strlen("MAIL FROM:<>\r\n")] = '\0';
	assert_true(form_expand(address, "<%l>", &meaning));
	assert_int_equal(
	    strlen("MAIL FROM:") + strlen(address) + strlen("\r\n"), 512);
}

static void
forms_are_sound(void **state)
{
	struct form_meaning meaning = make_meaning();
	char address[RELAY_ADDRESS_SIZE];
	const struct form *form;
	size_t count = 0;

	(void)state;
	for (; (form = form_number(count)) != NULL; count++) {
		assert_true(form_expand(address, form->from, &meaning));
		assert_null(strchr(address, ' '));
		assert_true(form_expand(address, form->to, &meaning));
		assert_null(strchr(address, ' '));
		for (size_t i = 0; i < count; i++)
			assert_string_not_equal(
			    form->name, form_number(i)->name);
	}
	assert_true(count > 16 && count <= FORMS_MAX);
	assert_string_equal(form_number(0)->name, "plain");
	assert_int_equal(form_number(0)->kind, RELAY_OUTSIDE);
}

static void
lists_all(void **state)
{
	struct text list;

	(void)state;
	text_init(&list, 1 << 16);
	form_list(&list);
	for (size_t i = 0; form_number(i) != NULL; i++)
		assert_contains(list.data, form_number(i)->name);
	assert_null(strstr(list.data, "%r"));
	text_release(&list);
}

/* How many forms a --probes wants; -1: refused. */
static int
count_wanted(const char *string)
{
	bool wanted[FORMS_MAX];
	struct text why;
	int count = 0;
	bool valid;

	text_init(&why, 200);
	valid = form_parse(string, wanted, &why);
	assert_int_equal(why.length == 0, valid);
	text_release(&why);
	for (int i = 0; valid && i < FORMS_MAX; i++)
		count += wanted[i];
	return valid ? count : -1;
}

static const struct parse_case {
	const char *sentence;
	const char *string;
	int wanted; /* -1: refused */
} parse_cases[] = {
    {"One name wants one form.", "percent-host", 1},
    {"Two names want two.", "percent-host,quoted", 2},
    {"A name twice wants one.", "quoted,quoted", 1},
    {"Letter case does not matter.", "Quoted", 1},
    {"An unknown name is refused.", "telepathy", -1},
    {"A blank is refused.", "quoted, bang", -1},
    {"Nothing is refused.", "", -1},
    {"A comma at the end is refused.", "quoted,", -1},
    {"A part of a name is refused.", "quot", -1},
};

static void
parses(void **state)
{
	const struct parse_case *row = *state;

	assert_int_equal(count_wanted(row->string), row->wanted);
}

static void
wants_all(void **state)
{
	int count = 0;

	(void)state;
	while (form_number((size_t)count) != NULL)
		count++;
	assert_int_equal(count_wanted("all"), count);
	assert_true(count_wanted("basic") <= 1);
}

int
main(void)
{
	UNIT_TABLE(expand_cases, expands);
	UNIT_TABLE(parse_cases, parses);
	unit_add("An address too long for a command line is refused.",
	    refuses_long_lines);
	unit_add("Every form has its own name and no blank.", forms_are_sound);
	unit_add("The list shows every form in words.", lists_all);
	unit_add(
	    "\"all\" wants every form, \"basic\" the plain one.", wants_all);
	return unit_run("form");
}
