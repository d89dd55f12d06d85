/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * coverage - the counters of gcov, written where a process ends by _exit()
 *
 * Linked with -Wl,--wrap=_exit into builds for `make coverage` only: plugins
 * end without the exit handlers, which would write them otherwise.
 */
#include <gcov.h>

_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

_Noreturn void
__wrap__exit(int status)
{
	__gcov_dump();
	__real__exit(status);
}
