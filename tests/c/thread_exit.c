/* SPDX-License-Identifier: BSD-2-Clause */
/* thread_exit: whoever gets the lock may take the stack away. */

#include "test.h"

#define STACK_LEN 16384
#define WRLOCKED CLOUDABI_LOCK_WRLOCKED

static cloudabi_lock_t lock;
static uint32_t started;

static void entry(cloudabi_tid_t tid, void *argument)
{
	(void)argument;
	__atomic_store_n(&lock, tid | WRLOCKED, __ATOMIC_RELEASE);
	__atomic_store_n(&started, 1, __ATOMIC_RELEASE);
	sys.thread_exit(&lock, CLOUDABI_SCOPE_PRIVATE);
}

/* Joins by the lock, and has the stack unmapped under the thread's feet. */
static void join(bool sleep_first)
{
	void *stack = allocate(STACK_LEN);
	cloudabi_threadattr_t attr = {entry, stack, STACK_LEN, NULL};
	cloudabi_tid_t tid;

	started = 0;
	lock = 0;
	OK(sys.thread_create(&attr, &tid));
	await_change(&started, 0);
	if (sleep_first)
		sleep_ns(MILLISECOND);
	OK(lock_wait(&lock, false));
	EQUAL(lock & ~CLOUDABI_LOCK_KERNEL_MANAGED, 1);
	OK(sys.mem_unmap(stack, STACK_LEN));
	lock = 0;
}

CASE(join_while_it_ends)
{
	for (int i = 0; i < ROUNDS(1500); i++)
		join(false);
}

CASE(join_after_its_end)
{
	for (int i = 0; i < 20; i++)
		join(true);
}

static void exit_when_told(cloudabi_tid_t tid, void *argument)
{
	__atomic_store_n(&lock, tid | WRLOCKED, __ATOMIC_RELEASE);
	__atomic_store_n(&started, 1, __ATOMIC_RELEASE);
	await_change(argument, 0);
	sys.thread_exit(&lock, CLOUDABI_SCOPE_PRIVATE);
}

static void take_lock(cloudabi_tid_t tid, void *argument)
{
	(void)tid;
	OK(lock_wait(&lock, true));
	__atomic_store_n((cloudabi_tid_t *)argument, tid, __ATOMIC_RELEASE);
	park();
}

/* As lock_unlock does: to a thread that sleeps. */
CASE(lock_is_handed_over)
{
	static uint32_t told;
	static cloudabi_tid_t owner;
	cloudabi_lock_t before;

	started = 0;
	spawn(exit_when_told, &told);
	await_change(&started, 0);
	before = lock;
	spawn(take_lock, &owner);
	await_change(&lock, before);
	EQUAL(lock, before | CLOUDABI_LOCK_KERNEL_MANAGED);
	EQUAL(owner, 0);
	__atomic_store_n(&told, 1, __ATOMIC_RELEASE);
	await_change(&owner, 0);
	EQUAL(lock, owner | WRLOCKED);
}

/* The numbers and the records of the dead are used again, or not, but never
 * those of the living. */
CASE(many_one_after_the_other)
{
	cloudabi_tid_t last = 0;

	for (int i = 0; i < ROUNDS(200); i++) {
		started = 0;
		lock = 0;
		last = spawn(entry, NULL);
		await_change(&started, 0);
		OK(lock_wait(&lock, false));
		CHECK(last != main_tid);
		lock = 0;
	}
}

static cloudabi_lock_t main_lock;

static void outlive_main(cloudabi_tid_t tid, void *argument)
{
	(void)tid;
	(void)argument;
	OK(lock_wait(&main_lock, true));
	sys.proc_exit(7);
}

ENDS(first_thread, 7)
{
	main_lock = main_tid | WRLOCKED;
	spawn(outlive_main, NULL);
	await_change(&main_lock, main_tid | WRLOCKED);
	sys.thread_exit(&main_lock, CLOUDABI_SCOPE_PRIVATE);
}

/* With the last thread the process ends. */
ENDS(last_thread, 0)
{
	main_lock = main_tid | WRLOCKED;
	sys.thread_exit(&main_lock, CLOUDABI_SCOPE_PRIVATE);
}

/* A deviation: the process ends, as there is no way to say it. */
ENDS(shared_scope, TRAP)
{
	sys.thread_exit(&main_lock, CLOUDABI_SCOPE_SHARED);
}

ENDS(unknown_scope, TRAP)
{
	sys.thread_exit(&main_lock, 0);
}

ENDS(lock_nowhere, -11)
{
	sys.thread_exit(NOWHERE, CLOUDABI_SCOPE_PRIVATE);
}
