/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_write: gathering, appending, and what cannot be written. */

#include "test.h"

#define IOVS_MAX 1024

static cloudabi_ciovec_t iovs[IOVS_MAX + 1];

static void gather(void)
{
	for (size_t i = 0; i < ARRAY_LEN(iovs); i++)
		iovs[i] = (cloudabi_ciovec_t){"x", 1};
}

CASE(file)
{
	cloudabi_fd_t fd = new_file("");
	cloudabi_filesize_t at;

	OK(put(fd, "text"));
	OK(put(fd, " and more"));
	OK(sys.fd_seek(fd, 0, CLOUDABI_WHENCE_SET, &at));
	expect_text(fd, "text and more");
}

CASE(overwrites)
{
	cloudabi_fd_t fd = new_file("0123456789");
	cloudabi_filesize_t at;

	OK(put(fd, "ab"));
	expect_text(fd, "23456789");
	OK(sys.fd_seek(fd, 0, CLOUDABI_WHENCE_SET, &at));
	expect_text(fd, "ab23456789");
}

CASE(gathered)
{
	const cloudabi_ciovec_t three[] = {{"wri", 3}, {NULL, 0}, {"tten", 4}};
	cloudabi_fd_t a, b;
	size_t n;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	OK(sys.fd_write(a, three, 3, &n));
	EQUAL(n, 7);
	expect_text(b, "written");
}

CASE(gathered_into_one_message)
{
	const cloudabi_ciovec_t two[] = {{"one ", 4}, {"message", 7}};
	cloudabi_fd_t a, b;
	size_t n;

	make_pair(CLOUDABI_FILETYPE_SOCKET_DGRAM, &a, &b);
	OK(sys.fd_write(a, two, 2, &n));
	EQUAL(n, 11);
	expect_text(b, "one message");
}

CASE(no_vectors)
{
	cloudabi_fd_t fd = new_file("text");
	size_t n = 5;

	OK(sys.fd_write(fd, NULL, 0, &n));
	EQUAL(n, 0);
	expect_text(fd, "text");
}

CASE(nothing)
{
	cloudabi_fd_t fd = new_file("text");

	OK(put(fd, ""));
	expect_text(fd, "text");
}

CASE(as_many_vectors_as_can_be)
{
	cloudabi_fd_t fd = new_file("");
	size_t n;

	gather();
	OK(sys.fd_write(fd, iovs, IOVS_MAX, &n));
	EQUAL(n, IOVS_MAX);
	EQUAL(stat_of(fd).st_size, IOVS_MAX);
}

CASE(too_many_vectors)
{
	cloudabi_fd_t fd = new_file("");
	size_t n;

	gather();
	FAILS(sys.fd_write(fd, iovs, IOVS_MAX + 1, &n), EINVAL);
	FAILS(sys.fd_write(fd, iovs, SIZE_MAX, &n), EINVAL);
	EQUAL(stat_of(fd).st_size, 0);
}

CASE(sum_overflows)
{
	cloudabi_fd_t fd = new_file("");
	const cloudabi_ciovec_t two[] = {{"x", SIZE_MAX}, {"x", 2}};
	size_t n;

	FAILS(sys.fd_write(fd, two, 2, &n), EINVAL);
	EQUAL(stat_of(fd).st_size, 0);
}

CASE(vectors_nowhere)
{
	size_t n;

	FAILS(sys.fd_write(new_file(""), NOWHERE, 1, &n), EFAULT);
}

CASE(buffer_nowhere)
{
	const cloudabi_ciovec_t iov = {NOWHERE, 4};
	cloudabi_fd_t fd = new_file("");
	size_t n;

	FAILS(sys.fd_write(fd, &iov, 1, &n), EFAULT);
	EQUAL(stat_of(fd).st_size, 0);
}

CASE(appends)
{
	cloudabi_fd_t fd = new_file("0123456789");
	cloudabi_filesize_t at;

	OK(put_flags(fd, CLOUDABI_FDFLAG_APPEND));
	OK(put(fd, "end"));
	OK(sys.fd_seek(fd, 2, CLOUDABI_WHENCE_SET, &at));
	OK(put(fd, "!"));
	OK(sys.fd_seek(fd, 0, CLOUDABI_WHENCE_CUR, &at));
	EQUAL(at, 14);
	OK(sys.fd_seek(fd, 0, CLOUDABI_WHENCE_SET, &at));
	expect_text(fd, "0123456789end!");
}

/* Two that append do not write over each other. */
CASE(appends_to_what_others_appended)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t a, b;

	OK(open_at(dir, "file", WRITE, 0, &a));
	OK(open_at(dir, "file", WRITE, 0, &b));
	OK(put_flags(a, CLOUDABI_FDFLAG_APPEND));
	OK(put_flags(b, CLOUDABI_FDFLAG_APPEND));
	OK(put(a, "1"));
	OK(put(b, "2"));
	OK(put(a, "3"));
	expect_file(dir, "file", "content123");
}

CASE(beyond_the_end)
{
	cloudabi_fd_t fd = new_file("ab");
	cloudabi_filesize_t at;

	OK(sys.fd_seek(fd, 4, CLOUDABI_WHENCE_SET, &at));
	OK(put(fd, "cd"));
	EQUAL(stat_of(fd).st_size, 6);
	OK(sys.fd_seek(fd, 0, CLOUDABI_WHENCE_SET, &at));
	{
		char buf[8];
		size_t n;

		OK(get(fd, buf, 8, &n));
		EQUAL(n, 6);
		EQUAL(memcmp(buf, "ab\0\0cd", 6), 0);
	}
}

CASE(nobody_reads)
{
	cloudabi_fd_t a, b;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	OK(sys.fd_close(b));
	FAILS(put(a, "x"), EPIPE);
	make_pair(CLOUDABI_FILETYPE_SOCKET_DGRAM, &a, &b);
	OK(sys.fd_close(b));
	FAILS(put(a, "x"), EPIPE);
}

CASE(no_room)
{
	static char much[65536];
	const cloudabi_ciovec_t iov = {much, sizeof(much)};
	cloudabi_errno_t error = 0;
	cloudabi_fd_t a, b;
	size_t n;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	OK(put_flags(a, CLOUDABI_FDFLAG_NONBLOCK));
	for (int i = 0; error == 0 && i < 1000; i++)
		error = sys.fd_write(a, &iov, 1, &n);
	EQUAL(error, CLOUDABI_EAGAIN);
}

CASE(no_room_on_the_device)
{
	FAILS(put(DEVICE, "x"), ENOSPC);
}

CASE(message_is_too_long)
{
	static char much[1 << 20];
	const cloudabi_ciovec_t iov = {much, sizeof(much)};
	cloudabi_fd_t a, b;
	size_t n;

	make_pair(CLOUDABI_FILETYPE_SOCKET_DGRAM, &a, &b);
	FAILS(sys.fd_write(a, &iov, 1, &n), EMSGSIZE);
}

/* Results are stored by calls that succeed only. */
CASE(result_stays_after_an_error)
{
	size_t n = 77;

	FAILS(sys.fd_write(READ_WRITE, NOWHERE, 1, &n), EFAULT);
	FAILS(sys.fd_write(READ_ONLY, NULL, 0, &n), ENOTCAPABLE);
	EQUAL(n, 77);
}

CASE(missing_right)
{
	cloudabi_fd_t fd = without(new_file("text"), CLOUDABI_RIGHT_FD_WRITE);

	FAILS(put(fd, "x"), ENOTCAPABLE);
	expect_text(fd, "text");
	FAILS(put(READ_ONLY, "x"), ENOTCAPABLE);
	FAILS(put(DIRECTORY, "x"), ENOTCAPABLE);
	FAILS(put(without(SOCKET, CLOUDABI_RIGHT_FD_WRITE), "x"), ENOTCAPABLE);
}

CASE(no_descriptor)
{
	FAILS(put(NO_FD, "x"), EBADF);
	FAILS(put(UINT32_MAX, "x"), EBADF);
}

ENDS(result_to_nowhere, -11)
{
	sys.fd_write(READ_WRITE, NULL, 0, NOWHERE);
}
