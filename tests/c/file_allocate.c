/* SPDX-License-Identifier: BSD-2-Clause */
/* file_allocate: files grow, and never shrink. */

#include "test.h"

static cloudabi_filesize_t size_of(cloudabi_fd_t fd)
{
	cloudabi_filestat_t stat;

	OK(sys.file_stat_fget(fd, &stat));
	return stat.st_size;
}

void test(void)
{
	OK(sys.file_allocate(READ_WRITE, 5, 20));
	EQUAL(size_of(READ_WRITE), 25);
	OK(sys.file_allocate(READ_WRITE, 0, 3));
	EQUAL(size_of(READ_WRITE), 25);

	FAILS(sys.file_allocate(READ_WRITE, 0, 0), EINVAL);
	FAILS(sys.file_allocate(READ_WRITE, UINT64_MAX, 1), EINVAL);
	FAILS(sys.file_allocate(READ_WRITE, 1, INT64_MAX), EFBIG);
	FAILS(sys.file_allocate(SOCKET, 0, 1), ENOTCAPABLE);
	FAILS(sys.file_allocate(900, 0, 1), EBADF);
	restrict_rights(READ_WRITE, CLOUDABI_RIGHT_FILE_ALLOCATE);
	FAILS(sys.file_allocate(READ_WRITE, 0, 100), ENOTCAPABLE);
}
