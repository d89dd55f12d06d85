/* SPDX-License-Identifier: GPL-3.0-or-later */
/* step_auth - the login: credentials, and when they may be sent */
#include "step_auth.h"

const struct option_row step_auth_options[] = {OPTION_END};
bool
step_auth_prepare(struct text *why)
{
	(void)why;
	return true;
}
bool
step_auth_wanted(void)
{
	return false;
}
bool
step_auth_in_clear(void)
{
	return false;
}
const char *
step_auth_user(void)
{
	return 0;
}
const char *
step_auth_secret(void)
{
	return 0;
}
bool
step_auth_by_token(void)
{
	return false;
}
bool
step_auth_login(struct smtp *smtp)
{
	(void)smtp;
	return true;
}
void
step_auth_judge(const struct facts *facts, struct result *result)
{
	(void)facts;
	(void)result;
}
