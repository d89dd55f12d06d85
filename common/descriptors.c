/* SPDX-License-Identifier: GPL-3.0-or-later */
/* descriptors - how many files and sockets may be open at a time */
#include <sys/resource.h>

#include "descriptors.h"

unsigned long
descriptors_allow(unsigned long most)
{
	struct rlimit limit, raised;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return most;
	raised = limit;
	raised.rlim_cur = limit.rlim_max < most ? limit.rlim_max : most;
	if (limit.rlim_cur >= most || setrlimit(RLIMIT_NOFILE, &raised) != 0)
		return limit.rlim_cur;
	return raised.rlim_cur;
}
