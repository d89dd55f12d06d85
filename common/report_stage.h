/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_stage - the stages of a test at one server, and what came of each
 *
 * A stage is what a person would do by hand before the next: look the name
 * up and the address too, connect, read the greeting, say EHLO, start TLS,
 * look at the certificate, log in, ask to relay or to deliver, and look into
 * the mailbox. What belongs to none of them comes last.
 */
#ifndef REPORT_STAGE_H
#define REPORT_STAGE_H

#include <stdbool.h>

#include "text.h"
#include "diagnosis.h"
#include "report.h"

enum stage_kind {
	STAGE_DNS,
	STAGE_PTR,
	STAGE_CONNECT,
	STAGE_BANNER,
	STAGE_EHLO,
	STAGE_TLS,
	STAGE_CERTIFICATE,
	STAGE_DANE,
	STAGE_MTASTS,
	STAGE_EHLO_TLS, /* once more inside TLS */
	STAGE_LOGIN,
	STAGE_RELAY,
	STAGE_DELIVERY,
	STAGE_ARRIVAL,
	STAGE_OTHER,
	STAGES /* their number */
};

struct stage {
	const char *name;  /* static: "EHLO" */
	bool tested;       /* else the lines say why it was not */
	enum state state;  /* of the worst finding about it */
	double seconds;    /* 0: not measured */
	struct text lines; /* the fact, then the findings but mere notes */
};

/*
 * All of them, STAGES in number, in the order of the dialogue: TLS from the
 * first byte comes before the greeting.
 */
const enum stage_kind *stage_order(const struct report_server *server);

/*
 * Describes a stage; false if it is none of this plugin's and nothing was
 * found there. To be released either way.
 */
bool stage_describe(struct stage *stage, enum stage_kind kind,
    const struct report *report, const struct report_server *server);
void stage_release(struct stage *stage);

#endif
