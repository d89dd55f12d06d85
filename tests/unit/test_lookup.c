/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_lookup - questions asked side by side: what needs no DNS server; the
 * rest is in the plugins' tests
 */
#include <arpa/inet.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lookup.h"
#include "text.h"
#include "unit.h"

/* A server that never answers, at a port of its own. */
static int
open_silent(struct dns_servers *servers)
{
	struct sockaddr_in *at = &servers->server[0].v4;
	socklen_t length = sizeof(*at);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	memset(servers, 0, sizeof(*servers));
	servers->count = 1;
	at->sin_family = AF_INET;
	at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)at, length), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)at, &length), 0);
	return fd;
}

/* Nobody is there any more. */
static struct dns_servers
nobody(void)
{
	struct dns_servers servers;

	close(open_silent(&servers));
	return servers;
}

/* 63 octets and a dot, over and over. */
static void
fill_name(char *name, size_t length)
{
	for (size_t i = 0; i < length; i++)
		name[i] = i % 64 == 63 ? '.' : 'x';
	name[length] = '\0';
}

static void
asks_nothing(void **state)
{
	struct dns_servers servers = nobody();

	(void)state;
	lookup_all(NULL, 0, &servers, deadline_in(1), NULL);
}

static void
knows_names_too_long(void **state)
{
	struct dns_servers servers = nobody();
	char name[1000];
	const struct question questions[] = {
	    {name, DNS_TYPE_A}, {name, DNS_TYPE_TXT}};
	struct dns_answer answers[2];

	(void)state;
	fill_name(name, sizeof(name) - 1);
	lookup_all(questions, 2, &servers, deadline_in(1), answers);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(answers[i].status, DNS_NONAME);
		assert_string_equal(answers[i].detail, "name too long");
		assert_int_equal(answers[i].count, 0);
		dns_release(&answers[i]);
	}
}

/* Each answer stands with its question, though one of them is not asked. */
static void
keeps_answers_apart(void **state)
{
	struct dns_servers servers = nobody();
	char longest[DOMAIN_SIZE], name[DOMAIN_SIZE + 1];
	const struct question questions[] = {{name, DNS_TYPE_A},
	    {longest, DNS_TYPE_A}, {name, DNS_TYPE_MX},
	    {"example.com", DNS_TYPE_TLSA}};
	static const enum dns_status statuses[] = {
	    DNS_NONAME, DNS_UNUSABLE, DNS_NONAME, DNS_UNUSABLE};
	struct dns_answer answers[4];

	(void)state;
	fill_name(longest, DOMAIN_SIZE - 1);
	fill_name(name, DOMAIN_SIZE);
	lookup_all(questions, 4, &servers, deadline_in(10), answers);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(answers[i].status, statuses[i]);
		assert_non_null(answers[i].detail);
		dns_release(&answers[i]);
	}
}

/* What is left behind has no answer yet, and never gets one. */
static void
gives_up_at_the_deadline(void **state)
{
	static const struct question question = {"example.com", DNS_TYPE_A};
	struct dns_servers servers;
	int fd = open_silent(&servers);
	struct dns_answer answer;

	(void)state;
	lookup_all(&question, 1, &servers, deadline_in(0), &answer);
	assert_int_equal(answer.status, DNS_UNANSWERED);
	assert_int_equal(answer.count, 0);
	dns_release(&answer);
	close(fd);
}

/* The questions that have come to a server that says nothing. */
static int
count_asked(int fd)
{
	char question[512];
	int count = 0;

	while (recv(fd, question, sizeof(question), MSG_DONTWAIT) > 0)
		count++;
	return count;
}

/* Where there is no time to ask again that is not done, unheard. */
static void
asks_while_there_is_time(void **state)
{
	struct dns_servers servers;
	int fd = open_silent(&servers);
	struct dns_answer answer;

	(void)state;
	dns_query(&answer, &servers, "example.com", DNS_TYPE_A, deadline_in(0));
	assert_int_equal(answer.status, DNS_UNANSWERED);
	dns_release(&answer);
	assert_int_equal(count_asked(fd), 1);
	dns_query(&answer, &servers, "example.com", DNS_TYPE_A, deadline_in(2));
	assert_int_equal(answer.status, DNS_UNANSWERED);
	dns_release(&answer);
	assert_in_range(count_asked(fd), 1, 2);
	close(fd);
}

/* What this host lacks is nobody else's fault. */
static void
tells_of_too_many_files(void **state)
{
	static const struct question question = {"example.com", DNS_TYPE_A};
	struct dns_servers servers = nobody();
	struct dns_answer answer;
	struct rlimit usual, none;
	int free_one = dup(STDERR_FILENO);

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
	none = (struct rlimit){(rlim_t)free_one, usual.rlim_max};
	close(free_one);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	lookup_all(&question, 1, &servers, deadline_in(10), &answer);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
	assert_int_equal(answer.status, DNS_UNUSABLE);
	assert_string_equal(answer.detail, "Too many open files");
	dns_release(&answer);
}

int
main(void)
{
	unit_add("Without a file to be had none of it could be asked.",
	    tells_of_too_many_files);
	unit_add("No question has no answer.", asks_nothing);
	unit_add(
	    "A name that is too long does not exist.", knows_names_too_long);
	unit_add("Every answer is that of its question.", keeps_answers_apart);
	unit_add("What is not answered in time is unanswered.",
	    gives_up_at_the_deadline);
	unit_add("A question is asked again while there is time.",
	    asks_while_there_is_time);
	unit_add("Nor is it where the resolver is known already.",
	    tells_of_too_many_files);
	return unit_run("lookup");
}
