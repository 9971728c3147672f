/* SPDX-License-Identifier: BSD-2-Clause */
/* A thousand threads, their attributes, and stacks used to the last page. The
 * harness lets the program have 1,100 threads and 3 GiB of addresses. */

#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libc_cases.h"

enum {
	MANY = 1000,
	SMALL_STACK = 64 << 10
};

static pthread_attr_t small;
static pthread_t threads[MANY];
static pthread_barrier_t barrier;
static sem_t done;
static volatile int alive;

static void prepare(void)
{
	CHECK(pthread_attr_init(&small) == 0);
	CHECK(pthread_attr_setstacksize(&small, SMALL_STACK) == 0);
}

static void *stay_for_all(void *argument)
{
	static _Thread_local int own = 7;

	own += (int)(intptr_t)argument;
	__atomic_add_fetch(&alive, 1, __ATOMIC_RELAXED);
	pthread_barrier_wait(&barrier);
	return (void *)(intptr_t)(own - 7);
}

/* All of them at the same time. */
static void join_a_thousand(void)
{
	void *result;

	prepare();
	CHECK(pthread_barrier_init(&barrier, NULL, MANY + 1) == 0);
	for (intptr_t i = 0; i < MANY; ++i)
		if (!EXPECT_INT(pthread_create(&threads[i], &small,
					       stay_for_all, (void *)i),
				0))
			return;
	pthread_barrier_wait(&barrier);
	EXPECT_INT(alive, MANY);
	for (int i = 0; i < MANY; ++i) {
		row("%d", i);
		EXPECT_INT(pthread_join(threads[i], &result), 0);
		EXPECT_INT((intptr_t)result, i);
	}
}

static void *tell_end(void *argument)
{
	sem_post(&done);
	return argument;
}

/* Memory of those that have left is used again: 8 MiB each would not do. */
static void detach_a_thousand(void)
{
	pthread_attr_t detached;
	pthread_t thread;

	CHECK(sem_init(&done, 0, 0) == 0);
	CHECK(pthread_attr_init(&detached) == 0);
	CHECK(pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED) ==
	      0);
	for (int i = 0; i < MANY; ++i) {
		row("%d", i);
		if (!EXPECT_INT(pthread_create(&thread,
					       i % 2 ? &detached : NULL,
					       tell_end, NULL),
				0))
			return;
		if (i % 2 == 0)
			EXPECT_INT(pthread_detach(thread), 0);
		CHECK(sem_wait(&done) == 0);
	}
}

static void *wait_for_end(void *argument)
{
	sem_wait(&done);
	return argument;
}

/* More than there is room for gives an error, and then there is room again. */
static void run_out_of_room(void)
{
	pthread_attr_t large;
	int count = 0;
	int error = 0;

	CHECK(sem_init(&done, 0, 0) == 0);
	CHECK(pthread_attr_init(&large) == 0);
	CHECK(pthread_attr_setstacksize(&large, 256 << 20) == 0);
	for (int round = 0; round < 2; ++round) {
		row("round %d", round);
		for (count = 0; count < MANY; ++count) {
			error = pthread_create(&threads[count], &large,
					       wait_for_end, NULL);
			if (error != 0)
				break;
		}
		EXPECT_INT(error, EAGAIN);
		EXPECT(count >= 4 && count < 13);
		for (int i = 0; i < count; ++i)
			sem_post(&done);
		for (int i = 0; i < count; ++i)
			EXPECT_INT(pthread_join(threads[i], NULL), 0);
	}
}

static void keep_attributes(void)
{
	pthread_attr_t attr;
	size_t size;
	void *address;
	int value;

	CHECK(pthread_attr_init(&attr) == 0);
	EXPECT_INT(pthread_attr_getdetachstate(&attr, &value), 0);
	EXPECT_INT(value, PTHREAD_CREATE_JOINABLE);
	EXPECT_INT(pthread_attr_setdetachstate(&attr, 77), EINVAL);
	EXPECT_INT(pthread_attr_getscope(&attr, &value), 0);
	EXPECT_INT(value, PTHREAD_SCOPE_SYSTEM);
	EXPECT_INT(pthread_attr_setscope(&attr, PTHREAD_SCOPE_PROCESS),
		   ENOTSUP);
	EXPECT_INT(pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN - 1),
		   EINVAL);
	EXPECT_INT(pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN), 0);
	EXPECT_INT(pthread_attr_getstacksize(&attr, &size), 0);
	EXPECT_INT(size, PTHREAD_STACK_MIN);
	EXPECT_INT(pthread_attr_setguardsize(&attr, 12345), 0);
	EXPECT_INT(pthread_attr_getguardsize(&attr, &size), 0);
	EXPECT_INT(size, 12345);
	EXPECT_INT(pthread_attr_getstack(&attr, &address, &size), EINVAL);
	EXPECT_INT(pthread_attr_setstack(&attr, &attr, 100), EINVAL);
	EXPECT_INT(pthread_attr_destroy(&attr), 0);
}

static size_t stack_of_this_thread(char **lowest, size_t *guard)
{
	pthread_attr_t attr;
	void *address;
	size_t size;

	CHECK(pthread_getattr_np(pthread_self(), &attr) == 0);
	CHECK(pthread_attr_getstack(&attr, &address, &size) == 0);
	CHECK(pthread_attr_getguardsize(&attr, guard) == 0);
	*lowest = address;
	return size;
}

/* From here down to the lowest address, in steps smaller than a page, and
 * with something to remember in each. */
__attribute__((noinline)) static unsigned descend(const char *lowest,
						  unsigned depth)
{
	volatile unsigned frame[250];
	unsigned below = 0;

	frame[0] = frame[249] = depth;
	if ((const char *)frame - lowest > 3000)
		below = descend(lowest, depth + 1);
	EXPECT_INT(frame[0], depth);
	EXPECT_INT(frame[249], depth);
	return below > depth ? below : depth;
}

static void use_whole_stack(size_t expected, size_t expected_guard)
{
	char here;
	char *lowest;
	size_t guard;
	size_t size = stack_of_this_thread(&lowest, &guard);

	row("%zu of %zu", size, expected);
	EXPECT(size >= expected);
	EXPECT(size <= expected + 2 * (size_t)getpagesize());
	EXPECT(guard >= expected_guard);
	EXPECT(&here > lowest && &here < lowest + size);
	/* Little is gone before the program gets it. */
	EXPECT((size_t)(lowest + size - &here) < 8192);
	EXPECT(descend(lowest, 0) > (unsigned)(expected / 2048) - 4);
}

static void *use_stack(void *argument)
{
	const pthread_attr_t *attr = argument;
	size_t size;
	size_t guard;

	CHECK(pthread_attr_getstacksize(attr, &size) == 0);
	CHECK(pthread_attr_getguardsize(attr, &guard) == 0);
	use_whole_stack(size, guard);
	return NULL;
}

static void recurse_to_the_end(void)
{
	static const size_t sizes[] = {PTHREAD_STACK_MIN * 4, 65536, 100000,
				       1 << 20, 16 << 20};
	pthread_attr_t attr;
	pthread_t thread;

	CHECK(pthread_attr_init(&attr) == 0);
	CHECK(pthread_create(&thread, NULL, use_stack, &attr) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	for (size_t i = 0; i < LENGTH(sizes); ++i) {
		CHECK(pthread_attr_setstacksize(&attr, sizes[i]) == 0);
		CHECK(!pthread_attr_setguardsize(&attr, i * 10000));
		CHECK(!pthread_create(&thread, &attr, use_stack, &attr));
		CHECK(pthread_join(thread, NULL) == 0);
	}
	use_whole_stack(8 << 20, (size_t)getpagesize());
}

static char *expected_lowest;

static void *be_on_own_stack(void *argument)
{
	char here;
	char *lowest;
	size_t guard;
	size_t size = stack_of_this_thread(&lowest, &guard);

	EXPECT(lowest == expected_lowest);
	EXPECT_INT(size, (size_t)(intptr_t)argument);
	EXPECT(&here > lowest && &here < lowest + size);
	return argument;
}

/* A stack of the program's own, which still is the program's afterwards. */
static void bring_a_stack(void)
{
	const size_t size = 128 << 10;
	pthread_attr_t attr;
	pthread_t thread;
	void *address;
	size_t told;

	expected_lowest = mmap(NULL, size, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANON, -1, 0);
	CHECK(expected_lowest != MAP_FAILED);
	CHECK(pthread_attr_init(&attr) == 0);
	EXPECT_INT(pthread_attr_setstack(&attr, expected_lowest, size), 0);
	EXPECT_INT(pthread_attr_getstack(&attr, &address, &told), 0);
	EXPECT(address == expected_lowest && told == size);
	for (int i = 0; i < 100; ++i) {
		CHECK(!pthread_create(&thread, &attr, be_on_own_stack,
				      (void *)size));
		CHECK(pthread_join(thread, NULL) == 0);
	}
	memset(expected_lowest, 1, size);
	CHECK(munmap(expected_lowest, size) == 0);
}

static pthread_t starter;
static pthread_t started;

static void *join_starter(void *argument)
{
	void *result;

	(void)argument;
	EXPECT_INT(pthread_join(starter, &result), 0);
	EXPECT_INT((intptr_t)result, 42);
	return (void *)43;
}

static void *start_another(void *argument)
{
	(void)argument;
	starter = pthread_self();
	CHECK(pthread_create(&started, NULL, join_starter, NULL) == 0);
	sem_post(&done);
	pthread_exit((void *)42);
}

/* Anybody may join a thread, and threads outlive those that made them. */
static void join_from_elsewhere(void)
{
	pthread_t thread;
	void *result;

	CHECK(sem_init(&done, 0, 0) == 0);
	CHECK(pthread_create(&thread, NULL, start_another, NULL) == 0);
	CHECK(sem_wait(&done) == 0);
	EXPECT_INT(pthread_join(started, &result), 0);
	EXPECT_INT((intptr_t)result, 43);
}

CASES(CASE(join_a_thousand), CASE(detach_a_thousand),
      NATIVE(run_out_of_room, "memory is not limited"), CASE(keep_attributes),
      CASE(recurse_to_the_end), CASE(bring_a_stack), CASE(join_from_elsewhere))
