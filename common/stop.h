/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stop - a signal that asks the process to end, answered in a safe place
 *
 * SIGINT, SIGTERM and SIGHUP. The first one asks for a decent end, the second
 * one for an end now. One thread waits for them; a further one, or the second
 * where nobody waits yet, kills the process as if it had not been caught.
 */
#ifndef STOP_H
#define STOP_H

#include "deadline.h"

enum stop {
	STOP_NOT_ASKED,
	STOP_SOON,
	STOP_NOW,
};

/* From now on; what the parent ignores (nohup) stays ignored. */
void stop_listen(void);

/* What has been asked for so far. From any thread. */
enum stop stop_asked(void);

/* Waits for a signal, stop_wake() or the deadline. */
void stop_wait(struct deadline deadline);

/* From any thread. */
void stop_wake(void);

#endif
