/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report_json_value - the values that the JSON format is made of */
#include <string.h>

#include "report_json.h"

enum { STRING_SIZE = 1024 }; /* more than any single fact holds */

json_t *
report_json_string(const char *string)
{
	char clean[STRING_SIZE];

	printable(clean, sizeof(clean), string, strlen(string));
	return json_string(clean);
}

/* Rounded without libm, which would have to be loaded at every start. */
json_t *
report_json_seconds(double seconds)
{
	return json_real((double)(int64_t)(seconds * 1000 + 0.5) / 1000);
}

json_t *
report_json_append(json_t *list, json_t *item)
{
	if (json_array_append_new(list, item) == 0)
		return list;
	json_decref(list);
	return NULL;
}
