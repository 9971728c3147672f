/* SPDX-License-Identifier: BSD-2-Clause */
/* lock_unlock and waiting for locks: who gets it, in which order. */

#include "test.h"

#define WRLOCKED CLOUDABI_LOCK_WRLOCKED
#define MANAGED CLOUDABI_LOCK_KERNEL_MANAGED
#define MILLISECOND UINT64_C(1000000)

static cloudabi_lock_t lock;

/* Who got the lock, in order. */
static uint32_t order[16];
static uint32_t order_len;

struct contender {
	bool write;
	uint32_t name;
	uint32_t has_lock;
	uint32_t may_unlock;
	cloudabi_tid_t tid;
};

static cloudabi_errno_t unlock(void)
{
	return sys.lock_unlock(&lock, CLOUDABI_SCOPE_PRIVATE);
}

static void contend(cloudabi_tid_t tid, void *argument)
{
	struct contender *self = argument;

	self->tid = tid;
	OK(lock_wait(&lock, self->write));
	order[__atomic_fetch_add(&order_len, 1, __ATOMIC_ACQ_REL)] = self->name;
	__atomic_store_n(&self->has_lock, 1, __ATOMIC_RELEASE);
	if (self->write) {
		await_change(&self->may_unlock, 0);
		OK(unlock());
	}
	for (;;)
		sleep_ns(UINT64_C(1000000000000));
}

/* Starts a thread and gives it ample time to get into the lock's queue. */
static void queue(struct contender *contender)
{
	spawn(contend, contender);
	sleep_ns(100 * MILLISECOND);
	CHECK(__atomic_load_n(&lock, __ATOMIC_ACQUIRE) & MANAGED);
	EQUAL(contender->has_lock, 0);
}

static void test_uncontended(void)
{
	lock = 0;
	OK(lock_wait(&lock, true));
	EQUAL(lock, main_tid | WRLOCKED);
	FAILS(lock_wait(&lock, true), EDEADLK);
	OK(unlock());
	EQUAL(lock, 0);
	OK(lock_wait(&lock, false));
	OK(lock_wait(&lock, false));
	EQUAL(lock, 2);
	FAILS(unlock(), EPERM);
	lock = (main_tid + 1) | WRLOCKED;
	FAILS(unlock(), EPERM);
	lock = CLOUDABI_LOCK_BOGUS;
	FAILS(lock_wait(&lock, true), EINVAL);
	FAILS(lock_wait(&lock, false), EINVAL);
}

static void test_timeout(void)
{
	cloudabi_timestamp_t start = now(CLOUDABI_CLOCK_MONOTONIC);

	lock = 1;
	EQUAL(lock_wait_for(&lock, true, 10 * MILLISECOND), CLOUDABI_ETIMEDOUT);
	CHECK(now(CLOUDABI_CLOCK_MONOTONIC) - start >= 10 * MILLISECOND);
	EQUAL(lock, 1);
	lock = (main_tid + 1) | WRLOCKED;
	EQUAL(lock_wait_for(&lock, false, MILLISECOND), CLOUDABI_ETIMEDOUT);
	EQUAL(lock, (main_tid + 1) | WRLOCKED);
	lock = 0;
	OK(lock_wait_for(&lock, true, 1));
	EQUAL(lock, main_tid | WRLOCKED);
}

/* Writers first, each after the other; then all readers at once. */
static void test_order(void)
{
	static struct contender reader1 = {false, 1, 0, 0, 0};
	static struct contender writer1 = {true, 2, 0, 0, 0};
	static struct contender reader2 = {false, 3, 0, 0, 0};
	static struct contender writer2 = {true, 4, 0, 0, 0};

	lock = main_tid | WRLOCKED;
	queue(&reader1);
	queue(&writer1);
	queue(&reader2);
	queue(&writer2);
	EQUAL(lock, main_tid | WRLOCKED | MANAGED);

	OK(unlock());
	await_change(&writer1.has_lock, 0);
	EQUAL(lock, writer1.tid | WRLOCKED | MANAGED);
	__atomic_store_n(&writer1.may_unlock, 1, __ATOMIC_RELEASE);
	await_change(&writer2.has_lock, 0);
	EQUAL(lock, writer2.tid | WRLOCKED | MANAGED);
	FAILS(unlock(), EPERM);
	__atomic_store_n(&writer2.may_unlock, 1, __ATOMIC_RELEASE);
	await_change(&reader1.has_lock, 0);
	await_change(&reader2.has_lock, 0);
	EQUAL(lock, 2);
	EQUAL(order[0], 2);
	EQUAL(order[1], 4);
	EQUAL(order_len, 4);
}

/* A waiting writer turns the last reader's unlocking into a call. */
static void test_reader_hands_over(void)
{
	static struct contender writer = {true, 5, 0, 0, 0};

	lock = 1;
	queue(&writer);
	EQUAL(lock, 1 | MANAGED);
	lock = main_tid | WRLOCKED | MANAGED;
	OK(unlock());
	await_change(&writer.has_lock, 0);
	EQUAL(lock, writer.tid | WRLOCKED);
	__atomic_store_n(&writer.may_unlock, 1, __ATOMIC_RELEASE);
	await_change(&lock, writer.tid | WRLOCKED);
	EQUAL(lock, 0);
}

static void test_scope(void)
{
	const cloudabi_subscription_t in = {
		.type = CLOUDABI_EVENTTYPE_LOCK_WRLOCK,
		.lock = {&lock, CLOUDABI_SCOPE_SHARED},
	};
	cloudabi_event_t event;
	size_t n;

	FAILS(sys.lock_unlock(&lock, CLOUDABI_SCOPE_SHARED), ENOTSUP);
	FAILS(sys.lock_unlock(&lock, 0), EINVAL);
	OK(sys.poll(&in, &event, 1, &n));
	EQUAL(n, 1);
	EQUAL(event.error, CLOUDABI_ENOTSUP);
}

void test(void)
{
	test_uncontended();
	test_timeout();
	test_order();
	test_reader_hands_over();
	test_scope();
}
