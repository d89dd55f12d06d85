/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

int
main(void)
{
	return unit_run("judge_auth");
}
