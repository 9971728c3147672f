/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_datasync: for files open for writing. */

#include "test.h"

void test(void)
{
	cloudabi_fd_t fd;

	OK(open_at(DIRECTORY, "new", WRITE, CLOUDABI_O_CREAT, &fd));
	OK(put(fd, "data"));
	OK(sys.fd_datasync(fd));
	restrict_rights(fd, CLOUDABI_RIGHT_FD_DATASYNC);
	FAILS(sys.fd_datasync(fd), ENOTCAPABLE);
	FAILS(sys.fd_datasync(DIRECTORY), ENOTCAPABLE);
	FAILS(sys.fd_datasync(SOCKET), ENOTCAPABLE);
	FAILS(sys.fd_datasync(900), EBADF);
}
