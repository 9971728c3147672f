/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory from malloc() and its kin: from threads, aligned, and when it ends. The
 * harness limits the address space to what is ROOM here. */

#include <malloc.h>
#include <pthread.h>
#include <sys/mman.h>

#include "libc_cases.h"

enum {
	ROOM = 256 << 20,
	THREADS = 8,
	BLOCKS = 64,
	ROUNDS = 20000 / SCALE
};

struct block {
	unsigned char *mem;
	size_t size;
	unsigned char pattern;
};

static unsigned random_of(unsigned *state)
{
	*state = *state * 1103515245 + 12345;
	return *state >> 8;
}

/* Mostly small, at times large enough to be mappings of their own. */
static size_t some_size(unsigned *state)
{
	unsigned kind = random_of(state) % 100;

	return random_of(state) % (kind < 70 ? 200u :
				   kind < 95 ? 5000u :
				   kind < 99 ? 100000u :
					       600000u);
}

/* The ends and a few places between. */
static bool is_whole(const struct block *b)
{
	for (size_t i = 0; i < b->size; i += 1 + i / 3)
		if (b->mem[i] != b->pattern)
			return false;
	return b->size == 0 || b->mem[b->size - 1] == b->pattern;
}

static bool is_zero(const unsigned char *mem, size_t size)
{
	for (size_t i = 0; i < size; ++i)
		if (mem[i] != 0)
			return false;
	return true;
}

static void allocate(struct block *b, unsigned *state)
{
	size_t alignment = 16u << random_of(state) % 9;
	void *mem = NULL;

	switch (random_of(state) % 4) {
	case 0:
		b->mem = calloc(b->size, 1);
		EXPECT(is_zero(b->mem, b->size));
		break;
	case 1:
		EXPECT_INT(posix_memalign(&mem, alignment, b->size), 0);
		b->mem = mem;
		EXPECT_INT((uintptr_t)mem % alignment, 0);
		break;
	case 2:
		b->mem = aligned_alloc(alignment, b->size);
		EXPECT_INT((uintptr_t)b->mem % alignment, 0);
		break;
	default:
		b->mem = malloc(b->size);
	}
	EXPECT(b->mem != NULL);
	EXPECT_INT((uintptr_t)b->mem % 16, 0);
	EXPECT(malloc_usable_size(b->mem) >= b->size);
}

static void change(struct block *b, unsigned *state)
{
	size_t size = some_size(state);
	size_t kept = size < b->size ? size : b->size;

	if (b->mem != NULL && random_of(state) % 3 == 0 && size > 0) {
		b->mem = realloc(b->mem, size);
		b->size = kept;
		EXPECT(b->mem != NULL &&
		       is_whole(&(struct block){b->mem, kept > 0 ? kept - 1 : 0,
						b->pattern}));
		b->size = size;
	} else {
		free(b->mem);
		b->size = size;
		allocate(b, state);
	}
	b->pattern = (unsigned char)random_of(state);
	memset(b->mem, b->pattern, b->size);
}

/* Some blocks change hands: who takes one out frees another's memory. */
static struct block shared[BLOCKS];
static pthread_mutex_t shared_lock = PTHREAD_MUTEX_INITIALIZER;

static void exchange(struct block *own, unsigned *state)
{
	struct block *other = &shared[random_of(state) % BLOCKS];
	struct block kept = *own;

	CHECK(pthread_mutex_lock(&shared_lock) == 0);
	*own = *other;
	*other = kept;
	CHECK(pthread_mutex_unlock(&shared_lock) == 0);
}

static void *use_memory(void *argument)
{
	struct block blocks[BLOCKS] = {{0}};
	unsigned state = (unsigned)(uintptr_t)argument * 7919 + 1;

	for (int round = 0; round < ROUNDS; ++round) {
		struct block *b = &blocks[random_of(&state) % BLOCKS];

		EXPECT(is_whole(b));
		if (random_of(&state) % 8 == 0)
			exchange(b, &state);
		else
			change(b, &state);
	}
	for (int i = 0; i < BLOCKS; ++i)
		free(blocks[i].mem);
	return NULL;
}

static void use_from_threads(void)
{
	pthread_t threads[THREADS];

	for (uintptr_t i = 0; i < THREADS; ++i)
		CHECK(!pthread_create(&threads[i], NULL, use_memory,
				      (void *)i));
	for (int i = 0; i < THREADS; ++i)
		CHECK(pthread_join(threads[i], NULL) == 0);
	for (int i = 0; i < BLOCKS; ++i) {
		EXPECT(is_whole(&shared[i]));
		free(shared[i].mem);
	}
}

static void ask_for_alignment(void)
{
	volatile size_t odd = 24; /* the compiler would complain */
	void *mem = &mem;

	for (size_t alignment = sizeof(void *); alignment <= 1 << 20;
	     alignment *= 2)
		for (size_t size = 0; size < 10000; size = 3 * size + 1) {
			row("%zu %zu", alignment, size);
			EXPECT_INT(posix_memalign(&mem, alignment, size), 0);
			EXPECT_INT((uintptr_t)mem % alignment, 0);
			memset(mem, 1, size);
			free(mem);
			mem = memalign(alignment, size);
			EXPECT(mem != NULL && (uintptr_t)mem % alignment == 0);
			free(mem);
		}
	row("bad");
	mem = &mem;
	EXPECT_INT(posix_memalign(&mem, odd, 10), EINVAL);
	EXPECT_INT(posix_memalign(&mem, 0, 10), EINVAL);
	EXPECT_INT(posix_memalign(&mem, sizeof(void *) / 2, 10), EINVAL);
	EXPECT(aligned_alloc(odd, 48) == NULL && errno == EINVAL);
	EXPECT_INT(posix_memalign(&mem, 64, SIZE_MAX - 100), ENOMEM);
	EXPECT(mem == &mem);
}

static void ask_for_nothing(void)
{
	void *a = malloc(0);
	void *b = malloc(0);

	EXPECT(a != NULL && b != NULL && a != b);
	free(a);
	free(b);
	free(NULL);
	a = realloc(NULL, 10);
	EXPECT(a != NULL);
	b = calloc(0, 10);
	EXPECT(b != NULL);
	free(b);
	free(a);
	errno = 77;
	a = malloc(1 << 20);
	free(a);
	free(malloc(10));
	EXPECT_INT(errno, 77); /* free() leaves it alone */
}

static void ask_in_vain(size_t size)
{
	void *volatile none;
	void *volatile some = malloc(100);

	row("%zx", size);
	errno = 0;
	none = malloc(size);
	EXPECT(none == NULL && errno == ENOMEM);
	errno = 0;
	none = calloc(1, size);
	EXPECT(none == NULL && errno == ENOMEM);
	memset(some, 'x', 100);
	errno = 0;
	none = realloc(some, size);
	EXPECT(none == NULL && errno == ENOMEM);
	EXPECT_INT(((char *)some)[99], 'x');
	errno = 0;
	none = aligned_alloc(4096, size);
	EXPECT(none == NULL && errno == ENOMEM);
	free(some);
}

static void ask_for_more_than_there_is(void)
{
	ask_in_vain(ROOM + (64u << 20));
}

static void ask_for_too_much(void)
{
	static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 4096, SIZE_MAX / 2,
				       (size_t)PTRDIFF_MAX};
	void *volatile none;
	void *volatile some = malloc(100);

	for (size_t i = 0; i < LENGTH(sizes); ++i)
		ask_in_vain(sizes[i]);
	row("products");
	none = calloc(SIZE_MAX / 2 + 2, 2);
	EXPECT(none == NULL && errno == ENOMEM);
	none = calloc(2, SIZE_MAX / 2 + 2);
	EXPECT(none == NULL && errno == ENOMEM);
	errno = 0;
	none = reallocarray(some, SIZE_MAX / 2 + 2, 2);
	EXPECT(none == NULL && errno == ENOMEM);
	free(some);
}

struct link {
	struct link *next;
};

/* Takes blocks of a size until there is no more; all can be used. */
static size_t exhaust(size_t size)
{
	struct link *all = NULL;
	struct link *link;
	size_t count = 0;

	errno = 0;
	while ((link = malloc(size)) != NULL) {
		memset(link, 0x55, size < 64 ? size : 64);
		link->next = all;
		all = link;
		++count;
	}
	EXPECT_INT(errno, ENOMEM);
	while (all != NULL) {
		link = all->next;
		free(all);
		all = link;
	}
	return count;
}

/* What was used up is there again, also for other sizes. */
static void use_everything_up(void)
{
	static const size_t sizes[] = {1 << 20, 100,      5000,
				       200000,  16 << 20, 1 << 20};

	for (size_t i = 0; i < LENGTH(sizes); ++i) {
		size_t count = exhaust(sizes[i]);

		row("%zu: %zu", sizes[i], count);
		EXPECT(count * sizes[i] > ROOM / 2);
		EXPECT(count * sizes[i] < ROOM);
	}
}

/* Freed memory goes back to the system: somebody else can map it. */
static void give_memory_back(void)
{
	void *blocks[20];
	void *mapping;

	for (int round = 0; round < 30; ++round) {
		row("%d", round);
		for (int i = 0; i < 20; ++i) {
			blocks[i] = malloc(ROOM / 40);
			EXPECT(blocks[i] != NULL);
		}
		for (int i = 0; i < 20; ++i)
			free(blocks[i]);
		mapping = mmap(NULL, ROOM / 2, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANON, -1, 0);
		EXPECT(mapping != MAP_FAILED);
		if (mapping != MAP_FAILED)
			munmap(mapping, ROOM / 2);
	}
}

static size_t page_of(const void *mem)
{
	return (size_t)mem / 4096;
}

/* There is not as much, so everything goes back to the system. */
static void forget_what_was_freed(void)
{
	EXPECT(mmap(NULL, SIZE_MAX / 4 * 3 & ~(size_t)65535, PROT_NONE,
		    MAP_PRIVATE | MAP_ANON, -1, 0) == MAP_FAILED);
	EXPECT_INT(errno, ENOMEM);
}

/* Large blocks are cut from what was freed, and joined when they are freed. */
static void cut_and_join(void)
{
	char *whole = (forget_what_was_freed(), malloc(8 << 20));
	size_t first = page_of(whole);
	char *parts[4];

	memset(whole, 1, 8 << 20);
	free(whole);
	for (size_t i = 0; i < LENGTH(parts); ++i) {
		parts[i] = calloc(1, 1 << 20);
		row("%zu", i);
		EXPECT(page_of(parts[i]) - first < (8 << 20) / 4096);
		EXPECT(is_zero((unsigned char *)parts[i], 1 << 20));
		memset(parts[i], 2, 1 << 20);
	}
	for (size_t i = 0; i < LENGTH(parts); ++i)
		free(parts[(i * 3 + 1) % LENGTH(parts)]);
	row("joined");
	whole = malloc(8 << 20);
	EXPECT_INT(page_of(whole), first);
	free(whole);
}

/* What was freed behind a block is what it grows into: it need not move. */
static void grow_into_what_was_freed(void)
{
	unsigned char *mem = (forget_what_was_freed(), malloc(8 << 20));
	size_t first = page_of(mem);
	size_t size = 200000;

	memset(mem, 1, 8 << 20);
	free(mem);
	mem = malloc(size);
	memset(mem, 2, size);
	for (; size < 5000000; size += size / 8) {
		row("%zu", size);
		mem = realloc(mem, size);
		EXPECT(mem != NULL);
		EXPECT_INT(page_of(mem), first);
		EXPECT_INT(mem[199999], 2);
		EXPECT(malloc_usable_size(mem) >= size);
		memset(mem + 200000, 3, size - 200000);
	}
	row("shrunk");
	mem = realloc(mem, 300000);
	EXPECT(malloc_usable_size(mem) >= 300000 && mem[299999] == 3);
	EXPECT_INT(page_of(mem), first);
	free(mem);
}

/* Blocks of middle size that were freed are used as they are: nothing is mapped
 * again. */
static void use_again(void)
{
	static const size_t sizes[] = {20000, 69000, 120000};

	forget_what_was_freed();
	for (size_t i = 0; i < LENGTH(sizes); ++i) {
		size_t size = sizes[i];
		unsigned char *volatile mem = malloc(size);

		row("%zu", size);
		memset(mem, 1, size);
		free(mem);
		mem = malloc(size);
		EXPECT_INT(mem[size / 2], 1);
		free(mem);
		mem = calloc(size, 1);
		EXPECT(is_zero(mem, size));
		memset(mem, 1, size);
		free(mem);
	}
}

CASES(CASE(use_from_threads), CASE(ask_for_alignment), CASE(ask_for_nothing),
      CASE(ask_for_too_much), CASE(cut_and_join),
      CASE(grow_into_what_was_freed), CASE(use_again),
      NATIVE(ask_for_more_than_there_is, "memory is not limited"),
      NATIVE(use_everything_up, "memory is not limited"),
      NATIVE(give_memory_back, "memory is not limited"))
