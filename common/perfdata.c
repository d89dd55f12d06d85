/* SPDX-License-Identifier: GPL-3.0-or-later */
/* perfdata - metrics as monitoring engines read them */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "perfdata.h"

/* "mx1.example.com_v4_": nothing that an engine would mangle. */
static void
make_prefix(const struct target *target, char *out, size_t size)
{
	const char *family =
	    target->address.any.sa_family == AF_INET6 ? "v6" : "v4";
	char ordinal[16] = "";

	if (target->ordinal > 1)
		snprintf(ordinal, sizeof(ordinal), "_%u", target->ordinal);
	/* A host without address has no family. */
	if (target->connects)
		snprintf(
		    out, size, "%s_%s%s_", target->host->name, family, ordinal);
	else
		snprintf(out, size, "%s_", target->host->name);
	for (char *c = out; *c != '\0'; c++) {
		*c = (char)tolower((unsigned char)*c);
		if (!isalnum((unsigned char)*c) && *c != '.' && *c != '-')
			*c = '_';
	}
}

void
perfdata_init(struct perfdata *perfdata, const struct target *target,
    const struct metric *metric)
{
	char prefix[DOMAIN_SIZE + 32] = "";

	memset(perfdata, 0, sizeof(*perfdata));
	if (target != NULL)
		make_prefix(target, prefix, sizeof(prefix));
	text_print(perfdata->label, sizeof(perfdata->label), "%s%s", prefix,
	    metric->label);
	if (strcmp(metric->unit, "s") == 0)
		snprintf(perfdata->value, sizeof(perfdata->value), "%.3f",
		    metric->value);
	else
		range_number(metric->value, perfdata->value);
	perfdata->unit = metric->unit;
	range_print(&metric->thresholds.warning, perfdata->warning);
	range_print(&metric->thresholds.critical, perfdata->critical);
	if (metric->has_min)
		range_number(0, perfdata->min);
	if (metric->has_max)
		range_number(metric->max, perfdata->max);
}

void
perfdata_add(struct text *out, const struct perfdata *perfdata)
{
	char limits[4 * RANGE_TEXT_SIZE + 8];
	size_t length;

	length = (size_t)snprintf(limits, sizeof(limits), ";%s;%s;%s;%s",
	    perfdata->warning, perfdata->critical, perfdata->min,
	    perfdata->max);
	while (length > 0 && limits[length - 1] == ';')
		limits[--length] = '\0';
	text_add(out, " %s=%s%s%s", perfdata->label, perfdata->value,
	    perfdata->unit, limits);
}

void
perfdata_add_server(
    struct text *out, const struct target *target, const struct result *result)
{
	for (size_t i = 0; i < result->metric_count; i++) {
		struct perfdata perfdata;

		perfdata_init(&perfdata, target, &result->metric[i]);
		perfdata_add(out, &perfdata);
	}
}
