/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_perfdata - metrics as monitoring engines read them */
#include "judging.h"
#include "perfdata.h"
#include "unit.h"

static const struct item_case {
	const char *sentence;
	const char *unit;
	double value;
	const char *warning, *critical; /* NULL: none */
	bool has_min;
	double max; /* 0: none */
	const char *item;
} item_cases[] = {
    {"Seconds have milliseconds and their unit.", "s", 0.12, NULL, NULL, true,
	0, " m=0.120s;;;0"},
    {"Days have no unit.", "", 61, NULL, NULL, false, 0, " m=61"},
    {"Negative days stay.", "", -4, NULL, NULL, false, 0, " m=-4"},
    {"Thresholds are shown as applied.", "", 61, "21:", "7:", false, 0,
	" m=61;21:;7:"},
    {"0:N is shown as N.", "s", 1, "0:5", "0:10", true, 0, " m=1.000s;5;10;0"},
    {"A lone warning leaves nothing behind it.", "", 1, "5", NULL, false, 0,
	" m=1;5"},
    {"A lone critical keeps its place.", "", 1, NULL, "5", false, 0, " m=1;;5"},
    {"A large value has no exponent.", "", 1e9, NULL, NULL, false, 0,
	" m=1000000000"},
    {"A version has one decimal.", "", 1.3, NULL, NULL, false, 0, " m=1.3"},
    {"A maximum comes last.", "", 2, NULL, NULL, true, 3, " m=2;;;0;3"},
    {"A lone maximum keeps its place.", "", 2, NULL, NULL, false, 3,
	" m=2;;;;3"},
};

static void
prints_item(void **state)
{
	const struct item_case *row = *state;
	struct metric metric = {.label = "m",
	    .unit = row->unit,
	    .value = row->value,
	    .has_min = row->has_min,
	    .has_max = row->max > 0,
	    .max = row->max};
	struct perfdata perfdata;
	struct text out;

	if (row->warning != NULL)
		assert_true(
		    range_parse(&metric.thresholds.warning, row->warning));
	if (row->critical != NULL)
		assert_true(
		    range_parse(&metric.thresholds.critical, row->critical));
	text_init(&out, 200);
	perfdata_init(&perfdata, NULL, &metric);
	perfdata_add(&out, &perfdata);
	assert_string_equal(out.data, row->item);
	text_release(&out);
}

static const struct label_case {
	const char *sentence;
	const char *host;
	const char *address;
	unsigned ordinal;
	const char *item;
} label_cases[] = {
    {"A label names host, family and metric.", "mx1.example.com", "192.0.2.4",
	1, " mx1.example.com_v4_m=1"},
    {"IPv6 is another family.", "mx1.example.com", "2001:db8::25", 1,
	" mx1.example.com_v6_m=1"},
    {"A second address of a family is numbered.", "mx1.example.com",
	"192.0.2.5", 2, " mx1.example.com_v4_2_m=1"},
    {"An IPv6 address as host loses its colons.", "2001:db8::25",
	"2001:db8::25", 1, " 2001_db8__25_v6_m=1"},
    {"Whatever engines mangle becomes an underscore.", "a'b =|;\\\"::c",
	"192.0.2.4", 1, " a_b________c_v4_m=1"},
    {"Letters are lower case.", "MX1.Example.COM", "192.0.2.4", 1,
	" mx1.example.com_v4_m=1"},
    {"Bytes beyond ASCII become underscores.", "m\303\274", "192.0.2.4", 1,
	" m___v4_m=1"},
};

static void
prints_label(void **state)
{
	const struct label_case *row = *state;
	struct judging *judging = judging_start();
	struct text out;

	text_print(judging->host.name, DOMAIN_SIZE, "%s", row->host);
	judging_address(&judging->target, row->address, 25);
	judging->target.ordinal = row->ordinal;
	result_metric(&judging->result,
	    &(struct metric){.label = "m", .unit = "", .value = 1});
	text_init(&out, 200);
	perfdata_add_server(&out, &judging->target, &judging->result);
	assert_string_equal(out.data, row->item);
	text_release(&out);
}

int
main(void)
{
	UNIT_TABLE(item_cases, prints_item);
	UNIT_TABLE(label_cases, prints_label);
	return unit_run("perfdata");
}
