/* SPDX-License-Identifier: BSD-2-Clause */
/* thread_create: ids, arguments, stacks and thread pointers. */

#include "test.h"

#define THREADS 50

struct start {
	cloudabi_tid_t tid;
	uintptr_t frame;
	uintptr_t tcb;
	uint32_t ready;
};

/* The word that the thread pointer designates, as a program reads it. */
static uintptr_t thread_pointer(void)
{
	uintptr_t word;

#if defined(__x86_64__)
	__asm__ volatile("movq %%fs:0, %0" : "=r"(word));
#elif defined(__i386__)
	__asm__ volatile("movl %%gs:0, %0" : "=r"(word));
#elif defined(__aarch64__)
	__asm__ volatile("mrs %0, tpidr_el0" : "=r"(word));
#else
	__asm__ volatile("mrc p15, 0, %0, c13, c0, 2" : "=r"(word));
#endif
	return word;
}

static void entry(cloudabi_tid_t tid, void *argument)
{
	struct start *start = argument;

	start->tid = tid;
	start->frame = (uintptr_t)__builtin_frame_address(0);
	start->tcb = thread_pointer();
	CHECK(((cloudabi_tcb_t *)start->tcb)->parent != NULL);
	__atomic_store_n(&start->ready, 1, __ATOMIC_RELEASE);
	for (;;)
		sleep_ns(UINT64_C(1000000000000));
}

static void test_stack(void)
{
	size_t len = 16 * page_size;
	char *stack = allocate(len);
	struct start start = {0};
	cloudabi_threadattr_t attr = {entry, stack, len, &start};
	cloudabi_tid_t tid;

	OK(sys.thread_create(&attr, &tid));
	await_change(&start.ready, 0);
	EQUAL(start.tid, tid);
	CHECK(start.frame > (uintptr_t)stack);
	CHECK(start.frame < (uintptr_t)stack + len);
	CHECK(start.frame > (uintptr_t)stack + len - page_size);
}

void test(void)
{
	static struct start starts[THREADS];
	cloudabi_tid_t tids[THREADS];

	CHECK(main_tid != 0 && main_tid < 1u << 30);
	CHECK(((cloudabi_tcb_t *)thread_pointer())->parent != NULL);
	for (size_t i = 0; i < THREADS; i++)
		tids[i] = spawn(entry, &starts[i]);
	for (size_t i = 0; i < THREADS; i++) {
		await_change(&starts[i].ready, 0);
		EQUAL(starts[i].tid, tids[i]);
		CHECK(tids[i] != 0 && tids[i] < 1u << 30);
		CHECK(tids[i] != main_tid);
		CHECK(starts[i].tcb != thread_pointer());
		for (size_t j = 0; j < i; j++) {
			CHECK(tids[i] != tids[j]);
			CHECK(starts[i].tcb != starts[j].tcb);
		}
	}
	test_stack();
}
