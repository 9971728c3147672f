/* SPDX-License-Identifier: BSD-2-Clause */
/* thread_exit: whoever gets the lock may take the stack away. */

#include "test.h"

#define STACK_LEN 16384
#define ROUNDS 3000

static cloudabi_lock_t lock;
static uint32_t started;

static void entry(cloudabi_tid_t tid, void *argument)
{
	(void)argument;
	__atomic_store_n(&lock, tid | CLOUDABI_LOCK_WRLOCKED, __ATOMIC_RELEASE);
	__atomic_store_n(&started, 1, __ATOMIC_RELEASE);
	sys.thread_exit(&lock, CLOUDABI_SCOPE_PRIVATE);
}

/* Joins by the lock, and has the stack unmapped under the thread's feet. */
static void test_join(bool sleep_first)
{
	void *stack = allocate(STACK_LEN);
	cloudabi_threadattr_t attr = {entry, stack, STACK_LEN, NULL};
	cloudabi_tid_t tid;

	started = 0;
	lock = 0;
	OK(sys.thread_create(&attr, &tid));
	await_change(&started, 0);
	if (sleep_first)
		sleep_ns(1000000);
	OK(lock_wait(&lock, false));
	EQUAL(lock & ~CLOUDABI_LOCK_KERNEL_MANAGED, 1);
	OK(sys.mem_unmap(stack, STACK_LEN));
	lock = 0;
}

static cloudabi_lock_t main_lock;

static void last(cloudabi_tid_t tid, void *argument)
{
	(void)tid;
	(void)argument;
	OK(lock_wait(&main_lock, true));
	OK(put(OUTPUT, "outlived main"));
	sys.proc_exit(7);
}

void test(void)
{
	for (int i = 0; i < ROUNDS; i++)
		test_join(false);
	for (int i = 0; i < 20; i++)
		test_join(true);

	/* The first thread may go as well. */
	main_lock = main_tid | CLOUDABI_LOCK_WRLOCKED;
	spawn(last, NULL);
	sleep_ns(10000000);
	sys.thread_exit(&main_lock, CLOUDABI_SCOPE_PRIVATE);
}
