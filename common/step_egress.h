/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * step_egress - where every server times out: is it us?
 *
 * --egress-check names a host that is known to answer; where that one times
 * out too, the servers were not tested. The option writes to variables of
 * this file, before any thread starts.
 */
#ifndef STEP_EGRESS_H
#define STEP_EGRESS_H

#include "deadline.h"
#include "option.h"
#include "plugin.h"

/* --egress-check. */
extern const struct option_row step_egress_options[];

/* The time that all else has, where this is to come last. */
struct deadline step_egress_leave_time(struct deadline whole);

/* Asks the host if need be, and turns the servers' time-outs into notes. */
void step_egress_conclude(const struct conclusion *conclusion);

#endif
