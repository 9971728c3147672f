/* SPDX-License-Identifier: BSD-2-Clause */
/* proc_raise: what is ignored, what is unknown; the harness sees the end. */

#include "test.h"

void test(void)
{
	OK(sys.proc_raise(CLOUDABI_SIGPIPE));
	OK(sys.proc_raise(CLOUDABI_SIGCHLD));
	OK(sys.proc_raise(CLOUDABI_SIGURG));
	OK(sys.proc_raise(CLOUDABI_SIGCONT));
	FAILS(sys.proc_raise(0), EINVAL);
	FAILS(sys.proc_raise(27), EINVAL);
	FAILS(sys.proc_raise(255), EINVAL);
	sys.proc_raise(CLOUDABI_SIGTERM);
}
