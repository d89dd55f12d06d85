/* SPDX-License-Identifier: GPL-3.0-or-later */
/* places - where only so many may be at a time: an address, a network */
#include <errno.h>
#include <netinet/in.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "tree.h"
#include "places.h"

enum { V4_NETWORK = 3, V6_NETWORK = 6 }; /* octets of an address */

struct place {
	unsigned char octets[16]; /* all of an address, or its network's */
	size_t length;
	int family;
	unsigned inside;
	unsigned waiting;
	pthread_cond_t left;
};

struct patience
patience_of(pthread_mutex_t *lock, const bool *stopped, unsigned seconds)
{
	struct patience patience = {.lock = lock, .stopped = stopped};

	clock_gettime(CLOCK_REALTIME, &patience.end);
	patience.end.tv_sec += seconds;
	return patience;
}

bool
patience_await(const struct patience *patience, pthread_cond_t *event)
{
	return !*patience->stopped
	    && pthread_cond_timedwait(event, patience->lock, &patience->end)
	    != ETIMEDOUT;
}

static int
compare(const void *a, const void *b)
{
	const struct place *left = a, *right = b;

	if (left->family != right->family)
		return left->family < right->family ? -1 : 1;
	if (left->length != right->length)
		return left->length < right->length ? -1 : 1;
	return memcmp(left->octets, right->octets, left->length);
}

static struct place *
find(struct places *places, const union dns_address *address, bool network)
{
	struct place like = {
	    .left = PTHREAD_COND_INITIALIZER, .family = address->any.sa_family};
	const void *octets = dns_address_octets(address, &like.length);

	if (network)
		like.length = like.family == AF_INET6 ? V6_NETWORK : V4_NETWORK;
	memcpy(like.octets, octets, like.length);
	return tree_find_or_add(&places->tree, &like, sizeof(like), compare);
}

bool
places_enter(struct places *places, const union dns_address *address,
    bool network, const struct patience *patience)
{
	struct place *place = find(places, address, network);
	unsigned most = network ? PLACES_NETWORK_MAX : 1;
	bool waited = true;

	if (place == NULL)
		return true;
	place->waiting++;
	while (place->inside >= most && waited)
		waited = patience_await(patience, &place->left);
	place->waiting--;
	if (place->inside >= most || *patience->stopped)
		return false;
	place->inside++;
	return true;
}

void
places_leave(
    struct places *places, const union dns_address *address, bool network)
{
	struct place *place = find(places, address, network);

	if (place == NULL || place->inside == 0)
		return;
	place->inside--;
	if (place->waiting > 0) {
		pthread_cond_signal(&place->left);
		return;
	}
	if (place->inside > 0)
		return;
	tdelete(place, &places->tree, compare);
	free(place);
}

static void
wake(const void *node, VISIT order, int level)
{
	(void)level;
	if (order == preorder || order == leaf)
		pthread_cond_broadcast(&(*(struct place *const *)node)->left);
}

void
places_wake(const struct places *places)
{
	twalk(places->tree, wake);
}

void
places_release(struct places *places)
{
	tdestroy(places->tree, free);
	places->tree = NULL;
}
