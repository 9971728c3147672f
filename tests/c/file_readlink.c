/* SPDX-License-Identifier: BSD-2-Clause */
/* file_readlink: the text of a link, as much as fits. */

#include "test.h"

static char buf[5000];

static cloudabi_errno_t read_link(cloudabi_fd_t dir, const char *path,
				  size_t len, size_t *used)
{
	return sys.file_readlink(dir, path, strlen(path), buf, len, used);
}

static void expect_link(cloudabi_fd_t dir, const char *path, const char *text)
{
	size_t used;

	OK(read_link(dir, path, sizeof(buf), &used));
	EQUAL(used, strlen(text));
	EQUAL(memcmp(buf, text, used), 0);
}

CASE(text)
{
	expect_link(DIRECTORY, "link", "file");
}

/* There is no terminator. */
CASE(what_fits)
{
	size_t used;

	memset(buf, '?', sizeof(buf));
	OK(read_link(DIRECTORY, "link", 3, &used));
	EQUAL(used, 3);
	EQUAL(memcmp(buf, "fil?", 4), 0);
	OK(read_link(DIRECTORY, "link", 4, &used));
	EQUAL(used, 4);
	EQUAL(memcmp(buf, "file?", 5), 0);
}

CASE(no_room)
{
	size_t used = 5;

	OK(sys.file_readlink(DIRECTORY, TEXT("link"), NULL, 0, &used));
	EQUAL(used, 0);
}

CASE(any_text)
{
	cloudabi_fd_t dir = new_directory();

	make_link(dir, "dangling", "nowhere");
	make_link(dir, "away", "/etc/passwd");
	make_link(dir, "up", "../..");
	make_link(dir, "odd", "\xff\n ");
	expect_link(dir, "dangling", "nowhere");
	expect_link(dir, "away", "/etc/passwd");
	expect_link(dir, "up", "../..");
	expect_link(dir, "odd", "\xff\n ");
}

CASE(long_text)
{
	cloudabi_fd_t dir = new_directory();
	static char text[4096];

	memset(text, 'x', 4095);
	make_link(dir, "long", text);
	expect_link(dir, "long", text);
}

CASE(further_down)
{
	cloudabi_fd_t dir = new_directory();

	make_link(dir, "sub/up", "../file");
	make_link(dir, "way", "sub");
	expect_link(dir, "sub/up", "../file");
	expect_link(dir, "way/up", "../file");
	expect_link(dir, "way", "sub");
}

CASE(no_link)
{
	size_t used;

	FAILS(read_link(DIRECTORY, "file", 10, &used), EINVAL);
	FAILS(read_link(DIRECTORY, "sub", 10, &used), EINVAL);
	FAILS(read_link(DIRECTORY, ".", 10, &used), EINVAL);
	FAILS(read_link(DIRECTORY, "fifo", 10, &used), EINVAL);
}

/* The slash stands for what the link leads to. */
CASE(trailing_slash)
{
	cloudabi_fd_t dir = new_directory();
	size_t used;

	make_link(dir, "way", "sub");
	FAILS(read_link(dir, "way/", 10, &used), EINVAL);
	FAILS(read_link(dir, "link/", 10, &used), ENOTDIR);
}

CASE(no_way)
{
	size_t used;

	FAILS(read_link(DIRECTORY, "no", 10, &used), ENOENT);
	FAILS(read_link(DIRECTORY, "", 10, &used), ENOENT);
	FAILS(read_link(DIRECTORY, "file/link", 10, &used), ENOTDIR);
}

NATIVE(bad_pointers, "a bad pointer shortens what is written")
{
	size_t used;

	FAILS(sys.file_readlink(DIRECTORY, "li\0nk", 5, buf, 10, &used),
	      EINVAL);
	FAILS(sys.file_readlink(DIRECTORY, NOWHERE, 4, buf, 10, &used), EFAULT);
}

NATIVE(buffer_nowhere, "a bad pointer shortens what is received")
{
	size_t used;

	FAILS(sys.file_readlink(new_directory(), TEXT("link"), NOWHERE, 10,
				&used),
	      EFAULT);
}

/* Results are stored by calls that succeed only. */
CASE(result_stays_after_an_error)
{
	size_t used = 77;

	FAILS(read_link(DIRECTORY, "no", 10, &used), ENOENT);
	FAILS(read_link(DIRECTORY, "file", 10, &used), EINVAL);
	FAILS(read_link(DIRECTORY, "", 10, &used), ENOENT);
	EQUAL(used, 77);
}

CASE(missing_right)
{
	size_t used;

	FAILS(read_link(without(DIRECTORY, CLOUDABI_RIGHT_FILE_READLINK),
			"link", 10, &used),
	      ENOTCAPABLE);
	FAILS(read_link(READ_ONLY, "link", 10, &used), ENOTCAPABLE);
}

CASE(no_descriptor)
{
	size_t used;

	FAILS(read_link(NO_FD, "link", 10, &used), EBADF);
}
