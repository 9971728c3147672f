/* SPDX-License-Identifier: BSD-2-Clause */
/* proc_exec: there is none, which a program sees as ENOSYS. */

#include "test.h"

CASE(is_missing)
{
	CHECK(sys.proc_exec == NULL);
}
