/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_sync: for files and directories. */

#include "test.h"

void test(void)
{
	OK(sys.fd_sync(READ_WRITE));
	OK(sys.fd_sync(DIRECTORY));
	restrict_rights(READ_WRITE, CLOUDABI_RIGHT_FD_SYNC);
	FAILS(sys.fd_sync(READ_WRITE), ENOTCAPABLE);
	restrict_rights(DIRECTORY, CLOUDABI_RIGHT_FD_SYNC);
	FAILS(sys.fd_sync(DIRECTORY), ENOTCAPABLE);
	FAILS(sys.fd_sync(SOCKET), ENOTCAPABLE);
	FAILS(sys.fd_sync(900), EBADF);
}
