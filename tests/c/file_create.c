/* SPDX-License-Identifier: BSD-2-Clause */
/* file_create: directories. */

#include "test.h"

static cloudabi_errno_t create(cloudabi_fd_t dir, const char *path)
{
	return sys.file_create(dir, path, strlen(path),
			       CLOUDABI_FILETYPE_DIRECTORY);
}

CASE(directory)
{
	cloudabi_fd_t dir = new_directory();

	OK(create(dir, "new"));
	EQUAL(stat_at(dir, "new").st_filetype, CLOUDABI_FILETYPE_DIRECTORY);
	make_file(dir, "new/file", "text");
	expect_file(dir, "new/file", "text");
}

CASE(further_down)
{
	cloudabi_fd_t dir = new_directory();

	OK(create(dir, "sub/new"));
	OK(create(dir, "sub/new/newer"));
	OK(create(dir, "sub/../beside"));
	CHECK(exists(dir, "sub/new/newer"));
	CHECK(exists(dir, "beside"));
}

CASE(trailing_slash)
{
	cloudabi_fd_t dir = new_directory();

	OK(create(dir, "new/"));
	CHECK(exists(dir, "new"));
}

CASE(through_a_link)
{
	cloudabi_fd_t dir = new_directory();

	make_link(dir, "way", "sub");
	OK(create(dir, "way/new"));
	CHECK(exists(dir, "sub/new"));
}

CASE(name_is_taken)
{
	cloudabi_fd_t dir = new_directory();

	make_link(dir, "dangling", "nowhere");
	FAILS(create(dir, "file"), EEXIST);
	FAILS(create(dir, "sub"), EEXIST);
	FAILS(create(dir, "link"), EEXIST);
	FAILS(create(dir, "dangling"), EEXIST);
	FAILS(create(dir, "."), EEXIST);
	FAILS(create(dir, "sub/.."), EEXIST);
	CHECK(!exists(dir, "nowhere"));
}

CASE(no_way)
{
	cloudabi_fd_t dir = new_directory();

	FAILS(create(dir, "no/new"), ENOENT);
	FAILS(create(dir, "file/new"), ENOTDIR);
	FAILS(create(dir, ""), ENOENT);
}

NATIVE(bad_paths, "a bad pointer shortens what is written")
{
	cloudabi_fd_t dir = new_directory();
	static char name[300];

	memset(name, 'n', sizeof(name) - 1);
	FAILS(create(dir, name), ENAMETOOLONG);
	FAILS(sys.file_create(dir, "a\0b", 3, CLOUDABI_FILETYPE_DIRECTORY),
	      EINVAL);
	FAILS(sys.file_create(dir, NOWHERE, 3, CLOUDABI_FILETYPE_DIRECTORY),
	      EFAULT);
}

CASE(only_as_long_as_it_says)
{
	cloudabi_fd_t dir = new_directory();

	OK(sys.file_create(dir, "abcdef", 3, CLOUDABI_FILETYPE_DIRECTORY));
	CHECK(exists(dir, "abc"));
	CHECK(!exists(dir, "abcdef"));
}

CASE(other_types)
{
	static const cloudabi_filetype_t types[] = {
		CLOUDABI_FILETYPE_UNKNOWN,
		CLOUDABI_FILETYPE_BLOCK_DEVICE,
		CLOUDABI_FILETYPE_CHARACTER_DEVICE,
		CLOUDABI_FILETYPE_PROCESS,
		CLOUDABI_FILETYPE_REGULAR_FILE,
		CLOUDABI_FILETYPE_SHARED_MEMORY,
		CLOUDABI_FILETYPE_SOCKET_DGRAM,
		CLOUDABI_FILETYPE_SOCKET_STREAM,
		CLOUDABI_FILETYPE_SYMBOLIC_LINK,
		0x30, /* a FIFO, once */
		0xff,
	};
	cloudabi_fd_t dir = new_directory();

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		FAILS(sys.file_create(dir, TEXT("new"), types[i]), EINVAL);
	CHECK(!exists(dir, "new"));
}

CASE(missing_right)
{
	cloudabi_fd_t dir =
		without(new_directory(), CLOUDABI_RIGHT_FILE_CREATE_DIRECTORY);

	FAILS(create(dir, "new"), ENOTCAPABLE);
	CHECK(!exists(dir, "new"));
	FAILS(create(READ_WRITE, "new"), ENOTCAPABLE);
	FAILS(create(SOCKET, "new"), ENOTCAPABLE);
}

CASE(no_descriptor)
{
	FAILS(create(NO_FD, "new"), EBADF);
}
