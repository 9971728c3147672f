/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory for the large blocks of malloc(). */

#include "mem_blocks.h"

#include <string.h>
#include <sys/mman.h>

#include "cloudabi_impl.h"
#include "fork_locks.h"
#include "lock.h"

/*
 * Each large block is a mapping of its own, and so is one of middle size, or a
 * few of them together. To make a mapping and to touch its pages for the first
 * time takes longer than most programs work with the memory, and who has freed
 * one soon needs another. So a few that were freed are kept, and joined where
 * one begins at the end of another. What is needed is cut off from their
 * beginnings: a block that grows finds the rest behind itself.
 */
enum {
	KEPT_MAX = 16
};

static const size_t block_min = (size_t)16 << 10;
static const size_t block_max = (size_t)48 << 20;
static const size_t total_max = (size_t)64 << 20;

struct block {
	char *mem;
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

/* Preconditions for what follows, up to cut(): kept is locked. */
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

/* Takes those that touch a block, and returns all as one. */
static struct block join(struct block block)
{
	for (unsigned i = kept.len; i-- > 0;) {
		struct block other = kept.blocks[i];

		if (other.mem + other.len == block.mem)
			block.mem = other.mem;
		else if (block.mem + block.len != other.mem)
			continue;
		block.len += take(i).len;
	}
	return block;
}

static void keep(struct block block)
{
	block = join(block);
	if (block.len > total_max) {
		__munmap(block.mem + total_max, block.len - total_max);
		block.len = total_max;
	}
	while (kept.len == KEPT_MAX || kept.total + block.len > total_max)
		drop_last();
	memmove(kept.blocks + 1, kept.blocks, kept.len * sizeof(block));
	kept.blocks[0] = block;
	++kept.len;
	kept.total += block.len;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Too little to be kept by itself goes with the block. */
static size_t to_cut(struct block block, size_t len)
{
	return block.len - len < block_min ? block.len : len;
}

/* Little is wasted: at most a quarter of what is needed. */
static bool suits(struct block block, size_t len)
{
	return block.len >= len && to_cut(block, len) - len <= len / 4;
}

static struct block cut(unsigned i, size_t len)
{
	struct block block = kept.blocks[i];

	len = to_cut(block, len);
	if (len == block.len)
		return take(i);
	kept.total -= len;
	kept.blocks[i] = (struct block){block.mem + len, block.len - len};
	return (struct block){block.mem, len};
}

void *__block_take(size_t *len)
{
	struct block block = {0};

	LOCK(kept.lock);
	for (unsigned i = 0; i < kept.len && block.mem == NULL; ++i)
		if (suits(kept.blocks[i], *len))
			block = cut(i, *len);
	UNLOCK(kept.lock);
	if (block.mem != NULL)
		*len = block.len;
	return block.mem;
}

size_t __block_extend(void *end, size_t least, size_t most)
{
	struct block block = {0};

	LOCK(kept.lock);
	for (unsigned i = 0; i < kept.len && block.mem == NULL; ++i)
		if (kept.blocks[i].mem == end && kept.blocks[i].len >= least)
			block = cut(i, smaller(kept.blocks[i].len, most));
	UNLOCK(kept.lock);
	return block.len;
}

void *__block_map(size_t *len, bool *fresh)
{
	void *mem = __block_take(len);

	*fresh = mem == NULL;
	return *fresh ? __mmap(NULL, *len, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANON, -1, 0) :
			mem;
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
