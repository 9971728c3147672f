/* SPDX-License-Identifier: BSD-2-Clause */
/* file_link: further names of a file. */

#include "test.h"

static cloudabi_errno_t link_from(cloudabi_fd_t dir1, const char *path1,
				  cloudabi_lookupflags_t flags,
				  cloudabi_fd_t dir2, const char *path2)
{
	const cloudabi_lookup_t lookup = {dir1, flags};

	return sys.file_link(lookup, path1, strlen(path1), dir2, path2,
			     strlen(path2));
}

static cloudabi_errno_t link_in(cloudabi_fd_t dir, const char *path1,
				const char *path2)
{
	return link_from(dir, path1, 0, dir, path2);
}

CASE(same_directory)
{
	cloudabi_fd_t dir = new_directory();

	OK(link_in(dir, "file", "name"));
	expect_file(dir, "name", "content");
	EQUAL(stat_at(dir, "name").st_ino, stat_at(dir, "file").st_ino);
	EQUAL(stat_at(dir, "name").st_nlink, 2);
}

CASE(further_down)
{
	cloudabi_fd_t dir = new_directory();

	OK(link_in(dir, "sub/../file", "sub/name"));
	OK(link_in(dir, "sub/name", "sub/../name"));
	EQUAL(stat_at(dir, "file").st_nlink, 3);
}

CASE(other_directory)
{
	cloudabi_fd_t a = new_directory();
	cloudabi_fd_t b = new_directory();

	OK(link_from(a, "file", 0, b, "name"));
	expect_file(b, "name", "content");
	EQUAL(stat_at(a, "file").st_nlink, 2);
}

CASE(link_itself)
{
	cloudabi_fd_t dir = new_directory();

	OK(link_in(dir, "link", "name"));
	EQUAL(stat_at(dir, "name").st_filetype,
	      CLOUDABI_FILETYPE_SYMBOLIC_LINK);
	EQUAL(stat_at(dir, "file").st_nlink, 1);
}

CASE(what_a_link_leads_to)
{
	cloudabi_fd_t dir = new_directory();

	OK(link_from(dir, "link", CLOUDABI_LOOKUP_SYMLINK_FOLLOW, dir, "name"));
	EQUAL(stat_at(dir, "name").st_filetype, CLOUDABI_FILETYPE_REGULAR_FILE);
	EQUAL(stat_at(dir, "file").st_nlink, 2);
}

CASE(links_that_lead_nowhere)
{
	cloudabi_fd_t dir = new_directory();

	make_link(dir, "dangling", "nowhere");
	make_link(dir, "loop", "loop");
	FAILS(link_from(dir, "dangling", CLOUDABI_LOOKUP_SYMLINK_FOLLOW, dir,
			"name"),
	      ENOENT);
	FAILS(link_from(dir, "loop", CLOUDABI_LOOKUP_SYMLINK_FOLLOW, dir,
			"name"),
	      ELOOP);
	OK(link_in(dir, "dangling", "name"));
}

CASE(name_is_taken)
{
	cloudabi_fd_t dir = new_directory();

	FAILS(link_in(dir, "file", "sub"), EEXIST);
	FAILS(link_in(dir, "file", "link"), EEXIST);
	FAILS(link_in(dir, "file", "file"), EEXIST);
	FAILS(link_in(dir, "file", "."), EEXIST);
	EQUAL(stat_at(dir, "file").st_nlink, 1);
}

CASE(directory)
{
	cloudabi_fd_t dir = new_directory();

	FAILS(link_in(dir, "sub", "name"), EPERM);
	FAILS(link_in(dir, ".", "name"), EPERM);
	CHECK(!exists(dir, "name"));
}

CASE(no_way)
{
	cloudabi_fd_t dir = new_directory();

	FAILS(link_in(dir, "no", "name"), ENOENT);
	FAILS(link_in(dir, "file", "no/name"), ENOENT);
	FAILS(link_in(dir, "file/x", "name"), ENOTDIR);
	FAILS(link_in(dir, "file", "file/name"), ENOTDIR);
	FAILS(link_in(dir, "file/", "name"), ENOTDIR);
	FAILS(link_in(dir, "", "name"), ENOENT);
	FAILS(link_in(dir, "file", ""), ENOENT);
}

CASE(other_file_system)
{
	cloudabi_fd_t dir = new_directory();

	FAILS(link_from(dir, "file", 0, ELSEWHERE, "name"), EXDEV);
	CHECK(!exists(ELSEWHERE, "name"));
}

NATIVE(bad_paths, "a bad pointer shortens what is written")
{
	const cloudabi_lookup_t lookup = {DIRECTORY, 0};

	FAILS(sys.file_link(lookup, "fi\0le", 5, DIRECTORY, TEXT("name")),
	      EINVAL);
	FAILS(sys.file_link(lookup, TEXT("file"), DIRECTORY, "na\0me", 5),
	      EINVAL);
	FAILS(sys.file_link(lookup, NOWHERE, 4, DIRECTORY, TEXT("name")),
	      EFAULT);
	FAILS(sys.file_link(lookup, TEXT("file"), DIRECTORY, NOWHERE, 4),
	      EFAULT);
}

CASE(unknown_lookup_flags)
{
	FAILS(link_from(DIRECTORY, "file", 2, DIRECTORY, "name"), EINVAL);
	CHECK(!exists(DIRECTORY, "name"));
}

CASE(missing_right)
{
	cloudabi_fd_t dir = new_directory();

	FAILS(link_from(without(dir, CLOUDABI_RIGHT_FILE_LINK_SOURCE), "file",
			0, dir, "name"),
	      ENOTCAPABLE);
	FAILS(link_from(dir, "file", 0,
			without(dir, CLOUDABI_RIGHT_FILE_LINK_TARGET), "name"),
	      ENOTCAPABLE);
	CHECK(!exists(dir, "name"));
	FAILS(link_from(READ_WRITE, "file", 0, dir, "name"), ENOTCAPABLE);
	FAILS(link_from(dir, "file", 0, READ_WRITE, "name"), ENOTCAPABLE);
}

CASE(no_descriptor)
{
	FAILS(link_from(NO_FD, "file", 0, DIRECTORY, "name"), EBADF);
	FAILS(link_from(DIRECTORY, "file", 0, NO_FD, "name"), EBADF);
}
