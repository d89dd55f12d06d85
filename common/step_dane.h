/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * step_dane - TLSA records against what the server shows
 *
 * For check_mx_dane and check_mx.
 */
#ifndef STEP_DANE_H
#define STEP_DANE_H

#include <stdbool.h>

#include "text.h"
#include "option.h"
#include "facts.h"
#include "smtp.h"

/*
 * RFC 7672 8.1: servers choose their certificate by the name that the records
 * are found under.
 */
void step_dane_prepare(struct smtp_params *params);

/*
 * Whether the chain of the main dialogue meets the host's records, into
 * facts->dane; nothing where no sender would heed them.
 */
void step_dane_observe(const struct smtp_params *params, struct facts *facts);

/*
 * The same for the server's certificate of the other key type, RSA or ECDSA,
 * if it has one, on a connection of its own, once the main one is closed.
 */
void step_dane_observe_other(
    const struct smtp_params *params, struct facts *facts);

/* The same for a chain that the server does not show yet. */
void step_dane_rehearse(const struct smtp_params *params,
    const struct chain *next, struct facts *facts);

#endif
