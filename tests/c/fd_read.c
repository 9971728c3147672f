/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_read: scattering, the end, and what cannot be read. */

#include "test.h"

#define IOVS_MAX 1024

static cloudabi_iovec_t iovs[IOVS_MAX + 1];
static char bytes[IOVS_MAX + 1];

/* One byte for each of the vectors. */
static void spread(void)
{
	memset(bytes, 0, sizeof(bytes));
	for (size_t i = 0; i < ARRAY_LEN(iovs); i++)
		iovs[i] = (cloudabi_iovec_t){&bytes[i], 1};
}

CASE(whole_file)
{
	cloudabi_fd_t fd = new_file("0123456789");

	expect_text(fd, "0123456789");
	expect_text(fd, "");
	expect_text(fd, "");
}

CASE(in_pieces)
{
	cloudabi_fd_t fd = new_file("0123456789");
	char buf[4];
	size_t n;

	OK(get(fd, buf, 4, &n));
	EQUAL(n, 4);
	OK(get(fd, buf, 4, &n));
	EQUAL(memcmp(buf, "4567", 4), 0);
	OK(get(fd, buf, 4, &n));
	EQUAL(n, 2);
	EQUAL(memcmp(buf, "8967", 4), 0);
}

CASE(scattered)
{
	cloudabi_fd_t fd = new_file("0123456789");
	char a[3], b[16];
	const cloudabi_iovec_t two[] = {{a, sizeof(a)}, {b, sizeof(b)}};
	size_t n;

	OK(sys.fd_read(fd, two, 2, &n));
	EQUAL(n, 10);
	EQUAL(memcmp(a, "012", 3), 0);
	EQUAL(memcmp(b, "3456789", 7), 0);
}

CASE(no_vectors)
{
	size_t n = 5;

	OK(sys.fd_read(new_file("text"), NULL, 0, &n));
	EQUAL(n, 0);
}

CASE(empty_vectors)
{
	cloudabi_fd_t fd = new_file("text");
	char buf[4];
	const cloudabi_iovec_t some[] = {{NULL, 0}, {buf, 4}, {NULL, 0}};
	size_t n = 5;

	OK(sys.fd_read(fd, some, 1, &n));
	EQUAL(n, 0);
	OK(sys.fd_read(fd, some, 3, &n));
	EQUAL(n, 4);
}

CASE(as_many_vectors_as_can_be)
{
	size_t n;

	spread();
	OK(sys.fd_read(new_file("text"), iovs, 1, &n));
	EQUAL(n, 1);
	OK(sys.fd_read(new_file("text"), iovs, IOVS_MAX, &n));
	EQUAL(n, 4);
	EQUAL(memcmp(bytes, "text", 4), 0);
}

CASE(too_many_vectors)
{
	cloudabi_fd_t fd = new_file("text");
	size_t n;

	spread();
	FAILS(sys.fd_read(fd, iovs, IOVS_MAX + 1, &n), EINVAL);
	FAILS(sys.fd_read(fd, iovs, SIZE_MAX, &n), EINVAL);
	expect_text(fd, "text");
}

CASE(sum_overflows)
{
	cloudabi_fd_t fd = new_file("text");
	const cloudabi_iovec_t two[] = {{bytes, SIZE_MAX}, {bytes, 2}};
	size_t n;

	FAILS(sys.fd_read(fd, two, 2, &n), EINVAL);
	expect_text(fd, "text");
}

CASE(vectors_nowhere)
{
	size_t n;

	FAILS(sys.fd_read(new_file("text"), NOWHERE, 1, &n), EFAULT);
}

CASE(buffer_nowhere)
{
	const cloudabi_iovec_t iov = {NOWHERE, 4};
	cloudabi_fd_t fd = new_file("text");
	size_t n;

	FAILS(sys.fd_read(fd, &iov, 1, &n), EFAULT);
	expect_text(fd, "text");
}

CASE(nothing_there)
{
	cloudabi_fd_t a, b;
	char buf[4];
	size_t n;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	OK(put_flags(a, CLOUDABI_FDFLAG_NONBLOCK));
	FAILS(get(a, buf, 4, &n), EAGAIN);
	OK(put(b, "x"));
	expect_text(a, "x");
	FAILS(get(a, buf, 4, &n), EAGAIN);
}

static void write_later(cloudabi_tid_t tid, void *argument)
{
	(void)tid;
	sleep_ns(10 * MILLISECOND);
	OK(put(*(cloudabi_fd_t *)argument, "late"));
	park();
}

CASE(waits)
{
	static cloudabi_fd_t a, b;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	spawn(write_later, &b);
	expect_text(a, "late");
}

CASE(rest_of_a_message_is_lost)
{
	cloudabi_fd_t a, b;
	char buf[4];
	size_t n;

	make_pair(CLOUDABI_FILETYPE_SOCKET_DGRAM, &a, &b);
	OK(put(a, "long message"));
	OK(put(a, "next"));
	OK(get(b, buf, 4, &n));
	EQUAL(n, 4);
	expect_text(b, "next");
}

CASE(shared_memory)
{
	expect_text(make_memory(0), "");
}

CASE(socket_of_the_start)
{
	OK(put(SOCKET, "echo"));
	expect_text(SOCKET, "echo");
}

CASE(device)
{
	char buf[4];
	size_t n;

	OK(get(DEVICE, buf, sizeof(buf), &n));
	EQUAL(n, 4);
	EQUAL(memcmp(buf, "\0\0\0\0", 4), 0);
}

/* Results are stored by calls that succeed only. */
CASE(result_stays_after_an_error)
{
	size_t n = 77;

	FAILS(sys.fd_read(READ_ONLY, NOWHERE, 1, &n), EFAULT);
	FAILS(sys.fd_read(NO_FD, NULL, 0, &n), EBADF);
	EQUAL(n, 77);
}

CASE(missing_right)
{
	size_t n;

	FAILS(sys.fd_read(without(READ_ONLY, CLOUDABI_RIGHT_FD_READ), NULL, 0,
			  &n),
	      ENOTCAPABLE);
	FAILS(sys.fd_read(without(SOCKET, CLOUDABI_RIGHT_FD_READ), NULL, 0, &n),
	      ENOTCAPABLE);
	FAILS(sys.fd_read(DIRECTORY, NULL, 0, &n), ENOTCAPABLE);
	FAILS(sys.fd_read(OUTPUT, NULL, 0, &n), ENOTCAPABLE);
}

CASE(no_descriptor)
{
	size_t n;

	FAILS(sys.fd_read(NO_FD, NULL, 0, &n), EBADF);
	FAILS(sys.fd_read(UINT32_MAX, NULL, 0, &n), EBADF);
}

ENDS(result_to_nowhere, -11)
{
	sys.fd_read(READ_ONLY, NULL, 0, NOWHERE);
}
