/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shared - servers that many domains have in common, each tested once */
#include <netinet/in.h>
#include <pthread.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "packed.h"
#include "places.h"
#include "text.h"
#include "tree.h"
#include "shared.h"

/* What makes two targets one server. */
struct identity {
	union dns_address address; /* port included */
	char name[DOMAIN_SIZE];
	char base[DOMAIN_SIZE]; /* that a DANE sender names in TLS, or "" */
};

/* A server that is being tested, or what came of it. */
struct known {
	struct identity identity;
	bool testing;
	unsigned waiting; /* threads that need it to stay */
	pthread_cond_t tested;
	struct packed *packed;
	struct known *older, *newer; /* of those that have facts */
};

/* All under the lock. */
struct shared {
	pthread_mutex_t lock;
	void *servers; /* a tree */
	struct places places;
	struct known *oldest, *newest;
	size_t size, limit;
	unsigned patience_s;
	bool stopped;
	struct shared_counts counts;
	enum resolver resolver;
};

static int
compare_addresses(const union dns_address *a, const union dns_address *b)
{
	size_t a_length, b_length;
	const void *a_octets = dns_address_octets(a, &a_length);
	const void *b_octets = dns_address_octets(b, &b_length);
	int order = a_length != b_length ? a_length < b_length ? -1 : 1
					 : memcmp(a_octets, b_octets, a_length);

	if (order != 0)
		return order;
	/* At the same place in both families. */
	return (int)a->v4.sin_port - (int)b->v4.sin_port;
}

static int
compare_known(const void *a, const void *b)
{
	const struct identity *left = &((const struct known *)a)->identity;
	const struct identity *right = &((const struct known *)b)->identity;
	int order = compare_addresses(&left->address, &right->address);

	if (order == 0)
		order = strcmp(left->name, right->name);
	return order != 0 ? order : strcmp(left->base, right->base);
}

struct shared *
shared_open(size_t bytes, unsigned patience_s)
{
	struct shared *shared = calloc(1, sizeof(*shared));

	if (shared == NULL)
		return NULL;
	pthread_mutex_init(&shared->lock, NULL);
	shared->limit = bytes;
	shared->patience_s = patience_s;
	return shared;
}

static void
identify(const struct target *target, struct identity *identity)
{
	const struct target_host *host = target->host;
	bool heeded = target_host_dane(host) == DANE_STANDS_ON;

	identity->address = target->address;
	text_print(identity->name, DOMAIN_SIZE, "%s", host->name);
	text_print(
	    identity->base, DOMAIN_SIZE, "%s", heeded ? host->tlsa.base : "");
}

/* Whatever its name: for an address where nothing answers. */
static struct known
nameless(const struct target *target)
{
	return (struct known){
	    .tested = PTHREAD_COND_INITIALIZER,
	    .identity.address = target->address,
	};
}

static struct known *
find_known(struct shared *shared, const struct target *target)
{
	struct known like = {.tested = PTHREAD_COND_INITIALIZER};

	identify(target, &like.identity);
	return tree_find_or_add(
	    &shared->servers, &like, sizeof(like), compare_known);
}

/* Out of the order of age. */
static void
take_out(struct shared *shared, struct known *known)
{
	*(known->older != NULL ? &known->older->newer : &shared->oldest) =
	    known->newer;
	*(known->newer != NULL ? &known->newer->older : &shared->newest) =
	    known->older;
	known->older = known->newer = NULL;
}

static void
put_newest(struct shared *shared, struct known *known)
{
	known->older = shared->newest;
	*(known->older != NULL ? &known->older->newer : &shared->oldest) =
	    known;
	shared->newest = known;
}

static size_t
size_of(const struct known *known)
{
	return sizeof(*known) + packed_size(known->packed);
}

static void
forget(struct shared *shared, struct known *known)
{
	if (known->packed != NULL) {
		take_out(shared, known);
		shared->size -= size_of(known);
		packed_free(known->packed);
	}
	tdelete(known, &shared->servers, compare_known);
	pthread_cond_destroy(&known->tested);
	free(known);
}

static void
forget_oldest(struct shared *shared)
{
	struct known *next;

	for (struct known *known = shared->oldest;
	     known != NULL && shared->size > shared->limit; known = next) {
		next = known->newer;
		if (known->waiting == 0 && !known->testing)
			forget(shared, known);
	}
}

/* Unpacks without the lock; `waiting` keeps the known where it is. */
static enum turn
give(struct shared *shared, struct known *known, struct facts *facts)
{
	take_out(shared, known);
	put_newest(shared, known);
	shared->counts.spared++;
	known->waiting++;
	pthread_mutex_unlock(&shared->lock);
	packed_unpack(known->packed, facts);
	pthread_mutex_lock(&shared->lock);
	known->waiting--;
	return TURN_KNOWN;
}

static void
free_known(void *node)
{
	struct known *known = node;

	packed_free(known->packed);
	free(known);
}

void
shared_close(struct shared *shared)
{
	tdestroy(shared->servers, free_known);
	places_release(&shared->places);
	free(shared);
}

/* What is kept under that identity, or NULL. */
static struct known *
find_kept(struct shared *shared, const struct known *like)
{
	void **node = tfind(like, &shared->servers, compare_known);
	struct known *known = node != NULL ? *node : NULL;

	return known != NULL && known->packed != NULL ? known : NULL;
}

/*
 * Nobody else tests it now. True with a turn at its address and in its network;
 * false with what was found out meanwhile in `*dead`, or nothing.
 */
static bool
take_place(struct shared *shared, const struct target *target,
    const struct patience *patience, struct known **dead)
{
	const union dns_address *address = &target->address;
	struct known like = nameless(target);
	struct known *before = find_kept(shared, &like);
	const struct packed *old = before != NULL ? before->packed : NULL;

	if (!places_enter(&shared->places, address, false, patience))
		return false;
	*dead = find_kept(shared, &like);
	if (*dead != NULL && (*dead)->packed == old)
		*dead = NULL;
	if (*dead == NULL
	    && places_enter(&shared->places, address, true, patience))
		return true;
	places_leave(&shared->places, address, false);
	return false;
}

/* Of no more use: neither tested, nor waited for, nor known. */
static void
tidy(struct shared *shared, struct known *known)
{
	if (known != NULL && !known->testing && known->waiting == 0
	    && known->packed == NULL)
		forget(shared, known);
}

static enum turn
begin(struct shared *shared, const struct target *target, bool anew,
    struct known *known, struct facts *facts)
{
	const struct patience patience =
	    patience_of(&shared->lock, &shared->stopped, shared->patience_s);
	struct known like = nameless(target), *dead = NULL;
	bool waited = true;

	while (known->testing && waited) {
		waited = patience_await(&patience, &known->tested);
		anew = anew && !waited;
	}
	if (known->packed != NULL && !anew)
		return give(shared, known, facts);
	if (!anew && (dead = find_kept(shared, &like)) != NULL)
		return give(shared, dead, facts);
	if (known->testing || shared->stopped)
		return shared->stopped ? TURN_STOPPED : TURN_NONE;
	known->testing = true;
	if (take_place(shared, target, &patience, &dead)) {
		shared->counts.tested++;
		return TURN_OURS;
	}
	known->testing = false;
	pthread_cond_broadcast(&known->tested);
	if (dead != NULL)
		return give(shared, dead, facts);
	return shared->stopped ? TURN_STOPPED : TURN_NONE;
}

enum turn
shared_begin(struct shared *shared, const struct target *target, bool anew,
    struct facts *facts)
{
	enum turn turn = TURN_NONE;
	struct known *known;

	pthread_mutex_lock(&shared->lock);
	known = find_known(shared, target);
	if (known != NULL) {
		known->waiting++;
		turn = begin(shared, target, anew, known, facts);
		known->waiting--;
		tidy(shared, known);
	}
	pthread_mutex_unlock(&shared->lock);
	return turn;
}

/* The oldest gives way, and that may be this one. */
static void
keep(struct shared *shared, struct known *known, struct packed *packed)
{
	if (known == NULL || packed == NULL) {
		packed_free(packed);
		tidy(shared, known);
		return;
	}
	if (known->packed != NULL) {
		take_out(shared, known);
		shared->size -= size_of(known);
		packed_free(known->packed);
	}
	known->packed = packed;
	shared->size += size_of(known);
	put_newest(shared, known);
	forget_oldest(shared);
}

/* What a connection that came to nothing shows, whatever name it was for. */
static bool
is_dead(const struct facts *facts)
{
	return facts->step == STEP_CONNECT
	    && facts->failure.kind != FAILURE_NONE;
}

void
shared_end(struct shared *shared, const struct target *target,
    const struct facts *facts)
{
	struct packed *packed =
	    facts->failure.kind != FAILURE_LOCAL ? packed_make(facts) : NULL;
	struct known like = nameless(target), *known;

	pthread_mutex_lock(&shared->lock);
	places_leave(&shared->places, &target->address, true);
	places_leave(&shared->places, &target->address, false);
	known = find_known(shared, target);
	if (known != NULL) {
		known->testing = false;
		pthread_cond_broadcast(&known->tested);
	}
	if (is_dead(facts)) {
		tidy(shared, known);
		known = tree_find_or_add(
		    &shared->servers, &like, sizeof(like), compare_known);
	}
	keep(shared, known, packed);
	pthread_mutex_unlock(&shared->lock);
}

static void
wake_known(const void *node, VISIT order, int level)
{
	(void)level;
	if (order == preorder || order == leaf)
		pthread_cond_broadcast(&(*(struct known *const *)node)->tested);
}

void
shared_stop(struct shared *shared)
{
	pthread_mutex_lock(&shared->lock);
	shared->stopped = true;
	twalk(shared->servers, wake_known);
	places_wake(&shared->places);
	pthread_mutex_unlock(&shared->lock);
}

enum resolver
shared_resolver(struct shared *shared)
{
	enum resolver resolver;

	pthread_mutex_lock(&shared->lock);
	resolver = shared->resolver;
	pthread_mutex_unlock(&shared->lock);
	return resolver;
}

void
shared_learn_resolver(struct shared *shared, enum resolver resolver)
{
	pthread_mutex_lock(&shared->lock);
	if (resolver > shared->resolver)
		shared->resolver = resolver;
	pthread_mutex_unlock(&shared->lock);
}

struct shared_counts
shared_counts(struct shared *shared)
{
	struct shared_counts counts;

	pthread_mutex_lock(&shared->lock);
	counts = shared->counts;
	pthread_mutex_unlock(&shared->lock);
	return counts;
}
