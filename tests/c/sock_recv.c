/* SPDX-License-Identifier: BSD-2-Clause */
/* sock_recv: bytes, messages, descriptors, connections and addresses. */

#include "test.h"

enum {
	UNKNOWN,
	INET,
	INET6,
	UNIX
};

static cloudabi_errno_t receive(cloudabi_fd_t sock, char *buf, size_t len,
				cloudabi_fd_t *fds, size_t fds_len,
				cloudabi_riflags_t flags,
				cloudabi_recv_out_t *out)
{
	const cloudabi_iovec_t iov = {buf, len};
	const cloudabi_recv_in_t in = {&iov, buf == NULL ? 0 : 1, fds, fds_len,
				       flags};

	return sys.sock_recv(sock, &in, out);
}

static void send_fds(cloudabi_fd_t sock, const cloudabi_fd_t *fds, size_t len)
{
	const cloudabi_ciovec_t iov = {"x", 1};
	const cloudabi_send_in_t in = {&iov, 1, fds, len, 0};
	cloudabi_send_out_t out;

	OK(sys.sock_send(sock, &in, &out));
}

static void test_data(void)
{
	cloudabi_recv_out_t out;
	cloudabi_fd_t a, b;
	char buf[16];

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	OK(put(a, "text"));
	OK(receive(b, buf, 16, NULL, 0, CLOUDABI_SOCK_RECV_PEEK, &out));
	EQUAL(out.ro_datalen, 4);
	OK(receive(b, buf, 2, NULL, 0, 0, &out));
	EQUAL(out.ro_datalen, 2);
	EQUAL(out.ro_fdslen, 0);
	EQUAL(out.ro_flags, 0);
	EQUAL(memcmp(buf, "te", 2), 0);
	EQUAL(out.ro_names.sockname.family, UNIX);
	EQUAL(out.ro_names.peername.family, UNIX);

	OK(sys.fd_close(a));
	OK(receive(b, buf, 16, NULL, 0, CLOUDABI_SOCK_RECV_WAITALL, &out));
	EQUAL(out.ro_datalen, 2);
	OK(receive(b, buf, 16, NULL, 0, 0, &out));
	EQUAL(out.ro_datalen, 0);
}

static void test_messages(void)
{
	cloudabi_recv_out_t out;
	cloudabi_fd_t a, b;
	char buf[16];

	make_pair(CLOUDABI_FILETYPE_SOCKET_DGRAM, &a, &b);
	OK(put(a, "long message"));
	OK(put(a, "next"));
	OK(receive(b, buf, 4, NULL, 0, 0, &out));
	EQUAL(out.ro_datalen, 4);
	EQUAL(out.ro_flags, CLOUDABI_SOCK_RECV_DATA_TRUNCATED);
	OK(receive(b, buf, 16, NULL, 0, 0, &out));
	EQUAL(out.ro_datalen, 4);
	EQUAL(out.ro_flags, 0);
	EQUAL(memcmp(buf, "next", 4), 0);
}

static void test_descriptors(void)
{
	const cloudabi_fd_t sent[] = {READ_WRITE, READ_ONLY, SOCKET};
	cloudabi_fdstat_t stat;
	cloudabi_recv_out_t out;
	cloudabi_fd_t fds[4];
	cloudabi_fd_t a, b;
	char buf[4];

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	send_fds(a, sent, 3);
	OK(receive(b, buf, 4, fds, 4, 0, &out));
	EQUAL(out.ro_fdslen, 3);
	EQUAL(out.ro_flags, 0);
	expect_text(fds[0], "0123456789");
	FAILS(put(fds[1], "x"), ENOTCAPABLE);
	OK(sys.fd_stat_get(fds[2], &stat));
	EQUAL(stat.fs_filetype, CLOUDABI_FILETYPE_SOCKET_STREAM);
	EQUAL(stat.fs_rights_inheriting, CLOUDABI_RIGHTS_ALL);

	send_fds(a, sent, 3);
	OK(receive(b, buf, 4, fds, 1, 0, &out));
	EQUAL(out.ro_fdslen, 1);
	EQUAL(out.ro_flags, CLOUDABI_SOCK_RECV_FDS_TRUNCATED);
	send_fds(a, sent, 3);
	OK(receive(b, buf, 4, NULL, 0, 0, &out));
	EQUAL(out.ro_fdslen, 0);
	EQUAL(out.ro_flags, CLOUDABI_SOCK_RECV_FDS_TRUNCATED);
}

/* The receiver gets a capability of its own, with the sender's rights. */
static void test_directory(void)
{
	cloudabi_fdstat_t sent, received;
	cloudabi_recv_out_t out;
	cloudabi_fd_t a, b, dir, fd;
	char buf[4];

	restrict_rights(DIRECTORY, CLOUDABI_RIGHT_FILE_UNLINK);
	OK(sys.fd_stat_get(DIRECTORY, &sent));
	make_pair(CLOUDABI_FILETYPE_SOCKET_DGRAM, &a, &b);
	send_fds(a, (cloudabi_fd_t[]){DIRECTORY}, 1);
	OK(receive(b, buf, 4, &dir, 1, 0, &out));
	EQUAL(out.ro_fdslen, 1);
	OK(sys.fd_stat_get(dir, &received));
	EQUAL(received.fs_filetype, CLOUDABI_FILETYPE_DIRECTORY);
	EQUAL(received.fs_rights_base, sent.fs_rights_base);
	EQUAL(received.fs_rights_inheriting, sent.fs_rights_inheriting);

	OK(sys.fd_close(DIRECTORY));
	OK(open_at(dir, "file", READ, 0, &fd));
	expect_text(fd, "content");
	FAILS(sys.file_unlink(dir, TEXT("file"), 0), ENOTCAPABLE);
}

static void check_loopback(const cloudabi_sockaddr_t *name)
{
	EQUAL(name->family, INET);
	EQUAL(name->addr[0], 127);
	EQUAL(name->addr[3], 1);
	CHECK(name->port != 0);
}

static void test_accept(void)
{
	cloudabi_recv_out_t listener, connection, again;
	cloudabi_fdstat_t stat;
	cloudabi_fd_t fd;
	char buf[16];

	OK(receive(LISTENER, NULL, 0, NULL, 0, 0, &listener));
	check_loopback(&listener.ro_names.sockname);
	EQUAL(listener.ro_names.peername.family, UNKNOWN);
	EQUAL(listener.ro_datalen, 0);

	OK(receive(LISTENER, NULL, 0, &fd, 1, 0, &connection));
	EQUAL(connection.ro_fdslen, 1);
	check_loopback(&connection.ro_names.sockname);
	check_loopback(&connection.ro_names.peername);
	EQUAL(connection.ro_names.sockname.port,
	      listener.ro_names.sockname.port);
	OK(sys.fd_stat_get(fd, &stat));
	EQUAL(stat.fs_filetype, CLOUDABI_FILETYPE_SOCKET_STREAM);
	EQUAL(stat.fs_rights_base, CLOUDABI_MAX_BASE_SOCKET);
	OK(receive(fd, buf, 16, NULL, 0, 0, &again));
	EQUAL(again.ro_datalen, 2);
	EQUAL(memcmp(&again.ro_names, &connection.ro_names,
		     sizeof(again.ro_names)),
	      0);

	OK(sys.fd_stat_put(
		LISTENER,
		&(cloudabi_fdstat_t){.fs_flags = CLOUDABI_FDFLAG_NONBLOCK},
		CLOUDABI_FDSTAT_FLAGS));
	FAILS(receive(LISTENER, NULL, 0, &fd, 1, 0, &again), EAGAIN);
}

void test(void)
{
	cloudabi_recv_out_t out;
	char buf[16];

	FAILS(receive(DIRECTORY, buf, 16, NULL, 0, 0, &out), ENOTCAPABLE);
	test_data();
	test_messages();
	test_descriptors();
	test_accept();
	test_directory();
	OK(put(SOCKET, "echo"));
	OK(receive(SOCKET, buf, 16, NULL, 0, 0, &out));
	EQUAL(out.ro_datalen, 4);

	FAILS(receive(900, buf, 16, NULL, 0, 0, &out), EBADF);
	FAILS(receive(READ_WRITE, buf, 16, NULL, 0, 0, &out), ENOTSOCK);
	FAILS(receive(READ_WRITE, NULL, 0, NULL, 0, 0, &out), ENOTSOCK);
	restrict_rights(SOCKET, CLOUDABI_RIGHT_FD_READ);
	FAILS(receive(SOCKET, buf, 16, NULL, 0, 0, &out), ENOTCAPABLE);
}
