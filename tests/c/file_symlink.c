/* SPDX-License-Identifier: BSD-2-Clause */
/* file_symlink: any text; where it leads counts when it is followed. */

#include "test.h"

void test(void)
{
	char buf[32];
	size_t used;
	cloudabi_fd_t fd;

	OK(sys.file_symlink(TEXT("../file"), DIRECTORY, TEXT("sub/up")));
	OK(open_at(DIRECTORY, "sub/up", READ, 0, &fd));
	OK(sys.file_symlink(TEXT("/no/such"), DIRECTORY, TEXT("away")));
	OK(sys.file_readlink(DIRECTORY, TEXT("away"), buf, 32, &used));
	EQUAL(used, 8);
	EQUAL(memcmp(buf, "/no/such", 8), 0);

	FAILS(sys.file_symlink(TEXT("x"), DIRECTORY, TEXT("file")), EEXIST);
	FAILS(sys.file_symlink(TEXT("x"), DIRECTORY, TEXT("../x")),
	      ENOTCAPABLE);
	FAILS(sys.file_symlink("", 0, DIRECTORY, TEXT("empty")), ENOENT);
	FAILS(sys.file_symlink("a\0b", 3, DIRECTORY, TEXT("nul")), EINVAL);
	FAILS(sys.file_symlink(TEXT("x"), SOCKET, TEXT("y")), ENOTCAPABLE);
	FAILS(sys.file_symlink(TEXT("x"), 900, TEXT("y")), EBADF);
	restrict_rights(DIRECTORY, CLOUDABI_RIGHT_FILE_SYMLINK);
	FAILS(sys.file_symlink(TEXT("x"), DIRECTORY, TEXT("y")), ENOTCAPABLE);
}
