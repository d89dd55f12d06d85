/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * places - where only so many may be at a time: an address, a network
 *
 * All of it under a lock of the caller's, which is given up while it waits.
 */
#ifndef PLACES_H
#define PLACES_H

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#include "dns.h"

enum { PLACES_NETWORK_MAX = 8 }; /* in an IPv4 /24 or an IPv6 /48 */

/* How long somebody waits, and under which lock. */
struct patience {
	pthread_mutex_t *lock;
	const bool *stopped; /* nobody is to wait any more */
	struct timespec end; /* on the clock of pthread_cond_timedwait() */
};

struct patience patience_of(
    pthread_mutex_t *lock, const bool *stopped, unsigned seconds);

/* False where there is nothing left to wait for. */
bool patience_await(const struct patience *patience, pthread_cond_t *event);

/* Where somebody is, or waits to be; zeroed: nobody is anywhere. */
struct places {
	void *tree;
};

/*
 * Goes in: alone at the address, or as one of PLACES_NETWORK_MAX in its network.
 * Waits for room; false, outside, where the patience ends. Without memory to
 * count by nobody is kept from going in.
 */
bool places_enter(struct places *places, const union dns_address *address,
    bool network, const struct patience *patience);

void places_leave(
    struct places *places, const union dns_address *address, bool network);

/* All who wait look at their patience. */
void places_wake(const struct places *places);

/* Once nobody is anywhere. */
void places_release(struct places *places);

#endif
