/* SPDX-License-Identifier: BSD-2-Clause */
/* file_stat_get: attributes by name. */

#include "test.h"

#define FOLLOW CLOUDABI_LOOKUP_SYMLINK_FOLLOW

static cloudabi_filestat_t stat;

static cloudabi_errno_t stat_path(cloudabi_fd_t dir, const char *path,
				  cloudabi_lookupflags_t flags)
{
	return sys.file_stat_get((cloudabi_lookup_t){dir, flags}, path,
				 strlen(path), &stat);
}

CASE(file)
{
	OK(stat_path(DIRECTORY, "file", 0));
	EQUAL(stat.st_filetype, CLOUDABI_FILETYPE_REGULAR_FILE);
	EQUAL(stat.st_size, 7);
	EQUAL(stat.st_nlink, 1);
	CHECK(stat.st_ino != 0);
	CHECK(stat.st_mtim != 0);
}

CASE(directory)
{
	OK(stat_path(DIRECTORY, "sub", 0));
	EQUAL(stat.st_filetype, CLOUDABI_FILETYPE_DIRECTORY);
	OK(stat_path(DIRECTORY, ".", 0));
	EQUAL(stat.st_filetype, CLOUDABI_FILETYPE_DIRECTORY);
	EQUAL(stat.st_ino, stat_of(DIRECTORY).st_ino);
	OK(stat_path(DIRECTORY, "sub/..", 0));
	EQUAL(stat.st_ino, stat_of(DIRECTORY).st_ino);
}

CASE(link_itself)
{
	OK(stat_path(DIRECTORY, "link", 0));
	EQUAL(stat.st_filetype, CLOUDABI_FILETYPE_SYMBOLIC_LINK);
	EQUAL(stat.st_size, 4);
}

CASE(what_a_link_leads_to)
{
	OK(stat_path(DIRECTORY, "link", FOLLOW));
	EQUAL(stat.st_filetype, CLOUDABI_FILETYPE_REGULAR_FILE);
	EQUAL(stat.st_size, 7);
}

CASE(fifo_and_socket)
{
	OK(stat_path(DIRECTORY, "fifo", 0));
	EQUAL(stat.st_filetype, CLOUDABI_FILETYPE_SOCKET_STREAM);
	OK(stat_path(DIRECTORY, "socket", FOLLOW));
	EQUAL(stat.st_filetype, CLOUDABI_FILETYPE_SOCKET_STREAM);
}

CASE(links_that_lead_nowhere)
{
	cloudabi_fd_t dir = new_directory();

	make_link(dir, "dangling", "nowhere");
	make_link(dir, "loop", "loop");
	OK(stat_path(dir, "dangling", 0));
	FAILS(stat_path(dir, "dangling", FOLLOW), ENOENT);
	OK(stat_path(dir, "loop", 0));
	FAILS(stat_path(dir, "loop", FOLLOW), ELOOP);
	FAILS(stat_path(dir, "loop/x", 0), ELOOP);
}

CASE(links_that_lead_outside)
{
	cloudabi_fd_t dir = new_directory();

	make_link(dir, "away", "/etc/passwd");
	make_link(dir, "up", "../file");
	OK(stat_path(dir, "away", 0));
	OK(stat_path(dir, "up", 0));
	FAILS(stat_path(dir, "away", FOLLOW), ENOTCAPABLE);
	FAILS(stat_path(dir, "up", FOLLOW), ENOTCAPABLE);
}

CASE(trailing_slash)
{
	cloudabi_fd_t dir = new_directory();

	make_link(dir, "way", "sub");
	OK(stat_path(dir, "sub/", 0));
	OK(stat_path(dir, "way/", 0));
	EQUAL(stat.st_filetype, CLOUDABI_FILETYPE_DIRECTORY);
	FAILS(stat_path(dir, "file/", 0), ENOTDIR);
	FAILS(stat_path(dir, "link/", 0), ENOTDIR);
}

CASE(further_down)
{
	cloudabi_fd_t dir = new_directory();

	make_file(dir, "sub/inner", "1234");
	make_link(dir, "way", "sub");
	OK(stat_path(dir, "sub/inner", 0));
	EQUAL(stat.st_size, 4);
	OK(stat_path(dir, "way/inner", 0));
	OK(stat_path(dir, "way/../file", 0));
}

CASE(no_way)
{
	FAILS(stat_path(DIRECTORY, "no", 0), ENOENT);
	FAILS(stat_path(DIRECTORY, "", 0), ENOENT);
	FAILS(stat_path(DIRECTORY, "file/x", 0), ENOTDIR);
	FAILS(stat_path(DIRECTORY, "..", 0), ENOTCAPABLE);
	FAILS(stat_path(DIRECTORY, "/", 0), ENOTCAPABLE);
}

NATIVE(bad_paths, "a bad pointer shortens what is written")
{
	const cloudabi_lookup_t lookup = {DIRECTORY, 0};
	static char name[300];

	memset(name, 'n', sizeof(name) - 1);
	FAILS(stat_path(DIRECTORY, name, 0), ENAMETOOLONG);
	FAILS(sys.file_stat_get(lookup, "fi\0le", 5, &stat), EINVAL);
	FAILS(sys.file_stat_get(lookup, NOWHERE, 4, &stat), EFAULT);
	FAILS(sys.file_stat_get(lookup, "file", SIZE_MAX, &stat), ENAMETOOLONG);
}

CASE(unknown_lookup_flags)
{
	FAILS(stat_path(DIRECTORY, "file", 2), EINVAL);
	FAILS(stat_path(DIRECTORY, "file", FOLLOW | 0x80000000), EINVAL);
}

NATIVE(buffer_nowhere, "a bad pointer shortens what is received")
{
	FAILS(sys.file_stat_get((cloudabi_lookup_t){new_directory(), 0},
				TEXT("file"), NOWHERE),
	      EFAULT);
}

CASE(missing_right)
{
	FAILS(stat_path(without(DIRECTORY, CLOUDABI_RIGHT_FILE_STAT_GET),
			"file", 0),
	      ENOTCAPABLE);
	FAILS(stat_path(READ_ONLY, "file", 0), ENOTCAPABLE);
	FAILS(stat_path(SOCKET, "file", 0), ENOTCAPABLE);
}

CASE(no_descriptor)
{
	FAILS(stat_path(NO_FD, "file", 0), EBADF);
	FAILS(stat_path(UINT32_MAX, "file", FOLLOW), EBADF);
}
