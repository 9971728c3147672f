/* SPDX-License-Identifier: BSD-2-Clause */
/* condvar_signal and waiting for condition variables by poll. */

#include "test.h"

#define WRLOCKED CLOUDABI_LOCK_WRLOCKED
#define MANAGED CLOUDABI_LOCK_KERNEL_MANAGED
#define ALL UINT32_MAX
#define WAITERS 5

static cloudabi_lock_t lock;
static cloudabi_condvar_t condvar;
static uint32_t waiting;
static uint32_t woken;
static uint32_t order[WAITERS];
static bool was_managed[WAITERS];

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
	was_managed[woken] = (lock & MANAGED) != 0;
	order[woken] = (uint32_t)(uintptr_t)argument;
	__atomic_add_fetch(&woken, 1, __ATOMIC_RELEASE);
	OK(unlock());
	park();
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
		await_value(&waiting, i + 1);
		pass_lock();
	}
	CHECK(condvar != CLOUDABI_CONDVAR_HAS_NO_WAITERS);
	EQUAL(lock, 0);
}

/* Nobody else is woken: who would be has been given the lock. */
static void await_woken(uint32_t number)
{
	await_value(&woken, number);
	pass_lock();
	EQUAL(woken, number);
}

static void expect_order(void)
{
	await_woken(WAITERS);
	EQUAL(condvar, 0);
	EQUAL(lock, 0);
	for (uint32_t i = 0; i < WAITERS; i++)
		EQUAL(order[i], i);
}

/* Each but the last has the next ones in the lock's queue. */
static void expect_managed(void)
{
	for (uint32_t i = 0; i < WAITERS; i++)
		EQUAL(was_managed[i], i < WAITERS - 1);
}

/* Without the lock: the oldest gets it at once. */
CASE(one_by_one)
{
	start_waiters();
	for (uint32_t i = 1; i <= WAITERS; i++) {
		OK(signal(1));
		await_woken(i);
		EQUAL(condvar == 0, i == WAITERS);
		EQUAL(order[i - 1], i - 1);
		CHECK(!was_managed[i - 1]);
	}
	EQUAL(lock, 0);
}

/* With the lock: they move to its queue and do not run yet. */
CASE(with_the_lock_held)
{
	start_waiters();
	OK(lock_wait(&lock, true));
	OK(signal(2));
	EQUAL(lock, main_tid | WRLOCKED | MANAGED);
	CHECK(condvar != 0);
	OK(signal(ALL));
	EQUAL(condvar, 0);
	EQUAL(woken, 0);
	OK(unlock());
	expect_order();
	expect_managed();
}

CASE(broadcast)
{
	start_waiters();
	OK(signal(ALL));
	expect_order();
	expect_managed();
}

CASE(more_than_there_are)
{
	start_waiters();
	OK(signal(WAITERS + 1));
	expect_order();
}

CASE(two_at_once)
{
	start_waiters();
	OK(signal(2));
	await_woken(2);
	CHECK(condvar != 0);
	OK(signal(WAITERS - 2));
	expect_order();
}

CASE(none)
{
	start_waiters();
	OK(signal(0));
	CHECK(condvar != 0);
	EQUAL(woken, 0);
	OK(signal(ALL));
	expect_order();
}

CASE(nobody_waits)
{
	condvar = 0;
	FAILS(signal(1), ENOENT);
	FAILS(signal(ALL), ENOENT);
	OK(signal(0));
	condvar = 5;
	FAILS(signal(1), ENOENT);
	condvar = 0;
}

CASE(timeout)
{
	cloudabi_timestamp_t start = now(CLOUDABI_CLOCK_MONOTONIC);

	lock = main_tid | WRLOCKED;
	FAILS(condvar_wait_for(&condvar, &lock, 10 * MILLISECOND), ETIMEDOUT);
	CHECK(now(CLOUDABI_CLOCK_MONOTONIC) - start >= 10 * MILLISECOND);
	EQUAL(lock, main_tid | WRLOCKED);
	EQUAL(condvar, 0);
	FAILS(signal(1), ENOENT);
}

CASE(timeout_in_the_past)
{
	const cloudabi_subscription_t in[] = {
		{
			.type = CLOUDABI_EVENTTYPE_CONDVAR,
			.condvar = {&condvar, &lock, CLOUDABI_SCOPE_PRIVATE,
				    CLOUDABI_SCOPE_PRIVATE},
		},
		clock_sub(CLOUDABI_CLOCK_REALTIME, 1,
			  CLOUDABI_SUBSCRIPTION_CLOCK_ABSTIME, 2),
	};
	cloudabi_event_t out[2];

	lock = main_tid | WRLOCKED;
	EQUAL(poll(in, out, 2), 1);
	EQUAL(out[0].userdata, 2);
	OK(out[0].error);
	EQUAL(lock, main_tid | WRLOCKED);
	EQUAL(condvar, 0);
}

/* Others go on waiting, and are not forgotten. */
CASE(timeout_with_others_waiting)
{
	start_waiters();
	lock = main_tid | WRLOCKED;
	FAILS(condvar_wait_for(&condvar, &lock, MILLISECOND), ETIMEDOUT);
	EQUAL(lock, main_tid | WRLOCKED);
	CHECK(condvar != 0);
	OK(signal(ALL));
	OK(unlock());
	expect_order();
}

static void signal_and_hold(cloudabi_tid_t tid, void *argument)
{
	(void)tid;
	(void)argument;
	OK(lock_wait(&lock, true));
	OK(signal(1));
	sleep_ns(60 * MILLISECOND);
	OK(unlock());
	park();
}

/* Once it was signalled, a thread waits for the lock beyond its timeout; a
 * signal that comes too late finds nobody. */
CASE(signal_beats_timeout)
{
	lock = main_tid | WRLOCKED;
	spawn(signal_and_hold, NULL);
	OK(condvar_wait_for(&condvar, &lock, 30 * SECOND));
	EQUAL(lock, main_tid | WRLOCKED);
	OK(unlock());
}

static void hold(cloudabi_tid_t tid, void *argument)
{
	(void)tid;
	(void)argument;
	OK(lock_wait(&lock, true));
	__atomic_add_fetch(&waiting, 1, __ATOMIC_RELEASE);
	sleep_ns(20 * MILLISECOND);
	OK(unlock());
	park();
}

/* The lock is held again, for which there is no timeout. */
CASE(timeout_while_the_lock_is_held)
{
	waiting = 0;
	lock = main_tid | WRLOCKED;
	spawn(hold, NULL);
	FAILS(condvar_wait_for(&condvar, &lock, 5 * MILLISECOND), ETIMEDOUT);
	EQUAL(lock & ~MANAGED, main_tid | WRLOCKED);
	OK(unlock());
	await_value(&waiting, 1);
	pass_lock();
}

/* The one that waits for the lock gets it as if by lock_unlock. */
CASE(waiting_releases_the_lock)
{
	waiting = 0;
	lock = main_tid | WRLOCKED;
	spawn(hold, NULL);
	await_change(&lock, main_tid | WRLOCKED);
	EQUAL(lock, main_tid | WRLOCKED | MANAGED);
	FAILS(condvar_wait_for(&condvar, &lock, MILLISECOND), ETIMEDOUT);
	EQUAL(waiting, 1);
	OK(unlock());
}

CASE(lock_is_not_ours)
{
	lock = 0;
	FAILS(condvar_wait(&condvar, &lock), EPERM);
	lock = 1;
	FAILS(condvar_wait(&condvar, &lock), EPERM);
	lock = (main_tid + 1) | WRLOCKED;
	FAILS(condvar_wait(&condvar, &lock), EPERM);
	EQUAL(condvar, 0);
	EQUAL(lock, (main_tid + 1) | WRLOCKED);
}

CASE(other_lock)
{
	cloudabi_lock_t other = main_tid | WRLOCKED;

	start_waiters();
	FAILS(condvar_wait(&condvar, &other), EINVAL);
	EQUAL(other, main_tid | WRLOCKED);
	OK(signal(ALL));
	expect_order();
	FAILS(condvar_wait_for(&condvar, &other, 1), ETIMEDOUT);
}

static cloudabi_errno_t wait_in(cloudabi_scope_t condvar_scope,
				cloudabi_scope_t lock_scope)
{
	const cloudabi_subscription_t in = {
		.type = CLOUDABI_EVENTTYPE_CONDVAR,
		.condvar = {&condvar, &lock, condvar_scope, lock_scope},
	};
	cloudabi_event_t event;

	lock = main_tid | WRLOCKED;
	EQUAL(poll(&in, &event, 1), 1);
	EQUAL(event.type, CLOUDABI_EVENTTYPE_CONDVAR);
	EQUAL(lock, main_tid | WRLOCKED);
	EQUAL(condvar, 0);
	return event.error;
}

/* A deviation: there are no condition variables in shared memory. */
CASE(shared_scope)
{
	FAILS(sys.condvar_signal(&condvar, CLOUDABI_SCOPE_SHARED, 1), ENOTSUP);
	FAILS(wait_in(CLOUDABI_SCOPE_SHARED, CLOUDABI_SCOPE_PRIVATE), ENOTSUP);
	FAILS(wait_in(CLOUDABI_SCOPE_PRIVATE, CLOUDABI_SCOPE_SHARED), ENOTSUP);
}

CASE(unknown_scope)
{
	FAILS(sys.condvar_signal(&condvar, 0, 1), EINVAL);
	FAILS(sys.condvar_signal(&condvar, 12, 0), EINVAL);
	FAILS(wait_in(0, CLOUDABI_SCOPE_PRIVATE), EINVAL);
	FAILS(wait_in(CLOUDABI_SCOPE_PRIVATE, 255), EINVAL);
}
