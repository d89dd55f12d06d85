/* SPDX-License-Identifier: GPL-3.0-or-later */
/* arrival - whether a test message came into a mailbox, and when */
#include "arrival.h"
bool
arrival_url_valid(const char *url, struct text *why)
{
	(void)url;
	(void)why;
	return true;
}
bool
arrival_maildir_valid(const char *folder, struct text *why)
{
	(void)folder;
	(void)why;
	return true;
}
bool
arrival_prepare(struct text *why)
{
	(void)why;
	return true;
}
void
arrival_wait(const struct arrival_params *params, const char *token,
    double since, struct deadline deadline, struct arrival *arrival)
{
	(void)params;
	(void)token;
	(void)since;
	(void)deadline;
	arrival->asked = true;
}
