/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_replace: one descriptor becomes a copy of another. */

#include "test.h"

CASE(file_by_file)
{
	cloudabi_fd_t a = new_file("text of a");
	cloudabi_fd_t b = new_file("text of b");

	OK(sys.fd_replace(a, b));
	expect_text(b, "text of a");
	expect_text(a, "");
}

CASE(file_by_socket)
{
	cloudabi_fd_t file = new_file("text");
	cloudabi_fd_t a, b;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	OK(sys.fd_replace(a, file));
	EQUAL(fdstat_of(file).fs_filetype, CLOUDABI_FILETYPE_SOCKET_STREAM);
	OK(put(file, "through"));
	expect_text(b, "through");
}

CASE(directory_by_directory)
{
	cloudabi_fd_t a = new_directory();
	cloudabi_fd_t b = new_directory();

	make_file(a, "mine", "a");
	OK(sys.fd_replace(a, b));
	expect_file(b, "mine", "a");
	expect_file(a, "mine", "a");
}

CASE(directory_by_file)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t file = new_file("text");

	OK(sys.fd_replace(file, dir));
	EQUAL(fdstat_of(dir).fs_filetype, CLOUDABI_FILETYPE_REGULAR_FILE);
	expect_text(dir, "text");
	FAILS(open_at(dir, "file", READ, 0, &file), ENOTCAPABLE);
}

CASE(file_by_directory)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t file = new_file("text");

	OK(sys.fd_replace(dir, file));
	EQUAL(fdstat_of(file).fs_filetype, CLOUDABI_FILETYPE_DIRECTORY);
	expect_file(file, "file", "content");
}

CASE(rights_are_copied)
{
	cloudabi_fd_t a = without(new_file("text"), CLOUDABI_RIGHT_FD_WRITE);
	cloudabi_fd_t b = new_file("other");

	OK(sys.fd_replace(a, b));
	EQUAL(rights_of(b), rights_of(a));
	FAILS(put(b, "x"), ENOTCAPABLE);
}

/* The number had fewer rights before. */
CASE(rights_can_be_more)
{
	cloudabi_fd_t a = new_file("text");
	cloudabi_fd_t b = limited(new_file("other"), 0, 0);

	OK(sys.fd_replace(a, b));
	EQUAL(rights_of(b), rights_of(a));
	expect_text(b, "text");
}

CASE(rights_of_directories_are_copied)
{
	cloudabi_fd_t a = without(new_directory(), CLOUDABI_RIGHT_FILE_UNLINK);
	cloudabi_fd_t b = new_directory();

	OK(sys.fd_replace(a, b));
	FAILS(sys.file_unlink(b, TEXT("file"), 0), ENOTCAPABLE);
}

CASE(by_itself)
{
	cloudabi_fd_t fd = without(new_file("text"), CLOUDABI_RIGHT_FD_WRITE);
	cloudabi_rights_t rights = rights_of(fd);

	OK(sys.fd_replace(fd, fd));
	EQUAL(rights_of(fd), rights);
	expect_text(fd, "text");
	OK(sys.fd_replace(DIRECTORY, DIRECTORY));
	CHECK(exists(DIRECTORY, "file"));
}

CASE(releases_the_old_object)
{
	cloudabi_fd_t a, b;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	OK(sys.fd_replace(READ_ONLY, b));
	expect_text(a, "");
	FAILS(put(a, "x"), EPIPE);
}

CASE(directory_of_the_start)
{
	cloudabi_fd_t dir = new_directory();

	OK(sys.fd_replace(dir, ELSEWHERE));
	expect_file(ELSEWHERE, "file", "content");
}

CASE(no_descriptor)
{
	cloudabi_fd_t fd = new_file("text");

	FAILS(sys.fd_replace(NO_FD, fd), EBADF);
	FAILS(sys.fd_replace(UINT32_MAX, fd), EBADF);
	expect_text(fd, "text");
	FAILS(sys.fd_replace(fd, NO_FD), EBADF);
	FAILS(sys.fd_replace(fd, UINT32_MAX), EBADF);
	FAILS(sys.fd_replace(DIRECTORY, NO_FD), EBADF);
	FAILS(sys.fd_replace(NO_FD, NO_FD), EBADF);
	FAILS(sys.fd_close(NO_FD), EBADF);
}
