/* SPDX-License-Identifier: BSD-2-Clause */
/* sock_shutdown: one direction or both. */

#include "test.h"

#define RD CLOUDABI_SHUT_RD
#define WR CLOUDABI_SHUT_WR

static cloudabi_fd_t a, b;

CASE(no_more_sending)
{
	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	OK(put(a, "last"));
	OK(sys.sock_shutdown(a, WR));
	FAILS(put(a, "x"), EPIPE);
	expect_text(b, "last");
	expect_text(b, "");
	OK(put(b, "back"));
	expect_text(a, "back");
}

CASE(no_more_receiving)
{
	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	OK(sys.sock_shutdown(a, RD));
	expect_text(a, "");
	FAILS(put(b, "x"), EPIPE);
	OK(put(a, "still"));
	expect_text(b, "still");
}

CASE(both)
{
	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	OK(sys.sock_shutdown(a, RD | WR));
	FAILS(put(a, "x"), EPIPE);
	expect_text(a, "");
	expect_text(b, "");
	FAILS(put(b, "x"), EPIPE);
}

CASE(twice)
{
	OK(sys.sock_shutdown(a, RD | WR));
	OK(sys.sock_shutdown(a, WR));
}

CASE(messages)
{
	make_pair(CLOUDABI_FILETYPE_SOCKET_DGRAM, &a, &b);
	OK(sys.sock_shutdown(a, WR));
	FAILS(put(a, "x"), EPIPE);
	OK(put(b, "back"));
	expect_text(a, "back");
}

CASE(duplicates_are_shut_down_too)
{
	cloudabi_fd_t copy;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	OK(sys.fd_dup(a, &copy));
	OK(sys.sock_shutdown(copy, WR));
	FAILS(put(a, "x"), EPIPE);
}

CASE(no_direction)
{
	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	FAILS(sys.sock_shutdown(a, 0), EINVAL);
	FAILS(sys.sock_shutdown(a, 4), EINVAL);
	FAILS(sys.sock_shutdown(a, WR | 0x80), EINVAL);
	OK(put(a, "works"));
	expect_text(b, "works");
}

CASE(missing_right)
{
	FAILS(sys.sock_shutdown(without(a, CLOUDABI_RIGHT_SOCK_SHUTDOWN), WR),
	      ENOTCAPABLE);
	OK(put(a, "works"));
	FAILS(sys.sock_shutdown(READ_WRITE, WR), ENOTCAPABLE);
	FAILS(sys.sock_shutdown(DIRECTORY, WR), ENOTCAPABLE);
	FAILS(sys.sock_shutdown(make_memory(1), WR), ENOTCAPABLE);
}

CASE(fifo)
{
	cloudabi_fd_t fd;

	OK(open_with(DIRECTORY, "fifo", 0, CLOUDABI_RIGHT_FD_READ, &fd));
	FAILS(sys.sock_shutdown(fd, RD), ENOTCAPABLE);
	FAILS(sys.sock_shutdown(OUTPUT, WR), ENOTSOCK);
}

CASE(no_descriptor)
{
	FAILS(sys.sock_shutdown(NO_FD, WR), EBADF);
	FAILS(sys.sock_shutdown(UINT32_MAX, WR), EBADF);
}

/* On Linux a listening socket can be told to stop listening. */
CASE(listener)
{
	OK(sys.sock_shutdown(LISTENER, RD));
	FAILS(sys.sock_shutdown(LISTENER, RD), ENOTCONN);
}
