/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lookup - questions to the DNS asked side by side, until a deadline */
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "text.h"
#include "lookup.h"

/* What a thread needs. */
struct job {
	char name[DOMAIN_SIZE];
	enum dns_type type;
	struct dns_servers servers;
	struct deadline deadline;
	struct dns_answer answer;
};

static void
ask(void *argument)
{
	struct job *job = argument;

	dns_query(
	    &job->answer, &job->servers, job->name, job->type, job->deadline);
}

static struct dns_answer
no_answer(enum dns_status status, const char *detail)
{
	return (struct dns_answer){.status = status, .detail = detail};
}

/* Jobs for the questions that can be asked; returns how many. */
static size_t
plan(struct job *jobs, const struct question *questions, size_t count,
    const struct dns_servers *servers, struct deadline deadline)
{
	size_t planned = 0;

	for (size_t i = 0; i < count; i++) {
		struct job *job = &jobs[planned];

		if (strlen(questions[i].name) >= DOMAIN_SIZE)
			continue;
		text_print(
		    job->name, sizeof(job->name), "%s", questions[i].name);
		job->type = questions[i].type;
		job->servers = *servers;
		job->deadline = deadline;
		planned++;
	}
	return planned;
}

static void
discard(void *argument, size_t count)
{
	struct job *jobs = argument;

	for (size_t i = 0; i < count; i++)
		dns_release(&jobs[i].answer);
	free(jobs);
}

/* A job's answer, which becomes the caller's. */
static struct dns_answer
take(struct job *job)
{
	struct dns_answer answer;

	if (job == NULL)
		return no_answer(DNS_UNANSWERED, "no answer");
	answer = job->answer;
	job->answer = (struct dns_answer){0};
	return answer;
}

void
lookup_all(const struct question *questions, size_t count,
    const struct dns_servers *servers, struct deadline deadline,
    struct dns_answer *answers)
{
	struct job *jobs = calloc(count + 1, sizeof(*jobs));
	struct crew *crew = NULL;
	size_t next = 0;

	if (jobs != NULL)
		crew = crew_start(ask, discard, jobs,
		    plan(jobs, questions, count, servers, deadline),
		    sizeof(*jobs));
	crew_wait(crew, deadline);
	for (size_t i = 0; i < count; i++) {
		if (strlen(questions[i].name) >= DOMAIN_SIZE)
			answers[i] = no_answer(DNS_NONAME, "name too long");
		else if (crew == NULL)
			answers[i] = no_answer(DNS_UNUSABLE, "out of memory");
		else
			answers[i] = take(crew_job(crew, next++));
	}
	crew_close(crew);
}
