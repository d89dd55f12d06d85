/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shared - servers that many domains have in common, each tested once
 *
 * For runs side by side in one process. A server is an address under a name,
 * with the TLSA records that it is held to. Whoever comes first tests it; the
 * others wait, and get what it showed. An address never has two connections at
 * a time, a provider's network (IPv4 /24, IPv6 /48) never more than
 * SHARED_NETWORK_MAX. What is kept stays within a limit, the oldest goes first:
 * a server that is met again after that is tested again.
 */
#ifndef SHARED_H
#define SHARED_H

#include <stdbool.h>
#include <stddef.h>

#include "facts.h"
#include "target.h"

enum { SHARED_NETWORK_MAX = 8 };

struct shared;

/* Keeps up to `bytes` of facts. NULL if out of memory. */
struct shared *shared_open(size_t bytes);

/* Once nobody uses it any more. */
void shared_close(struct shared *shared);

/*
 * Takes a server's turn: true if it is the caller's to test, who says
 * shared_end() whatever came of it; false if another run has done so: then
 * `facts`, zeroed by the caller, are what that one kept. Waits as long as it
 * takes.
 */
bool shared_begin(
    struct shared *shared, const struct target *target, struct facts *facts);

/* Gives the turn back; facts are kept, NULL: there are none. */
void shared_end(struct shared *shared, const struct target *target,
    const struct facts *facts);

/* What one run has learnt of the resolver, and all others need not ask. */
enum resolver shared_resolver(struct shared *shared);
void shared_learn_resolver(struct shared *shared, enum resolver resolver);

/* How many tests there were, and how often one was spared. */
struct shared_counts {
	unsigned long tested;
	unsigned long spared;
};
struct shared_counts shared_counts(struct shared *shared);

#endif
