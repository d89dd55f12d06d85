/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * probe - questions about STARTTLS that need connections of their own
 *
 * Asked only when the user asks for them, one after the other, after the
 * main dialogue was closed; the answers go into facts->starttls.
 */
#ifndef PROBE_H
#define PROBE_H

#include "facts.h"
#include "smtp.h"

/* Offers TLS 1.0, then TLS 1.1, and nothing else (RFC 8996). */
void probe_obsolete_versions(
    const struct smtp_params *params, struct facts *facts);

/*
 * Sends a command in the clear in the same packet as STARTTLS and looks
 * whether it is answered inside TLS (CVE-2011-0411). Not with params->ssl.
 */
void probe_command_injection(
    const struct smtp_params *params, struct facts *facts);

#endif
