/* SPDX-License-Identifier: BSD-2-Clause */
/* sock_shutdown: one direction, the other, or both. */

#include "test.h"

void test(void)
{
	cloudabi_fd_t a, b;
	char byte;
	size_t n;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	OK(sys.sock_shutdown(a, CLOUDABI_SHUT_WR));
	FAILS(put(a, "x"), EPIPE);
	OK(get(b, &byte, 1, &n));
	EQUAL(n, 0);
	OK(put(b, "back"));
	expect_text(a, "back");
	OK(sys.sock_shutdown(a, CLOUDABI_SHUT_RD));
	OK(sys.sock_shutdown(a, CLOUDABI_SHUT_RD | CLOUDABI_SHUT_WR));

	FAILS(sys.sock_shutdown(b, 0), EINVAL);
	FAILS(sys.sock_shutdown(b, 4), EINVAL);
	FAILS(sys.sock_shutdown(900, CLOUDABI_SHUT_RD), EBADF);
	FAILS(sys.sock_shutdown(READ_WRITE, CLOUDABI_SHUT_RD), ENOTCAPABLE);
	FAILS(sys.sock_shutdown(DIRECTORY, CLOUDABI_SHUT_RD), ENOTCAPABLE);
	restrict_rights(b, CLOUDABI_RIGHT_SOCK_SHUTDOWN);
	FAILS(sys.sock_shutdown(b, CLOUDABI_SHUT_RD), ENOTCAPABLE);
}
