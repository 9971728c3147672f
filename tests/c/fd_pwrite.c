/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_pwrite: writes anywhere and leaves the position alone. */

#include "test.h"

#define IOVS_MAX 1024

static cloudabi_ciovec_t iovs[IOVS_MAX + 1];

static cloudabi_errno_t pwrite(cloudabi_fd_t fd, const char *text,
			       cloudabi_filesize_t offset)
{
	const cloudabi_ciovec_t iov = {text, strlen(text)};
	size_t n = 0;
	cloudabi_errno_t error = sys.fd_pwrite(fd, &iov, 1, offset, &n);

	if (error == 0)
		EQUAL(n, iov.buf_len);
	return error;
}

CASE(in_the_middle)
{
	cloudabi_fd_t fd = new_file("0123456789");

	OK(pwrite(fd, "ab", 4));
	expect_text(fd, "0123ab6789");
}

CASE(position_stays)
{
	cloudabi_fd_t fd = new_file("0123456789");
	cloudabi_filesize_t at;

	OK(sys.fd_seek(fd, 2, CLOUDABI_WHENCE_SET, &at));
	OK(pwrite(fd, "x", 9));
	expect_text(fd, "2345678x");
}

CASE(beyond_the_end)
{
	cloudabi_fd_t fd = new_file("ab");
	char buf[8];
	size_t n;

	OK(pwrite(fd, "c", 3));
	OK(get(fd, buf, sizeof(buf), &n));
	EQUAL(n, 4);
	EQUAL(memcmp(buf, "ab\0c", 4), 0);
}

CASE(offset_above_4_gib)
{
	cloudabi_fd_t fd = new_file("");

	OK(pwrite(fd, "x", UINT64_C(6) << 30));
	EQUAL(stat_of(fd).st_size, (UINT64_C(6) << 30) + 1);
}

CASE(gathered)
{
	const cloudabi_ciovec_t two[] = {{"a", 1}, {"bc", 2}};
	cloudabi_fd_t fd = new_file("01234");
	size_t n;

	OK(sys.fd_pwrite(fd, two, 2, 1, &n));
	EQUAL(n, 3);
	expect_text(fd, "0abc4");
}

CASE(nothing)
{
	cloudabi_fd_t fd = new_file("text");

	OK(pwrite(fd, "", 100));
	EQUAL(stat_of(fd).st_size, 4);
}

CASE(no_vectors)
{
	size_t n;

	FAILS(sys.fd_pwrite(READ_WRITE, iovs, 0, 0, &n), EINVAL);
}

CASE(as_many_vectors_as_can_be)
{
	cloudabi_fd_t fd = new_file("");
	size_t n;

	for (size_t i = 0; i < ARRAY_LEN(iovs); i++)
		iovs[i] = (cloudabi_ciovec_t){"x", 1};
	OK(sys.fd_pwrite(fd, iovs, IOVS_MAX, 0, &n));
	EQUAL(n, IOVS_MAX);
	FAILS(sys.fd_pwrite(fd, iovs, IOVS_MAX + 1, 0, &n), EINVAL);
	EQUAL(stat_of(fd).st_size, IOVS_MAX);
}

CASE(sum_overflows)
{
	const cloudabi_ciovec_t two[] = {{"x", SIZE_MAX}, {"x", 2}};
	size_t n;

	FAILS(sys.fd_pwrite(new_file(""), two, 2, 0, &n), EINVAL);
}

CASE(offset_out_of_range)
{
	cloudabi_fd_t fd = new_file("text");

	FAILS(pwrite(fd, "x", UINT64_MAX), EINVAL);
	FAILS(pwrite(fd, "x", UINT64_C(1) << 63), EINVAL);
	expect_text(fd, "text");
}

CASE(end_out_of_range)
{
	FAILS(pwrite(new_file(""), "xy", INT64_MAX), EINVAL);
}

CASE(pointers_nowhere)
{
	const cloudabi_ciovec_t iov = {NOWHERE, 4};
	cloudabi_fd_t fd = new_file("");
	size_t n;

	FAILS(sys.fd_pwrite(fd, NOWHERE, 1, 0, &n), EFAULT);
	FAILS(sys.fd_pwrite(fd, &iov, 1, 0, &n), EFAULT);
	EQUAL(stat_of(fd).st_size, 0);
}

CASE(missing_right)
{
	cloudabi_fd_t fd = new_file("text");

	FAILS(pwrite(without(fd, CLOUDABI_RIGHT_FD_WRITE), "x", 0),
	      ENOTCAPABLE);
	FAILS(pwrite(without(fd, CLOUDABI_RIGHT_FD_SEEK), "x", 0), ENOTCAPABLE);
	FAILS(pwrite(READ_ONLY, "x", 0), ENOTCAPABLE);
	expect_text(fd, "text");
}

CASE(no_position)
{
	FAILS(pwrite(SOCKET, "x", 0), ENOTCAPABLE);
	FAILS(pwrite(DIRECTORY, "x", 0), ENOTCAPABLE);
	FAILS(pwrite(make_memory(8), "x", 0), ENOTCAPABLE);
}

CASE(no_descriptor)
{
	FAILS(pwrite(NO_FD, "x", 0), EBADF);
	FAILS(pwrite(UINT32_MAX, "x", 0), EBADF);
}
