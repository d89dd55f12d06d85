/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_json - what the parts of the JSON format share
 *
 * Makers return a new value. NULL leaves its key out (json_pack's "o*"): not
 * observed. Out of memory is a NULL too; where the key can't be missing ("o")
 * it makes the whole a NULL.
 */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include <jansson.h>

#include "facts.h"

/* Printable once more: a fact that was cut may end in half a character. */
json_t *report_json_string(const char *string);

/* To the millisecond. */
json_t *report_json_seconds(double seconds);

/* Takes both; a list that lost an item is no list: NULL. */
json_t *report_json_append(json_t *list, json_t *item);

/* The keys of a server that hold facts. */
json_t *report_json_facts(const struct facts *facts);

#endif
