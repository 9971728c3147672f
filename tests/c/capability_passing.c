/* SPDX-License-Identifier: BSD-2-Clause */
/* What a descriptor that went over a socket must not allow. */

#include "capability.h"

static cloudabi_fd_t fd;

static cloudabi_errno_t open_rights(cloudabi_fd_t dir, const char *path,
				    cloudabi_rights_t base,
				    cloudabi_rights_t inheriting,
				    cloudabi_fd_t *result)
{
	const cloudabi_fdstat_t wanted = {
		.fs_rights_base = base,
		.fs_rights_inheriting = inheriting,
	};

	return sys.file_open((cloudabi_lookup_t){dir, 0}, path, strlen(path), 0,
			     &wanted, result);
}

static void expect_equal(cloudabi_fd_t a, cloudabi_fd_t b)
{
	cloudabi_fdstat_t x = fdstat_of(a);
	cloudabi_fdstat_t y = fdstat_of(b);

	EQUAL(x.fs_filetype, y.fs_filetype);
	EQUAL(x.fs_rights_base, y.fs_rights_base);
	EQUAL(x.fs_rights_inheriting, y.fs_rights_inheriting);
}

CASE(directory_keeps_its_rights)
{
	cloudabi_fd_t dir = new_directory();

	expect_equal(pass(dir), dir);
}

CASE(directory_gets_no_more_rights)
{
	cloudabi_fd_t dir =
		limited(new_directory(), RIGHT(FILE_OPEN) | RIGHT(FILE_READDIR),
			RIGHT(FD_READ));
	cloudabi_fd_t arrived = pass(dir);

	expect_equal(arrived, dir);
	FAILS(sys.file_unlink(arrived, TEXT("file"), 0), ENOTCAPABLE);
	FAILS(open_with(arrived, "file", 0, RIGHT(FD_WRITE), &fd), ENOTCAPABLE);
	FAILS(open_with(arrived, "new", CLOUDABI_O_CREAT, RIGHT(FD_READ), &fd),
	      ENOTCAPABLE);
	OK(open_with(arrived, "file", 0, RIGHT(FD_READ), &fd));
	expect_text(fd, "content");
}

CASE(directory_without_rights)
{
	cloudabi_fd_t arrived = pass(limited(new_directory(), 0, 0));
	size_t n;

	EQUAL(rights_of(arrived), 0);
	FAILS(open_with(arrived, "file", 0, 0, &fd), ENOTCAPABLE);
	FAILS(sys.file_readdir(arrived, NULL, 0, 0, &n), ENOTCAPABLE);
}

CASE(directory_passed_twice)
{
	cloudabi_fd_t dir = without(new_directory(), RIGHT(FILE_UNLINK));
	cloudabi_fd_t arrived = pass(pass(dir));

	expect_equal(arrived, dir);
	FAILS(sys.file_unlink(arrived, TEXT("file"), 0), ENOTCAPABLE);
}

/* Each holder's rights are its own. */
CASE(receiver_that_gives_up_rights)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t arrived = pass(dir);

	restrict_rights(arrived, RIGHT(FILE_UNLINK));
	FAILS(sys.file_unlink(arrived, TEXT("file"), 0), ENOTCAPABLE);
	OK(sys.file_unlink(dir, TEXT("file"), 0));
}

CASE(sender_that_gives_up_rights_before)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t arrived;

	restrict_rights(dir, RIGHT(FILE_UNLINK));
	arrived = pass(dir);
	FAILS(sys.file_unlink(arrived, TEXT("file"), 0), ENOTCAPABLE);
}

CASE(received_directory_asks_for_rights_back)
{
	cloudabi_fd_t arrived = pass(
		limited(new_directory(), RIGHT(FILE_OPEN), RIGHT(FD_READ)));
	const cloudabi_fdstat_t all = {
		.fs_rights_base = CLOUDABI_MAX_BASE_DIRECTORY,
		.fs_rights_inheriting = CLOUDABI_MAX_INHERITING_DIRECTORY,
	};

	FAILS(sys.fd_stat_put(arrived, &all, CLOUDABI_FDSTAT_RIGHTS),
	      ENOTCAPABLE);
	EQUAL(rights_of(arrived), RIGHT(FILE_OPEN));
}

CASE(received_directory_confines)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t arrived, sub;

	make_link(dir, "sub/up", "..");
	make_link(dir, "sub/away", "/etc");
	OK(open_at(dir, "sub", READ, 0, &sub));
	arrived = pass(sub);
	FAILS(open_at(arrived, "..", READ, 0, &fd), ENOTCAPABLE);
	FAILS(open_at(arrived, "../file", READ, 0, &fd), ENOTCAPABLE);
	FAILS(open_at(arrived, "up/file", READ, 0, &fd), ENOTCAPABLE);
	FAILS(open_at(arrived, "away/passwd", READ, 0, &fd), ENOTCAPABLE);
	FAILS(open_at(arrived, "/etc/passwd", READ, 0, &fd), ENOTCAPABLE);
	FAILS(sys.file_rename(arrived, TEXT("up"), arrived, TEXT("../new")),
	      ENOTCAPABLE);
}

CASE(below_a_received_directory)
{
	cloudabi_fd_t arrived =
		pass(limited(new_directory(), RIGHT(FILE_OPEN),
			     RIGHT(FILE_OPEN) | RIGHT(FD_READ)));
	cloudabi_fd_t sub;

	FAILS(open_rights(arrived, "sub", RIGHT(FILE_READDIR), 0, &sub),
	      ENOTCAPABLE);
	FAILS(open_rights(arrived, "sub", RIGHT(FILE_OPEN), RIGHT(FD_WRITE),
			  &sub),
	      ENOTCAPABLE);
	OK(open_rights(arrived, "sub", RIGHT(FILE_OPEN), RIGHT(FD_READ), &sub));
	sub = pass(sub);
	FAILS(open_rights(sub, ".", RIGHT(FILE_OPEN), 0, &fd), ENOTCAPABLE);
}

/* Two capabilities in one call: each must allow its part. */
CASE(link_between_own_and_received)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t weak = pass(without(dir, RIGHT(FILE_LINK_TARGET)));
	cloudabi_fd_t other = new_directory();

	FAILS(sys.file_link((cloudabi_lookup_t){other, 0}, TEXT("file"), weak,
			    TEXT("new")),
	      ENOTCAPABLE);
	CHECK(!exists(dir, "new"));
	OK(sys.file_link((cloudabi_lookup_t){weak, 0}, TEXT("file"), other,
			 TEXT("new")));
}

CASE(rename_between_own_and_received)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t weak = pass(without(dir, RIGHT(FILE_RENAME_SOURCE)));
	cloudabi_fd_t other = new_directory();

	FAILS(sys.file_rename(weak, TEXT("file"), other, TEXT("new")),
	      ENOTCAPABLE);
	CHECK(exists(dir, "file"));
	OK(sys.file_rename(other, TEXT("file"), weak, TEXT("new")));
}

CASE(file_for_reading)
{
	cloudabi_fd_t dir = new_directory();
	void *memory;

	OK(open_at(dir, "file", READ, 0, &fd));
	fd = pass(fd);
	FAILS(put(fd, "x"), ENOTCAPABLE);
	FAILS(sys.mem_map(NULL, page_size, CLOUDABI_PROT_WRITE,
			  CLOUDABI_MAP_SHARED, fd, 0, &memory),
	      ENOTCAPABLE);
	expect_text(fd, "content");
	expect_file(dir, "file", "content");
}

CASE(file_for_writing)
{
	char buf[4];
	size_t n;

	OK(open_with(new_directory(), "file", 0, RIGHT(FD_WRITE), &fd));
	fd = pass(fd);
	FAILS(get(fd, buf, sizeof(buf), &n), ENOTCAPABLE);
	OK(put(fd, "x"));
}

/* Whatever rights the table then says: the host's descriptor is for reading. */
CASE(file_for_reading_cannot_change_its_size)
{
	const cloudabi_filestat_t empty = {0};
	cloudabi_fd_t dir = new_directory();

	OK(open_at(dir, "file", READ, 0, &fd));
	fd = pass(fd);
	CHECK(sys.file_stat_fput(fd, &empty, CLOUDABI_FILESTAT_SIZE) != 0);
	CHECK(sys.file_allocate(fd, 0, 100) != 0);
	expect_file(dir, "file", "content");
}

/* To the host it is a mere reference, which the receiver cannot use. */
CASE(file_that_can_be_neither_read_nor_written)
{
	cloudabi_fd_t dir = limited(new_directory(), UINT64_MAX, 0);
	cloudabi_recv_out_t out;
	cloudabi_fd_t a, b, arrived = 77;
	char buf[4];

	OK(open_rights(dir, "file", 0, 0, &fd));
	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	OK(send_fds(a, &fd, 1));
	OK(receive(b, buf, sizeof(buf), &arrived, 1, 0, &out));
	EQUAL(arrived, UINT32_MAX);
}

CASE(socket_is_passed_on_with_its_limits)
{
	cloudabi_fd_t a, b;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	fd = pass(a);
	OK(sys.sock_shutdown(fd, CLOUDABI_SHUT_WR));
	FAILS(put(fd, "x"), EPIPE);
	FAILS(put(pass(fd), "x"), EPIPE);
}

/* Nothing is sent by who may not write, nor taken by who may not read. */
CASE(sending_without_fd_write)
{
	const cloudabi_fd_t sent = READ_ONLY;
	cloudabi_fd_t a, b;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	FAILS(send_fds(without(a, RIGHT(FD_WRITE)), &sent, 1), ENOTCAPABLE);
	OK(put(a, "nothing before this"));
	expect_text(b, "nothing before this");
}

CASE(receiving_without_fd_read)
{
	const cloudabi_fd_t sent = READ_ONLY;
	cloudabi_recv_out_t out;
	cloudabi_fd_t a, b, arrived = 77;
	char buf[4];

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	OK(send_fds(a, &sent, 1));
	FAILS(receive(without(b, RIGHT(FD_READ)), buf, sizeof(buf), &arrived, 1,
		      0, &out),
	      ENOTCAPABLE);
	EQUAL(arrived, 77);
	OK(receive(b, buf, sizeof(buf), &arrived, 1, 0, &out));
	EQUAL(out.ro_fdslen, 1);
}

CASE(number_that_was_closed)
{
	cloudabi_fd_t a, b;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	fd = new_directory();
	OK(sys.fd_close(fd));
	FAILS(send_fds(a, &fd, 1), EBADF);
}
