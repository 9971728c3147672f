/* SPDX-License-Identifier: BSD-2-Clause */
/* file_stat_fput: sizes of files, times of directories. */

#include "test.h"

static void test_size(void)
{
	cloudabi_filestat_t stat = {.st_size = 4};

	OK(sys.file_stat_fput(READ_WRITE, &stat, CLOUDABI_FILESTAT_SIZE));
	expect_text(READ_WRITE, "0123");
	stat.st_size = 100;
	OK(sys.file_stat_fput(READ_WRITE, &stat, CLOUDABI_FILESTAT_SIZE));
	OK(sys.file_stat_fget(READ_WRITE, &stat));
	EQUAL(stat.st_size, 100);

	stat.st_size = UINT64_MAX;
	FAILS(sys.file_stat_fput(READ_WRITE, &stat, CLOUDABI_FILESTAT_SIZE),
	      EINVAL);
	FAILS(sys.file_stat_fput(SOCKET, &stat, CLOUDABI_FILESTAT_SIZE),
	      ENOTCAPABLE);
	FAILS(sys.file_stat_fput(900, &stat, CLOUDABI_FILESTAT_SIZE), EBADF);
	restrict_rights(READ_WRITE, CLOUDABI_RIGHT_FILE_STAT_FPUT_SIZE);
	FAILS(sys.file_stat_fput(READ_WRITE, &stat, CLOUDABI_FILESTAT_SIZE),
	      ENOTCAPABLE);
}

static void test_times(void)
{
	cloudabi_filestat_t stat = {.st_atim = 1000, .st_mtim = 2000000007};

	OK(sys.file_stat_fput(DIRECTORY, &stat,
			      CLOUDABI_FILESTAT_ATIM | CLOUDABI_FILESTAT_MTIM));
	OK(sys.file_stat_fget(DIRECTORY, &stat));
	EQUAL(stat.st_atim, 1000);
	EQUAL(stat.st_mtim, 2000000007);
	OK(sys.file_stat_fput(DIRECTORY, &stat,
			      CLOUDABI_FILESTAT_MTIM |
				      CLOUDABI_FILESTAT_MTIM_NOW));
	OK(sys.file_stat_fget(DIRECTORY, &stat));
	EQUAL(stat.st_atim, 1000);
	CHECK(stat.st_mtim > UINT64_C(1600000000000000000));

	FAILS(sys.file_stat_fput(READ_WRITE, &stat, CLOUDABI_FILESTAT_ATIM),
	      ENOTSUP);
	FAILS(sys.file_stat_fput(900, &stat, CLOUDABI_FILESTAT_ATIM), EBADF);
	restrict_rights(DIRECTORY, CLOUDABI_RIGHT_FILE_STAT_FPUT_TIMES);
	FAILS(sys.file_stat_fput(DIRECTORY, &stat, CLOUDABI_FILESTAT_ATIM),
	      ENOTCAPABLE);
}

void test(void)
{
	cloudabi_filestat_t stat = {0};

	test_size();
	test_times();
	FAILS(sys.file_stat_fput(READ_ONLY, &stat, 0), EINVAL);
	FAILS(sys.file_stat_fput(READ_ONLY, &stat, 0x20), EINVAL);
	FAILS(sys.file_stat_fput(READ_ONLY, &stat,
				 CLOUDABI_FILESTAT_SIZE |
					 CLOUDABI_FILESTAT_ATIM),
	      EINVAL);
}
