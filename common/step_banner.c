/* SPDX-License-Identifier: GPL-3.0-or-later */
/* step_banner - steps 2 to 4: what the user wants of greeting and EHLO */
#include <string.h>

#include "judge.h"
#include "step_banner.h"

static const char *expected;
static struct option_list required;

const struct option_row step_banner_options[] = {
    OPTION_HEADING("What greeting and EHLO have to say:"),
    OPTION_STRING('e', "expect", "STRING", &expected,
	"text that has to be in the banner (default: any)"),
    OPTION_LIST(0, "require", "EXT", &required,
	"EHLO extension that has to be offered, such as STARTTLS or "
	"SIZE>=10485760; repeatable (default: none)"),
    OPTION_END,
};

bool
step_banner_prepare(struct text *why)
{
	char clean[96];

	for (size_t i = 0; i < required.count; i++) {
		if (judge_requirement_valid(required.value[i]))
			continue;
		printable(clean, sizeof(clean), required.value[i],
		    strlen(required.value[i]));
		text_add(why, "--require='%s': not EXT or EXT>=NUMBER", clean);
		return false;
	}
	return true;
}

bool
step_banner_expects(void)
{
	return expected != NULL;
}

bool
step_banner_requires(void)
{
	return required.count > 0;
}

void
step_banner_judge(const struct facts *facts, struct result *result)
{
	judge_banner(facts, expected, result);
	judge_ehlo(facts, required.value, result);
}
