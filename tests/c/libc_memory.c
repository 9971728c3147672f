/* SPDX-License-Identifier: BSD-2-Clause */
/* Stacks, thread-local storage, malloc() and mappings. */

#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdint.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "libc_test.h"

/* More aligned than a page of the thread's own data would be by itself. */
static alignas(256) _Thread_local char aligned[300] = "aligned";
static _Thread_local int zero;
static _Thread_local int number = 42;
static alignas(64) _Thread_local char zeros[64];

static void check_variables(void)
{
	CHECK((uintptr_t)aligned % 256 == 0);
	CHECK((uintptr_t)zeros % 64 == 0);
	CHECK(strcmp(aligned, "aligned") == 0 && aligned[299] == '\0');
	CHECK(zero == 0 && number == 42 && zeros[63] == 0);
	aligned[299] = 1;
	zero = number = 1;
	zeros[63] = 1;
}

static void *use_variables(void *argument)
{
	check_variables();
	errno = (int)(intptr_t)argument;
	return &number;
}

/* What the library says about the stack of this thread is so. */
static size_t check_stack(void)
{
	pthread_attr_t attr;
	char here;
	void *lowest;
	size_t size;
	size_t guard;

	CHECK(pthread_getattr_np(pthread_self(), &attr) == 0);
	CHECK(pthread_attr_getstack(&attr, &lowest, &size) == 0);
	CHECK(pthread_attr_getguardsize(&attr, &guard) == 0);
	CHECK(&here >= (char *)lowest && &here < (char *)lowest + size);
	CHECK(guard >= (size_t)getpagesize());
	*(volatile char *)lowest = 1;
	return size;
}

static void *measure_stack(void *argument)
{
	(void)argument;
	return (void *)check_stack();
}

/* Uses nearly all of the stack, in steps of one page. */
__attribute__((noinline)) static int descend(char *lowest)
{
	volatile char page[4096];

	page[0] = 1;
	if ((char *)page < lowest + 16384)
		return 1;
	return descend(lowest) + page[0];
}

static void *use_stack(void *argument)
{
	pthread_attr_t attr;
	void *lowest;
	size_t size;

	(void)argument;
	pthread_getattr_np(pthread_self(), &attr);
	pthread_attr_getstack(&attr, &lowest, &size);
	CHECK(descend(lowest) > (int)(size / 8192));
	return NULL;
}

static void check_threads(void)
{
	static char own[65536];
	pthread_attr_t attr;
	pthread_t thread;
	void *result;

	check_variables();
	errno = 5;
	CHECK(pthread_create(&thread, NULL, use_variables, (void *)7) == 0);
	CHECK(pthread_join(thread, &result) == 0 && result != &number);
	CHECK(errno == 5 && zero == 1);
	CHECK(check_stack() == 8 << 20);
	use_stack(NULL);
	CHECK(pthread_attr_init(&attr) == 0);
	CHECK(pthread_attr_setstacksize(&attr, 300000) == 0);
	CHECK(pthread_create(&thread, &attr, measure_stack, NULL) == 0);
	CHECK(pthread_join(thread, &result) == 0);
	CHECK((size_t)result >= 300000 && (size_t)result < 310000);
	CHECK(pthread_create(&thread, NULL, use_stack, NULL) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(pthread_attr_init(&attr) == 0);
	CHECK(pthread_attr_setstack(&attr, own, sizeof(own)) == 0);
	CHECK(pthread_create(&thread, &attr, use_variables, NULL) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
}

static void check_malloc(void)
{
	enum {
		BLOCKS = 2000
	};
	static char *blocks[BLOCKS];
	unsigned random = 1;
	void *aligned_block;
	void *volatile none; /* or the compiler leaves the call out */

	for (int round = 0; round < 40000; ++round) {
		int i;

		random = random * 1103515245 + 12345;
		i = (int)(random >> 8) % BLOCKS;
		if (blocks[i] != NULL)
			CHECK(strlen(blocks[i]) == (size_t)i % 200);
		blocks[i] = realloc(
			blocks[i], (size_t)i % 200 + (random >> 16) % 5000 + 1);
		CHECK(blocks[i] != NULL && (uintptr_t)blocks[i] % 16 == 0);
		memset(blocks[i], 'x', (size_t)i % 200);
		blocks[i][i % 200] = '\0';
	}
	for (int i = 0; i < BLOCKS; ++i)
		free(blocks[i]);
	CHECK(posix_memalign(&aligned_block, 4096, 10) == 0);
	CHECK((uintptr_t)aligned_block % 4096 == 0);
	free(aligned_block);
	none = malloc(SIZE_MAX / 2);
	CHECK(none == NULL && errno == ENOMEM);
	none = calloc(SIZE_MAX / 4, 8);
	CHECK(none == NULL && errno == ENOMEM);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* As a growing buffer does: in steps that are small against the whole. A copy
 * at each step would move 128 GiB and take a minute. */
static void check_growth(void)
{
	enum {
		STEP = 65536,
		END = 128 << 20
	};
	char *neighbours[END / STEP / 16];
	double start = seconds();
	char *block = NULL;

	for (size_t size = STEP; size <= END; size += STEP) {
		block = realloc(block, size);
		CHECK(block != NULL && malloc_usable_size(block) >= size);
		memset(block + size - STEP, (int)(size / STEP), STEP);
		/* Something else takes the addresses behind the block. */
		if (size / STEP % 16 == 0)
			neighbours[size / STEP / 16 - 1] = malloc(1 << 20);
	}
	for (size_t size = STEP; size <= END; size += STEP)
		CHECK(block[size - 1] == (char)(size / STEP));
	block = realloc(block, 200000);
	CHECK(block[STEP - 1] == 1 && block[2 * STEP - 1] == 2);
	free(block);
	for (size_t i = 0; i < sizeof(neighbours) / sizeof(char *); ++i)
		free(neighbours[i]);
	CHECK(seconds() - start < 5);
}

static bool is_filled(const unsigned char *block, size_t size, int value)
{
	for (size_t i = 0; i < size; ++i)
		if (block[i] != value)
			return false;
	return true;
}

/* Blocks of which freed ones are kept: contents stay apart, and calloc() gives
 * zeros also where something else was before. */
static void *use_large_blocks(void *argument)
{
	enum {
		BLOCKS = 12,
		ROUNDS = 600
	};
	unsigned seed = (unsigned)(uintptr_t)argument;
	unsigned char *blocks[BLOCKS] = {NULL};
	size_t sizes[BLOCKS] = {0};

	for (int round = 0; round < ROUNDS; ++round) {
		unsigned i =
			(seed = seed * 1103515245 + 12345) / 65536 % BLOCKS;

		CHECK(is_filled(blocks[i], sizes[i], (int)i + 1));
		free(blocks[i]);
		sizes[i] = 100000 + seed % 400000;
		if (seed & 1) {
			blocks[i] = calloc(sizes[i], 1);
			CHECK(is_filled(blocks[i], sizes[i], 0));
		} else {
			blocks[i] = malloc(sizes[i]);
		}
		CHECK(malloc_usable_size(blocks[i]) >= sizes[i]);
		if (seed & 2) {
			sizes[i] *= 2;
			blocks[i] = realloc(blocks[i], sizes[i]);
		}
		memset(blocks[i], (int)i + 1, sizes[i]);
	}
	for (int i = 0; i < BLOCKS; ++i)
		free(blocks[i]);
	return NULL;
}

static void check_large_blocks(void)
{
	pthread_t threads[3];

	for (uintptr_t i = 0; i < 3; ++i)
		CHECK(pthread_create(&threads[i], NULL, use_large_blocks,
				     (void *)i) == 0);
	for (int i = 0; i < 3; ++i)
		CHECK(pthread_join(threads[i], NULL) == 0);
}

static void check_mappings(void)
{
	size_t page = (size_t)getpagesize();
	int file = test_fd("file");
	char *text;
	char *block = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANON, -1, 0);

	CHECK(block != MAP_FAILED && block[3 * page - 1] == 0);
	block[page] = 1;
	CHECK(mprotect(block, page, PROT_NONE) == 0);
	CHECK(madvise(block, 3 * page, MADV_NORMAL) == 0);
	CHECK(mmap(block + page, page, PROT_READ,
		   MAP_PRIVATE | MAP_ANON | MAP_FIXED, -1, 0) == block + page);
	CHECK(block[page] == 0);
	CHECK(munmap(block, 3 * page) == 0);
	CHECK(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANON, -1, 0) ==
		      MAP_FAILED &&
	      errno == EINVAL);
	CHECK(mmap(NULL, page, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANON,
		   -1, 0) == MAP_FAILED &&
	      errno == ENOTSUP);
	text = mmap(NULL, page, PROT_READ, MAP_PRIVATE, file, 0);
	CHECK(text != MAP_FAILED && memcmp(text, "contents\n", 10) == 0);
	CHECK(munmap(text, page) == 0);
	CHECK(mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) ==
	      MAP_FAILED);
}

static void check_shared_mapping(void)
{
	size_t page = (size_t)getpagesize();
	int fd = openat(test_fd("dir"), "mapped", O_RDWR | O_CREAT | O_TRUNC);
	char buf[3];
	char *text;

	CHECK(fd >= 0 && ftruncate(fd, (off_t)page) == 0);
	text = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(text != MAP_FAILED);
	memcpy(text, "abc", 3);
	CHECK(msync(text, page, MS_SYNC) == 0);
	CHECK(pread(fd, buf, 3, 0) == 3 && memcmp(buf, "abc", 3) == 0);
	CHECK(munmap(text, page) == 0 && close(fd) == 0);
}

static void test(void)
{
	check_threads();
	check_malloc();
	check_growth();
	check_large_blocks();
	check_mappings();
	check_shared_mapping();
}
