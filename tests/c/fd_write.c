/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_write: gathering, and who may not. */

#include "test.h"

void test(void)
{
	const cloudabi_ciovec_t iovs[] = {{"wri", 3}, {NULL, 0}, {"tten", 4}};
	cloudabi_fd_t a, b;
	size_t n;

	OK(sys.fd_write(OUTPUT, iovs, ARRAY_LEN(iovs), &n));
	EQUAL(n, 7);

	FAILS(sys.fd_write(READ_ONLY, iovs, 1, &n), ENOTCAPABLE);
	FAILS(sys.fd_write(900, iovs, 1, &n), EBADF);
	FAILS(sys.fd_write(UINT32_MAX, iovs, 1, &n), EBADF);
	FAILS(sys.fd_write(OUTPUT, iovs, 5000, &n), EINVAL);
	FAILS(sys.fd_write(OUTPUT, (void *)1, 1, &n), EFAULT);

	/* No signal comes. */
	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	OK(sys.fd_close(b));
	FAILS(sys.fd_write(a, iovs, 1, &n), EPIPE);
	restrict_rights(a, CLOUDABI_RIGHT_FD_WRITE);
	FAILS(sys.fd_write(a, iovs, 1, &n), ENOTCAPABLE);
}
