/* SPDX-License-Identifier: BSD-2-Clause */
/* sock_send: bytes and messages; descriptors are in sock_recv_fds.c. */

#include "test.h"

#define STREAM CLOUDABI_FILETYPE_SOCKET_STREAM
#define DGRAM CLOUDABI_FILETYPE_SOCKET_DGRAM
#define IOVS_MAX 1024

static cloudabi_ciovec_t iovs[IOVS_MAX + 1];
static cloudabi_send_out_t out;
static cloudabi_fd_t a, b;

static cloudabi_errno_t send_iovs(cloudabi_fd_t sock,
				  const cloudabi_ciovec_t *data, size_t len)
{
	const cloudabi_send_in_t in = {data, len, NULL, 0, 0};

	return sys.sock_send(sock, &in, &out);
}

static cloudabi_errno_t send(cloudabi_fd_t sock, const char *text)
{
	const cloudabi_ciovec_t iov = {text, strlen(text)};
	cloudabi_errno_t error = send_iovs(sock, &iov, 1);

	if (error == 0)
		EQUAL(out.so_datalen, iov.buf_len);
	return error;
}

CASE(stream)
{
	make_pair(STREAM, &a, &b);
	OK(send(a, "text"));
	OK(send(a, " and more"));
	expect_text(b, "text and more");
	OK(send(b, "back"));
	expect_text(a, "back");
}

CASE(nothing_on_a_stream)
{
	OK(send(a, ""));
	OK(send_iovs(a, NULL, 0));
	EQUAL(out.so_datalen, 0);
	OK(send(a, "next"));
	expect_text(b, "next");
}

CASE(messages)
{
	make_pair(DGRAM, &a, &b);
	OK(send(a, "one"));
	OK(send(a, "two"));
	expect_text(b, "one");
	expect_text(b, "two");
}

CASE(empty_message)
{
	const cloudabi_ciovec_t empty[] = {{NULL, 0}, {NULL, 0}};

	OK(send(a, ""));
	OK(send_iovs(a, empty, 2));
	OK(send_iovs(a, NULL, 0));
	OK(send(a, "next"));
	expect_text(b, "");
	expect_text(b, "");
	expect_text(b, "");
	expect_text(b, "next");
}

CASE(gathered)
{
	const cloudabi_ciovec_t some[] = {{NULL, 0}, {"one ", 4}, {"two", 3}};

	OK(send_iovs(a, some, 3));
	EQUAL(out.so_datalen, 7);
	expect_text(b, "one two");
}

CASE(as_many_vectors_as_can_be)
{
	char buf[IOVS_MAX];
	size_t n;

	for (size_t i = 0; i < ARRAY_LEN(iovs); i++)
		iovs[i] = (cloudabi_ciovec_t){"x", 1};
	OK(send_iovs(a, iovs, IOVS_MAX));
	EQUAL(out.so_datalen, IOVS_MAX);
	OK(get(b, buf, sizeof(buf), &n));
	EQUAL(n, IOVS_MAX);
	FAILS(send_iovs(a, iovs, IOVS_MAX + 1), EINVAL);
}

CASE(sum_overflows)
{
	const cloudabi_ciovec_t two[] = {{"x", SIZE_MAX}, {"x", 2}};

	FAILS(send_iovs(a, two, 2), EINVAL);
}

CASE(pointers_nowhere)
{
	const cloudabi_ciovec_t iov = {NOWHERE, 4};

	FAILS(send_iovs(a, &iov, 1), EFAULT);
	OK(send(a, "nothing before this"));
	expect_text(b, "nothing before this");
}

CASE(flags)
{
	const cloudabi_ciovec_t iov = {"x", 1};
	cloudabi_send_in_t in = {&iov, 1, NULL, 0, 1};

	FAILS(sys.sock_send(a, &in, &out), EINVAL);
	in.si_flags = 0x8000;
	FAILS(sys.sock_send(a, &in, &out), EINVAL);
}

CASE(nobody_reads)
{
	const cloudabi_ciovec_t iov = {"x", 1};
	const cloudabi_fd_t fd = READ_ONLY;
	const cloudabi_send_in_t with_fd = {&iov, 1, &fd, 1, 0};

	make_pair(STREAM, &a, &b);
	OK(sys.fd_close(b));
	FAILS(send(a, "x"), EPIPE);
	FAILS(sys.sock_send(a, &with_fd, &out), EPIPE);
	make_pair(DGRAM, &a, &b);
	OK(sys.fd_close(b));
	FAILS(send(a, "x"), EPIPE);
	FAILS(send(a, ""), EPIPE);
}

CASE(no_room)
{
	static char much[65536];
	const cloudabi_ciovec_t iov = {much, sizeof(much)};
	cloudabi_errno_t error = 0;

	make_pair(STREAM, &a, &b);
	OK(put_flags(a, CLOUDABI_FDFLAG_NONBLOCK));
	for (int i = 0; error == 0 && i < 1000; i++)
		error = send_iovs(a, &iov, 1);
	EQUAL(error, CLOUDABI_EAGAIN);
}

CASE(message_is_too_long)
{
	static char much[1 << 20];
	const cloudabi_ciovec_t iov = {much, sizeof(much)};

	make_pair(DGRAM, &a, &b);
	FAILS(send_iovs(a, &iov, 1), EMSGSIZE);
}

/* Results are stored by calls that succeed only. */
CASE(result_stays_after_an_error)
{
	const cloudabi_ciovec_t iov = {"x", 1};
	const cloudabi_fd_t wrong = NO_FD;
	const cloudabi_fd_t fd = READ_ONLY;
	const cloudabi_send_in_t with_wrong_fd = {&iov, 1, &wrong, 1, 0};
	const cloudabi_send_in_t with_fd = {&iov, 1, &fd, 1, 0};

	make_pair(STREAM, &a, &b);
	OK(sys.sock_shutdown(a, CLOUDABI_SHUT_WR));
	out.so_datalen = 77;
	FAILS(send(a, "x"), EPIPE);
	FAILS(send(a, ""), EPIPE);
	FAILS(sys.sock_send(a, &with_fd, &out), EPIPE);
	FAILS(sys.sock_send(a, &with_wrong_fd, &out), EBADF);
	EQUAL(out.so_datalen, 77);
}

CASE(echo)
{
	OK(send(SOCKET, "echo"));
	expect_text(SOCKET, "echo");
}

CASE(missing_right)
{
	make_pair(STREAM, &a, &b);
	FAILS(send(without(a, CLOUDABI_RIGHT_FD_WRITE), "x"), ENOTCAPABLE);
	FAILS(send(READ_ONLY, "x"), ENOTCAPABLE);
	FAILS(send(DIRECTORY, "x"), ENOTCAPABLE);
}

/* What is sent needs no right of its own. */
CASE(descriptor_without_rights)
{
	const cloudabi_fd_t fd = limited(READ_ONLY, 0, 0);

	OK(send_fds(a, &fd, 1));
}

CASE(no_descriptor)
{
	FAILS(send(NO_FD, "x"), EBADF);
	FAILS(send(UINT32_MAX, "x"), EBADF);
}

ENDS(arguments_nowhere, -11)
{
	sys.sock_send(SOCKET, NOWHERE, &out);
}
