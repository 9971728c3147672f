/* SPDX-License-Identifier: BSD-2-Clause */
/* file_unlink: files without the flag, directories with it. */

#include "test.h"

#define REMOVEDIR CLOUDABI_UNLINK_REMOVEDIR

static cloudabi_errno_t remove(cloudabi_fd_t dir, const char *path,
			       cloudabi_ulflags_t flags)
{
	return sys.file_unlink(dir, path, strlen(path), flags);
}

CASE(file)
{
	cloudabi_fd_t dir = new_directory();

	OK(remove(dir, "file", 0));
	CHECK(!exists(dir, "file"));
	FAILS(remove(dir, "file", 0), ENOENT);
}

CASE(file_lives_on)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t fd;

	OK(open_at(dir, "file", READ, 0, &fd));
	OK(remove(dir, "file", 0));
	expect_text(fd, "content");
}

CASE(directory)
{
	cloudabi_fd_t dir = new_directory();

	OK(remove(dir, "sub", REMOVEDIR));
	CHECK(!exists(dir, "sub"));
	make_directory(dir, "sub");
	OK(remove(dir, "sub/", REMOVEDIR));
	CHECK(!exists(dir, "sub"));
}

CASE(link_itself)
{
	cloudabi_fd_t dir = new_directory();

	make_link(dir, "way", "sub");
	make_link(dir, "away", "/etc/passwd");
	OK(remove(dir, "link", 0));
	OK(remove(dir, "way", 0));
	OK(remove(dir, "away", 0));
	CHECK(exists(dir, "file"));
	CHECK(exists(dir, "sub"));
}

CASE(further_down)
{
	cloudabi_fd_t dir = new_directory();

	make_file(dir, "sub/inner", "");
	make_link(dir, "way", "sub");
	OK(remove(dir, "way/inner", 0));
	CHECK(!exists(dir, "sub/inner"));
	OK(remove(dir, "sub/../file", 0));
	CHECK(!exists(dir, "file"));
}

CASE(directory_as_a_file)
{
	cloudabi_fd_t dir = new_directory();

	FAILS(remove(dir, "sub", 0), EPERM);
	FAILS(remove(dir, ".", 0), EPERM);
	FAILS(remove(dir, "sub/..", 0), EPERM);
	CHECK(exists(dir, "sub"));
}

CASE(file_as_a_directory)
{
	cloudabi_fd_t dir = new_directory();

	FAILS(remove(dir, "file", REMOVEDIR), ENOTDIR);
	FAILS(remove(dir, "link", REMOVEDIR), ENOTDIR);
	CHECK(exists(dir, "file"));
}

CASE(full_directory)
{
	cloudabi_fd_t dir = new_directory();

	make_file(dir, "sub/inner", "");
	FAILS(remove(dir, "sub", REMOVEDIR), ENOTEMPTY);
	CHECK(exists(dir, "sub/inner"));
}

CASE(dots)
{
	cloudabi_fd_t dir = new_directory();

	FAILS(remove(dir, ".", REMOVEDIR), EINVAL);
	FAILS(remove(dir, "sub/.", REMOVEDIR), EINVAL);
	FAILS(remove(dir, "sub/..", REMOVEDIR), EINVAL);
	CHECK(exists(dir, "sub"));
}

CASE(trailing_slash)
{
	cloudabi_fd_t dir = new_directory();

	make_link(dir, "way", "sub");
	FAILS(remove(dir, "file/", 0), ENOTDIR);
	FAILS(remove(dir, "way/", REMOVEDIR), ENOTDIR);
	CHECK(exists(dir, "file"));
	CHECK(exists(dir, "sub"));
}

CASE(no_way)
{
	FAILS(remove(DIRECTORY, "no", 0), ENOENT);
	FAILS(remove(DIRECTORY, "no", REMOVEDIR), ENOENT);
	FAILS(remove(DIRECTORY, "no/file", 0), ENOENT);
	FAILS(remove(DIRECTORY, "file/x", 0), ENOTDIR);
	FAILS(remove(DIRECTORY, "", 0), ENOENT);
}

CASE(unknown_flags)
{
	cloudabi_fd_t dir = new_directory();

	FAILS(remove(dir, "file", 2), EINVAL);
	FAILS(remove(dir, "sub", REMOVEDIR | 0x80), EINVAL);
	CHECK(exists(dir, "file"));
	CHECK(exists(dir, "sub"));
}

NATIVE(bad_paths, "a bad pointer shortens what is written")
{
	FAILS(sys.file_unlink(DIRECTORY, "fi\0le", 5, 0), EINVAL);
	FAILS(sys.file_unlink(DIRECTORY, NOWHERE, 4, 0), EFAULT);
	FAILS(sys.file_unlink(DIRECTORY, "file", SIZE_MAX, 0), ENAMETOOLONG);
	CHECK(exists(DIRECTORY, "file"));
}

CASE(missing_right)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t weak = without(dir, CLOUDABI_RIGHT_FILE_UNLINK);

	FAILS(remove(weak, "file", 0), ENOTCAPABLE);
	FAILS(remove(weak, "sub", REMOVEDIR), ENOTCAPABLE);
	CHECK(exists(dir, "file"));
	CHECK(exists(dir, "sub"));
	FAILS(remove(READ_WRITE, "file", 0), ENOTCAPABLE);
}

CASE(no_descriptor)
{
	FAILS(remove(NO_FD, "file", 0), EBADF);
}
