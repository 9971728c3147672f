/* SPDX-License-Identifier: BSD-2-Clause */
/* file_stat_put: times by name. */

#include "test.h"

void test(void)
{
	const cloudabi_lookup_t here = {DIRECTORY, 0};
	const cloudabi_lookup_t through = {DIRECTORY,
					   CLOUDABI_LOOKUP_SYMLINK_FOLLOW};
	cloudabi_filestat_t stat = {.st_atim = 5000000001, .st_mtim = 7};

	OK(sys.file_stat_put(through, TEXT("link"), &stat,
			     CLOUDABI_FILESTAT_ATIM | CLOUDABI_FILESTAT_MTIM));
	OK(sys.file_stat_get(here, TEXT("file"), &stat));
	EQUAL(stat.st_atim, 5000000001);
	EQUAL(stat.st_mtim, 7);
	OK(sys.file_stat_put(here, TEXT("file"), &stat,
			     CLOUDABI_FILESTAT_ATIM_NOW));
	OK(sys.file_stat_get(here, TEXT("file"), &stat));
	CHECK(stat.st_atim > UINT64_C(1600000000000000000));
	EQUAL(stat.st_mtim, 7);
	OK(sys.file_stat_put(here, TEXT("file"), &stat, 0));

	FAILS(sys.file_stat_put(here, TEXT("file"), &stat,
				CLOUDABI_FILESTAT_SIZE),
	      EINVAL);
	FAILS(sys.file_stat_put(here, TEXT("no"), &stat,
				CLOUDABI_FILESTAT_ATIM),
	      ENOENT);
	FAILS(sys.file_stat_put((cloudabi_lookup_t){900, 0}, TEXT("file"),
				&stat, CLOUDABI_FILESTAT_ATIM),
	      EBADF);
	restrict_rights(DIRECTORY, CLOUDABI_RIGHT_FILE_STAT_PUT_TIMES);
	FAILS(sys.file_stat_put(here, TEXT("file"), &stat,
				CLOUDABI_FILESTAT_ATIM),
	      ENOTCAPABLE);
}
