/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_pread: reads anywhere and leaves the position alone. */

#include "test.h"

void test(void)
{
	char buf[4];
	const cloudabi_iovec_t iov = {buf, sizeof(buf)};
	size_t n;

	OK(sys.fd_pread(READ_WRITE, &iov, 1, 3, &n));
	EQUAL(n, 4);
	EQUAL(memcmp(buf, "3456", 4), 0);
	OK(sys.fd_pread(READ_WRITE, &iov, 1, 8, &n));
	EQUAL(n, 2);
	OK(sys.fd_pread(READ_WRITE, &iov, 1, UINT64_C(1) << 40, &n));
	EQUAL(n, 0);
	expect_text(READ_WRITE, "0123456789");

	FAILS(sys.fd_pread(READ_WRITE, &iov, 0, 0, &n), EINVAL);
	FAILS(sys.fd_pread(READ_WRITE, &iov, 1, UINT64_MAX, &n), EINVAL);
	FAILS(sys.fd_pread(READ_WRITE, &iov, 1, UINT64_C(1) << 63, &n), EINVAL);
	FAILS(sys.fd_pread(SOCKET, &iov, 1, 0, &n), ENOTCAPABLE);
	FAILS(sys.fd_pread(900, &iov, 1, 0, &n), EBADF);
	restrict_rights(READ_WRITE, CLOUDABI_RIGHT_FD_SEEK);
	FAILS(sys.fd_pread(READ_WRITE, &iov, 1, 0, &n), ENOTCAPABLE);
	restrict_rights(READ_ONLY, CLOUDABI_RIGHT_FD_READ);
	FAILS(sys.fd_pread(READ_ONLY, &iov, 1, 0, &n), ENOTCAPABLE);
}
