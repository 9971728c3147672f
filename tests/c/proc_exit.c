/* SPDX-License-Identifier: BSD-2-Clause */
/* proc_exit: ends all threads; the harness looks at the status. */

#include "test.h"

static void sleep_forever(cloudabi_tid_t tid, void *argument)
{
	(void)tid;
	(void)argument;
	for (;;)
		sleep_ns(UINT64_C(1000000000000));
}

void test(void)
{
	spawn(sleep_forever, NULL);
	sys.proc_exit(42);
}
