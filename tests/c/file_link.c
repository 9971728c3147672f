/* SPDX-License-Identifier: BSD-2-Clause */
/* file_link: within a directory, and between two. */

#include "test.h"

static cloudabi_inode_t inode_of(cloudabi_fd_t dir, const char *path)
{
	const cloudabi_lookup_t lookup = {dir, 0};
	cloudabi_filestat_t stat;

	OK(sys.file_stat_get(lookup, path, strlen(path), &stat));
	return stat.st_ino;
}

void test(void)
{
	const cloudabi_lookup_t here = {DIRECTORY, 0};
	const cloudabi_lookup_t through = {DIRECTORY,
					   CLOUDABI_LOOKUP_SYMLINK_FOLLOW};
	cloudabi_inode_t inode = inode_of(DIRECTORY, "file");
	cloudabi_fd_t sub;

	OK(open_at(DIRECTORY, "sub", READ, CLOUDABI_O_DIRECTORY, &sub));
	OK(sys.file_link(here, TEXT("file"), DIRECTORY, TEXT("second")));
	EQUAL(inode_of(DIRECTORY, "second"), inode);
	OK(sys.file_link(here, TEXT("file"), sub, TEXT("third")));
	EQUAL(inode_of(sub, "third"), inode);
	OK(sys.file_link(through, TEXT("link"), sub, TEXT("fourth")));
	EQUAL(inode_of(sub, "fourth"), inode);
	OK(sys.file_link(here, TEXT("link"), sub, TEXT("fifth")));
	EQUAL(inode_of(sub, "fifth"), inode_of(DIRECTORY, "link"));

	FAILS(sys.file_link(here, TEXT("file"), sub, TEXT("third")), EEXIST);
	FAILS(sys.file_link(here, TEXT("no"), sub, TEXT("sixth")), ENOENT);
	FAILS(sys.file_link(here, TEXT("sub"), sub, TEXT("sixth")), EPERM);
	FAILS(sys.file_link(here, TEXT("file"), 900, TEXT("x")), EBADF);
	FAILS(sys.file_link((cloudabi_lookup_t){900, 0}, TEXT("file"), sub,
			    TEXT("x")),
	      EBADF);
	FAILS(sys.file_link(here, TEXT("file"), READ_WRITE, TEXT("x")),
	      ENOTCAPABLE);
	restrict_rights(sub, CLOUDABI_RIGHT_FILE_LINK_TARGET);
	FAILS(sys.file_link(here, TEXT("file"), sub, TEXT("x")), ENOTCAPABLE);
	restrict_rights(DIRECTORY, CLOUDABI_RIGHT_FILE_LINK_SOURCE);
	FAILS(sys.file_link(here, TEXT("file"), DIRECTORY, TEXT("x")),
	      ENOTCAPABLE);
}
