/* SPDX-License-Identifier: BSD-2-Clause */
/* proc_exit: ends all threads; the harness looks at the status. */

#include "test.h"

static void sleep_forever(cloudabi_tid_t tid, void *argument)
{
	(void)tid;
	(void)argument;
	park();
}

static void spin_forever(cloudabi_tid_t tid, void *argument)
{
	(void)tid;
	(void)argument;
	for (;;)
		sys.thread_yield();
}

static void exit_with_7(cloudabi_tid_t tid, void *argument)
{
	(void)tid;
	(void)argument;
	sys.proc_exit(7);
}

ENDS(success, 0)
{
	sys.proc_exit(0);
}

ENDS(failure, 1)
{
	sys.proc_exit(1);
}

ENDS(largest_of_the_host, 255)
{
	sys.proc_exit(255);
}

/* Linux keeps eight bits of the status. */
ENDS(cut_to_what_the_host_has, 44)
{
	sys.proc_exit(300);
}

ENDS(threads_that_sleep, 42)
{
	for (int i = 0; i < 5; i++)
		spawn(sleep_forever, NULL);
	sys.proc_exit(42);
}

ENDS(threads_that_work, 43)
{
	for (int i = 0; i < 5; i++)
		spawn(spin_forever, NULL);
	sleep_ns(MILLISECOND);
	sys.proc_exit(43);
}

ENDS(from_another_thread, 7)
{
	spawn(exit_with_7, NULL);
	park();
}

ENDS(while_waiting_for_a_lock, 7)
{
	cloudabi_lock_t lock = 1;

	spawn(exit_with_7, NULL);
	lock_wait(&lock, true);
}

ENDS(with_descriptors_and_memory, 5)
{
	make_memory(page_size);
	new_directory();
	allocate(page_size);
	sys.proc_exit(5);
}

/* The harness would see what came after it. */
ENDS(does_not_return, 6)
{
	sys.proc_exit(6);
	say("returned\n");
}
