/* SPDX-License-Identifier: GPL-3.0-or-later */
/* perfdata - metrics as monitoring engines read them */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "range.h"
#include "perfdata.h"

void
perfdata_add(struct text *out, const char *prefix, const struct metric *metric)
{
	char value[RANGE_TEXT_SIZE], warning[RANGE_TEXT_SIZE];
	char critical[RANGE_TEXT_SIZE], item[3 * RANGE_TEXT_SIZE + 8];
	size_t length;

	if (strcmp(metric->unit, "s") == 0)
		snprintf(value, sizeof(value), "%.3f", metric->value);
	else
		range_number(metric->value, value);
	range_print(&metric->thresholds.warning, warning);
	range_print(&metric->thresholds.critical, critical);
	length = (size_t)snprintf(item, sizeof(item), "%s%s;%s;%s;%s", value,
	    metric->unit, warning, critical, metric->has_min ? "0" : "");
	while (length > 0 && item[length - 1] == ';')
		item[--length] = '\0';
	text_add(out, " %s%s=%s", prefix, metric->label, item);
}

/* "mx1.example.com_v4_": nothing that an engine would mangle. */
static void
make_prefix(const struct target *target, char *out, size_t size)
{
	const char *family =
	    target->address.any.sa_family == AF_INET6 ? "v6" : "v4";
	char ordinal[16] = "";

	if (target->ordinal > 1)
		snprintf(ordinal, sizeof(ordinal), "_%u", target->ordinal);
	snprintf(out, size, "%s_%s%s_", target->host->name, family, ordinal);
	for (char *c = out; *c != '\0'; c++) {
		*c = (char)tolower((unsigned char)*c);
		if (!isalnum((unsigned char)*c) && *c != '.' && *c != '-')
			*c = '_';
	}
}

void
perfdata_add_server(
    struct text *out, const struct target *target, const struct result *result)
{
	char prefix[DOMAIN_SIZE + 32];

	make_prefix(target, prefix, sizeof(prefix));
	for (size_t i = 0; i < result->metric_count; i++)
		perfdata_add(out, prefix, &result->metric[i]);
}
