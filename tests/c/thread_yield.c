/* SPDX-License-Identifier: BSD-2-Clause */
/* thread_yield: another thread gets its turn. */

#include "test.h"

static uint32_t turn;

static void partner(cloudabi_tid_t tid, void *argument)
{
	(void)tid;
	(void)argument;
	for (uint32_t i = 1; i < 2000; i += 2) {
		await_change(&turn, i - 1);
		__atomic_store_n(&turn, i + 1, __ATOMIC_RELEASE);
	}
	for (;;)
		OK(sys.thread_yield());
}

void test(void)
{
	spawn(partner, NULL);
	for (uint32_t i = 0; i < 2000; i += 2) {
		__atomic_store_n(&turn, i + 1, __ATOMIC_RELEASE);
		await_change(&turn, i + 1);
	}
}
