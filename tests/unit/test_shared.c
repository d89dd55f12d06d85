/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_shared - servers that many domains have in common, and their facts */
#include <arpa/inet.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "packed.h"
#include "shared.h"
#include "unit.h"

enum { RUNS = 40, SMALL = 1, LARGE = 64 << 20 };

static const double long_enough = 60;

struct server {
	struct target_host host;
	struct target target;
};

static void
make_server(
    struct server *server, const char *name, const char *address, unsigned port)
{
	memset(server, 0, sizeof(*server));
	strcpy(server->host.name, name);
	server->target.host = &server->host;
	server->target.connects = true;
	server->target.address.v4.sin_family = AF_INET;
	server->target.address.v4.sin_port = htons((uint16_t)port);
	assert_int_equal(
	    inet_pton(AF_INET, address, &server->target.address.v4.sin_addr),
	    1);
}

static struct facts *
make_facts(void)
{
	struct facts *facts = calloc(1, sizeof(*facts));

	assert_non_null(facts);
	return facts;
}

/* True if it had to be tested; then it "greets" with that code. */
static bool
test(struct shared *shared, const struct server *server, int code)
{
	struct facts *facts = make_facts();
	bool ours = shared_begin(shared, &server->target, facts);

	if (ours) {
		facts->banner.code = code;
		shared_end(shared, &server->target, facts);
	} else {
		assert_int_equal(facts->banner.code, code);
	}
	facts_free(facts);
	return ours;
}

static void
packs_all(void **state)
{
	struct facts *facts = make_facts(), *copy = make_facts();
	struct packed *packed;
	struct server server;

	(void)state;
	make_server(&server, "mx.example.com", "192.0.2.1", 25);
	facts->target = &server.target;
	facts->when = 42;
	facts->banner.code = 220;
	memset(facts->relay.probe[63].to, 'x', 100);
	facts->delivery.token[39] = 'y'; /* next to the end */
	facts->handshake.chain.der[1].bytes = calloc(1, 3);
	facts->handshake.chain.der[1].length = 3;
	memcpy(facts->handshake.chain.der[1].bytes, "der", 3);
	text_init(&facts->transcript, 100);
	text_add(&facts->transcript, "what was said");
	packed = packed_make(facts);
	assert_non_null(packed);
	assert_in_range(packed_size(packed), 1, 4096);

	assert_true(packed_unpack(packed, copy));
	assert_null(copy->target);
	assert_null(copy->transcript.data);
	assert_memory_equal(copy->handshake.chain.der[1].bytes, "der", 3);
	assert_ptr_not_equal(copy->handshake.chain.der[1].bytes,
	    facts->handshake.chain.der[1].bytes);
	assert_int_equal(copy->when, 42);
	assert_int_equal(copy->banner.code, 220);
	assert_memory_equal(&copy->relay, &facts->relay, sizeof(facts->relay));
	assert_memory_equal(
	    &copy->delivery, &facts->delivery, sizeof(facts->delivery));
	packed_free(packed);
	facts_free(facts);
	facts_free(copy);
}

static void
tests_once(void **state)
{
	struct shared *shared = shared_open(LARGE);
	struct server one, other_name, other_port, other_address;

	(void)state;
	assert_non_null(shared);
	make_server(&one, "mx.example.com", "192.0.2.1", 25);
	make_server(&other_name, "mx.example.net", "192.0.2.1", 25);
	make_server(&other_port, "mx.example.com", "192.0.2.1", 26);
	make_server(&other_address, "mx.example.com", "192.0.2.2", 25);
	assert_true(test(shared, &one, 220));
	assert_true(test(shared, &other_name, 221));
	assert_true(test(shared, &other_port, 222));
	assert_true(test(shared, &other_address, 223));
	assert_false(test(shared, &one, 220));
	assert_false(test(shared, &other_address, 223));
	assert_int_equal(shared_counts(shared).tested, 4);
	assert_int_equal(shared_counts(shared).spared, 2);
	shared_close(shared);
}

/* Which name a DANE sender gives in TLS is another handshake. */
static void
tells_dane_apart(void **state)
{
	struct shared *shared = shared_open(LARGE);
	struct server plain, dane;

	(void)state;
	make_server(&plain, "mx.example.com", "192.0.2.1", 25);
	dane = plain;
	dane.target.host = &dane.host;
	dane.host.resolver = RESOLVER_VALIDATES;
	dane.host.v4 = (struct lookup){DNS_ANSWERED, "", true, true};
	dane.host.tlsa.asked = dane.host.tlsa.secure = true;
	dane.host.tlsa.status = DNS_ANSWERED;
	dane.host.tlsa.count = 1;
	dane.host.tlsa.record[0] = (struct tlsa){.usage = 3,
	    .selector = 1,
	    .matching = 1,
	    .data = (const unsigned char *)"",
	    .length = 32};
	strcpy(dane.host.tlsa.base, "other.example.com");
	assert_int_equal(target_host_dane(&dane.host), DANE_STANDS_ON);
	assert_true(test(shared, &plain, 220));
	assert_true(test(shared, &dane, 221));
	assert_false(test(shared, &plain, 220));
	shared_close(shared);
}

static void
forgets_the_oldest(void **state)
{
	struct shared *shared = shared_open(SMALL);
	struct server one, two;

	(void)state;
	make_server(&one, "mx1.example.com", "192.0.2.1", 25);
	make_server(&two, "mx2.example.com", "192.0.2.2", 25);
	assert_true(test(shared, &one, 220));
	assert_true(test(shared, &two, 221));
	assert_true(test(shared, &one, 220));
	shared_close(shared);
}

static void
tests_again_what_came_to_nothing(void **state)
{
	struct shared *shared = shared_open(LARGE);
	struct facts *facts = make_facts();
	struct server one;

	(void)state;
	make_server(&one, "mx1.example.com", "192.0.2.1", 25);
	assert_true(shared_begin(shared, &one.target, facts));
	shared_end(shared, &one.target, NULL);
	assert_true(test(shared, &one, 220));
	assert_false(test(shared, &one, 220));
	facts_free(facts);
	shared_close(shared);
}

/* Runs side by side: how many were inside at once, at most. */
struct visit {
	struct shared *shared;
	struct server server;
};

static atomic_int inside, most;

static void
go_in(void *argument)
{
	struct visit *visit = argument;
	struct facts *facts = make_facts();
	int now, before;

	if (shared_begin(visit->shared, &visit->server.target, facts)) {
		now = atomic_fetch_add(&inside, 1) + 1;
		before = atomic_load(&most);
		while (now > before
		    && !atomic_compare_exchange_weak(&most, &before, now))
			continue;
		for (int i = 0; i < 200; i++)
			sched_yield();
		atomic_fetch_sub(&inside, 1);
		shared_end(visit->shared, &visit->server.target, facts);
	}
	facts_free(facts);
}

struct crowd_case {
	const char *sentence;
	bool same_name;
	bool same_address;
	bool same_network;
	int most; /* inside at a time */
	unsigned long tested;
};

static const struct crowd_case crowd_cases[] = {
    {"One server is tested by one of forty.", true, true, true, 1, 1},
    {"One address has one connection at a time, whatever its names.", false,
	true, true, 1, RUNS},
    {"A network has eight.", false, false, true, SHARED_NETWORK_MAX, RUNS},
    {"Networks do not wait for each other.", false, false, false, RUNS, RUNS},
};

static void
holds_back(void **state)
{
	const struct crowd_case *row = *state;
	struct shared *shared = shared_open(LARGE);
	static struct visit visits[RUNS];
	char name[64], address[64];
	bool done[RUNS];

	atomic_store(&most, 0);
	for (int i = 0; i < RUNS; i++) {
		snprintf(name, sizeof(name), "mx%d.example.com",
		    row->same_name ? 0 : i);
		snprintf(address, sizeof(address), "192.0.%d.%d",
		    row->same_network ? 2 : i, row->same_address ? 1 : i + 1);
		visits[i].shared = shared;
		make_server(&visits[i].server, name, address, 25);
	}
	assert_true(crew_run(go_in, visits, RUNS, sizeof(visits[0]),
	    deadline_in(long_enough), done));
	assert_in_range(atomic_load(&most), 1, row->most);
	assert_int_equal(shared_counts(shared).tested, row->tested);
	assert_int_equal(shared_counts(shared).spared, RUNS - row->tested);
	shared_close(shared);
}

int
main(void)
{
	unit_add("Packed facts come out as they went in.", packs_all);
	unit_add("A server is tested once.", tests_once);
	unit_add(
	    "As a DANE sender sees it, it is another one.", tells_dane_apart);
	unit_add(
	    "What there is no room for is tested again.", forgets_the_oldest);
	unit_add(
	    "So is what came to nothing.", tests_again_what_came_to_nothing);
	UNIT_TABLE(crowd_cases, holds_back);
	return unit_run("shared");
}
