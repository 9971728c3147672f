/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_close: numbers become free, those of directories of the start never. */

#include "test.h"

#define FDS_MAX 1024

static void expect_gone(cloudabi_fd_t fd)
{
	cloudabi_fdstat_t stat;

	FAILS(sys.fd_close(fd), EBADF);
	FAILS(sys.fd_stat_get(fd, &stat), EBADF);
}

CASE(file)
{
	cloudabi_fd_t fd = new_file("text");

	OK(sys.fd_close(fd));
	expect_gone(fd);
}

CASE(directory)
{
	cloudabi_fd_t fd = new_directory();
	size_t used;
	char buf[64];

	OK(sys.fd_close(fd));
	expect_gone(fd);
	FAILS(sys.file_readdir(fd, buf, sizeof(buf), 0, &used), EBADF);
}

CASE(shared_memory)
{
	cloudabi_fd_t fd = make_memory(page_size);

	OK(sys.fd_close(fd));
	expect_gone(fd);
}

CASE(never_existed)
{
	expect_gone(NO_FD);
	expect_gone(FDS_MAX);
	expect_gone(UINT32_MAX);
	expect_gone(UINT32_C(1) << 31);
}

CASE(end_of_stream_for_the_peer)
{
	cloudabi_fd_t a, b;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	OK(put(a, "rest"));
	OK(sys.fd_close(a));
	expect_text(b, "rest");
	expect_text(b, "");
	FAILS(put(b, "x"), EPIPE);
}

CASE(duplicate_keeps_the_object)
{
	cloudabi_fd_t fd = new_file("text");
	cloudabi_fd_t copy;

	OK(sys.fd_dup(fd, &copy));
	OK(sys.fd_close(fd));
	expect_text(copy, "text");
}

CASE(duplicate_keeps_the_directory)
{
	cloudabi_fd_t fd = new_directory();
	cloudabi_fd_t copy;

	OK(sys.fd_dup(fd, &copy));
	OK(sys.fd_close(fd));
	expect_file(copy, "file", "content");
}

CASE(mapping_outlives_the_descriptor)
{
	cloudabi_fd_t fd = make_memory(page_size);
	void *memory;
	unsigned char *bytes;

	OK(sys.mem_map(NULL, page_size,
		       CLOUDABI_PROT_READ | CLOUDABI_PROT_WRITE,
		       CLOUDABI_MAP_SHARED, fd, 0, &memory));
	OK(sys.fd_close(fd));
	bytes = memory;
	bytes[0] = 7;
	EQUAL(bytes[0], 7);
}

/* Fills the table and empties it again; returns whether the number came up. */
static bool comes_up(cloudabi_fd_t number)
{
	static cloudabi_fd_t copies[FDS_MAX];
	bool found = false;
	size_t len = 0;

	while (sys.fd_dup(READ_ONLY, &copies[len]) == 0)
		found = copies[len++] == number || found;
	FAILS(sys.fd_dup(READ_ONLY, &copies[len]), EMFILE);
	CHECK(len > 64);
	while (len > 0)
		OK(sys.fd_close(copies[--len]));
	return found;
}

CASE(number_of_a_file_is_free_again)
{
	cloudabi_fd_t fd = new_file("text");

	OK(sys.fd_close(fd));
	CHECK(comes_up(fd));
}

CASE(number_of_a_directory_is_free_again)
{
	cloudabi_fd_t fd = new_directory();

	OK(sys.fd_close(fd));
	CHECK(comes_up(fd));
}

CASE(number_of_a_directory_of_the_start_is_retired)
{
	OK(sys.fd_close(ELSEWHERE));
	expect_gone(ELSEWHERE);
	CHECK(!comes_up(ELSEWHERE));
	FAILS(sys.fd_replace(READ_ONLY, ELSEWHERE), EBADF);
	FAILS(sys.fd_replace(ELSEWHERE, READ_ONLY), EBADF);
	expect_gone(ELSEWHERE);
}

CASE(number_of_a_file_of_the_start_is_free_again)
{
	OK(sys.fd_close(READ_WRITE));
	expect_gone(READ_WRITE);
	CHECK(comes_up(READ_WRITE));
}
