/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shared - servers that many domains have in common, each tested once
 *
 * For runs side by side in one process. A server is an address under a name, and
 * under the one that a DANE sender gives in TLS; where nothing answers at an
 * address, the address alone. Whoever comes first tests it; the others wait, and
 * get what it showed. An address never has two connections at a time, a
 * provider's network (IPv4 /24, IPv6 /48) never more than PLACES_NETWORK_MAX.
 * What is kept stays within a limit, the oldest goes first: a server that is met
 * again after that is tested again.
 */
#ifndef SHARED_H
#define SHARED_H

#include <stdbool.h>
#include <stddef.h>

#include "facts.h"
#include "target.h"

struct shared;

/*
 * Keeps up to `bytes` of facts; nobody waits longer than `patience_s` for a
 * turn. NULL if out of memory.
 */
struct shared *shared_open(size_t bytes, unsigned patience_s);

/* Once nobody uses it any more. */
void shared_close(struct shared *shared);

/* What came of asking for a turn. */
enum turn {
	TURN_OURS,    /* to test the server, and to say shared_end() */
	TURN_KNOWN,   /* another run has: facts are what that one kept */
	TURN_NONE,    /* there was none within the patience */
	TURN_STOPPED, /* by shared_stop() */
};

/*
 * Asks for a server's turn. `facts` are zeroed by the caller. With `anew` what
 * was known before will not do, only what another run learns meanwhile.
 */
enum turn shared_begin(struct shared *shared, const struct target *target,
    bool anew, struct facts *facts);

/*
 * Gives the turn back. The facts are kept, unless they tell a failure of our
 * own.
 */
void shared_end(struct shared *shared, const struct target *target,
    const struct facts *facts);

/* From now on nobody gets a turn; who has one goes on. By any thread. */
void shared_stop(struct shared *shared);

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
