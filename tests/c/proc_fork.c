/* SPDX-License-Identifier: BSD-2-Clause */
/* proc_fork: there is none, which a program sees as ENOSYS. */

#include "test.h"

CASE(is_missing)
{
	CHECK(sys.proc_fork == NULL);
}
