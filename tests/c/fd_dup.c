/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_dup: the same object and the same rights under another number. */

#include "test.h"

static cloudabi_fd_t dup(cloudabi_fd_t fd)
{
	cloudabi_fd_t copy = UINT32_MAX;

	OK(sys.fd_dup(fd, &copy));
	CHECK(copy != fd);
	CHECK(copy != UINT32_MAX);
	return copy;
}

static void expect_equal(cloudabi_fd_t a, cloudabi_fd_t b)
{
	cloudabi_fdstat_t x = fdstat_of(a);
	cloudabi_fdstat_t y = fdstat_of(b);

	EQUAL(x.fs_filetype, y.fs_filetype);
	EQUAL(x.fs_flags, y.fs_flags);
	EQUAL(x.fs_rights_base, y.fs_rights_base);
	EQUAL(x.fs_rights_inheriting, y.fs_rights_inheriting);
}

CASE(file_shares_its_position)
{
	cloudabi_fd_t fd = new_file("0123456789");
	cloudabi_fd_t copy = dup(fd);
	cloudabi_filesize_t at;

	OK(sys.fd_seek(fd, 4, CLOUDABI_WHENCE_SET, &at));
	expect_text(copy, "456789");
	expect_text(fd, "");
}

CASE(file_shares_its_modes)
{
	cloudabi_fd_t fd = new_file("start");
	cloudabi_fd_t copy = dup(fd);

	OK(put_flags(fd, CLOUDABI_FDFLAG_APPEND));
	EQUAL(fdstat_of(copy).fs_flags, CLOUDABI_FDFLAG_APPEND);
}

CASE(rights_are_copied)
{
	cloudabi_fd_t fd = without(new_file("text"), CLOUDABI_RIGHT_FD_WRITE);

	expect_equal(fd, dup(fd));
	expect_equal(SOCKET, dup(SOCKET));
	expect_equal(LISTENER, dup(LISTENER));
	fd = limited(DIRECTORY,
		     CLOUDABI_RIGHT_FILE_OPEN | CLOUDABI_RIGHT_FILE_READDIR,
		     CLOUDABI_RIGHT_FD_READ);
	expect_equal(fd, dup(fd));
}

CASE(rights_part_afterwards)
{
	cloudabi_fd_t fd = new_file("text");
	cloudabi_fd_t copy = dup(fd);

	restrict_rights(copy, CLOUDABI_RIGHT_FD_READ);
	expect_text(fd, "text");
	FAILS(sys.fd_read(copy, NULL, 0, &(size_t){0}), ENOTCAPABLE);
}

CASE(rights_of_directories_part_afterwards)
{
	cloudabi_fd_t fd = new_directory();
	cloudabi_fd_t copy = dup(fd);

	restrict_rights(copy, CLOUDABI_RIGHT_FILE_UNLINK);
	FAILS(sys.file_unlink(copy, TEXT("file"), 0), ENOTCAPABLE);
	OK(sys.file_unlink(fd, TEXT("file"), 0));
}

CASE(directory)
{
	expect_file(dup(new_directory()), "file", "content");
}

CASE(socket)
{
	cloudabi_fd_t a, b;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	OK(put(dup(a), "text"));
	expect_text(dup(b), "text");
}

CASE(without_any_right)
{
	cloudabi_fd_t fd = limited(new_file("text"), 0, 0);

	EQUAL(rights_of(dup(fd)), 0);
	EQUAL(rights_of(dup(limited(DIRECTORY, 0, 0))), 0);
}

CASE(no_descriptor)
{
	cloudabi_fd_t copy = 77;

	FAILS(sys.fd_dup(NO_FD, &copy), EBADF);
	FAILS(sys.fd_dup(UINT32_MAX, &copy), EBADF);
	EQUAL(copy, 77);
}

CASE(table_is_full)
{
	static cloudabi_fd_t fds[1024];
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t copy = 77;
	size_t len = 0;

	while (sys.fd_dup(READ_ONLY, &fds[len]) == 0)
		len++;
	FAILS(sys.fd_dup(READ_ONLY, &copy), EMFILE);
	FAILS(sys.fd_dup(dir, &copy), EMFILE);
	EQUAL(copy, 77);
	while (len > 0)
		OK(sys.fd_close(fds[--len]));
	expect_file(dup(dir), "file", "content");
}

ENDS(result_to_nowhere, -11)
{
	sys.fd_dup(READ_ONLY, NOWHERE);
}
