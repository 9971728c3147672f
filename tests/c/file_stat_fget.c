/* SPDX-License-Identifier: BSD-2-Clause */
/* file_stat_fget: attributes of all that can be held. */

#include "test.h"

static cloudabi_filestat_t stat_of(cloudabi_fd_t fd)
{
	cloudabi_filestat_t stat;

	OK(sys.file_stat_fget(fd, &stat));
	return stat;
}

void test(void)
{
	cloudabi_filestat_t stat = stat_of(READ_WRITE);
	cloudabi_timestamp_t time = now(CLOUDABI_CLOCK_REALTIME);
	cloudabi_fd_t fd;

	EQUAL(stat.st_filetype, CLOUDABI_FILETYPE_REGULAR_FILE);
	EQUAL(stat.st_size, 10);
	EQUAL(stat.st_nlink, 1);
	CHECK(stat.st_ino != 0);
	CHECK(stat.st_mtim <= time &&
	      time - stat.st_mtim < UINT64_C(3600000000000));
	CHECK(stat.st_ctim >= stat.st_mtim);

	EQUAL(stat_of(DIRECTORY).st_filetype, CLOUDABI_FILETYPE_DIRECTORY);
	EQUAL(stat_of(SOCKET).st_filetype, CLOUDABI_FILETYPE_SOCKET_STREAM);
	EQUAL(stat_of(OUTPUT).st_filetype, CLOUDABI_FILETYPE_SOCKET_STREAM);
	OK(open_at(DIRECTORY, "file", READ, 0, &fd));
	EQUAL(stat_of(fd).st_size, 7);
	EQUAL(stat_of(fd).st_dev, stat_of(DIRECTORY).st_dev);

	FAILS(sys.file_stat_fget(900, &stat), EBADF);
	restrict_rights(READ_ONLY, CLOUDABI_RIGHT_FILE_STAT_FGET);
	FAILS(sys.file_stat_fget(READ_ONLY, &stat), ENOTCAPABLE);
	restrict_rights(DIRECTORY, CLOUDABI_RIGHT_FILE_STAT_FGET);
	FAILS(sys.file_stat_fget(DIRECTORY, &stat), ENOTCAPABLE);
}
