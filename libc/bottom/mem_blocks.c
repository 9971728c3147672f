/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory for the large blocks of malloc(). */

#include "mem_blocks.h"

#include <string.h>
#include <sys/mman.h>

#include "cloudabi_impl.h"
#include "fork_locks.h"
#include "lock.h"

/*
 * Each large block is a mapping of its own. To make one and to touch its pages
 * for the first time takes longer than most programs work with the memory, and
 * who has freed one soon needs another. So a few that were freed are kept.
 */
enum {
	KEPT_MAX = 8
};

static const size_t block_min = (size_t)128 << 10;
static const size_t block_max = (size_t)4 << 20;
static const size_t total_max = (size_t)16 << 20;

struct block {
	void *mem;
	size_t len;
};

/* The latest comes first. */
static struct {
	volatile int lock[1];
	unsigned len;
	size_t total;
	struct block blocks[KEPT_MAX];
} kept;

volatile int *const __blocks_lockptr = kept.lock;

/* Preconditions for the next four: kept is locked. */
static struct block take(unsigned i)
{
	struct block block = kept.blocks[i];

	--kept.len;
	kept.total -= block.len;
	memmove(kept.blocks + i, kept.blocks + i + 1,
		(kept.len - i) * sizeof(block));
	return block;
}

static void drop_last(void)
{
	struct block block = take(kept.len - 1);

	__munmap(block.mem, block.len);
}

static void keep(struct block block)
{
	while (kept.len == KEPT_MAX || kept.total + block.len > total_max)
		drop_last();
	memmove(kept.blocks + 1, kept.blocks, kept.len * sizeof(block));
	kept.blocks[0] = block;
	++kept.len;
	kept.total += block.len;
}

/* At most a quarter more than needed, so that little is wasted. */
static struct block find(size_t len)
{
	for (unsigned i = 0; i < kept.len; ++i)
		if (kept.blocks[i].len >= len &&
		    kept.blocks[i].len - len <= len / 4)
			return take(i);
	return (struct block){0};
}

void *__block_map(size_t *len, bool *fresh)
{
	struct block block;

	LOCK(kept.lock);
	block = find(*len);
	UNLOCK(kept.lock);
	*fresh = block.mem == NULL;
	if (*fresh)
		return __mmap(NULL, *len, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANON, -1, 0);
	*len = block.len;
	return block.mem;
}

void __block_unmap(void *mem, size_t len)
{
	if (len < block_min || len > block_max) {
		__munmap(mem, len);
		return;
	}
	LOCK(kept.lock);
	keep((struct block){mem, len});
	UNLOCK(kept.lock);
}

bool __blocks_drop(void)
{
	bool any;

	LOCK(kept.lock);
	any = kept.len > 0;
	while (kept.len > 0)
		drop_last();
	UNLOCK(kept.lock);
	return any;
}
