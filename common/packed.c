/* SPDX-License-Identifier: GPL-3.0-or-later */
/* packed - a server's facts in little room */
#include <stdlib.h>
#include <string.h>

#include "packed.h"

enum { BLOCK = 64 }; /* bytes; those that are all zero are left out */

/* Blocks that follow each other; so do their bytes, in packed->bytes. */
struct stretch {
	size_t offset; /* in the facts */
	size_t length;
};

struct packed {
	size_t size;
	struct der der[CHAIN_MAX];
	size_t count;
	struct stretch *stretch;
	unsigned char *bytes;
};

static size_t
block_length(size_t offset)
{
	size_t left = sizeof(struct facts) - offset;

	return left < BLOCK ? left : BLOCK;
}

static bool
is_zero(const unsigned char *bytes, size_t length)
{
	static const unsigned char zero[BLOCK];

	return memcmp(bytes, zero, length) == 0;
}

/*
 * Goes over the facts: counts stretches and their bytes, and where there is
 * room for them already, writes them down.
 */
static size_t
walk(struct packed *packed, const unsigned char *facts)
{
	size_t bytes = 0;
	bool inside = false;

	packed->count = 0;
	for (size_t at = 0; at < sizeof(struct facts); at += BLOCK) {
		size_t length = block_length(at);

		if (is_zero(facts + at, length)) {
			inside = false;
			continue;
		}
		packed->count += inside ? 0 : 1;
		if (packed->stretch != NULL) {
			struct stretch *stretch =
			    &packed->stretch[packed->count - 1];

			if (!inside)
				*stretch = (struct stretch){at, 0};
			stretch->length += length;
			memcpy(packed->bytes + bytes, facts + at, length);
		}
		inside = true;
		bytes += length;
	}
	return bytes;
}

struct packed *
packed_make(const struct facts *facts)
{
	const unsigned char *from = (const unsigned char *)facts;
	struct packed *packed = calloc(1, sizeof(*packed));
	size_t bytes;

	if (packed == NULL)
		return NULL;
	bytes = walk(packed, from);
	packed->stretch = calloc(packed->count + 1, sizeof(*packed->stretch));
	packed->bytes = malloc(bytes + 1);
	if (packed->stretch == NULL || packed->bytes == NULL
	    || !der_copy(packed->der, facts->handshake.chain.der)) {
		packed_free(packed);
		return NULL;
	}
	walk(packed, from);
	packed->size =
	    sizeof(*packed) + bytes + packed->count * sizeof(*packed->stretch);
	for (size_t i = 0; i < CHAIN_MAX; i++)
		packed->size += packed->der[i].length;
	return packed;
}

bool
packed_unpack(const struct packed *packed, struct facts *facts)
{
	const unsigned char *from = packed->bytes;

	for (size_t i = 0; i < packed->count; i++) {
		const struct stretch *stretch = &packed->stretch[i];

		memcpy((unsigned char *)facts + stretch->offset, from,
		    stretch->length);
		from += stretch->length;
	}
	facts->target = NULL;
	facts->transcript = (struct text){0};
	return der_copy(facts->handshake.chain.der, packed->der);
}

size_t
packed_size(const struct packed *packed)
{
	return packed->size;
}

void
packed_free(struct packed *packed)
{
	if (packed == NULL)
		return;
	der_release(packed->der);
	free(packed->stretch);
	free(packed->bytes);
	free(packed);
}
