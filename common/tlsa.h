/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tlsa - the TLSA records of a mail host, as a DANE sender finds them
 *
 * RFC 7672 2.2: under _PORT._tcp.HOST, where HOST is what a secure alias
 * leads to, or else the name in the MX record. Observed only: what follows
 * from them is for dane and judge to say.
 */
#ifndef TLSA_H
#define TLSA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deadline.h"
#include "domain.h"
#include "text.h"
#include "dns.h"

enum { TLSA_MAX = 64 }; /* records kept; further ones are only counted */

/* RFC 6698 2.1. */
struct tlsa {
	uint8_t usage;
	uint8_t selector;
	uint8_t matching;
	const unsigned char *data;
	size_t length;
};

struct tlsa_set {
	bool asked;
	enum dns_status status; /* of the look-up that decided */
	const char *detail;     /* static, never NULL once asked */
	bool secure;            /* that answer was validated */
	char base[DOMAIN_SIZE]; /* TLSA base domain (RFC 7672 2.2.3) */
	uint32_t ttl_s;
	size_t count;
	size_t left_out;              /* records beyond TLSA_MAX */
	struct tlsa record[TLSA_MAX]; /* usable ones first */
	struct dns_answer answer;     /* owns the data */
};

/*
 * Asks for the records at one name, before `deadline`. A name too long for
 * "_65535._tcp." before it has none.
 */
void tlsa_look_up(struct tlsa_set *set, const struct dns_servers *servers,
    const char *base, unsigned port, struct deadline deadline);

void tlsa_release(struct tlsa_set *set);

/*
 * Whether SMTP senders heed it (RFC 7672 3.1): usage 2 or 3, selector and
 * matching type known, data of the length that the latter gives, or a whole
 * certificate or key.
 */
bool tlsa_is_usable(const struct tlsa *record);

/* What an unusable one has: "an unknown selector"; NULL for a usable one. */
const char *tlsa_fault(const struct tlsa *record);

/* "3 1 1 8cb0fc6c527506a0...": the first bytes of its data. */
void tlsa_text(const struct tlsa *record, char *out, size_t size);

#endif
