/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_seek: from the three places, and the right to ask only. */

#include "test.h"

static cloudabi_errno_t seek(cloudabi_fd_t fd, cloudabi_filedelta_t offset,
			     cloudabi_whence_t whence)
{
	cloudabi_filesize_t at;

	return sys.fd_seek(fd, offset, whence, &at);
}

static cloudabi_filesize_t position(cloudabi_fd_t fd)
{
	cloudabi_filesize_t at = UINT64_MAX;

	OK(sys.fd_seek(fd, 0, CLOUDABI_WHENCE_CUR, &at));
	return at;
}

CASE(from_the_start)
{
	cloudabi_fd_t fd = new_file("0123456789");
	cloudabi_filesize_t at;

	OK(sys.fd_seek(fd, 4, CLOUDABI_WHENCE_SET, &at));
	EQUAL(at, 4);
	expect_text(fd, "456789");
	OK(sys.fd_seek(fd, 0, CLOUDABI_WHENCE_SET, &at));
	EQUAL(at, 0);
}

CASE(from_here)
{
	cloudabi_fd_t fd = new_file("0123456789");
	cloudabi_filesize_t at;

	OK(sys.fd_seek(fd, 7, CLOUDABI_WHENCE_CUR, &at));
	EQUAL(at, 7);
	OK(sys.fd_seek(fd, -3, CLOUDABI_WHENCE_CUR, &at));
	EQUAL(at, 4);
	expect_text(fd, "456789");
}

CASE(from_the_end)
{
	cloudabi_fd_t fd = new_file("0123456789");
	cloudabi_filesize_t at;

	OK(sys.fd_seek(fd, -9, CLOUDABI_WHENCE_END, &at));
	EQUAL(at, 1);
	expect_text(fd, "123456789");
	OK(sys.fd_seek(fd, 0, CLOUDABI_WHENCE_END, &at));
	EQUAL(at, 10);
}

CASE(beyond_the_end)
{
	cloudabi_fd_t fd = new_file("text");
	cloudabi_filesize_t at;

	OK(sys.fd_seek(fd, 100, CLOUDABI_WHENCE_END, &at));
	EQUAL(at, 104);
	expect_text(fd, "");
	EQUAL(stat_of(fd).st_size, 4);
}

CASE(above_4_gib)
{
	cloudabi_fd_t fd = new_file("text");
	cloudabi_filesize_t at;

	OK(sys.fd_seek(fd, INT64_C(5) << 30, CLOUDABI_WHENCE_SET, &at));
	EQUAL(at, UINT64_C(5) << 30);
	EQUAL(position(fd), UINT64_C(5) << 30);
	OK(sys.fd_seek(fd, -(INT64_C(5) << 30), CLOUDABI_WHENCE_CUR, &at));
	EQUAL(at, 0);
}

CASE(negative_position)
{
	cloudabi_fd_t fd = new_file("0123456789");

	OK(seek(fd, 3, CLOUDABI_WHENCE_SET));
	FAILS(seek(fd, -1, CLOUDABI_WHENCE_SET), EINVAL);
	FAILS(seek(fd, -4, CLOUDABI_WHENCE_CUR), EINVAL);
	FAILS(seek(fd, -11, CLOUDABI_WHENCE_END), EINVAL);
	FAILS(seek(fd, INT64_MIN, CLOUDABI_WHENCE_END), EINVAL);
	EQUAL(position(fd), 3);
}

CASE(unknown_whence)
{
	FAILS(seek(READ_ONLY, 0, 0), EINVAL);
	FAILS(seek(READ_ONLY, 0, 4), EINVAL);
	FAILS(seek(READ_ONLY, 0, 255), EINVAL);
}

/* The reference has this order. */
CASE(whence_is_judged_before_the_descriptor)
{
	FAILS(seek(NO_FD, 0, 0), EINVAL);
	FAILS(seek(SOCKET, 0, 4), EINVAL);
}

CASE(asking_takes_fd_tell)
{
	cloudabi_fd_t fd = limited(READ_ONLY, CLOUDABI_RIGHT_FD_TELL, 0);

	OK(seek(fd, 0, CLOUDABI_WHENCE_CUR));
	FAILS(seek(fd, 1, CLOUDABI_WHENCE_CUR), ENOTCAPABLE);
	FAILS(seek(fd, 0, CLOUDABI_WHENCE_SET), ENOTCAPABLE);
	FAILS(seek(fd, 0, CLOUDABI_WHENCE_END), ENOTCAPABLE);
}

CASE(fd_seek_implies_fd_tell)
{
	cloudabi_fd_t fd = limited(READ_ONLY, CLOUDABI_RIGHT_FD_SEEK, 0);

	OK(seek(fd, 0, CLOUDABI_WHENCE_CUR));
	OK(seek(fd, 0, CLOUDABI_WHENCE_SET));
}

CASE(missing_right)
{
	cloudabi_fd_t fd = without(READ_ONLY, CLOUDABI_RIGHT_FD_SEEK |
						      CLOUDABI_RIGHT_FD_TELL);

	FAILS(seek(fd, 0, CLOUDABI_WHENCE_CUR), ENOTCAPABLE);
	FAILS(seek(fd, 0, CLOUDABI_WHENCE_SET), ENOTCAPABLE);
}

CASE(no_position)
{
	FAILS(seek(SOCKET, 0, CLOUDABI_WHENCE_CUR), ENOTCAPABLE);
	FAILS(seek(OUTPUT, 0, CLOUDABI_WHENCE_CUR), ENOTCAPABLE);
	FAILS(seek(DIRECTORY, 0, CLOUDABI_WHENCE_CUR), ENOTCAPABLE);
	FAILS(seek(make_memory(8), 0, CLOUDABI_WHENCE_CUR), ENOTCAPABLE);
}

/* Results are stored by calls that succeed only. */
CASE(result_stays_after_an_error)
{
	cloudabi_filesize_t at = 77;

	FAILS(sys.fd_seek(READ_ONLY, -1, CLOUDABI_WHENCE_SET, &at), EINVAL);
	FAILS(sys.fd_seek(SOCKET, 0, CLOUDABI_WHENCE_CUR, &at), ENOTCAPABLE);
	EQUAL(at, 77);
}

CASE(no_descriptor)
{
	FAILS(seek(NO_FD, 0, CLOUDABI_WHENCE_SET), EBADF);
	FAILS(seek(UINT32_MAX, 0, CLOUDABI_WHENCE_CUR), EBADF);
}

ENDS(result_to_nowhere, -11)
{
	sys.fd_seek(READ_ONLY, 0, CLOUDABI_WHENCE_CUR, NOWHERE);
}
