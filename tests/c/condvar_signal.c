/* SPDX-License-Identifier: BSD-2-Clause */
/* condvar_signal and waiting for condition variables. */

#include "test.h"

#define WRLOCKED CLOUDABI_LOCK_WRLOCKED
#define MANAGED CLOUDABI_LOCK_KERNEL_MANAGED
#define MILLISECOND UINT64_C(1000000)
#define ALL UINT32_MAX
#define WAITERS 5

static cloudabi_lock_t lock;
static cloudabi_condvar_t condvar;
static uint32_t waiting;
static uint32_t woken;
static uint32_t order[WAITERS];

static cloudabi_errno_t unlock(void)
{
	return sys.lock_unlock(&lock, CLOUDABI_SCOPE_PRIVATE);
}

static cloudabi_errno_t signal(cloudabi_nthreads_t n)
{
	return sys.condvar_signal(&condvar, CLOUDABI_SCOPE_PRIVATE, n);
}

static void wait_once(cloudabi_tid_t tid, void *argument)
{
	OK(lock_wait(&lock, true));
	__atomic_add_fetch(&waiting, 1, __ATOMIC_RELEASE);
	OK(condvar_wait(&condvar, &lock));
	EQUAL(lock & ~MANAGED, tid | WRLOCKED);
	order[woken++] = (uint32_t)(uintptr_t)argument;
	OK(unlock());
	for (;;)
		sleep_ns(UINT64_C(1000000000000));
}

static void await(const uint32_t *count, uint32_t number)
{
	cloudabi_timestamp_t end =
		now(CLOUDABI_CLOCK_MONOTONIC) + 10000 * MILLISECOND;

	while (__atomic_load_n(count, __ATOMIC_ACQUIRE) != number)
		CHECK(now(CLOUDABI_CLOCK_MONOTONIC) < end);
}

/* Whoever counted itself with the lock held has let go of it afterwards. */
static void pass_lock(void)
{
	OK(lock_wait(&lock, true));
	OK(unlock());
}

static void start_waiters(void)
{
	waiting = 0;
	woken = 0;
	lock = 0;
	for (uintptr_t i = 0; i < WAITERS; i++) {
		spawn(wait_once, (void *)i);
		await(&waiting, i + 1);
		pass_lock();
	}
	EQUAL(condvar, UINT32_MAX);
	EQUAL(lock, 0);
}

static void await_woken(uint32_t number)
{
	await(&woken, number);
	sleep_ns(5 * MILLISECOND);
	pass_lock();
	EQUAL(woken, number);
}

/* Without the lock: the oldest gets it at once. */
static void test_one_by_one(void)
{
	start_waiters();
	for (uint32_t i = 1; i <= WAITERS; i++) {
		OK(signal(1));
		await_woken(i);
		EQUAL(condvar, i == WAITERS ? 0 : UINT32_MAX);
		EQUAL(order[i - 1], i - 1);
	}
	EQUAL(lock, 0);
	FAILS(signal(1), ENOENT);
}

/* With the lock: they move to its queue and do not run yet. */
static void test_holding_the_lock(void)
{
	start_waiters();
	OK(lock_wait(&lock, true));
	OK(signal(2));
	EQUAL(lock, main_tid | WRLOCKED | MANAGED);
	EQUAL(condvar, UINT32_MAX);
	sleep_ns(5 * MILLISECOND);
	EQUAL(woken, 0);
	OK(signal(ALL));
	EQUAL(condvar, 0);
	OK(unlock());
	await_woken(WAITERS);
	for (uint32_t i = 0; i < WAITERS; i++)
		EQUAL(order[i], i);
	EQUAL(lock, 0);
}

static void test_broadcast(void)
{
	start_waiters();
	OK(signal(ALL));
	await_woken(WAITERS);
	EQUAL(condvar, 0);
	EQUAL(lock, 0);
	for (uint32_t i = 0; i < WAITERS; i++)
		EQUAL(order[i], i);
}

static void test_timeout(void)
{
	cloudabi_timestamp_t start = now(CLOUDABI_CLOCK_MONOTONIC);

	lock = main_tid | WRLOCKED;
	EQUAL(condvar_wait_for(&condvar, &lock, 10 * MILLISECOND),
	      CLOUDABI_ETIMEDOUT);
	CHECK(now(CLOUDABI_CLOCK_MONOTONIC) - start >= 10 * MILLISECOND);
	EQUAL(lock, main_tid | WRLOCKED);
	EQUAL(condvar, 0);
}

static void signal_and_hold(cloudabi_tid_t tid, void *argument)
{
	(void)tid;
	(void)argument;
	OK(lock_wait(&lock, true));
	OK(signal(1));
	sleep_ns(600 * MILLISECOND);
	OK(unlock());
	for (;;)
		sleep_ns(UINT64_C(1000000000000));
}

/* Once it was signalled, a thread waits for the lock beyond its timeout. */
static void test_signal_beats_timeout(void)
{
	lock = main_tid | WRLOCKED;
	spawn(signal_and_hold, NULL);
	OK(condvar_wait_for(&condvar, &lock, 400 * MILLISECOND));
	EQUAL(lock, main_tid | WRLOCKED);
}

static void test_errors(void)
{
	cloudabi_lock_t other = main_tid | WRLOCKED;

	lock = 0;
	FAILS(condvar_wait(&condvar, &lock), EPERM);
	EQUAL(condvar, 0);
	start_waiters();
	FAILS(condvar_wait(&condvar, &other), EINVAL);
	EQUAL(other, main_tid | WRLOCKED);
	OK(signal(0));
	EQUAL(woken, 0);
	OK(signal(ALL));
	await_woken(WAITERS);
	FAILS(sys.condvar_signal(&condvar, CLOUDABI_SCOPE_SHARED, 1), ENOTSUP);
	FAILS(sys.condvar_signal(&condvar, 3, 1), EINVAL);
}

void test(void)
{
	test_timeout();
	test_one_by_one();
	test_holding_the_lock();
	test_broadcast();
	test_signal_beats_timeout();
	test_errors();
}
