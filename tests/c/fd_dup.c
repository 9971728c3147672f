/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_dup: same object, same rights, another number. */

#include "test.h"

static void test_directory(void)
{
	cloudabi_fd_t copy;
	cloudabi_fd_t fd;

	restrict_rights(DIRECTORY, CLOUDABI_RIGHT_FILE_UNLINK);
	OK(sys.fd_dup(DIRECTORY, &copy));
	EQUAL(rights_of(copy), rights_of(DIRECTORY));
	OK(open_at(copy, "file", READ, 0, &fd));
	expect_text(fd, "content");
	FAILS(sys.file_unlink(copy, TEXT("file"), 0), ENOTCAPABLE);

	/* They are independent of each other. */
	OK(sys.fd_close(DIRECTORY));
	OK(open_at(copy, "file", READ, 0, &fd));
	OK(sys.fd_close(copy));
}

void test(void)
{
	cloudabi_filesize_t position;
	cloudabi_fd_t fd;

	restrict_rights(READ_WRITE, CLOUDABI_RIGHT_FD_SYNC);
	OK(sys.fd_dup(READ_WRITE, &fd));
	CHECK(fd != READ_WRITE);
	EQUAL(rights_of(fd), rights_of(READ_WRITE));
	OK(sys.fd_seek(fd, 7, CLOUDABI_WHENCE_SET, &position));
	expect_text(READ_WRITE, "789");

	FAILS(sys.fd_dup(900, &fd), EBADF);
	FAILS(sys.fd_dup(UINT32_MAX, &fd), EBADF);
	test_directory();
}
