/* SPDX-License-Identifier: GPL-3.0-or-later */
/* diagnosis - every code the suite can report, and what each one means */
#include <stddef.h>
#include <strings.h>

#include "diagnosis.h"

static const struct diagnosis_entry entries[] = {
#define DIAGNOSIS(code, state, penalty, tlsrpt, title, cause, remedy)          \
	{#code, STATE_##state, penalty, tlsrpt, title, cause, remedy},
#include "diagnosis.def"
#undef DIAGNOSIS
};

static const char *const state_names[] = {
    [STATE_OK] = "OK",
    [STATE_WARNING] = "WARNING",
    [STATE_CRITICAL] = "CRITICAL",
    [STATE_UNKNOWN] = "UNKNOWN",
};

const struct diagnosis_entry *
diagnosis_entry(enum diagnosis diagnosis)
{
	return &entries[diagnosis];
}

bool
diagnosis_find(const char *code, enum diagnosis *diagnosis)
{
	for (int i = 0; i < DIAGNOSIS_END; i++)
		if (strcasecmp(code, entries[i].code) == 0) {
			*diagnosis = (enum diagnosis)i;
			return true;
		}
	return false;
}

const char *
state_name(enum state state)
{
	return state_names[state];
}

bool
state_find(const char *name, enum state *state)
{
	for (int i = STATE_OK; i <= STATE_UNKNOWN; i++)
		if (strcasecmp(name, state_names[i]) == 0) {
			*state = (enum state)i;
			return true;
		}
	return false;
}

enum state
state_worse(enum state a, enum state b)
{
	static const int weight[] = {
	    [STATE_OK] = 0,
	    [STATE_UNKNOWN] = 1,
	    [STATE_WARNING] = 2,
	    [STATE_CRITICAL] = 3,
	};

	return weight[a] >= weight[b] ? a : b;
}
