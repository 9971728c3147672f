/* SPDX-License-Identifier: BSD-2-Clause */
/* sock_recv: bytes and messages; connections and addresses. */

#include "test.h"

#define STREAM CLOUDABI_FILETYPE_SOCKET_STREAM
#define DGRAM CLOUDABI_FILETYPE_SOCKET_DGRAM
#define PEEK CLOUDABI_SOCK_RECV_PEEK
#define WAITALL CLOUDABI_SOCK_RECV_WAITALL
#define IOVS_MAX 1024

enum {
	UNKNOWN,
	INET,
	INET6,
	UNIX
};

static cloudabi_recv_out_t out;
static cloudabi_iovec_t iovs[IOVS_MAX + 1];
static char buf[IOVS_MAX + 1];
static cloudabi_fd_t a, b;

/* Receives up to 16 bytes. */
static cloudabi_errno_t receive_data(cloudabi_fd_t sock,
				     cloudabi_riflags_t flags)
{
	return receive(sock, buf, 16, NULL, 0, flags, &out);
}

static cloudabi_errno_t receive_iovs(cloudabi_fd_t sock,
				     const cloudabi_iovec_t *data, size_t len)
{
	const cloudabi_recv_in_t in = {data, len, NULL, 0, 0};

	return sys.sock_recv(sock, &in, &out);
}

static void expect(const char *text, cloudabi_roflags_t flags)
{
	EQUAL(out.ro_datalen, strlen(text));
	EQUAL(memcmp(buf, text, strlen(text)), 0);
	EQUAL(out.ro_fdslen, 0);
	EQUAL(out.ro_flags, flags);
}

CASE(stream)
{
	make_pair(STREAM, &a, &b);
	OK(put(a, "text"));
	OK(put(a, " and more"));
	OK(receive_data(b, 0));
	expect("text and more", 0);
}

CASE(stream_in_pieces)
{
	OK(put(a, "text"));
	OK(receive(b, buf, 2, NULL, 0, 0, &out));
	expect("te", 0);
	OK(receive_data(b, 0));
	expect("xt", 0);
}

CASE(peek)
{
	OK(put(a, "text"));
	OK(receive_data(b, PEEK));
	expect("text", 0);
	OK(receive_data(b, 0));
	expect("text", 0);
}

static void put_rest(cloudabi_tid_t tid, void *argument)
{
	(void)tid;
	(void)argument;
	sleep_ns(5 * MILLISECOND);
	OK(put(a, "89abcdef"));
	park();
}

CASE(waitall)
{
	OK(put(a, "01234567"));
	spawn(put_rest, NULL);
	OK(receive_data(b, WAITALL));
	expect("0123456789abcdef", 0);
}

CASE(waitall_until_the_end)
{
	OK(put(a, "text"));
	OK(sys.fd_close(a));
	OK(receive_data(b, WAITALL));
	expect("text", 0);
}

CASE(end_of_stream)
{
	OK(receive_data(b, 0));
	expect("", 0);
	OK(receive_data(b, WAITALL));
	expect("", 0);
}

CASE(messages)
{
	make_pair(DGRAM, &a, &b);
	OK(put(a, "one"));
	OK(put(a, "two"));
	OK(receive_data(b, 0));
	expect("one", 0);
	OK(receive_data(b, 0));
	expect("two", 0);
}

CASE(cut_message)
{
	OK(put(a, "long message"));
	OK(put(a, "next"));
	OK(receive(b, buf, 4, NULL, 0, 0, &out));
	expect("long", CLOUDABI_SOCK_RECV_DATA_TRUNCATED);
	OK(receive_data(b, 0));
	expect("next", 0);
}

CASE(empty_message)
{
	const cloudabi_send_in_t nothing = {0};
	cloudabi_send_out_t sent;

	OK(sys.sock_send(a, &nothing, &sent));
	OK(put(a, "next"));
	OK(receive_data(b, 0));
	expect("", 0);
	OK(receive_data(b, 0));
	expect("next", 0);
}

CASE(scattered)
{
	char x[2], y[8];
	const cloudabi_iovec_t two[] = {{x, 2}, {y, 8}};

	OK(put(a, "message"));
	OK(receive_iovs(b, two, 2));
	EQUAL(out.ro_datalen, 7);
	EQUAL(memcmp(x, "me", 2), 0);
	EQUAL(memcmp(y, "ssage", 5), 0);
}

CASE(as_many_vectors_as_can_be)
{
	for (size_t i = 0; i < ARRAY_LEN(iovs); i++)
		iovs[i] = (cloudabi_iovec_t){&buf[i], 1};
	OK(put(a, "message"));
	OK(receive_iovs(b, iovs, IOVS_MAX));
	expect("message", 0);
	OK(put(a, "more"));
	FAILS(receive_iovs(b, iovs, IOVS_MAX + 1), EMSGSIZE);
	expect_text(b, "more");
}

CASE(sum_overflows)
{
	const cloudabi_iovec_t two[] = {{buf, SIZE_MAX}, {buf, 2}};

	OK(put(a, "message"));
	FAILS(receive_iovs(b, two, 2), EINVAL);
	expect_text(b, "message");
}

CASE(nothing_there)
{
	OK(put_flags(b, CLOUDABI_FDFLAG_NONBLOCK));
	FAILS(receive_data(b, 0), EAGAIN);
	FAILS(receive_data(b, PEEK), EAGAIN);
	OK(put(a, "x"));
	OK(receive_data(b, 0));
}

CASE(pointers_nowhere)
{
	const cloudabi_iovec_t iov = {NOWHERE, 4};

	OK(put_flags(b, 0));
	OK(put(a, "message"));
	FAILS(receive_iovs(b, NOWHERE, 1), EFAULT);
	FAILS(receive_iovs(b, &iov, 1), EFAULT);
}

CASE(echo)
{
	OK(put(SOCKET, "echo"));
	OK(receive_data(SOCKET, 0));
	expect("echo", 0);
	EQUAL(out.ro_names.sockname.family, UNIX);
	EQUAL(out.ro_names.peername.family, UNIX);
}

static void expect_loopback(const cloudabi_sockaddr_t *name)
{
	EQUAL(name->family, INET);
	EQUAL(name->addr[0], 127);
	EQUAL(name->addr[3], 1);
	CHECK(name->port != 0);
}

CASE(names_of_a_listener)
{
	OK(receive(LISTENER, NULL, 0, NULL, 0, 0, &out));
	expect_loopback(&out.ro_names.sockname);
	EQUAL(out.ro_names.peername.family, UNKNOWN);
	EQUAL(out.ro_datalen, 0);
	EQUAL(out.ro_fdslen, 0);
}

CASE(accept)
{
	cloudabi_sockaddr_t listening;
	cloudabi_recv_out_t connection;
	cloudabi_fdstat_t stat;
	cloudabi_fd_t fd;

	OK(receive(LISTENER, NULL, 0, NULL, 0, 0, &out));
	listening = out.ro_names.sockname;
	OK(receive(LISTENER, NULL, 0, &fd, 1, 0, &connection));
	EQUAL(connection.ro_fdslen, 1);
	EQUAL(connection.ro_datalen, 0);
	expect_loopback(&connection.ro_names.peername);
	EQUAL(memcmp(&connection.ro_names.sockname, &listening,
		     sizeof(listening)),
	      0);
	stat = fdstat_of(fd);
	EQUAL(stat.fs_filetype, STREAM);
	EQUAL(stat.fs_rights_base, UINT64_C(0x801008004a));
	EQUAL(stat.fs_rights_inheriting, UINT64_C(0x815ffff7ff));
	OK(receive_data(fd, 0));
	expect("hi", 0);
	EQUAL(memcmp(&out.ro_names, &connection.ro_names, sizeof(out.ro_names)),
	      0);
}

CASE(nobody_to_accept)
{
	cloudabi_fd_t fd = 77;

	OK(put_flags(LISTENER, CLOUDABI_FDFLAG_NONBLOCK));
	FAILS(receive(LISTENER, NULL, 0, &fd, 1, 0, &out), EAGAIN);
	EQUAL(fd, 77);
}

CASE(names_without_receiving)
{
	make_pair(STREAM, &a, &b);
	OK(receive(b, NULL, 0, NULL, 0, 0, &out));
	EQUAL(out.ro_names.sockname.family, UNIX);
	EQUAL(out.ro_datalen, 0);
	OK(put(a, "text"));
	OK(receive(b, NULL, 0, NULL, 0, 0, &out));
	expect_text(b, "text");
}

/* Results are stored by calls that succeed only. */
CASE(result_stays_after_an_error)
{
	out.ro_datalen = 77;
	out.ro_fdslen = 78;
	FAILS(receive_data(NO_FD, 0), EBADF);
	FAILS(receive_data(READ_WRITE, 0), ENOTSOCK);
	FAILS(receive(READ_WRITE, NULL, 0, NULL, 0, 0, &out), ENOTSOCK);
	EQUAL(out.ro_datalen, 77);
	EQUAL(out.ro_fdslen, 78);
}

CASE(no_socket)
{
	cloudabi_fd_t fifo;

	FAILS(receive_data(READ_WRITE, 0), ENOTSOCK);
	FAILS(receive(READ_WRITE, NULL, 0, NULL, 0, 0, &out), ENOTSOCK);
	OK(open_at(DIRECTORY, "fifo", READ, 0, &fifo));
	FAILS(receive_data(fifo, 0), ENOTSOCK);
	FAILS(receive_data(make_memory(1), 0), ENOTSOCK);
}

CASE(missing_right)
{
	FAILS(receive_data(without(SOCKET, CLOUDABI_RIGHT_FD_READ), 0),
	      ENOTCAPABLE);
	FAILS(receive(without(SOCKET, CLOUDABI_RIGHT_FD_READ), NULL, 0, NULL, 0,
		      0, &out),
	      ENOTCAPABLE);
	FAILS(receive(without(LISTENER, CLOUDABI_RIGHT_FD_READ), NULL, 0, &a, 1,
		      0, &out),
	      ENOTCAPABLE);
	FAILS(receive_data(DIRECTORY, 0), ENOTCAPABLE);
}

CASE(no_descriptor)
{
	FAILS(receive_data(NO_FD, 0), EBADF);
	FAILS(receive_data(UINT32_MAX, 0), EBADF);
}

ENDS(arguments_nowhere, -11)
{
	sys.sock_recv(SOCKET, NOWHERE, &out);
}

ENDS(result_to_nowhere, -11)
{
	const cloudabi_recv_in_t in = {0};

	sys.sock_recv(SOCKET, &in, NOWHERE);
}
