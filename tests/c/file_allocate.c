/* SPDX-License-Identifier: BSD-2-Clause */
/* file_allocate: files grow, never shrink, and keep what they hold. */

#include "test.h"

CASE(grows)
{
	cloudabi_fd_t fd = new_file("text");
	char buf[16];
	size_t n;

	OK(sys.file_allocate(fd, 0, 10));
	EQUAL(stat_of(fd).st_size, 10);
	OK(get(fd, buf, sizeof(buf), &n));
	EQUAL(n, 10);
	EQUAL(memcmp(buf, "text\0\0\0\0\0\0", 10), 0);
}

CASE(grows_by_a_gap)
{
	cloudabi_fd_t fd = new_file("text");

	OK(sys.file_allocate(fd, 100, 20));
	EQUAL(stat_of(fd).st_size, 120);
}

CASE(does_not_shrink)
{
	cloudabi_fd_t fd = new_file("0123456789");

	OK(sys.file_allocate(fd, 0, 4));
	OK(sys.file_allocate(fd, 4, 6));
	expect_text(fd, "0123456789");
}

CASE(position_stays)
{
	cloudabi_fd_t fd = new_file("text");
	cloudabi_filesize_t at;

	OK(sys.file_allocate(fd, 0, 100));
	OK(sys.fd_seek(fd, 0, CLOUDABI_WHENCE_CUR, &at));
	EQUAL(at, 0);
}

CASE(no_length)
{
	FAILS(sys.file_allocate(new_file(""), 0, 0), EINVAL);
}

CASE(out_of_range)
{
	cloudabi_fd_t fd = new_file("");

	FAILS(sys.file_allocate(fd, UINT64_C(1) << 63, 1), EINVAL);
	FAILS(sys.file_allocate(fd, 0, UINT64_MAX), EINVAL);
	FAILS(sys.file_allocate(fd, INT64_MAX, INT64_MAX), EFBIG);
	EQUAL(stat_of(fd).st_size, 0);
}

CASE(more_than_there_is)
{
	cloudabi_fd_t fd;

	make_file(ELSEWHERE, "file", "");
	OK(open_at(ELSEWHERE, "file", WRITE, 0, &fd));
	FAILS(sys.file_allocate(fd, 0, UINT64_C(1) << 50), ENOSPC);
	EQUAL(stat_of(fd).st_size, 0);
}

CASE(missing_right)
{
	cloudabi_fd_t fd = new_file("");

	FAILS(sys.file_allocate(without(fd, CLOUDABI_RIGHT_FILE_ALLOCATE), 0,
				4),
	      ENOTCAPABLE);
	EQUAL(stat_of(fd).st_size, 0);
}

CASE(other_objects)
{
	FAILS(sys.file_allocate(DIRECTORY, 0, 4), ENOTCAPABLE);
	FAILS(sys.file_allocate(SOCKET, 0, 4), ENOTCAPABLE);
	FAILS(sys.file_allocate(make_memory(4), 0, 4), ENOTCAPABLE);
}

CASE(no_descriptor)
{
	FAILS(sys.file_allocate(NO_FD, 0, 4), EBADF);
}
