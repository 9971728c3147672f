/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many threads at one lock and one condition variable, with the fast paths
 * that a C library has: nobody is let in twice, nobody is forgotten.
 */

#include "test.h"

#define WRLOCKED CLOUDABI_LOCK_WRLOCKED
#define MANAGED CLOUDABI_LOCK_KERNEL_MANAGED
#define THREADS 8
#define LOCKINGS ROUNDS(20000)
#define ITEMS ROUNDS(30000)

static cloudabi_lock_t lock;
static uint32_t finished;

/* Protected by the lock. */
static uint64_t a, b;
static uint32_t timeouts;

static bool change(cloudabi_lock_t from, cloudabi_lock_t to)
{
	return __atomic_compare_exchange_n(&lock, &from, to, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static void write_lock(cloudabi_tid_t tid)
{
	if (!change(0, tid | WRLOCKED))
		OK(lock_wait(&lock, true));
}

/* Returns false if it took too long. */
static bool write_lock_for(cloudabi_tid_t tid, cloudabi_timestamp_t timeout)
{
	cloudabi_errno_t error;

	if (change(0, tid | WRLOCKED))
		return true;
	error = lock_wait_for(&lock, true, timeout);
	if (error != CLOUDABI_ETIMEDOUT)
		OK(error);
	return error == 0;
}

static void write_unlock(cloudabi_tid_t tid)
{
	if (!change(tid | WRLOCKED, 0))
		OK(sys.lock_unlock(&lock, CLOUDABI_SCOPE_PRIVATE));
}

static void read_lock(void)
{
	cloudabi_lock_t word = __atomic_load_n(&lock, __ATOMIC_RELAXED);

	if ((word & (WRLOCKED | MANAGED)) != 0 || !change(word, word + 1))
		OK(lock_wait(&lock, false));
}

static void read_unlock(cloudabi_tid_t tid)
{
	cloudabi_lock_t word = __atomic_load_n(&lock, __ATOMIC_RELAXED);

	while (word != (1 | MANAGED)) {
		if (change(word, word - 1))
			return;
		word = __atomic_load_n(&lock, __ATOMIC_RELAXED);
	}
	if (change(word, tid | WRLOCKED | MANAGED)) {
		OK(sys.lock_unlock(&lock, CLOUDABI_SCOPE_PRIVATE));
		return;
	}
	read_unlock(tid);
}

static _Noreturn void finish(void)
{
	__atomic_fetch_add(&finished, 1, __ATOMIC_RELEASE);
	park();
}

static void await_all(uint32_t number)
{
	await_value(&finished, number);
	finished = 0;
}

static void contend(cloudabi_tid_t tid, void *argument)
{
	(void)argument;
	for (uint32_t i = 0; i < LOCKINGS; i++) {
		if (i % 4 == 0) {
			read_lock();
			EQUAL(a, b);
			read_unlock(tid);
		} else if (i % 4 != 1 || write_lock_for(tid, i % 3 * 5000)) {
			if (i % 4 != 1)
				write_lock(tid);
			a++;
			b++;
			write_unlock(tid);
		} else {
			__atomic_fetch_add(&timeouts, 1, __ATOMIC_RELAXED);
		}
	}
	finish();
}

CASE(lock_of_many)
{
	for (int i = 0; i < THREADS; i++)
		spawn(contend, NULL);
	await_all(THREADS);
	EQUAL(lock, 0);
	EQUAL(a, b);
	EQUAL(a + timeouts,
	      (uint64_t)THREADS * (LOCKINGS - (LOCKINGS + 3) / 4));
}

/* A queue that some fill and others empty. */
static cloudabi_condvar_t not_empty, not_full;
static uint32_t queued, produced, consumed;

static void signal(cloudabi_condvar_t *condvar, cloudabi_nthreads_t n)
{
	cloudabi_errno_t error;

	if (__atomic_load_n(condvar, __ATOMIC_RELAXED) == 0)
		return;
	error = sys.condvar_signal(condvar, CLOUDABI_SCOPE_PRIVATE, n);
	if (error != CLOUDABI_ENOENT)
		OK(error);
}

static void wait(cloudabi_tid_t tid, cloudabi_condvar_t *condvar,
		 uint32_t round)
{
	cloudabi_errno_t error;

	if (round % 3 == 0)
		error = condvar_wait_for(condvar, &lock, round % 7 * 10000 + 1);
	else
		error = condvar_wait(condvar, &lock);
	if (error != CLOUDABI_ETIMEDOUT)
		OK(error);
	EQUAL(lock & ~MANAGED, tid | WRLOCKED);
}

static void produce(cloudabi_tid_t tid, void *argument)
{
	(void)argument;
	for (uint32_t i = 0; i < ITEMS; i++) {
		write_lock(tid);
		while (queued == 3)
			wait(tid, &not_full, i);
		queued++;
		produced++;
		signal(&not_empty, i % 5 == 0 ? UINT32_MAX : 1);
		write_unlock(tid);
	}
	finish();
}

static void consume(cloudabi_tid_t tid, void *argument)
{
	(void)argument;
	for (uint32_t i = 0; i < ITEMS; i++) {
		write_lock(tid);
		while (queued == 0)
			wait(tid, &not_empty, i);
		queued--;
		consumed++;
		write_unlock(tid);
		signal(&not_full, 1);
	}
	finish();
}

CASE(queue_of_many)
{
	for (int i = 0; i < THREADS / 2; i++) {
		spawn(produce, NULL);
		spawn(consume, NULL);
	}
	await_all(THREADS);
	EQUAL(lock, 0);
	EQUAL(not_empty, 0);
	EQUAL(not_full, 0);
	EQUAL(produced, THREADS / 2 * ITEMS);
	EQUAL(consumed, produced);
}
