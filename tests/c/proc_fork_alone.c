/* SPDX-License-Identifier: BSD-2-Clause */
/* proc_fork where the program is the only process. */

#include "test.h"

CASE(none_but_this_one)
{
	cloudabi_tid_t tid = 7;
	cloudabi_fd_t fd = 7;

	FAILS(sys.proc_fork(&fd, &tid), EAGAIN);
	EQUAL(fd, 7);
	EQUAL(tid, 7);
}
