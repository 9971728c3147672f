/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_read: scattering, the end of a file, and who may not. */

#include "test.h"

void test(void)
{
	char first[4], second[16];
	const cloudabi_iovec_t iovs[] = {
		{first, sizeof(first)},
		{second, sizeof(second)},
	};
	cloudabi_fd_t a, b;
	size_t n;

	OK(sys.fd_read(READ_WRITE, iovs, 2, &n));
	EQUAL(n, 10);
	EQUAL(memcmp(first, "0123", 4), 0);
	EQUAL(memcmp(second, "456789", 6), 0);
	OK(sys.fd_read(READ_WRITE, iovs, 2, &n));
	EQUAL(n, 0);

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	OK(sys.fd_stat_put(
		a, &(cloudabi_fdstat_t){.fs_flags = CLOUDABI_FDFLAG_NONBLOCK},
		CLOUDABI_FDSTAT_FLAGS));
	FAILS(sys.fd_read(a, iovs, 2, &n), EAGAIN);

	FAILS(sys.fd_read(READ_ONLY, iovs, 5000, &n), EINVAL);
	FAILS(sys.fd_read(READ_ONLY, (void *)1, 1, &n), EFAULT);
	FAILS(sys.fd_read(900, iovs, 1, &n), EBADF);
	FAILS(sys.fd_read(UINT32_MAX, iovs, 1, &n), EBADF);
	FAILS(sys.fd_read(DIRECTORY, iovs, 1, &n), ENOTCAPABLE);
	restrict_rights(READ_ONLY, CLOUDABI_RIGHT_FD_READ);
	FAILS(sys.fd_read(READ_ONLY, iovs, 1, &n), ENOTCAPABLE);
}
