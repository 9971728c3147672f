/* SPDX-License-Identifier: BSD-2-Clause */
/* file_open: how paths are looked up, row by row of the reference. */

#include "test.h"

/* As long as a path can be. */
#define PATH_LEN 4095

static cloudabi_errno_t open_nofollow(cloudabi_fd_t dir, const char *path,
				      cloudabi_fd_t *fd)
{
	const cloudabi_fdstat_t wanted = {
		.fs_rights_base = CLOUDABI_RIGHT_FD_READ,
	};

	return sys.file_open((cloudabi_lookup_t){dir, 0}, path, strlen(path), 0,
			     &wanted, fd);
}

static cloudabi_errno_t open_path(cloudabi_fd_t dir, const char *path)
{
	cloudabi_fd_t fd;
	cloudabi_errno_t error = open_at(dir, path, READ, 0, &fd);

	if (error == 0)
		OK(sys.fd_close(fd));
	return error;
}

CASE(empty)
{
	FAILS(open_path(DIRECTORY, ""), ENOENT);
}

CASE(absolute)
{
	FAILS(open_path(DIRECTORY, "/"), ENOTCAPABLE);
	FAILS(open_path(DIRECTORY, "/etc/passwd"), ENOTCAPABLE);
	FAILS(open_path(DIRECTORY, "//file"), ENOTCAPABLE);
}

CASE(dotdot_that_stays_inside)
{
	OK(open_path(DIRECTORY, "sub/../file"));
	OK(open_path(DIRECTORY, "sub/.."));
	OK(open_path(DIRECTORY, "sub/../sub/../file"));
}

CASE(dotdot_at_top)
{
	FAILS(open_path(DIRECTORY, ".."), ENOTCAPABLE);
	FAILS(open_path(DIRECTORY, "../"), ENOTCAPABLE);
	FAILS(open_path(DIRECTORY, "sub/../.."), ENOTCAPABLE);
	FAILS(open_path(new_directory(), "../file"), ENOTCAPABLE);
}

CASE(dotdot_after_a_file)
{
	FAILS(open_path(DIRECTORY, "file/../file"), ENOTDIR);
	FAILS(open_path(DIRECTORY, "no/../file"), ENOENT);
}

CASE(dots_and_slashes)
{
	OK(open_path(DIRECTORY, "."));
	OK(open_path(DIRECTORY, "./file"));
	OK(open_path(DIRECTORY, ".//./sub/..///./file"));
	OK(open_path(DIRECTORY, "sub/./../file"));
}

CASE(the_directory_itself)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t fd;

	OK(open_at(dir, ".", READ, 0, &fd));
	expect_file(fd, "file", "content");
	OK(open_at(dir, "sub/..", READ, 0, &fd));
	expect_file(fd, "file", "content");
	OK(open_at(dir, "./", READ, CLOUDABI_O_DIRECTORY, &fd));
	expect_file(fd, "file", "content");
}

CASE(trailing_slash)
{
	OK(open_path(DIRECTORY, "sub/"));
	OK(open_path(DIRECTORY, "sub///"));
	FAILS(open_path(DIRECTORY, "file/"), ENOTDIR);
	FAILS(open_path(DIRECTORY, "file/."), ENOTDIR);
	FAILS(open_path(DIRECTORY, "no/"), ENOENT);
}

CASE(link_in_the_middle)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t fd;

	make_file(dir, "sub/inner", "text");
	make_link(dir, "way", "sub");
	expect_file(dir, "way/inner", "text");
	OK(open_nofollow(dir, "way/inner", &fd));
	expect_file(dir, "way/../file", "content");
}

/* Not relative to where the path began. */
CASE(link_is_relative_to_its_directory)
{
	cloudabi_fd_t dir = new_directory();

	make_file(dir, "sub/file", "inner");
	make_link(dir, "sub/near", "file");
	make_link(dir, "sub/up", "../file");
	expect_file(dir, "sub/near", "inner");
	expect_file(dir, "sub/up", "content");
}

CASE(link_at_the_end)
{
	cloudabi_fd_t fd;

	expect_file(DIRECTORY, "link", "content");
	FAILS(open_nofollow(DIRECTORY, "link", &fd), ELOOP);
}

CASE(link_at_the_end_with_a_slash)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t fd;

	make_link(dir, "way", "sub");
	OK(open_nofollow(dir, "way/", &fd));
	EQUAL(fdstat_of(fd).fs_filetype, CLOUDABI_FILETYPE_DIRECTORY);
	FAILS(open_nofollow(dir, "way", &fd), ELOOP);
	FAILS(open_nofollow(dir, "link/", &fd), ENOTDIR);
}

CASE(absolute_link)
{
	cloudabi_fd_t dir = new_directory();

	make_link(dir, "away", "/etc");
	make_link(dir, "passwd", "/etc/passwd");
	FAILS(open_path(dir, "away"), ENOTCAPABLE);
	FAILS(open_path(dir, "away/passwd"), ENOTCAPABLE);
	FAILS(open_path(dir, "passwd"), ENOTCAPABLE);
}

CASE(link_that_climbs_out)
{
	cloudabi_fd_t dir = new_directory();

	make_link(dir, "out", "..");
	make_link(dir, "sub/out", "../../file");
	FAILS(open_path(dir, "out"), ENOTCAPABLE);
	FAILS(open_path(dir, "out/file"), ENOTCAPABLE);
	FAILS(open_path(dir, "sub/out"), ENOTCAPABLE);
}

CASE(dangling_link)
{
	cloudabi_fd_t dir = new_directory();

	make_link(dir, "dangling", "nowhere");
	FAILS(open_path(dir, "dangling"), ENOENT);
	FAILS(open_path(dir, "dangling/x"), ENOENT);
}

CASE(loops)
{
	cloudabi_fd_t dir = new_directory();

	make_link(dir, "self", "self");
	make_link(dir, "a", "b");
	make_link(dir, "b", "a");
	FAILS(open_path(dir, "self"), ELOOP);
	FAILS(open_path(dir, "a"), ELOOP);
	FAILS(open_path(dir, "a/file"), ELOOP);
}

/* Each name leads to the next; the last one to the file. */
static void make_chain(cloudabi_fd_t dir, char first, char last)
{
	char name[] = "?", next[] = "?";

	for (name[0] = first; name[0] < last; name[0]++) {
		next[0] = name[0] + 1;
		make_link(dir, name, next);
	}
	make_link(dir, name, "file");
}

CASE(many_links)
{
	cloudabi_fd_t dir = new_directory();

	make_chain(dir, 'A', 'Z');
	expect_file(dir, "A", "content");
}

CASE(too_many_links)
{
	cloudabi_fd_t dir = new_directory();

	make_chain(dir, '0', 'z');
	expect_file(dir, "Z", "content");
	FAILS(open_path(dir, "0"), ELOOP);
}

CASE(nul_byte)
{
	const cloudabi_lookup_t lookup = {DIRECTORY, 0};
	const cloudabi_fdstat_t wanted = {
		.fs_rights_base = CLOUDABI_RIGHT_FD_READ,
	};
	cloudabi_fd_t fd;

	FAILS(sys.file_open(lookup, "file\0x", 6, 0, &wanted, &fd), EINVAL);
	FAILS(sys.file_open(lookup, "file", 5, 0, &wanted, &fd), EINVAL);
	FAILS(sys.file_open(lookup, "\0", 1, 0, &wanted, &fd), EINVAL);
	OK(sys.file_open(lookup, "file\0x", 4, 0, &wanted, &fd));
}

CASE(any_other_bytes)
{
	cloudabi_fd_t dir = new_directory();

	make_file(dir, "\x01 \n\xff\xfe\"'*", "text");
	expect_file(dir, "\x01 \n\xff\xfe\"'*", "text");
	FAILS(open_path(dir, "\xff"), ENOENT);
}

CASE(name_of_any_length)
{
	cloudabi_fd_t dir = new_directory();
	char name[257];

	memset(name, 'n', sizeof(name));
	name[255] = '\0';
	make_file(dir, name, "text");
	expect_file(dir, name, "text");
	name[255] = 'n';
	name[256] = '\0';
	FAILS(open_path(dir, name), ENAMETOOLONG);
}

CASE(path_of_any_length)
{
	static char path[PATH_LEN + 2];

	memset(path, '/', PATH_LEN);
	path[0] = '.';
	memcpy(path + PATH_LEN - 4, "file", 4);
	OK(open_path(DIRECTORY, path));
	path[PATH_LEN] = 'x';
	FAILS(open_path(DIRECTORY, path), ENAMETOOLONG);
}

CASE(length_far_too_large)
{
	const cloudabi_fdstat_t wanted = {0};
	cloudabi_fd_t fd;

	FAILS(sys.file_open((cloudabi_lookup_t){DIRECTORY, 0}, "file", SIZE_MAX,
			    0, &wanted, &fd),
	      ENAMETOOLONG);
}

NATIVE(path_nowhere, "a bad pointer shortens what is written")
{
	const cloudabi_fdstat_t wanted = {0};
	cloudabi_fd_t fd;

	FAILS(sys.file_open((cloudabi_lookup_t){DIRECTORY, 0}, NOWHERE, 4, 0,
			    &wanted, &fd),
	      EFAULT);
	expect_file(DIRECTORY, "file", "content");
}

CASE(unknown_lookup_flags)
{
	const cloudabi_fdstat_t wanted = {0};
	cloudabi_fd_t fd;

	FAILS(sys.file_open((cloudabi_lookup_t){DIRECTORY, 2}, TEXT("file"), 0,
			    &wanted, &fd),
	      EINVAL);
	FAILS(sys.file_open((cloudabi_lookup_t){DIRECTORY, UINT32_C(1) << 31},
			    TEXT("file"), 0, &wanted, &fd),
	      EINVAL);
}

/* A hundred directories, each in the one before. */
CASE(deep_down)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t fd;
	static char path[256];

	OK(open_at(dir, "sub", READ, 0, &fd));
	for (int i = 0; i < 100; i++) {
		make_directory(fd, "d");
		OK(open_at(fd, "d", READ, 0, &fd));
		memcpy(path + 2 * i, "d/", 2);
	}
	make_file(fd, "bottom", "text");
	memcpy(path + 200, "bottom", 6);
	OK(open_at(dir, "sub", READ, 0, &fd));
	expect_file(fd, path, "text");
}
