/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects taken for something that they are not. */

#include "capability.h"

static char buf[64];
static size_t n;

/* To the host it is a socket that leads to the broker. */
CASE(directory_read)
{
	FAILS(get(new_directory(), buf, sizeof(buf), &n), ENOTCAPABLE);
}

CASE(directory_written)
{
	FAILS(put(new_directory(), "request"), ENOTCAPABLE);
}

CASE(directory_received_from)
{
	cloudabi_recv_out_t out;
	cloudabi_fd_t arrived;

	FAILS(receive(new_directory(), buf, sizeof(buf), &arrived, 1, 0, &out),
	      ENOTCAPABLE);
	FAILS(receive(new_directory(), NULL, 0, NULL, 0, 0, &out), ENOTCAPABLE);
}

CASE(directory_sent_to)
{
	const cloudabi_fd_t fd = READ_ONLY;

	FAILS(send_fds(new_directory(), &fd, 1), ENOTCAPABLE);
	FAILS(send_fds(new_directory(), NULL, 0), ENOTCAPABLE);
}

CASE(directory_shut_down)
{
	cloudabi_fd_t dir = new_directory();

	FAILS(sys.sock_shutdown(dir, CLOUDABI_SHUT_RD | CLOUDABI_SHUT_WR),
	      ENOTCAPABLE);
	expect_file(dir, "file", "content");
}

CASE(directory_accepted_from)
{
	cloudabi_recv_out_t out;
	cloudabi_fd_t fd;

	FAILS(receive(new_directory(), NULL, 0, &fd, 1, 0, &out), ENOTCAPABLE);
}

CASE(directory_polled)
{
	FAILS(poll_fd(CLOUDABI_EVENTTYPE_FD_READ, new_directory()),
	      ENOTCAPABLE);
	FAILS(poll_fd(CLOUDABI_EVENTTYPE_FD_WRITE, new_directory()),
	      ENOTCAPABLE);
}

CASE(directory_mapped)
{
	void *memory;

	FAILS(sys.mem_map(NULL, page_size, 0, CLOUDABI_MAP_PRIVATE,
			  new_directory(), 0, &memory),
	      ENOTCAPABLE);
}

CASE(directory_sought_in)
{
	cloudabi_filesize_t at;

	FAILS(sys.fd_seek(new_directory(), 0, CLOUDABI_WHENCE_CUR, &at),
	      ENOTCAPABLE);
}

CASE(directory_truncated)
{
	FAILS(sys.file_stat_fput(new_directory(), &(cloudabi_filestat_t){0},
				 CLOUDABI_FILESTAT_SIZE),
	      ENOTCAPABLE);
}

static void expect_no_directory(cloudabi_fd_t fd)
{
	cloudabi_filestat_t stat;
	cloudabi_fd_t opened;

	FAILS(open_with(fd, "file", 0, 0, &opened), ENOTCAPABLE);
	FAILS(open_with(fd, ".", 0, 0, &opened), ENOTCAPABLE);
	FAILS(sys.file_stat_get((cloudabi_lookup_t){fd, 0}, TEXT("."), &stat),
	      ENOTCAPABLE);
	FAILS(sys.file_readdir(fd, buf, sizeof(buf), 0, &n), ENOTCAPABLE);
	FAILS(sys.file_unlink(fd, TEXT("file"), 0), ENOTCAPABLE);
	FAILS(sys.file_create(fd, TEXT("new"), CLOUDABI_FILETYPE_DIRECTORY),
	      ENOTCAPABLE);
}

CASE(file_as_a_directory)
{
	expect_no_directory(new_file("text"));
}

CASE(socket_as_a_directory)
{
	cloudabi_fd_t a, b;

	make_pair(CLOUDABI_FILETYPE_SOCKET_DGRAM, &a, &b);
	expect_no_directory(a);
	expect_no_directory(SOCKET);
}

CASE(memory_as_a_directory)
{
	expect_no_directory(make_memory(4));
}

/* A socket whose other end answers as the broker would. */
CASE(socket_that_plays_the_broker)
{
	cloudabi_fd_t a, b;

	make_pair(CLOUDABI_FILETYPE_SOCKET_DGRAM, &a, &b);
	a = pass(a);
	EQUAL(fdstat_of(a).fs_filetype, CLOUDABI_FILETYPE_SOCKET_DGRAM);
	expect_no_directory(a);
}

CASE(file_as_a_socket)
{
	cloudabi_fd_t fd = new_file("text");

	FAILS(sys.sock_shutdown(fd, CLOUDABI_SHUT_RD), ENOTCAPABLE);
	FAILS(send_fds(without(fd, RIGHT(FD_WRITE)), NULL, 0), ENOTCAPABLE);
}

CASE(memory_is_not_polled_or_sought_in)
{
	cloudabi_fd_t fd = make_memory(4);
	cloudabi_filesize_t at;

	FAILS(poll_fd(CLOUDABI_EVENTTYPE_FD_READ, fd), ENOTCAPABLE);
	FAILS(sys.fd_seek(fd, 0, CLOUDABI_WHENCE_CUR, &at), ENOTCAPABLE);
	FAILS(put_flags(fd, 0), ENOTCAPABLE);
}

/* What was mapped for reading does not become writable. */
CASE(mapping_of_a_file_for_reading)
{
	void *memory;

	OK(sys.mem_map(NULL, page_size, CLOUDABI_PROT_READ, CLOUDABI_MAP_SHARED,
		       READ_ONLY, 0, &memory));
	CHECK(sys.mem_protect(memory, page_size, CLOUDABI_PROT_WRITE) != 0);
	CHECK(sys.mem_protect(memory, page_size,
			      CLOUDABI_PROT_READ | CLOUDABI_PROT_WRITE) != 0);
}

CASE(mapping_becomes_executable)
{
	void *memory = allocate(page_size);

	FAILS(sys.mem_protect(memory, page_size, CLOUDABI_PROT_EXEC), ENOTSUP);
	FAILS(sys.mem_protect(memory, page_size,
			      CLOUDABI_PROT_READ | CLOUDABI_PROT_EXEC),
	      ENOTSUP);
}

CASE(file_for_appending_can_be_no_more)
{
	cloudabi_fd_t dir = limited(new_directory(), UINT64_MAX,
				    RIGHT(FD_WRITE) | RIGHT(FD_READ));
	const cloudabi_fdstat_t wanted = {
		.fs_flags = CLOUDABI_FDFLAG_APPEND,
		.fs_rights_base = RIGHT(FD_WRITE),
	};
	const cloudabi_ciovec_t iov = {"x", 1};
	cloudabi_fd_t fd;

	OK(sys.file_open((cloudabi_lookup_t){dir, 0}, TEXT("file"), 0, &wanted,
			 &fd));
	FAILS(put_flags(fd, 0), ENOTCAPABLE);
	FAILS(sys.fd_pwrite(fd, &iov, 1, 0, &n), ENOTCAPABLE);
	OK(put(fd, "!"));
	OK(open_with(dir, "file", 0, RIGHT(FD_READ), &fd));
	expect_text(fd, "content!");
}

CASE(listing_shows_nothing_above)
{
	cloudabi_dirent_t entry;
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t fd;

	/* The number of `..` is all that is told. */
	OK(sys.file_readdir(dir, buf, sizeof(buf), 0, &n));
	memcpy(&entry, buf, sizeof(entry));
	CHECK(entry.d_namlen <= sizeof(buf) - sizeof(entry));
	FAILS(open_at(dir, "..", READ, 0, &fd), ENOTCAPABLE);
	FAILS(sys.file_stat_get((cloudabi_lookup_t){dir, 0}, TEXT(".."),
				&(cloudabi_filestat_t){0}),
	      ENOTCAPABLE);
}
