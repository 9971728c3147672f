/* SPDX-License-Identifier: BSD-2-Clause */
/* file_unlink: files, and directories if asked to. */

#include "test.h"

void test(void)
{
	cloudabi_fd_t fd;

	OK(sys.file_unlink(DIRECTORY, TEXT("link"), 0));
	OK(open_at(DIRECTORY, "file", READ, 0, &fd));
	FAILS(sys.file_unlink(DIRECTORY, TEXT("sub"), 0), EPERM);
	FAILS(sys.file_unlink(DIRECTORY, TEXT("file"),
			      CLOUDABI_UNLINK_REMOVEDIR),
	      ENOTDIR);
	OK(sys.file_symlink(TEXT("x"), DIRECTORY, TEXT("sub/x")));
	FAILS(sys.file_unlink(DIRECTORY, TEXT("sub"),
			      CLOUDABI_UNLINK_REMOVEDIR),
	      ENOTEMPTY);
	OK(sys.file_unlink(DIRECTORY, TEXT("sub/x"), 0));
	OK(sys.file_unlink(DIRECTORY, TEXT("sub"), CLOUDABI_UNLINK_REMOVEDIR));
	OK(sys.file_unlink(DIRECTORY, TEXT("file"), 0));
	expect_text(fd, "content");

	FAILS(sys.file_unlink(DIRECTORY, TEXT("file"), 0), ENOENT);
	FAILS(sys.file_unlink(DIRECTORY, TEXT("file"), 2), EINVAL);
	FAILS(sys.file_unlink(READ_ONLY, TEXT("x"), 0), ENOTCAPABLE);
	FAILS(sys.file_unlink(900, TEXT("x"), 0), EBADF);
	restrict_rights(DIRECTORY, CLOUDABI_RIGHT_FILE_UNLINK);
	FAILS(sys.file_unlink(DIRECTORY, TEXT("x"), 0), ENOTCAPABLE);
}
