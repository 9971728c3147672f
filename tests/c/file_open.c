/* SPDX-License-Identifier: BSD-2-Clause */
/* file_open: modes of opening, creation, and what is no file. */

#include "test.h"

#define CREAT CLOUDABI_O_CREAT
#define EXCL CLOUDABI_O_EXCL
#define TRUNC CLOUDABI_O_TRUNC

CASE(for_reading)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t fd;

	OK(open_at(dir, "file", READ, 0, &fd));
	expect_text(fd, "content");
	FAILS(put(fd, "x"), ENOTCAPABLE);
}

CASE(for_writing)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t fd;
	size_t n;

	OK(open_at(dir, "file", WRITE, 0, &fd));
	OK(put(fd, "C"));
	FAILS(sys.fd_read(fd, NULL, 0, &n), ENOTCAPABLE);
	expect_file(dir, "file", "Content");
}

CASE(for_both)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t fd;

	OK(open_at(dir, "file", READ | WRITE, 0, &fd));
	OK(put(fd, "C"));
	expect_text(fd, "ontent");
}

CASE(each_has_its_position)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t a, b;

	OK(open_at(dir, "file", READ, 0, &a));
	OK(open_at(dir, "file", READ, 0, &b));
	CHECK(a != b);
	expect_text(a, "content");
	expect_text(b, "content");
}

CASE(directory)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t fd;

	make_file(dir, "sub/inner", "text");
	OK(open_at(dir, "sub", READ, 0, &fd));
	EQUAL(fdstat_of(fd).fs_filetype, CLOUDABI_FILETYPE_DIRECTORY);
	expect_file(fd, "inner", "text");
	OK(open_at(dir, "sub", READ, CLOUDABI_O_DIRECTORY, &fd));
	expect_file(fd, "inner", "text");
}

CASE(directory_for_writing)
{
	cloudabi_fd_t fd;

	FAILS(open_at(DIRECTORY, "sub", WRITE, 0, &fd), EISDIR);
	FAILS(open_with(DIRECTORY, "sub", 0, CLOUDABI_RIGHT_FD_WRITE, &fd),
	      EISDIR);
}

CASE(no_directory)
{
	cloudabi_fd_t fd;

	FAILS(open_at(DIRECTORY, "file", READ, CLOUDABI_O_DIRECTORY, &fd),
	      ENOTDIR);
	FAILS(open_at(DIRECTORY, "link", READ, CLOUDABI_O_DIRECTORY, &fd),
	      ENOTDIR);
	FAILS(open_at(DIRECTORY, "fifo", READ, CLOUDABI_O_DIRECTORY, &fd),
	      ENOTDIR);
}

CASE(creation)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t fd;

	FAILS(open_at(dir, "new", WRITE, 0, &fd), ENOENT);
	OK(open_at(dir, "new", WRITE, CREAT, &fd));
	OK(put(fd, "text"));
	expect_file(dir, "new", "text");
	OK(open_at(dir, "sub/new", WRITE, CREAT, &fd));
	CHECK(exists(dir, "sub/new"));
}

CASE(creation_for_reading)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t fd;

	OK(open_at(dir, "new", READ, CREAT, &fd));
	expect_text(fd, "");
	EQUAL(stat_at(dir, "new").st_size, 0);
}

CASE(creation_of_what_is_there)
{
	cloudabi_fd_t fd;

	OK(open_at(new_directory(), "file", READ, CREAT, &fd));
	expect_text(fd, "content");
}

CASE(exclusive_creation)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t fd;

	make_link(dir, "dangling", "nowhere");
	FAILS(open_at(dir, "file", WRITE, CREAT | EXCL, &fd), EEXIST);
	FAILS(open_at(dir, "sub", READ, CREAT | EXCL, &fd), EEXIST);
	FAILS(open_at(dir, "link", WRITE, CREAT | EXCL, &fd), EEXIST);
	FAILS(open_at(dir, "dangling", WRITE, CREAT | EXCL, &fd), EEXIST);
	OK(open_at(dir, "new", WRITE, CREAT | EXCL, &fd));
	FAILS(open_at(dir, "new", WRITE, CREAT | EXCL, &fd), EEXIST);
	CHECK(!exists(dir, "nowhere"));
}

CASE(creation_through_a_dangling_link)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t fd;

	make_link(dir, "dangling", "sub/new");
	OK(open_at(dir, "dangling", WRITE, CREAT, &fd));
	OK(put(fd, "text"));
	expect_file(dir, "sub/new", "text");
}

CASE(creation_in_no_directory)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t fd;

	FAILS(open_at(dir, "no/new", WRITE, CREAT, &fd), ENOENT);
	FAILS(open_at(dir, "file/new", WRITE, CREAT, &fd), ENOTDIR);
	FAILS(open_at(dir, "", WRITE, CREAT, &fd), ENOENT);
}

CASE(creation_of_a_directory)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t fd;

	FAILS(open_at(dir, "new", READ, CREAT | CLOUDABI_O_DIRECTORY, &fd),
	      EINVAL);
	FAILS(open_at(dir, "new/", WRITE, CREAT, &fd), EISDIR);
	FAILS(open_at(dir, "sub", WRITE, CREAT, &fd), EISDIR);
	CHECK(!exists(dir, "new"));
}

CASE(truncation)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t fd;

	OK(open_at(dir, "file", WRITE, TRUNC, &fd));
	EQUAL(stat_at(dir, "file").st_size, 0);
	OK(put(fd, "new"));
	expect_file(dir, "file", "new");
	OK(open_at(dir, "file", WRITE, CREAT | TRUNC, &fd));
	EQUAL(stat_at(dir, "file").st_size, 0);
	FAILS(open_at(dir, "no", WRITE, TRUNC, &fd), ENOENT);
}

CASE(unknown_flags)
{
	cloudabi_fd_t fd;

	FAILS(open_at(DIRECTORY, "file", READ, 0x10, &fd), EINVAL);
	FAILS(open_at(DIRECTORY, "file", READ, 0x8000, &fd), EINVAL);
}

CASE(socket)
{
	cloudabi_fd_t fd;

	FAILS(open_at(DIRECTORY, "socket", READ, 0, &fd), ENOTSUP);
	FAILS(open_at(DIRECTORY, "socket", READ | WRITE, 0, &fd), ENOTSUP);
}

CASE(fifo)
{
	cloudabi_fd_t reader, writer;

	OK(open_at(DIRECTORY, "fifo", READ, 0, &reader));
	EQUAL(fdstat_of(reader).fs_filetype, CLOUDABI_FILETYPE_SOCKET_STREAM);
	OK(open_with(DIRECTORY, "fifo", 0,
		     CLOUDABI_RIGHT_FD_WRITE | CLOUDABI_RIGHT_FD_STAT_PUT_FLAGS,
		     &writer));
	OK(put(writer, "text"));
	expect_text(reader, "text");
	OK(sys.fd_close(writer));
	expect_text(reader, "");
	OK(sys.fd_close(reader));
}

/* The broker waits for nobody. */
CASE(fifo_without_reader)
{
	cloudabi_fd_t fd;

	FAILS(open_with(DIRECTORY, "fifo", 0, CLOUDABI_RIGHT_FD_WRITE, &fd),
	      ENXIO);
}

CASE(table_is_full)
{
	static cloudabi_fd_t fds[1024];
	cloudabi_fd_t fd;
	size_t len = 0;

	while (sys.fd_dup(READ_ONLY, &fds[len]) == 0)
		len++;
	FAILS(open_at(DIRECTORY, "file", READ, 0, &fd), EMFILE);
	FAILS(open_at(DIRECTORY, "sub", READ, 0, &fd), EMFILE);
	while (len > 0)
		OK(sys.fd_close(fds[--len]));
	OK(open_at(DIRECTORY, "file", READ, 0, &fd));
	expect_text(fd, "content");
}

CASE(missing_right)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t fd;

	FAILS(open_at(without(dir, CLOUDABI_RIGHT_FILE_OPEN), "file", READ, 0,
		      &fd),
	      ENOTCAPABLE);
	FAILS(open_at(without(dir, CLOUDABI_RIGHT_FILE_CREATE_FILE), "new",
		      WRITE, CREAT, &fd),
	      ENOTCAPABLE);
	FAILS(open_at(without(dir, CLOUDABI_RIGHT_FILE_CREATE_FILE), "file",
		      READ, CREAT, &fd),
	      ENOTCAPABLE);
	CHECK(!exists(dir, "new"));
}

CASE(no_directory_descriptor)
{
	cloudabi_fd_t fd;

	FAILS(open_with(NO_FD, "file", 0, CLOUDABI_RIGHT_FD_READ, &fd), EBADF);
	FAILS(open_with(UINT32_MAX, "file", 0, 0, &fd), EBADF);
	FAILS(open_with(READ_WRITE, "file", 0, 0, &fd), ENOTCAPABLE);
	FAILS(open_with(SOCKET, "file", 0, 0, &fd), ENOTCAPABLE);
}

/* A device that was received has the right, whatever it can do. */
CASE(below_a_device)
{
	cloudabi_fd_t fd;

	FAILS(open_with(pass(DEVICE), "file", 0, 0, &fd), ENOTDIR);
}

ENDS(attributes_nowhere, -11)
{
	cloudabi_fd_t fd;

	sys.file_open((cloudabi_lookup_t){DIRECTORY, 0}, TEXT("file"), 0,
		      NOWHERE, &fd);
}

ENDS(result_to_nowhere, -11)
{
	const cloudabi_fdstat_t wanted = {
		.fs_rights_base = CLOUDABI_RIGHT_FD_READ,
	};

	sys.file_open((cloudabi_lookup_t){DIRECTORY, 0}, TEXT("file"), 0,
		      &wanted, NOWHERE);
}
