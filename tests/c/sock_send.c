/* SPDX-License-Identifier: BSD-2-Clause */
/* sock_send: bytes, empty messages, and descriptors. */

#include "test.h"

static cloudabi_errno_t send(cloudabi_fd_t sock, const cloudabi_ciovec_t *data,
			     size_t len, const cloudabi_fd_t *fds,
			     size_t fds_len, size_t *n)
{
	const cloudabi_send_in_t in = {data, len, fds, fds_len, 0};
	cloudabi_send_out_t out;
	cloudabi_errno_t error = sys.sock_send(sock, &in, &out);

	*n = out.so_datalen;
	return error;
}

static void test_data(void)
{
	const cloudabi_ciovec_t iovs[] = {{"one", 3}, {"", 0}, {"two", 3}};
	cloudabi_fd_t a, b;
	size_t n;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	OK(send(a, iovs, 3, NULL, 0, &n));
	EQUAL(n, 6);
	expect_text(b, "onetwo");
	OK(send(a, iovs, 0, NULL, 0, &n));
	EQUAL(n, 0);

	OK(sys.fd_close(b));
	FAILS(send(a, iovs, 1, NULL, 0, &n), EPIPE);
	FAILS(send(900, iovs, 1, NULL, 0, &n), EBADF);
	FAILS(send(DIRECTORY, iovs, 1, NULL, 0, &n), ENOTCAPABLE);
	restrict_rights(a, CLOUDABI_RIGHT_FD_WRITE);
	FAILS(send(a, iovs, 1, NULL, 0, &n), ENOTCAPABLE);
}

static void test_messages(void)
{
	const cloudabi_ciovec_t iovs[] = {{"", 0}, {"text", 4}};
	cloudabi_fd_t a, b;
	size_t n;

	make_pair(CLOUDABI_FILETYPE_SOCKET_DGRAM, &a, &b);
	OK(send(a, iovs, 1, NULL, 0, &n));
	EQUAL(n, 0);
	OK(send(a, iovs, 2, NULL, 0, &n));
	EQUAL(n, 4);
	expect_text(b, "");
	expect_text(b, "text");
}

static void test_descriptors(void)
{
	const cloudabi_ciovec_t iov = {"x", 1};
	const cloudabi_fd_t fds[] = {READ_WRITE, 900};
	cloudabi_fd_t many[254];
	cloudabi_fd_t a, b;
	size_t n;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	OK(send(a, &iov, 1, fds, 1, &n));
	EQUAL(n, 1);
	FAILS(send(a, &iov, 1, fds, 2, &n), EBADF);
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = READ_ONLY;
	FAILS(send(a, &iov, 1, many, ARRAY_LEN(many), &n), EINVAL);
	OK(send(a, &iov, 1, many, ARRAY_LEN(many) - 1, &n));
}

void test(void)
{
	const cloudabi_ciovec_t iov = {"x", 1};
	const cloudabi_send_in_t in = {&iov, 1, NULL, 0, 1};
	cloudabi_send_out_t out;

	FAILS(sys.sock_send(SOCKET, &in, &out), EINVAL);
	test_data();
	test_messages();
	test_descriptors();
}
