/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reverse - the name of an address, and whether that name leads back to it */
#include <string.h>

#include "reverse.h"

static void
swap_names(char *a, char *b)
{
	char kept[DOMAIN_SIZE];

	memcpy(kept, a, DOMAIN_SIZE);
	memmove(a, b, DOMAIN_SIZE);
	memcpy(b, kept, DOMAIN_SIZE);
}

/* Whether `name` has the address among its own. */
static bool
leads_back(struct reverse *reverse, const struct dns_servers *servers,
    const char *name, const union dns_address *address,
    struct deadline deadline)
{
	struct dns_answer answer;
	bool found = false;

	dns_query(&answer, servers, name,
	    address->any.sa_family == AF_INET6 ? DNS_TYPE_AAAA : DNS_TYPE_A,
	    deadline);
	for (size_t i = 0; i < answer.count && !found; i++)
		found = dns_same_address(&answer.records[i].address, address);
	if (!dns_is_answer(answer.status))
		reverse->forward_unknown = true;
	dns_release(&answer);
	return found;
}

void
reverse_look_up(struct reverse *reverse, const struct dns_servers *servers,
    const union dns_address *address, struct deadline deadline)
{
	char question[DNS_REVERSE_SIZE];
	struct dns_answer answer;

	dns_reverse_name(address, question);
	dns_query(&answer, servers, question, DNS_TYPE_PTR, deadline);
	reverse->asked = true;
	reverse->status = answer.status;
	reverse->detail = answer.detail;
	for (size_t i = 0; i < answer.count && i < REVERSE_NAMES_MAX; i++)
		memcpy(reverse->name[reverse->count++], answer.records[i].host,
		    DOMAIN_SIZE);
	dns_release(&answer);
	for (size_t i = 0; i < reverse->count && !reverse->confirmed; i++) {
		reverse->confirmed = leads_back(
		    reverse, servers, reverse->name[i], address, deadline);
		if (reverse->confirmed && i > 0)
			swap_names(reverse->name[0], reverse->name[i]);
	}
}
