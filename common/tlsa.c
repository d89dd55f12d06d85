/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tlsa - the TLSA records of a mail host, as a DANE sender finds them */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tlsa.h"

enum {
	HEADER = 3,      /* usage, selector, matching type */
	BYTES_SHOWN = 8, /* of the data: enough to tell records apart */
	SHA256_LENGTH = 32,
	SHA512_LENGTH = 64,
};

/* Resolvers rotate records; ours stay in one order. */
static int
compare(const void *a, const void *b)
{
	const struct tlsa *left = a, *right = b;
	size_t least =
	    left->length < right->length ? left->length : right->length;

	if (left->usage != right->usage)
		return left->usage < right->usage ? -1 : 1;
	if (left->selector != right->selector)
		return left->selector < right->selector ? -1 : 1;
	if (left->matching != right->matching)
		return left->matching < right->matching ? -1 : 1;
	return memcmp(left->data, right->data, least);
}

static void
keep(struct tlsa_set *set, const struct dns_record *record)
{
	struct tlsa *tlsa = &set->record[set->count];

	if (set->count == TLSA_MAX || record->length < HEADER)
		return;
	*tlsa = (struct tlsa){
	    .usage = record->data[0],
	    .selector = record->data[1],
	    .matching = record->data[2],
	    .data = record->data + HEADER,
	    .length = record->length - HEADER,
	};
	set->count++;
}

void
tlsa_look_up(struct tlsa_set *set, const struct dns_servers *servers,
    const char *base, unsigned port, struct deadline deadline)
{
	char name[DOMAIN_SIZE + 16];

	memset(set, 0, sizeof(*set));
	set->asked = true;
	text_print(set->base, sizeof(set->base), "%s", base);
	snprintf(name, sizeof(name), "_%u._tcp.%s", port, base);
	if (strlen(name) >= DOMAIN_SIZE) {
		set->status = DNS_NONAME;
		set->detail = "name too long";
		return;
	}
	dns_query(&set->answer, servers, name, DNS_TYPE_TLSA, deadline);
	set->status = set->answer.status;
	set->detail = set->answer.detail;
	set->secure = set->answer.secure;
	set->ttl_s = set->answer.ttl_s;
	for (size_t i = 0; i < set->answer.count; i++)
		keep(set, &set->answer.records[i]);
	qsort(set->record, set->count, sizeof(set->record[0]), compare);
}

void
tlsa_release(struct tlsa_set *set)
{
	dns_release(&set->answer);
	set->count = 0;
}

bool
tlsa_is_usable(const struct tlsa *record)
{
	if ((record->usage != 2 && record->usage != 3) || record->selector > 1)
		return false;
	switch (record->matching) {
	case 0:
		return record->length > 0;
	case 1:
		return record->length == SHA256_LENGTH;
	case 2:
		return record->length == SHA512_LENGTH;
	default:
		return false;
	}
}

void
tlsa_text(const struct tlsa *record, char *out, size_t size)
{
	char hex[2 * BYTES_SHOWN + 1] = "";
	size_t shown =
	    record->length < BYTES_SHOWN ? record->length : BYTES_SHOWN;

	for (size_t i = 0; i < shown; i++)
		snprintf(hex + 2 * i, 3, "%02x", record->data[i]);
	text_print(out, size, "%u %u %u %s%s", record->usage, record->selector,
	    record->matching, hex, shown < record->length ? "..." : "");
}
