/* SPDX-License-Identifier: BSD-2-Clause */
/* thread_yield: lets others run. */

#include "test.h"

static uint32_t turn;

CASE(succeeds)
{
	for (int i = 0; i < 100; i++)
		OK(sys.thread_yield());
}

static void take_turns(cloudabi_tid_t tid, void *argument)
{
	(void)tid;
	(void)argument;
	for (uint32_t i = 1; i < 2 * ROUNDS(500); i += 2) {
		while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != i)
			OK(sys.thread_yield());
		__atomic_store_n(&turn, i + 1, __ATOMIC_RELEASE);
	}
	park();
}

CASE(two_take_turns)
{
	spawn(take_turns, NULL);
	for (uint32_t i = 0; i < 2 * ROUNDS(500); i += 2) {
		while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != i)
			OK(sys.thread_yield());
		__atomic_store_n(&turn, i + 1, __ATOMIC_RELEASE);
	}
	await_value(&turn, 2 * ROUNDS(500));
}
