/* SPDX-License-Identifier: BSD-2-Clause */
/* file_create: directories and nothing else. */

#include "test.h"

void test(void)
{
	cloudabi_fd_t fd;

	OK(sys.file_create(DIRECTORY, TEXT("new"),
			   CLOUDABI_FILETYPE_DIRECTORY));
	OK(open_at(DIRECTORY, "new", READ, CLOUDABI_O_DIRECTORY, &fd));
	OK(sys.file_create(fd, TEXT("deeper"), CLOUDABI_FILETYPE_DIRECTORY));

	FAILS(sys.file_create(DIRECTORY, TEXT("new"),
			      CLOUDABI_FILETYPE_DIRECTORY),
	      EEXIST);
	FAILS(sys.file_create(DIRECTORY, TEXT("no/such"),
			      CLOUDABI_FILETYPE_DIRECTORY),
	      ENOENT);
	FAILS(sys.file_create(DIRECTORY, TEXT("file/new"),
			      CLOUDABI_FILETYPE_DIRECTORY),
	      ENOTDIR);
	FAILS(sys.file_create(DIRECTORY, TEXT("other"),
			      CLOUDABI_FILETYPE_REGULAR_FILE),
	      EINVAL);
	FAILS(sys.file_create(READ_WRITE, TEXT("other"),
			      CLOUDABI_FILETYPE_DIRECTORY),
	      ENOTCAPABLE);
	FAILS(sys.file_create(900, TEXT("other"), CLOUDABI_FILETYPE_DIRECTORY),
	      EBADF);
	restrict_rights(DIRECTORY, CLOUDABI_RIGHT_FILE_CREATE_DIRECTORY);
	FAILS(sys.file_create(DIRECTORY, TEXT("other"),
			      CLOUDABI_FILETYPE_DIRECTORY),
	      ENOTCAPABLE);
}
