/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dane - whether a chain of certificates meets TLSA records
 *
 * RFC 6698, 7671 and 7672, by OpenSSL's own verification (SSL_dane_*), one
 * record at a time, so that it is known which of them match. No I/O but
 * reading a file of certificates.
 */
#ifndef DANE_H
#define DANE_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"
#include "certificate.h"
#include "tlsa.h"

/*
 * For each record whether it authenticates the chain at the moment `when`:
 * usage 3 by the leaf alone, whatever its name and dates (RFC 7672 3.1.1);
 * usage 2 by a trust anchor in the chain as sent or in the record, dates, and a name that is
 * among `names` (NULL last; 3.1.2). An unusable record matches nothing.
 * Returns whether any did. The chain has to hold its DER: see chain_keep().
 */
bool dane_match(const struct tlsa_set *tlsa, const struct chain *chain,
    const char *const *names, int64_t when, bool matched[TLSA_MAX]);

/*
 * Whether a record of usage 2 vouches for the chain but for the name and the
 * dates of its certificates.
 */
bool dane_match_issuer(const struct tlsa_set *tlsa, const struct chain *chain);

/*
 * The certificates of a PEM file, leaf first, as a server would send them.
 * False with `why` filled in; chain_release() either way.
 */
bool dane_read_chain(const char *file, struct chain *chain, struct text *why);

/*
 * "3 1 1 " and the SHA-256 of the leaf's public key: the record to publish
 * (RFC 7672 3.1). False if the chain is empty.
 */
bool dane_record_for(const struct chain *chain, struct text *out);

#endif
