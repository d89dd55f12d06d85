/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * step_tls - steps 5 and 6: what the user wants of TLS and the certificate
 *
 * For all plugins that judge them. The options write to variables of this
 * file, before any thread starts.
 */
#ifndef STEP_TLS_H
#define STEP_TLS_H

#include <stdbool.h>

#include "text.h"
#include "option.h"
#include "result.h"
#include "tls.h"
#include "facts.h"
#include "smtp.h"

/* --min-tls, --match, --fingerprint and --no-verify. */
extern const struct option_row step_tls_options[];

/* --probe-versions and --probe-injection. */
extern const struct option_row step_tls_probe_options[];

/* What handshakes verify; complete after step_tls_prepare(). */
extern struct tls_policy step_tls_policy;

/* False with `why` filled in if the options can't be meant. */
bool step_tls_prepare(struct text *why);

/* Whether the option was given. */
bool step_tls_pins(void);
bool step_tls_probes_versions(void);
bool step_tls_probes_injection(void);

/* The probes that were asked for, once the main dialogue is closed. */
void step_tls_probe(const struct smtp_params *params, struct facts *facts);

/* The offer, protocol, cipher suite, keys; the probes' outcome. */
void step_tls_judge_session(const struct facts *facts, struct result *result);

/*
 * Chain, name, pins, and the dates as `judge_dates` sees them; all but pins
 * are notes with --no-verify.
 */
void step_tls_judge_certificate(const struct facts *facts,
    void (*judge_dates)(const struct facts *facts, struct result *result),
    struct result *result);

#endif
