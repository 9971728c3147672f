/* SPDX-License-Identifier: BSD-2-Clause */
/* Thread-local variables of every alignment, and what runs before and after
 * the program. */

#include <pthread.h>
#include <stdalign.h>
#include <unistd.h>

#include "libc_cases.h"

static _Thread_local char byte = 'b';
static _Thread_local short number = -2;
static _Thread_local long long wide = 0x123456789abcdef0;
static _Thread_local long double longest = 1.25L;
static _Thread_local int zero;
static alignas(64) _Thread_local char line[64] = "a line";
static alignas(4096) _Thread_local char page[5000] = "a page";
static alignas(16384) _Thread_local char pages[10] = "pages";
static alignas(128) _Thread_local char zeros[1000];
static _Thread_local const char *pointer = "elsewhere";
static _Thread_local void (*function)(void *) = free;
_Thread_local int visible = 77;

/* Fills a thread's block with numbers of its own. */
static _Thread_local int many[3000] = {1, 2, 3, [2999] = 3000};

static void expect_initial(void)
{
	EXPECT_INT(byte, 'b');
	EXPECT_INT(number, -2);
	EXPECT_INT(wide, 0x123456789abcdef0);
	EXPECT(longest == 1.25L);
	EXPECT_INT(zero, 0);
	EXPECT_STR(line, "a line");
	EXPECT_STR(page, "a page");
	EXPECT_INT(page[4999], 0);
	EXPECT_STR(pages, "pages");
	for (size_t i = 0; i < sizeof(zeros); ++i)
		EXPECT_INT(zeros[i], 0);
	EXPECT_STR(pointer, "elsewhere");
	EXPECT(function == free);
	EXPECT_INT(visible, 77);
	for (int i = 0; i < 3000; ++i)
		EXPECT_INT(many[i], i < 3 || i == 2999 ? i + 1 : 0);
}

static void expect_aligned(void)
{
	EXPECT_INT((uintptr_t)&wide % alignof(long long), 0);
	EXPECT_INT((uintptr_t)&longest % alignof(long double), 0);
	EXPECT_INT((uintptr_t)line % 64, 0);
	EXPECT_INT((uintptr_t)page % 4096, 0);
	EXPECT_INT((uintptr_t)pages % 16384, 0);
	EXPECT_INT((uintptr_t)zeros % 128, 0);
}

static void change_all(int value)
{
	byte = (char)value;
	number = (short)value;
	wide = longest = zero = visible = value;
	memset(line, value, sizeof(line));
	memset(page, value, sizeof(page));
	memset(pages, value, sizeof(pages));
	memset(zeros, value, sizeof(zeros));
	for (int i = 0; i < 3000; ++i)
		many[i] = value;
}

static void expect_changed(int value)
{
	EXPECT_INT(byte, (char)value);
	EXPECT_INT(number, value);
	EXPECT_INT(wide, value);
	EXPECT_INT(longest, value);
	EXPECT_INT(line[63], (char)value);
	EXPECT_INT(page[0], (char)value);
	EXPECT_INT(page[4999], (char)value);
	EXPECT_INT(pages[9], (char)value);
	EXPECT_INT(zeros[999], (char)value);
	EXPECT_INT(many[1500], value);
	EXPECT_INT(visible, value);
}

enum {
	THREADS = 8
};

static pthread_barrier_t barrier;

static void *use_variables(void *argument)
{
	int value = (int)(intptr_t)argument;
	int *address = &zero;

	expect_initial();
	expect_aligned();
	pthread_barrier_wait(&barrier);
	change_all(value);
	pthread_barrier_wait(&barrier);
	expect_changed(value);
	EXPECT(address == &zero);
	return address;
}

static void use_in_the_main_thread(void)
{
	expect_initial();
	expect_aligned();
	change_all(99);
	expect_changed(99);
}

static void use_in_threads(void)
{
	pthread_t threads[THREADS];

	CHECK(pthread_barrier_init(&barrier, NULL, THREADS) == 0);
	for (intptr_t i = 0; i < THREADS; ++i)
		CHECK(!pthread_create(&threads[i], NULL, use_variables,
				      (void *)(i + 1)));
	for (int i = 0; i < THREADS; ++i)
		CHECK(pthread_join(threads[i], NULL) == 0);
	expect_changed(99);
}

/* With the smallest stacks the variables have room of their own. */
static void use_with_small_stacks(void)
{
	pthread_attr_t attr;
	pthread_t thread;

	CHECK(pthread_barrier_init(&barrier, NULL, 1) == 0);
	CHECK(pthread_attr_init(&attr) == 0);
	CHECK(!pthread_attr_setstacksize(&attr, 4 * PTHREAD_STACK_MIN));
	for (int i = 0; i < 50; ++i) {
		CHECK(!pthread_create(&thread, &attr, use_variables,
				      (void *)5));
		CHECK(pthread_join(thread, NULL) == 0);
	}
}

static char order[40];

static void note(const char *what)
{
	strcat(order, what);
}

__attribute__((constructor(103))) static void construct_third(void)
{
	note("3");
}

__attribute__((constructor(101))) static void construct_first(void)
{
	/* All that a program can use is there before the first one. */
	void *block = malloc(100000);

	note(block != NULL && byte == 'b' && errno == 0 ? "1" : "?");
	free(block);
}

__attribute__((constructor)) static void construct_last(void)
{
	note("L");
}

__attribute__((constructor(102))) static void construct_second(void)
{
	note("2");
}

static void construct_in_order(void)
{
	EXPECT_STR(order, "123L");
}

CASES(CASE(construct_in_order), CASE(use_in_the_main_thread),
      CASE(use_in_threads), CASE(use_with_small_stacks))
