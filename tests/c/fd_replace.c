/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_replace: one number takes on what another stands for. */

#include "test.h"

static void test_directories(void)
{
	cloudabi_fd_t sub, fd;

	OK(open_at(DIRECTORY, "sub", READ, CLOUDABI_O_DIRECTORY, &sub));
	OK(open_at(sub, "inner", WRITE, CLOUDABI_O_CREAT, &fd));
	FAILS(open_at(DIRECTORY, "inner", READ, 0, &fd), ENOENT);

	OK(sys.fd_replace(sub, DIRECTORY));
	OK(open_at(DIRECTORY, "inner", READ, 0, &fd));
	OK(sys.fd_close(sub));
	OK(open_at(DIRECTORY, "inner", READ, 0, &fd));

	/* A file in the place of a directory, and back. */
	OK(sys.fd_dup(DIRECTORY, &sub));
	OK(sys.fd_replace(READ_ONLY, DIRECTORY));
	FAILS(open_at(DIRECTORY, "inner", READ, 0, &fd), ENOTCAPABLE);
	expect_text(DIRECTORY, "0123456789");
	OK(sys.fd_replace(sub, READ_ONLY));
	OK(open_at(READ_ONLY, "inner", READ, 0, &fd));
}

void test(void)
{
	cloudabi_fd_t a, b;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	restrict_rights(READ_WRITE, CLOUDABI_RIGHT_FD_SYNC);
	OK(sys.fd_replace(READ_WRITE, a));
	EQUAL(rights_of(a), rights_of(READ_WRITE));
	expect_text(a, "0123456789");
	expect_text(b, "");

	OK(sys.fd_replace(a, a));
	FAILS(sys.fd_replace(a, 900), EBADF);
	FAILS(sys.fd_replace(900, a), EBADF);
	FAILS(sys.fd_replace(900, 900), EBADF);
	FAILS(sys.fd_replace(a, UINT32_MAX), EBADF);
	test_directories();
}
