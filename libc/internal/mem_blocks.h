/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory for the large blocks of malloc(), bottom/mem_blocks.c. */

#ifndef MEM_BLOCKS_H
#define MEM_BLOCKS_H

#include <features.h>
#include <stdbool.h>
#include <stddef.h>

/* Returns memory that was kept, or NULL. `*len` is as below. */
hidden void *__block_take(size_t *len);

/*
 * Takes what was kept at the end of a block; returns how much, which is nothing
 * or not less than `least`. The lengths are multiples of the page size.
 */
hidden size_t __block_extend(void *end, size_t least, size_t most);

/*
 * Returns memory or MAP_FAILED. `*len` is a multiple of the page size and may
 * become larger. `*fresh` tells whether the memory is all zero.
 */
hidden void *__block_map(size_t *len, bool *fresh);
hidden void __block_unmap(void *mem, size_t len);

/* Gives back what is kept. Returns whether there was anything. */
hidden bool __blocks_drop(void);

#endif
