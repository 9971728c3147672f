/* SPDX-License-Identifier: BSD-2-Clause */
/* file_rename: names move, and replace others. */

#include "test.h"

static cloudabi_errno_t rename_from(cloudabi_fd_t dir1, const char *path1,
				    cloudabi_fd_t dir2, const char *path2)
{
	return sys.file_rename(dir1, path1, strlen(path1), dir2, path2,
			       strlen(path2));
}

static cloudabi_errno_t rename_in(cloudabi_fd_t dir, const char *path1,
				  const char *path2)
{
	return rename_from(dir, path1, dir, path2);
}

CASE(file)
{
	cloudabi_fd_t dir = new_directory();

	OK(rename_in(dir, "file", "name"));
	CHECK(!exists(dir, "file"));
	expect_file(dir, "name", "content");
}

CASE(directory)
{
	cloudabi_fd_t dir = new_directory();

	make_file(dir, "sub/inner", "text");
	OK(rename_in(dir, "sub", "name"));
	expect_file(dir, "name/inner", "text");
	OK(rename_in(dir, "name/", "again/"));
	expect_file(dir, "again/inner", "text");
}

CASE(link_itself)
{
	cloudabi_fd_t dir = new_directory();

	OK(rename_in(dir, "link", "name"));
	EQUAL(stat_at(dir, "name").st_filetype,
	      CLOUDABI_FILETYPE_SYMBOLIC_LINK);
	CHECK(exists(dir, "file"));
}

CASE(further_down)
{
	cloudabi_fd_t dir = new_directory();

	OK(rename_in(dir, "file", "sub/name"));
	expect_file(dir, "sub/name", "content");
	OK(rename_in(dir, "sub/name", "sub/../back"));
	expect_file(dir, "back", "content");
}

CASE(other_directory)
{
	cloudabi_fd_t a = new_directory();
	cloudabi_fd_t b = new_directory();

	OK(rename_from(a, "file", b, "name"));
	CHECK(!exists(a, "file"));
	expect_file(b, "name", "content");
}

CASE(replaces_a_file)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t old;

	make_file(dir, "other", "text");
	OK(open_at(dir, "other", READ, 0, &old));
	OK(rename_in(dir, "file", "other"));
	expect_file(dir, "other", "content");
	expect_text(old, "text");
	CHECK(!exists(dir, "file"));
}

CASE(replaces_a_link)
{
	cloudabi_fd_t dir = new_directory();

	make_file(dir, "other", "text");
	OK(rename_in(dir, "other", "link"));
	EQUAL(stat_at(dir, "link").st_filetype, CLOUDABI_FILETYPE_REGULAR_FILE);
	expect_file(dir, "file", "content");
}

CASE(replaces_an_empty_directory)
{
	cloudabi_fd_t dir = new_directory();

	make_directory(dir, "other");
	make_file(dir, "other/inner", "text");
	OK(rename_in(dir, "other", "sub"));
	expect_file(dir, "sub/inner", "text");
}

CASE(full_directory)
{
	cloudabi_fd_t dir = new_directory();

	make_directory(dir, "other");
	make_file(dir, "sub/inner", "text");
	FAILS(rename_in(dir, "other", "sub"), ENOTEMPTY);
	expect_file(dir, "sub/inner", "text");
}

CASE(directory_and_file)
{
	cloudabi_fd_t dir = new_directory();

	FAILS(rename_in(dir, "sub", "file"), ENOTDIR);
	FAILS(rename_in(dir, "file", "sub"), EISDIR);
	expect_file(dir, "file", "content");
}

/* Two names of one file stay as they are. */
CASE(same_file)
{
	cloudabi_fd_t dir = new_directory();

	OK(rename_in(dir, "file", "file"));
	OK(sys.file_link((cloudabi_lookup_t){dir, 0}, TEXT("file"), dir,
			 TEXT("name")));
	OK(rename_in(dir, "file", "name"));
	CHECK(exists(dir, "file"));
	CHECK(exists(dir, "name"));
}

CASE(into_itself)
{
	cloudabi_fd_t dir = new_directory();

	FAILS(rename_in(dir, "sub", "sub/name"), EINVAL);
	CHECK(exists(dir, "sub"));
}

CASE(dots)
{
	cloudabi_fd_t dir = new_directory();

	FAILS(rename_in(dir, ".", "name"), EINVAL);
	FAILS(rename_in(dir, "sub/..", "name"), EINVAL);
	FAILS(rename_in(dir, "file", "."), EINVAL);
	FAILS(rename_in(dir, "sub", "sub/.."), EINVAL);
	CHECK(exists(dir, "file"));
	CHECK(exists(dir, "sub"));
}

CASE(no_way)
{
	cloudabi_fd_t dir = new_directory();

	FAILS(rename_in(dir, "no", "name"), ENOENT);
	FAILS(rename_in(dir, "file", "no/name"), ENOENT);
	FAILS(rename_in(dir, "file", "file/name"), ENOTDIR);
	FAILS(rename_in(dir, "file/", "name"), ENOTDIR);
	FAILS(rename_in(dir, "file", "name/"), ENOTDIR);
	FAILS(rename_in(dir, "", "name"), ENOENT);
	FAILS(rename_in(dir, "file", ""), ENOENT);
	expect_file(dir, "file", "content");
}

CASE(other_file_system)
{
	cloudabi_fd_t dir = new_directory();

	FAILS(rename_from(dir, "file", ELSEWHERE, "name"), EXDEV);
	expect_file(dir, "file", "content");
	CHECK(!exists(ELSEWHERE, "name"));
}

NATIVE(bad_paths, "a bad pointer shortens what is written")
{
	cloudabi_fd_t dir = new_directory();

	FAILS(sys.file_rename(dir, "fi\0le", 5, dir, TEXT("name")), EINVAL);
	FAILS(sys.file_rename(dir, TEXT("file"), dir, "na\0me", 5), EINVAL);
	FAILS(sys.file_rename(dir, NOWHERE, 4, dir, TEXT("name")), EFAULT);
	FAILS(sys.file_rename(dir, TEXT("file"), dir, NOWHERE, 4), EFAULT);
	CHECK(exists(dir, "file"));
}

CASE(missing_right)
{
	cloudabi_fd_t dir = new_directory();

	FAILS(rename_from(without(dir, CLOUDABI_RIGHT_FILE_RENAME_SOURCE),
			  "file", dir, "name"),
	      ENOTCAPABLE);
	FAILS(rename_from(dir, "file",
			  without(dir, CLOUDABI_RIGHT_FILE_RENAME_TARGET),
			  "name"),
	      ENOTCAPABLE);
	FAILS(rename_from(READ_WRITE, "file", dir, "name"), ENOTCAPABLE);
	FAILS(rename_from(dir, "file", READ_WRITE, "name"), ENOTCAPABLE);
	CHECK(exists(dir, "file"));
}

CASE(no_descriptor)
{
	FAILS(rename_from(NO_FD, "file", DIRECTORY, "name"), EBADF);
	FAILS(rename_from(DIRECTORY, "file", NO_FD, "name"), EBADF);
	CHECK(exists(DIRECTORY, "file"));
}
