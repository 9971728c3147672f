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

/* On ARM the frame pointer is wherever it happened to be saved. */
static inline __attribute__((always_inline)) uintptr_t frame(void)
{
#if defined(__arm__)
	uintptr_t sp;

	__asm__ volatile("mov %0, sp" : "=r"(sp));
	return sp;
#else
	return (uintptr_t)__builtin_frame_address(0);
#endif
}

static void entry(cloudabi_tid_t tid, void *argument)
{
	struct start *start = argument;

	start->tid = tid;
	start->frame = frame();
	start->tcb = thread_pointer();
	CHECK(((cloudabi_tcb_t *)start->tcb)->parent != NULL);
	__atomic_store_n(&start->ready, 1, __ATOMIC_RELEASE);
	park();
}

CASE(first_thread)
{
	CHECK(main_tid != 0 && main_tid < 1u << 30);
	CHECK(((cloudabi_tcb_t *)thread_pointer())->parent != NULL);
}

CASE(id_and_argument)
{
	static struct start start;
	cloudabi_tid_t tid = spawn(entry, &start);

	await_change(&start.ready, 0);
	EQUAL(start.tid, tid);
	CHECK(tid != 0 && tid < 1u << 30);
	CHECK(tid != main_tid);
}

CASE(ids_and_thread_pointers_are_unique)
{
	static struct start starts[THREADS];
	cloudabi_tid_t tids[THREADS];

	for (size_t i = 0; i < THREADS; i++)
		tids[i] = spawn(entry, &starts[i]);
	for (size_t i = 0; i < THREADS; i++) {
		await_change(&starts[i].ready, 0);
		EQUAL(starts[i].tid, tids[i]);
		CHECK(tids[i] != main_tid);
		CHECK(starts[i].tcb != thread_pointer());
		for (size_t j = 0; j < i; j++) {
			CHECK(tids[i] != tids[j]);
			CHECK(starts[i].tcb != starts[j].tcb);
		}
	}
}

/* It starts at the upper end of the memory that it was given. */
CASE(stack)
{
	size_t len = 16 * page_size;
	char *stack = allocate(len);
	static struct start start;
	cloudabi_threadattr_t attr = {entry, stack, len, &start};
	cloudabi_tid_t tid;

	OK(sys.thread_create(&attr, &tid));
	await_change(&start.ready, 0);
	CHECK(start.frame <= (uintptr_t)stack + len);
	CHECK(start.frame > (uintptr_t)stack + len - page_size);
}

/* It is aligned wherever the memory ends. */
CASE(stack_of_odd_size)
{
	size_t len = 16 * page_size - 5;
	char *stack = allocate(len);
	static struct start start;
	cloudabi_threadattr_t attr = {entry, stack, len, &start};
	cloudabi_tid_t tid;

	OK(sys.thread_create(&attr, &tid));
	await_change(&start.ready, 0);
	CHECK(start.frame <= (uintptr_t)stack + len);
	EQUAL(start.frame % STACK_ALIGNMENT, 0);
}

CASE(attributes_may_go)
{
	static struct start start;
	cloudabi_threadattr_t *attr = allocate(sizeof(*attr));
	cloudabi_tid_t tid;

	*attr = (cloudabi_threadattr_t){entry, allocate(65536), 65536, &start};
	OK(sys.thread_create(attr, &tid));
	memset(attr, 0xff, sizeof(*attr));
	await_change(&start.ready, 0);
	EQUAL(start.tid, tid);
}

static void create_another(cloudabi_tid_t tid, void *argument)
{
	(void)tid;
	spawn(entry, argument);
	park();
}

CASE(by_another_thread)
{
	static struct start start;

	spawn(create_another, &start);
	await_change(&start.ready, 0);
}

static uint32_t variable;

static void set_variable(cloudabi_tid_t tid, void *argument)
{
	(void)tid;
	OK(put(*(cloudabi_fd_t *)argument, "from the thread"));
	__atomic_store_n(&variable, 1, __ATOMIC_RELEASE);
	park();
}

CASE(memory_and_descriptors_are_shared)
{
	static cloudabi_fd_t a, b;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	spawn(set_variable, &a);
	expect_text(b, "from the thread");
	await_change(&variable, 0);
}

ENDS(attributes_nowhere, -11)
{
	cloudabi_tid_t tid;

	sys.thread_create(NOWHERE, &tid);
}

ENDS(entry_point_nowhere, -11)
{
	spawn(NULL, NULL);
	park();
}
