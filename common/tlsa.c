/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tlsa - the TLSA records of a mail host, as a DANE sender finds them */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certificate.h"
#include "tlsa.h"

enum {
	HEADER = 3,      /* usage, selector, matching type */
	BYTES_SHOWN = 8, /* of the data: enough to tell records apart */
	SHA256_LENGTH = 32,
	SHA512_LENGTH = 64,
};

struct ranked {
	struct tlsa tlsa;
	bool usable;
};

/*
 * Resolvers rotate records; ours stay in one order, the usable ones first,
 * so that it is the others that give way where there are too many.
 */
static int
compare(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	const struct tlsa *left = &x->tlsa, *right = &y->tlsa;
	int order;

	if (x->usable != y->usable)
		return x->usable ? -1 : 1;
	if (left->usage != right->usage)
		return left->usage < right->usage ? -1 : 1;
	if (left->selector != right->selector)
		return left->selector < right->selector ? -1 : 1;
	if (left->matching != right->matching)
		return left->matching < right->matching ? -1 : 1;
	order = memcmp(left->data, right->data,
	    left->length < right->length ? left->length : right->length);
	if (order != 0 || left->length == right->length)
		return order;
	return left->length < right->length ? -1 : 1;
}

/* A record too short to have all of its fields is unusable. */
static struct tlsa
read_record(const struct dns_record *record)
{
	const unsigned char *data = record->data;
	size_t length = record->length;

	return (struct tlsa){
	    .usage = length > 0 ? data[0] : UINT8_MAX,
	    .selector = length > 1 ? data[1] : UINT8_MAX,
	    .matching = length > 2 ? data[2] : UINT8_MAX,
	    .data = data + (length > HEADER ? HEADER : length),
	    .length = length > HEADER ? length - HEADER : 0,
	};
}

static void
keep(struct tlsa_set *set)
{
	size_t count = set->answer.count;
	struct ranked *all = calloc(count + 1, sizeof(*all));

	if (all == NULL) {
		set->status = DNS_UNUSABLE;
		set->detail = "out of memory";
		return;
	}
	for (size_t i = 0; i < count; i++) {
		all[i].tlsa = read_record(&set->answer.records[i]);
		all[i].usable = tlsa_is_usable(&all[i].tlsa);
	}
	qsort(all, count, sizeof(*all), compare);
	set->count = count < TLSA_MAX ? count : TLSA_MAX;
	set->left_out = count - set->count + set->answer.left_out;
	for (size_t i = 0; i < set->count; i++)
		set->record[i] = all[i].tlsa;
	free(all);
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
	keep(set);
}

void
tlsa_release(struct tlsa_set *set)
{
	dns_release(&set->answer);
	set->count = 0;
}

const char *
tlsa_fault(const struct tlsa *record)
{
	size_t length = record->length;

	if (record->usage != 2 && record->usage != 3)
		return "a usage that SMTP does not know (RFC 7672 3.1.3)";
	if (record->selector > 1)
		return "an unknown selector";
	switch (record->matching) {
	case 0:
		if (record->selector == 0
			? certificate_is_der(record->data, length)
			: certificate_is_key(record->data, length))
			return NULL;
		return "no whole certificate or key";
	case 1:
		return length == SHA256_LENGTH ? NULL : "other than 32 octets";
	case 2:
		return length == SHA512_LENGTH ? NULL : "other than 64 octets";
	default:
		return "an unknown matching type";
	}
}

bool
tlsa_is_usable(const struct tlsa *record)
{
	return tlsa_fault(record) == NULL;
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
