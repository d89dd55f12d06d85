/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tree - the binary trees of <search.h>, with nodes of their own */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "tree.h"

void *
tree_find_or_add(void **tree, const void *like, size_t size,
    int (*compare)(const void *, const void *))
{
	void **node = tfind(like, tree, compare);
	void *copy;

	if (node != NULL)
		return *node;
	copy = malloc(size);
	if (copy == NULL)
		return NULL;
	memcpy(copy, like, size);
	if (tsearch(copy, tree, compare) == NULL) {
		free(copy);
		return NULL;
	}
	return copy;
}
