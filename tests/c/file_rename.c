/* SPDX-License-Identifier: BSD-2-Clause */
/* file_rename: within a directory, and between two. */

#include "test.h"

static bool exists(cloudabi_fd_t dir, const char *path)
{
	const cloudabi_lookup_t lookup = {dir, 0};
	cloudabi_filestat_t stat;
	cloudabi_errno_t error =
		sys.file_stat_get(lookup, path, strlen(path), &stat);

	if (error != CLOUDABI_ENOENT)
		OK(error);
	return error == 0;
}

void test(void)
{
	cloudabi_fd_t sub;

	OK(open_at(DIRECTORY, "sub", READ, CLOUDABI_O_DIRECTORY, &sub));
	OK(sys.file_rename(DIRECTORY, TEXT("file"), DIRECTORY, TEXT("new")));
	CHECK(!exists(DIRECTORY, "file") && exists(DIRECTORY, "new"));
	OK(sys.file_rename(DIRECTORY, TEXT("new"), sub, TEXT("file")));
	CHECK(!exists(DIRECTORY, "new") && exists(sub, "file"));
	OK(sys.file_rename(sub, TEXT("file"), DIRECTORY, TEXT("link")));
	CHECK(!exists(sub, "file") && exists(DIRECTORY, "link"));

	FAILS(sys.file_rename(DIRECTORY, TEXT("no"), sub, TEXT("x")), ENOENT);
	FAILS(sys.file_rename(DIRECTORY, TEXT("sub"), DIRECTORY, TEXT("link")),
	      ENOTDIR);
	FAILS(sys.file_rename(DIRECTORY, TEXT("sub"), sub, TEXT("x")), EINVAL);
	FAILS(sys.file_rename(DIRECTORY, TEXT("link"), 900, TEXT("x")), EBADF);
	FAILS(sys.file_rename(900, TEXT("link"), sub, TEXT("x")), EBADF);
	FAILS(sys.file_rename(DIRECTORY, TEXT("link"), SOCKET, TEXT("x")),
	      ENOTCAPABLE);
	restrict_rights(sub, CLOUDABI_RIGHT_FILE_RENAME_TARGET);
	FAILS(sys.file_rename(DIRECTORY, TEXT("link"), sub, TEXT("x")),
	      ENOTCAPABLE);
	restrict_rights(DIRECTORY, CLOUDABI_RIGHT_FILE_RENAME_SOURCE);
	FAILS(sys.file_rename(DIRECTORY, TEXT("link"), DIRECTORY, TEXT("x")),
	      ENOTCAPABLE);
}
