/* SPDX-License-Identifier: BSD-2-Clause */
/* file_stat_get: attributes by name. */

#include "test.h"

void test(void)
{
	const cloudabi_lookup_t here = {DIRECTORY, 0};
	const cloudabi_lookup_t through = {DIRECTORY,
					   CLOUDABI_LOOKUP_SYMLINK_FOLLOW};
	cloudabi_filestat_t stat;

	OK(sys.file_stat_get(here, TEXT("file"), &stat));
	EQUAL(stat.st_filetype, CLOUDABI_FILETYPE_REGULAR_FILE);
	EQUAL(stat.st_size, 7);
	OK(sys.file_stat_get(here, TEXT("sub"), &stat));
	EQUAL(stat.st_filetype, CLOUDABI_FILETYPE_DIRECTORY);
	OK(sys.file_stat_get(here, TEXT("link"), &stat));
	EQUAL(stat.st_filetype, CLOUDABI_FILETYPE_SYMBOLIC_LINK);
	EQUAL(stat.st_size, 4);
	OK(sys.file_stat_get(through, TEXT("link"), &stat));
	EQUAL(stat.st_filetype, CLOUDABI_FILETYPE_REGULAR_FILE);

	FAILS(sys.file_stat_get(here, TEXT("no"), &stat), ENOENT);
	FAILS(sys.file_stat_get(here, TEXT(".."), &stat), ENOTCAPABLE);
	FAILS(sys.file_stat_get(here, TEXT("file/x"), &stat), ENOTDIR);
	FAILS(sys.file_stat_get((cloudabi_lookup_t){READ_ONLY, 0}, TEXT("file"),
				&stat),
	      ENOTCAPABLE);
	FAILS(sys.file_stat_get((cloudabi_lookup_t){900, 0}, TEXT("file"),
				&stat),
	      EBADF);
	restrict_rights(DIRECTORY, CLOUDABI_RIGHT_FILE_STAT_GET);
	FAILS(sys.file_stat_get(here, TEXT("file"), &stat), ENOTCAPABLE);
}
