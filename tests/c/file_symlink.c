/* SPDX-License-Identifier: BSD-2-Clause */
/* file_symlink: links with any text. */

#include "test.h"

static cloudabi_errno_t make(cloudabi_fd_t dir, const char *name,
			     const char *text)
{
	return sys.file_symlink(text, strlen(text), dir, name, strlen(name));
}

CASE(link)
{
	cloudabi_fd_t dir = new_directory();

	OK(make(dir, "name", "file"));
	expect_file(dir, "name", "content");
	EQUAL(stat_at(dir, "name").st_filetype,
	      CLOUDABI_FILETYPE_SYMBOLIC_LINK);
	EQUAL(stat_at(dir, "name").st_size, 4);
}

CASE(to_a_directory)
{
	cloudabi_fd_t dir = new_directory();

	make_file(dir, "sub/inner", "text");
	OK(make(dir, "name", "sub"));
	expect_file(dir, "name/inner", "text");
}

CASE(further_down)
{
	cloudabi_fd_t dir = new_directory();

	OK(make(dir, "sub/name", "../file"));
	expect_file(dir, "sub/name", "content");
}

/* It is judged when somebody follows it. */
CASE(any_text)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t fd;

	OK(make(dir, "away", "/etc/passwd"));
	OK(make(dir, "up", "../.."));
	OK(make(dir, "dangling", "nowhere"));
	OK(make(dir, "odd", "\xff\n "));
	FAILS(open_at(dir, "away", READ, 0, &fd), ENOTCAPABLE);
	FAILS(open_at(dir, "up", READ, 0, &fd), ENOTCAPABLE);
	FAILS(open_at(dir, "dangling", READ, 0, &fd), ENOENT);
}

CASE(only_as_long_as_it_says)
{
	cloudabi_fd_t dir = new_directory();
	char buf[16];
	size_t used;

	OK(sys.file_symlink("target", 3, dir, "names", 4));
	OK(sys.file_readlink(dir, TEXT("name"), buf, sizeof(buf), &used));
	EQUAL(used, 3);
	EQUAL(memcmp(buf, "tar", 3), 0);
}

CASE(text_of_any_length)
{
	cloudabi_fd_t dir = new_directory();
	static char text[4097];

	memset(text, 'x', 4096);
	FAILS(make(dir, "name", text), ENAMETOOLONG);
	text[4095] = '\0';
	OK(make(dir, "name", text));
	FAILS(make(dir, "other", ""), ENOENT);
	CHECK(!exists(dir, "other"));
}

CASE(name_is_taken)
{
	cloudabi_fd_t dir = new_directory();

	OK(make(dir, "dangling", "nowhere"));
	FAILS(make(dir, "file", "text"), EEXIST);
	FAILS(make(dir, "sub", "text"), EEXIST);
	FAILS(make(dir, "link", "text"), EEXIST);
	FAILS(make(dir, "dangling", "text"), EEXIST);
	FAILS(make(dir, ".", "text"), EEXIST);
	FAILS(make(dir, "sub/..", "text"), EEXIST);
	CHECK(!exists(dir, "nowhere"));
}

CASE(trailing_slash)
{
	cloudabi_fd_t dir = new_directory();

	FAILS(make(dir, "name/", "file"), ENOENT);
	FAILS(make(dir, "sub/", "file"), EEXIST);
	CHECK(!exists(dir, "name"));
}

CASE(no_way)
{
	FAILS(make(DIRECTORY, "no/name", "file"), ENOENT);
	FAILS(make(DIRECTORY, "file/name", "file"), ENOTDIR);
	FAILS(make(DIRECTORY, "", "file"), ENOENT);
}

NATIVE(bad_paths, "a bad pointer shortens what is written")
{
	cloudabi_fd_t dir = new_directory();

	FAILS(sys.file_symlink(TEXT("file"), dir, "na\0me", 5), EINVAL);
	FAILS(sys.file_symlink("fi\0le", 5, dir, TEXT("name")), EINVAL);
	FAILS(sys.file_symlink(NOWHERE, 4, dir, TEXT("name")), EFAULT);
	FAILS(sys.file_symlink(TEXT("file"), dir, NOWHERE, 4), EFAULT);
	CHECK(!exists(dir, "name"));
}

CASE(missing_right)
{
	cloudabi_fd_t dir = new_directory();

	FAILS(make(without(dir, CLOUDABI_RIGHT_FILE_SYMLINK), "name", "file"),
	      ENOTCAPABLE);
	CHECK(!exists(dir, "name"));
	FAILS(make(READ_WRITE, "name", "file"), ENOTCAPABLE);
}

CASE(no_descriptor)
{
	FAILS(make(NO_FD, "name", "file"), EBADF);
}
