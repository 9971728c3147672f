/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does what the argument data says, one letter each, and reports the error of
 * each as a number on a line. Descriptor 1 is a directory of the test's own.
 */

#include "test.h"

static cloudabi_errno_t stat_it(void)
{
	const cloudabi_lookup_t lookup = {DIRECTORY, 0};
	cloudabi_filestat_t stat;

	return sys.file_stat_get(lookup, TEXT("file"), &stat);
}

static cloudabi_errno_t read_it(void)
{
	char buf[100];
	size_t used;

	return sys.file_readdir(DIRECTORY, buf, sizeof(buf), 0, &used);
}

static cloudabi_errno_t open_it(void)
{
	cloudabi_fd_t fd;

	return open_at(DIRECTORY, "file", READ, 0, &fd);
}

static cloudabi_errno_t link_it(void)
{
	cloudabi_fd_t other;
	cloudabi_errno_t error = sys.fd_dup(DIRECTORY, &other);

	if (error != 0)
		return error;
	return sys.file_rename(DIRECTORY, TEXT("a"), other, TEXT("b"));
}

static cloudabi_errno_t pass_it(void)
{
	const cloudabi_ciovec_t iov = {"x", 1};
	const cloudabi_fd_t fd = OUTPUT;
	const cloudabi_send_in_t in = {&iov, 1, &fd, 1, 0};
	cloudabi_send_out_t out;
	cloudabi_fd_t a, b;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	return sys.sock_send(a, &in, &out);
}

static cloudabi_errno_t perform(char letter)
{
	switch (letter) {
	case 's':
		return stat_it();
	case 'r':
		return read_it();
	case 'o':
		return open_it();
	case 'l':
		return link_it();
	case 'p':
		return pass_it();
	case 'c':
		return sys.fd_close(DIRECTORY);
	case 'w':
		sleep_ns(UINT64_C(1000000000000));
		return 0;
	default:
		return CLOUDABI_ENOSYS;
	}
}

void test(void)
{
	for (size_t i = 0; i < argdata_len; i++) {
		say_number(perform(argdata[i]));
		say("\n");
	}
}
