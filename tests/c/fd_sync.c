/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_sync: of files and directories. */

#include "test.h"

CASE(file)
{
	cloudabi_fd_t fd = new_file("text");

	OK(put(fd, "more"));
	OK(sys.fd_sync(fd));
}

/* Unlike fd_datasync it asks for nothing that writing does. */
CASE(file_for_reading)
{
	OK(sys.fd_sync(READ_ONLY));
}

CASE(directory)
{
	cloudabi_fd_t dir = new_directory();

	OK(sys.fd_sync(dir));
}

CASE(missing_right)
{
	FAILS(sys.fd_sync(without(new_file("text"), CLOUDABI_RIGHT_FD_SYNC)),
	      ENOTCAPABLE);
	FAILS(sys.fd_sync(without(DIRECTORY, CLOUDABI_RIGHT_FD_SYNC)),
	      ENOTCAPABLE);
}

CASE(socket)
{
	FAILS(sys.fd_sync(SOCKET), ENOTCAPABLE);
	FAILS(sys.fd_sync(make_memory(1)), ENOTCAPABLE);
}

CASE(no_descriptor)
{
	FAILS(sys.fd_sync(NO_FD), EBADF);
	FAILS(sys.fd_sync(UINT32_MAX), EBADF);
}
