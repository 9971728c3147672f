/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_pwrite: writes anywhere and leaves the position alone. */

#include "test.h"

void test(void)
{
	const cloudabi_ciovec_t iovs[] = {{"x", 1}, {"yz", 2}};
	size_t n;

	OK(sys.fd_pwrite(READ_WRITE, iovs, 2, 4, &n));
	EQUAL(n, 3);
	OK(sys.fd_pwrite(READ_WRITE, iovs, 1, 10, &n));
	expect_text(READ_WRITE, "0123xyz789x");

	FAILS(sys.fd_pwrite(READ_WRITE, iovs, 0, 0, &n), EINVAL);
	FAILS(sys.fd_pwrite(READ_WRITE, iovs, 1, UINT64_MAX, &n), EINVAL);
	FAILS(sys.fd_pwrite(READ_ONLY, iovs, 1, 0, &n), ENOTCAPABLE);
	FAILS(sys.fd_pwrite(SOCKET, iovs, 1, 0, &n), ENOTCAPABLE);
	FAILS(sys.fd_pwrite(900, iovs, 1, 0, &n), EBADF);
	restrict_rights(READ_WRITE, CLOUDABI_RIGHT_FD_SEEK);
	FAILS(sys.fd_pwrite(READ_WRITE, iovs, 1, 0, &n), ENOTCAPABLE);
}
