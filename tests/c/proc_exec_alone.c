/* SPDX-License-Identifier: BSD-2-Clause */
/* proc_exec where the program is the only process. */

#include "test.h"

CASE(nobody_to_start_it)
{
	FAILS(sys.proc_exec(PROGRAM, NULL, 0, NULL, 0), ENOTSUP);
	FAILS(sys.proc_exec(NO_FD, NULL, 0, NULL, 0), EBADF);
}
