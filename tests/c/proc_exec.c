/* SPDX-License-Identifier: BSD-2-Clause */
/* proc_exec: there is none, which a program sees as ENOSYS. */

#include "test.h"

void test(void)
{
	CHECK(sys.proc_exec == NULL);
}
