/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_pread: reads anywhere and leaves the position alone. */

#include "test.h"

#define IOVS_MAX 1024

static cloudabi_iovec_t iovs[IOVS_MAX + 1];
static char bytes[IOVS_MAX + 1];

static cloudabi_errno_t pread(cloudabi_fd_t fd, cloudabi_filesize_t offset,
			      size_t *n)
{
	const cloudabi_iovec_t iov = {bytes, 4};

	return sys.fd_pread(fd, &iov, 1, offset, n);
}

CASE(in_the_middle)
{
	cloudabi_fd_t fd = new_file("0123456789");
	size_t n;

	OK(pread(fd, 3, &n));
	EQUAL(n, 4);
	EQUAL(memcmp(bytes, "3456", 4), 0);
}

CASE(position_stays)
{
	cloudabi_fd_t fd = new_file("0123456789");
	cloudabi_filesize_t at;
	size_t n;

	OK(sys.fd_seek(fd, 2, CLOUDABI_WHENCE_SET, &at));
	OK(pread(fd, 7, &n));
	EQUAL(n, 3);
	expect_text(fd, "23456789");
}

CASE(at_and_beyond_the_end)
{
	cloudabi_fd_t fd = new_file("0123456789");
	size_t n;

	OK(pread(fd, 8, &n));
	EQUAL(n, 2);
	OK(pread(fd, 10, &n));
	EQUAL(n, 0);
	OK(pread(fd, UINT64_C(1) << 40, &n));
	EQUAL(n, 0);
	OK(pread(fd, INT64_MAX - 4, &n));
	EQUAL(n, 0);
}

CASE(scattered)
{
	cloudabi_fd_t fd = new_file("0123456789");
	char a[2], b[3];
	const cloudabi_iovec_t two[] = {{a, 2}, {b, 3}};
	size_t n;

	OK(sys.fd_pread(fd, two, 2, 1, &n));
	EQUAL(n, 5);
	EQUAL(memcmp(a, "12", 2), 0);
	EQUAL(memcmp(b, "345", 3), 0);
}

CASE(offset_above_4_gib)
{
	cloudabi_fd_t fd = new_file("");
	const cloudabi_ciovec_t iov = {"far", 3};
	cloudabi_filesize_t far = UINT64_C(5) << 30;
	size_t n;

	OK(sys.fd_pwrite(fd, &iov, 1, far, &n));
	OK(pread(fd, far, &n));
	EQUAL(n, 3);
	EQUAL(memcmp(bytes, "far", 3), 0);
	OK(pread(fd, far & UINT32_MAX, &n));
	EQUAL(memcmp(bytes, "\0\0\0", 4), 0);
}

CASE(no_vectors)
{
	size_t n;

	FAILS(sys.fd_pread(READ_ONLY, iovs, 0, 0, &n), EINVAL);
}

CASE(as_many_vectors_as_can_be)
{
	size_t n;

	for (size_t i = 0; i < ARRAY_LEN(iovs); i++)
		iovs[i] = (cloudabi_iovec_t){&bytes[i], 1};
	OK(sys.fd_pread(READ_ONLY, iovs, IOVS_MAX, 6, &n));
	EQUAL(n, 4);
	EQUAL(memcmp(bytes, "6789", 4), 0);
	FAILS(sys.fd_pread(READ_ONLY, iovs, IOVS_MAX + 1, 0, &n), EINVAL);
}

CASE(sum_overflows)
{
	const cloudabi_iovec_t two[] = {{bytes, SIZE_MAX}, {bytes, 2}};
	size_t n;

	FAILS(sys.fd_pread(READ_ONLY, two, 2, 0, &n), EINVAL);
}

CASE(offset_out_of_range)
{
	size_t n;

	FAILS(pread(READ_ONLY, UINT64_MAX, &n), EINVAL);
	FAILS(pread(READ_ONLY, UINT64_C(1) << 63, &n), EINVAL);
}

CASE(pointers_nowhere)
{
	const cloudabi_iovec_t iov = {NOWHERE, 4};
	size_t n;

	FAILS(sys.fd_pread(READ_ONLY, NOWHERE, 1, 0, &n), EFAULT);
	FAILS(sys.fd_pread(READ_ONLY, &iov, 1, 0, &n), EFAULT);
}

CASE(missing_right)
{
	size_t n;

	FAILS(pread(without(READ_ONLY, CLOUDABI_RIGHT_FD_READ), 0, &n),
	      ENOTCAPABLE);
	FAILS(pread(without(READ_ONLY, CLOUDABI_RIGHT_FD_SEEK), 0, &n),
	      ENOTCAPABLE);
}

CASE(no_position)
{
	size_t n;

	FAILS(pread(SOCKET, 0, &n), ENOTCAPABLE);
	FAILS(pread(DIRECTORY, 0, &n), ENOTCAPABLE);
	FAILS(pread(make_memory(8), 0, &n), ENOTCAPABLE);
}

CASE(no_descriptor)
{
	size_t n;

	FAILS(pread(NO_FD, 0, &n), EBADF);
	FAILS(pread(UINT32_MAX, 0, &n), EBADF);
}
