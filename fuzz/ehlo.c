/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ehlo - extensions a line each; the first line is what the user requires */
#include <stdlib.h>
#include <string.h>

#include "diagnosis.h"
#include "evidence.h"
#include "facts.h"
#include "judge.h"
#include "result.h"
#include "fuzz.h"

enum { LINES_MAX = EHLO_KEYWORDS_MAX + 1 };

static void
judge(const struct facts *facts, const char *requirement)
{
	const char *const require[] = {requirement, NULL};
	struct severities severities;
	struct result result;

	severities_init(&severities, NULL);
	result_init(&result, &severities);
	judge_ehlo(facts, judge_requirement_valid(requirement) ? require : NULL,
	    &result);
	for (size_t i = 0; i < result.count; i++)
		fuzz_require_printable(result.finding[i].text);
}

static void
look_at(const struct ehlo *ehlo, const char *keyword)
{
	static const char *const known[] = {
	    "STARTTLS", "PIPELINING", "SIZE", "AUTH", "DSN", "SMTPUTF8"};
	struct mechanisms mechanisms;
	struct text out;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		ehlo_offers(ehlo, known[i]);
	ehlo_offers(ehlo, keyword);
	ehlo_has_line(ehlo, keyword);
	ehlo_mechanisms(ehlo, &mechanisms);
	fuzz_require(mechanisms.count <= MECHANISMS_MAX);
	for (size_t i = 0; i < mechanisms.count; i++) {
		fuzz_require_printable(mechanisms.name[i]);
		fuzz_require(ehlo_offers_mechanism(ehlo, mechanisms.name[i]));
	}
	text_init(&out, 1 << 16);
	judge_list_mechanisms(ehlo, &out);
	evidence_ehlo(ehlo, &out);
	fuzz_require_printable(out.data);
	text_release(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct facts facts;
	char clean[REPLY_TEXT_SIZE], *lines[LINES_MAX + 1];
	char *string = fuzz_string(bytes, size);
	size_t count = fuzz_lines(string, lines, LINES_MAX);
	struct ehlo *ehlo = &facts.ehlo;

	memset(&facts, 0, sizeof(facts));
	facts.step = STEP_EHLO;
	ehlo->answer.code = 250;
	for (size_t i = 1; i < count; i++) {
		printable(clean, sizeof(clean), lines[i], strlen(lines[i]));
		text_print(ehlo->extension[ehlo->count++], EHLO_KEYWORD_SIZE,
		    "%s", clean);
	}
	look_at(ehlo, lines[0]);
	judge(&facts, lines[0]);
	free(string);
	return 0;
}
