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
#include "places.h"
#include "shared.h"
#include "unit.h"

enum { RUNS = 40, SMALL = 1, LARGE = 64 << 20, PATIENT_S = 3600 };

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
test_as(struct shared *shared, const struct server *server, bool anew, int code)
{
	struct facts *facts = make_facts();
	enum turn turn = shared_begin(shared, &server->target, anew, facts);

	facts->step = STEP_BANNER;
	if (turn == TURN_OURS) {
		facts->banner.code = code;
		shared_end(shared, &server->target, facts);
	} else {
		assert_int_equal(turn, TURN_KNOWN);
		assert_int_equal(facts->banner.code, code);
	}
	facts_free(facts);
	return turn == TURN_OURS;
}

static bool
test(struct shared *shared, const struct server *server, int code)
{
	return test_as(shared, server, false, code);
}

/* It is tested, and fails to connect; true if it had to be. */
static bool
fails(
    struct shared *shared, const struct server *server, enum failure_kind kind)
{
	struct facts *facts = make_facts();
	enum turn turn = shared_begin(shared, &server->target, false, facts);

	if (turn == TURN_OURS) {
		facts->failure.kind = kind;
		shared_end(shared, &server->target, facts);
	} else {
		assert_int_equal(turn, TURN_KNOWN);
		assert_int_equal(facts->failure.kind, kind);
	}
	facts_free(facts);
	return turn == TURN_OURS;
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
	struct shared *shared = shared_open(LARGE, PATIENT_S);
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
	struct shared *shared = shared_open(LARGE, PATIENT_S);
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
	struct shared *shared = shared_open(SMALL, PATIENT_S);
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
does_not_keep_our_own_failures(void **state)
{
	struct shared *shared = shared_open(LARGE, PATIENT_S);
	struct server one;

	(void)state;
	make_server(&one, "mx1.example.com", "192.0.2.1", 25);
	assert_true(fails(shared, &one, FAILURE_LOCAL));
	assert_true(test(shared, &one, 220));
	assert_false(test(shared, &one, 220));
	shared_close(shared);
}

static void
keeps_the_dead_by_address(void **state)
{
	struct shared *shared = shared_open(LARGE, PATIENT_S);
	struct server one, other, elsewhere;

	(void)state;
	make_server(&one, "mx1.example.com", "192.0.2.1", 25);
	make_server(&other, "mx2.example.com", "192.0.2.1", 25);
	make_server(&elsewhere, "mx1.example.com", "192.0.2.2", 25);
	assert_true(fails(shared, &one, FAILURE_TIMEOUT));
	assert_false(fails(shared, &one, FAILURE_TIMEOUT));
	assert_false(fails(shared, &other, FAILURE_TIMEOUT));
	assert_true(fails(shared, &elsewhere, FAILURE_REFUSED));
	assert_int_equal(shared_counts(shared).tested, 2);
	assert_int_equal(shared_counts(shared).spared, 2);
	shared_close(shared);
}

static void
tests_anew(void **state)
{
	struct shared *shared = shared_open(LARGE, PATIENT_S);
	struct server one;

	(void)state;
	make_server(&one, "mx1.example.com", "192.0.2.1", 25);
	assert_true(test(shared, &one, 220));
	assert_true(test_as(shared, &one, true, 221));
	assert_false(test(shared, &one, 221));
	shared_close(shared);
}

static void
tests_a_dead_address_anew(void **state)
{
	struct shared *shared = shared_open(LARGE, PATIENT_S);
	struct server one;

	(void)state;
	make_server(&one, "mx1.example.com", "192.0.2.1", 25);
	assert_true(fails(shared, &one, FAILURE_TIMEOUT));
	assert_true(test_as(shared, &one, true, 220));
	assert_false(test(shared, &one, 220));
	shared_close(shared);
}

/* Runs side by side: how many were inside at once, at most. */
struct visit {
	struct shared *shared;
	struct server server;
	int companions; /* that it waits for, inside */
	enum turn turn;
};

static atomic_int inside, most;

/* Each one waits until as many are in as there may be: no more come. */
static void
go_in(void *argument)
{
	struct visit *visit = argument;
	struct facts *facts = make_facts();
	struct deadline patience = deadline_in(long_enough);
	int now, before;

	visit->turn =
	    shared_begin(visit->shared, &visit->server.target, false, facts);
	if (visit->turn == TURN_OURS) {
		now = atomic_fetch_add(&inside, 1) + 1;
		before = atomic_load(&most);
		while (now > before
		    && !atomic_compare_exchange_weak(&most, &before, now))
			continue;
		while (atomic_load(&most) < visit->companions
		    && !deadline_passed(patience))
			sched_yield();
		for (int i = 0; i < 200; i++)
			sched_yield();
		atomic_fetch_sub(&inside, 1);
		facts->step = STEP_BANNER;
		shared_end(visit->shared, &visit->server.target, facts);
	}
	facts_free(facts);
}

/* Who holds a turn; the others wait for it, each in a way of its own. */
struct wait_case {
	const char *sentence;
	const char *name, *address;
	bool stop;
	enum turn turn;
};

static const struct wait_case wait_cases[] = {
    {"Who has no patience left gets no turn at a server.", "mx.example.com",
	"192.0.2.1", false, TURN_NONE},
    {"Nor at an address.", "mx2.example.com", "192.0.2.1", false, TURN_NONE},
    {"Who waits for a server when all is stopped does not wait longer.",
	"mx.example.com", "192.0.2.1", true, TURN_STOPPED},
    {"Nor who waits for an address.", "mx2.example.com", "192.0.2.1", true,
	TURN_STOPPED},
    {"Nobody begins after that.", "mx3.example.com", "198.51.100.1", true,
	TURN_STOPPED},
};

static void
stop(void *shared)
{
	shared_stop(*(struct shared **)shared);
}

static void
waits_in_vain(void **state)
{
	const struct wait_case *row = *state;
	struct shared *shared = shared_open(LARGE, row->stop ? PATIENT_S : 0);
	struct facts *facts = make_facts();
	static struct visit late;
	struct server holder;
	struct crew *waiting;
	bool stopped;

	make_server(&holder, "mx.example.com", "192.0.2.1", 25);
	assert_int_equal(
	    shared_begin(shared, &holder.target, false, facts), TURN_OURS);
	late = (struct visit){.shared = shared};
	make_server(&late.server, row->name, row->address, 25);
	if (row->turn == TURN_STOPPED
	    && strcmp(row->name, "mx3.example.com") == 0)
		shared_stop(shared);
	waiting = crew_start(go_in, NULL, &late, 1, sizeof(late));
	if (row->stop)
		crew_run(stop, &shared, 1, sizeof(shared),
		    deadline_in(long_enough), &stopped);
	assert_true(crew_wait(waiting, deadline_in(long_enough)));
	crew_close(waiting);
	assert_int_equal(late.turn, row->turn);
	facts->step = STEP_BANNER;
	shared_end(shared, &holder.target, facts);
	facts_free(facts);
	shared_close(shared);
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
    {"A network has eight.", false, false, true, PLACES_NETWORK_MAX, RUNS},
    {"Networks do not wait for each other.", false, false, false, RUNS, RUNS},
};

static void
holds_back(void **state)
{
	const struct crowd_case *row = *state;
	struct shared *shared = shared_open(LARGE, PATIENT_S);
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
		visits[i].companions = row->most;
		make_server(&visits[i].server, name, address, 25);
	}
	assert_true(crew_run(go_in, visits, RUNS, sizeof(visits[0]),
	    deadline_in(long_enough), done));
	assert_int_equal(atomic_load(&most), row->most);
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
	unit_add("A failure of our own is not kept.",
	    does_not_keep_our_own_failures);
	unit_add("A dead address is dead under any name.",
	    keeps_the_dead_by_address);
	unit_add("What will not do is tested anew, and kept.", tests_anew);
	unit_add("So is a dead address.", tests_a_dead_address_anew);
	UNIT_TABLE(wait_cases, waits_in_vain);
	UNIT_TABLE(crowd_cases, holds_back);
	return unit_run("shared");
}
