/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tree - the binary trees of <search.h>, with nodes of their own
 */
#ifndef TREE_H
#define TREE_H

#include <stddef.h>

/*
 * What equals `like` in the tree; made of a copy of its `size` bytes if there is
 * nothing, which the tree owns then. NULL if out of memory.
 */
void *tree_find_or_add(void **tree, const void *like, size_t size,
    int (*compare)(const void *, const void *));

#endif
