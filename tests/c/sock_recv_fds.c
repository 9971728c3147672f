/* SPDX-License-Identifier: BSD-2-Clause */
/* sock_recv and sock_send: descriptors. */

#include "test.h"

#define STREAM CLOUDABI_FILETYPE_SOCKET_STREAM
#define DGRAM CLOUDABI_FILETYPE_SOCKET_DGRAM
#define FDS_TRUNCATED CLOUDABI_SOCK_RECV_FDS_TRUNCATED
/* As many as Linux passes on in one message. */
#define MOST 253

static cloudabi_recv_out_t out;
static cloudabi_fd_t sent[MOST + 1];
static cloudabi_fd_t fds[MOST + 1];
static cloudabi_fd_t a, b;
static char buf[16];

static cloudabi_errno_t receive_fds(size_t len)
{
	memset(fds, 0x77, sizeof(fds));
	return receive(b, buf, sizeof(buf), fds, len, 0, &out);
}

static void close_all(size_t len)
{
	for (size_t i = 0; i < len; i++)
		OK(sys.fd_close(fds[i]));
}

/* How many numbers are free. */
static size_t room(void)
{
	static cloudabi_fd_t copies[1024];
	size_t len = 0;
	size_t i = 0;

	while (sys.fd_dup(READ_ONLY, &copies[len]) == 0)
		len++;
	while (i < len)
		OK(sys.fd_close(copies[i++]));
	return len;
}

CASE(one)
{
	make_pair(STREAM, &a, &b);
	sent[0] = new_file("text");
	OK(send_fds(a, sent, 1));
	OK(receive_fds(4));
	EQUAL(out.ro_datalen, 1);
	EQUAL(out.ro_fdslen, 1);
	EQUAL(out.ro_flags, 0);
	expect_text(fds[0], "text");
	/* It is the same file with the same position. */
	expect_text(sent[0], "");
	close_all(1);
}

CASE(none)
{
	OK(send_fds(a, NULL, 0));
	OK(receive_fds(4));
	EQUAL(out.ro_datalen, 1);
	EQUAL(out.ro_fdslen, 0);
	EQUAL(out.ro_flags, 0);
}

CASE(several_kinds)
{
	cloudabi_fd_t memory = make_memory(page_size);
	const cloudabi_fd_t kinds[] = {READ_ONLY, SOCKET, OUTPUT, memory};

	OK(send_fds(a, kinds, 4));
	OK(receive_fds(4));
	EQUAL(out.ro_fdslen, 4);
	EQUAL(fdstat_of(fds[0]).fs_filetype, CLOUDABI_FILETYPE_REGULAR_FILE);
	EQUAL(fdstat_of(fds[1]).fs_filetype, STREAM);
	EQUAL(fdstat_of(fds[1]).fs_rights_inheriting, CLOUDABI_RIGHTS_ALL);
	EQUAL(fdstat_of(fds[2]).fs_filetype, STREAM);
	/* A deviation: Linux does not tell shared memory from a file. */
	EQUAL(fdstat_of(fds[3]).fs_filetype, CLOUDABI_FILETYPE_REGULAR_FILE);
	close_all(4);
}

CASE(access_mode_goes_along)
{
	cloudabi_fd_t arrived = pass(READ_ONLY);

	FAILS(put(arrived, "x"), ENOTCAPABLE);
	OK(sys.fd_close(arrived));
	arrived = pass(OUTPUT);
	EQUAL(rights_of(arrived) & CLOUDABI_RIGHT_FD_READ, 0);
	OK(sys.fd_close(arrived));
}

CASE(same_one_twice)
{
	const cloudabi_fd_t twice[] = {READ_ONLY, READ_ONLY};

	OK(send_fds(a, twice, 2));
	OK(receive_fds(2));
	EQUAL(out.ro_fdslen, 2);
	CHECK(fds[0] != fds[1]);
	close_all(2);
}

CASE(as_many_as_can_be)
{
	for (size_t i = 0; i < MOST; i++)
		sent[i] = READ_ONLY;
	OK(send_fds(a, sent, MOST));
	OK(receive_fds(MOST));
	EQUAL(out.ro_fdslen, MOST);
	EQUAL(out.ro_flags, 0);
	for (size_t i = 0; i < MOST; i++)
		EQUAL(fdstat_of(fds[i]).fs_filetype,
		      CLOUDABI_FILETYPE_REGULAR_FILE);
	close_all(MOST);
}

CASE(too_many)
{
	for (size_t i = 0; i <= MOST; i++)
		sent[i] = READ_ONLY;
	FAILS(send_fds(a, sent, MOST + 1), EINVAL);
	FAILS(send_fds(a, sent, SIZE_MAX), EINVAL);
}

/* The others are gone, and take no numbers. */
NATIVE(less_room_than_needed, "nobody is told that descriptors were cut")
{
	size_t before = room();

	OK(send_fds(a, sent, 3));
	OK(receive_fds(1));
	EQUAL(out.ro_datalen, 1);
	EQUAL(out.ro_fdslen, 1);
	EQUAL(out.ro_flags, FDS_TRUNCATED);
	EQUAL(fds[1], 0x77777777);
	close_all(1);
	EQUAL(room(), before);
}

CASE(no_room)
{
	size_t before = room();

	OK(send_fds(a, sent, 2));
	OK(receive_fds(0));
	EQUAL(out.ro_datalen, 1);
	EQUAL(out.ro_fdslen, 0);
	EQUAL(out.ro_flags, FDS_TRUNCATED);
	EQUAL(room(), before);
}

CASE(no_numbers)
{
	static cloudabi_fd_t copies[1024];
	size_t len = 0;

	OK(send_fds(a, sent, 2));
	while (sys.fd_dup(READ_ONLY, &copies[len]) == 0)
		len++;
	OK(receive_fds(2));
	EQUAL(out.ro_datalen, 1);
	EQUAL(out.ro_fdslen, 0);
	EQUAL(out.ro_flags, FDS_TRUNCATED);
	while (len > 0)
		OK(sys.fd_close(copies[--len]));
}

/* Closed by the sender before anybody received it. */
CASE(closed_on_the_way)
{
	cloudabi_fd_t fd = new_file("text");

	OK(send_fds(a, &fd, 1));
	OK(sys.fd_close(fd));
	OK(receive_fds(1));
	EQUAL(out.ro_fdslen, 1);
	expect_text(fds[0], "text");
	close_all(1);
}

CASE(never_received)
{
	cloudabi_fd_t x, y, p, q;

	make_pair(STREAM, &x, &y);
	make_pair(STREAM, &p, &q);
	OK(send_fds(x, &q, 1));
	OK(sys.fd_close(q));
	OK(sys.fd_close(x));
	OK(sys.fd_close(y));
	FAILS(put(p, "x"), EPIPE);
}

CASE(directory)
{
	cloudabi_fd_t dir = pass(new_directory());
	cloudabi_fd_t fd;

	EQUAL(fdstat_of(dir).fs_filetype, CLOUDABI_FILETYPE_DIRECTORY);
	expect_file(dir, "file", "content");
	make_file(dir, "new", "text");
	OK(open_at(dir, "sub", READ, 0, &fd));
	OK(sys.fd_close(dir));
}

/* The receiver's capability is one of its own. */
CASE(directory_closed_on_the_way)
{
	cloudabi_fd_t dir = new_directory();

	OK(send_fds(a, &dir, 1));
	OK(sys.fd_close(dir));
	OK(receive_fds(1));
	expect_file(fds[0], "file", "content");
	close_all(1);
}

CASE(messages)
{
	make_pair(DGRAM, &a, &b);
	sent[0] = new_file("first");
	sent[1] = new_file("second");
	OK(send_fds(a, &sent[0], 1));
	OK(send_fds(a, &sent[1], 1));
	OK(receive_fds(4));
	EQUAL(out.ro_fdslen, 1);
	expect_text(fds[0], "first");
	close_all(1);
	OK(receive_fds(4));
	EQUAL(out.ro_fdslen, 1);
	expect_text(fds[0], "second");
	close_all(1);
}

CASE(reading_drops_them)
{
	size_t before = room();

	OK(send_fds(a, sent, 2));
	expect_text(b, "x");
	EQUAL(room(), before);
}

CASE(socket_through_itself)
{
	cloudabi_fd_t copy;

	OK(send_fds(a, &a, 1));
	OK(receive_fds(1));
	copy = fds[0];
	OK(put(copy, "via the copy"));
	expect_text(b, "via the copy");
	OK(sys.fd_close(copy));
}

CASE(no_descriptor)
{
	const cloudabi_fd_t wrong[] = {READ_ONLY, NO_FD};

	FAILS(send_fds(a, wrong, 2), EBADF);
	FAILS(send_fds(a, wrong + 1, 1), EBADF);
	FAILS(send_fds(a, &(cloudabi_fd_t){UINT32_MAX}, 1), EBADF);
	OK(put(a, "nothing before this"));
	expect_text(b, "nothing before this");
}

ENDS(descriptors_nowhere, -11)
{
	make_pair(STREAM, &a, &b);
	send_fds(a, NOWHERE, 1);
}

ENDS(room_nowhere, -11)
{
	make_pair(STREAM, &a, &b);
	OK(send_fds(a, &(cloudabi_fd_t){READ_ONLY}, 1));
	receive(b, buf, 1, NOWHERE, 1, 0, &out);
}
