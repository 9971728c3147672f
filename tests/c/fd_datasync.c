/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_datasync: of files. */

#include "test.h"

CASE(file)
{
	cloudabi_fd_t fd = new_file("text");

	OK(put(fd, "more"));
	OK(sys.fd_datasync(fd));
}

CASE(nothing_written)
{
	OK(sys.fd_datasync(new_file("text")));
}

CASE(missing_right)
{
	FAILS(sys.fd_datasync(
		      without(new_file("text"), CLOUDABI_RIGHT_FD_DATASYNC)),
	      ENOTCAPABLE);
}

/* Neither can have the right. */
CASE(directory_and_socket)
{
	FAILS(sys.fd_datasync(DIRECTORY), ENOTCAPABLE);
	FAILS(sys.fd_datasync(SOCKET), ENOTCAPABLE);
	FAILS(sys.fd_datasync(make_memory(1)), ENOTCAPABLE);
}

CASE(no_descriptor)
{
	FAILS(sys.fd_datasync(NO_FD), EBADF);
	FAILS(sys.fd_datasync(UINT32_MAX), EBADF);
}
