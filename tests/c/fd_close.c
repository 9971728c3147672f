/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_close: a number ends, except that of a directory given at start. */

#include "test.h"

static void test_number_of_directory_stays_taken(void)
{
	cloudabi_fd_t fd;

	OK(sys.fd_close(DIRECTORY));
	FAILS(sys.fd_close(DIRECTORY), EBADF);
	for (int i = 0; i < 20; i++) {
		OK(sys.fd_dup(READ_WRITE, &fd));
		CHECK(fd != DIRECTORY);
	}
	FAILS(open_at(READ_WRITE, "file", READ, 0, &fd), ENOTCAPABLE);
}

static void test_other_directories_are_closed(void)
{
	cloudabi_fd_t fd;
	cloudabi_fd_t again;

	OK(open_at(DIRECTORY, "sub", READ, CLOUDABI_O_DIRECTORY, &fd));
	OK(sys.fd_close(fd));
	OK(open_at(DIRECTORY, "sub", READ, CLOUDABI_O_DIRECTORY, &again));
	EQUAL(again, fd);
	OK(sys.fd_close(again));
}

void test(void)
{
	cloudabi_fd_t a, b;
	char byte;
	size_t n;

	FAILS(sys.fd_close(900), EBADF);
	FAILS(sys.fd_close(UINT32_MAX), EBADF);

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	OK(sys.fd_close(a));
	FAILS(sys.fd_close(a), EBADF);
	OK(get(b, &byte, 1, &n));
	EQUAL(n, 0);
	OK(sys.fd_close(b));

	test_other_directories_are_closed();
	test_number_of_directory_stays_taken();
}
