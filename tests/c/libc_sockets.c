/* SPDX-License-Identifier: BSD-2-Clause */
/* Pipes, sockets, descriptors sent through them, and waiting for them. */

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "libc_test.h"

static void check_pipes(void)
{
	char buf[4];
	int fds[2];

	CHECK(pipe2(fds, O_NONBLOCK | O_CLOEXEC) == 0);
	CHECK_ERRNO(read(fds[0], buf, 4), EAGAIN);
	CHECK(write(fds[1], "abc", 3) == 3);
	CHECK(read(fds[0], buf, 4) == 3 && memcmp(buf, "abc", 3) == 0);
	CHECK_ERRNO(write(fds[0], "x", 1), EBADF);
	CHECK_ERRNO(lseek(fds[0], 0, SEEK_CUR), ESPIPE);
	CHECK_ERRNO(pread(fds[0], buf, 1, 0), ESPIPE);
	CHECK((fcntl(fds[1], F_GETFL) & O_ACCMODE) == O_WRONLY);
	CHECK(close(fds[1]) == 0);
	CHECK(read(fds[0], buf, 4) == 0);
	CHECK(close(fds[0]) == 0);
	CHECK(pipe(fds) == 0 && close(fds[0]) == 0);
	CHECK_ERRNO(write(fds[1], "x", 1), EPIPE);
	CHECK(close(fds[1]) == 0);
}

static void check_pairs(void)
{
	struct stat st;
	char buf[8];
	int fds[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	CHECK(fstat(fds[0], &st) == 0 && S_ISSOCK(st.st_mode));
	CHECK(send(fds[0], "stream", 6, MSG_NOSIGNAL) == 6);
	CHECK(recv(fds[1], buf, 3, MSG_PEEK) == 3);
	CHECK(recv(fds[1], buf, 6, MSG_WAITALL) == 6);
	CHECK(memcmp(buf, "stream", 6) == 0);
	CHECK_ERRNO(recv(fds[1], buf, 1, 0x40), ENOTSUP);
	CHECK_ERRNO(shutdown(fds[0], 7), EINVAL);
	CHECK(shutdown(fds[0], SHUT_WR) == 0);
	CHECK(recv(fds[1], buf, 6, 0) == 0);
	CHECK(close(fds[0]) == 0 && close(fds[1]) == 0);

	CHECK(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fds) == 0);
	CHECK_ERRNO(recv(fds[1], buf, 1, 0), EAGAIN);
	CHECK(send(fds[0], "one", 3, 0) == 3 && send(fds[0], "two", 3, 0) == 3);
	CHECK(recv(fds[1], buf, 8, 0) == 3 && memcmp(buf, "one", 3) == 0);
	CHECK(recv(fds[1], buf, 2, 0) == 2);
	CHECK(close(fds[0]) == 0 && close(fds[1]) == 0);
	CHECK_ERRNO(socketpair(AF_INET, SOCK_STREAM, 0, fds), EAFNOSUPPORT);
	CHECK_ERRNO(recv(test_fd("file"), buf, 1, 0), ENOTSOCK);
	CHECK_ERRNO(shutdown(test_fd("file"), SHUT_RD), ENOTSOCK);
}

static void check_options(void)
{
	int fd = test_fd("client");
	int value;
	socklen_t len = sizeof(value);

	CHECK(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &len) == 0);
	CHECK(value == SOCK_STREAM && len == sizeof(value));
	CHECK(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, &len) == 0);
	CHECK(value == AF_INET);
	CHECK(getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &value, &len) == 0);
	CHECK(value == IPPROTO_TCP);
	CHECK(getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &len) == 0);
	CHECK(value == 0);
	CHECK_ERRNO(getsockopt(fd, SOL_SOCKET, SO_LINGER, &value, &len),
		    ENOPROTOOPT);
	CHECK_ERRNO(
		getsockopt(test_fd("file"), SOL_SOCKET, SO_TYPE, &value, &len),
		ENOTSOCK);
}

/* The client is connected to the listener from outside. */
static void check_connections(void)
{
	int listener = test_fd("listener");
	int client = test_fd("client");
	struct sockaddr_in name = {0};
	struct sockaddr_in own = {0};
	socklen_t len = sizeof(name);
	char buf[5];
	int connection = accept4(listener, (struct sockaddr *)&name, &len,
				 SOCK_NONBLOCK);

	CHECK(connection >= 0 && len == sizeof(name));
	CHECK(name.sin_family == AF_INET);
	CHECK(name.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
	CHECK(getsockname(client, (struct sockaddr *)&own, &len) == 0);
	CHECK(own.sin_port == name.sin_port && own.sin_port != 0);
	CHECK(getpeername(client, (struct sockaddr *)&name, &len) == 0);
	CHECK(getsockname(listener, (struct sockaddr *)&own, &len) == 0);
	CHECK(own.sin_port == name.sin_port);
	CHECK_ERRNO(getpeername(listener, (struct sockaddr *)&own, &len),
		    ENOTCONN);
	CHECK((fcntl(connection, F_GETFL) & O_NONBLOCK) != 0);
	CHECK_ERRNO(recv(connection, buf, 1, 0), EAGAIN);
	CHECK(send(client, "hello", 5, 0) == 5);
	CHECK(poll(&(struct pollfd){connection, POLLIN, 0}, 1, 5000) == 1);
	CHECK(recv(connection, buf, 5, 0) == 5);
	CHECK(close(connection) == 0);
	CHECK(fcntl(listener, F_SETFL, O_NONBLOCK) == 0);
	CHECK_ERRNO(accept(listener, NULL, NULL), EAGAIN);
	CHECK_ERRNO(sendto(client, "x", 1, 0, (struct sockaddr *)&name, len),
		    ENOTCAPABLE);
}

static ssize_t send_fds(int fd, const int *fds, size_t count)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(4 * sizeof(int))];
	} control = {0};
	struct iovec iov = {"!", 1};
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(count * sizeof(int)),
	};

	control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(&control.header), fds, count * sizeof(int));
	return sendmsg(fd, &message, 0);
}

static size_t receive_fds(int fd, int *fds, int *flags)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(2 * sizeof(int))];
	} control;
	char byte;
	struct iovec iov = {&byte, 1};
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	size_t count;

	CHECK(recvmsg(fd, &message, 0) == 1 && byte == '!');
	*flags = message.msg_flags;
	if (message.msg_controllen == 0)
		return 0;
	CHECK(CMSG_FIRSTHDR(&message)->cmsg_type == SCM_RIGHTS);
	count = (control.header.cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(fds, CMSG_DATA(&control.header), count * sizeof(int));
	return count;
}

static void check_descriptors(void)
{
	int pair[2];
	int sent[2];
	int received[2];
	int flags;
	char buf[8];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	sent[0] = test_fd("file");
	sent[1] = pair[0];
	CHECK(send_fds(pair[0], sent, 2) == 1);
	CHECK(receive_fds(pair[1], received, &flags) == 2);
	CHECK(pread(received[0], buf, 8, 0) == 8);
	CHECK(memcmp(buf, "contents", 8) == 0);
	CHECK(write(received[1], "back", 4) == 4);
	CHECK(read(pair[1], buf, 4) == 4 && memcmp(buf, "back", 4) == 0);
	CHECK(close(received[0]) == 0 && close(received[1]) == 0);
	CHECK(send(pair[0], "!", 1, 0) == 1);
	CHECK(receive_fds(pair[1], received, &flags) == 0 && flags == 0);
	CHECK(close(pair[0]) == 0 && close(pair[1]) == 0);
}

static void *write_later(void *argument)
{
	nanosleep(&(struct timespec){0, 30000000}, NULL);
	CHECK(write(*(int *)argument, "x", 1) == 1);
	return NULL;
}

static void check_poll(void)
{
	struct pollfd fds[3];
	pthread_t thread;
	int pair[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	fds[0] = (struct pollfd){pair[0], POLLIN, 0};
	fds[1] = (struct pollfd){pair[1], POLLIN | POLLOUT, 0};
	fds[2] = (struct pollfd){-1, POLLIN, POLLIN};
	CHECK(poll(fds, 3, 0) == 1);
	CHECK(fds[0].revents == 0 && fds[1].revents == POLLOUT);
	CHECK(fds[2].revents == 0);
	CHECK(poll(fds, 1, 20) == 0);
	CHECK(poll(NULL, 0, 5) == 0);
	CHECK(pthread_create(&thread, NULL, write_later, &pair[1]) == 0);
	CHECK(poll(fds, 1, -1) == 1 && fds[0].revents == POLLIN);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(close(pair[1]) == 0);
	CHECK(poll(fds, 1, -1) == 1 && (fds[0].revents & POLLHUP) != 0);
	fds[1].fd = 77;
	CHECK(poll(fds, 2, -1) == 2 && fds[1].revents == POLLNVAL);
	CHECK(close(pair[0]) == 0);
	fds[0] = (struct pollfd){test_fd("file"), POLLIN, 0};
	CHECK(poll(fds, 1, -1) == 1 && fds[0].revents == POLLIN);
}

/* What an end of a pipe is never ready for is no error of it: who asks waits
 * for the rest, or in vain. */
static void check_poll_pipe(void)
{
	const short both = POLLIN | POLLOUT;
	struct pollfd fds[2];
	pthread_t thread;
	int ends[2];

	CHECK(pipe(ends) == 0);
	fds[0] = (struct pollfd){ends[1], POLLIN, 0};
	fds[1] = (struct pollfd){ends[0], POLLOUT, 0};
	CHECK(poll(fds, 2, 20) == 0);
	CHECK(fds[0].revents == 0 && fds[1].revents == 0);
	fds[0].events = fds[1].events = both;
	CHECK(poll(fds, 2, -1) == 1);
	CHECK(fds[0].revents == POLLOUT && fds[1].revents == 0);
	CHECK(pthread_create(&thread, NULL, write_later, &ends[1]) == 0);
	CHECK(poll(&fds[1], 1, -1) == 1 && fds[1].revents == POLLIN);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(close(ends[1]) == 0 && close(ends[0]) == 0);
	CHECK(poll(fds, 2, -1) == 2);
	CHECK(fds[0].revents == POLLNVAL && fds[1].revents == POLLNVAL);
}

static void check_many(void)
{
	enum {
		PAIRS = 40
	};
	struct pollfd fds[PAIRS];
	int pairs[PAIRS][2];

	for (int i = 0; i < PAIRS; ++i) {
		CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]) == 0);
		fds[i] = (struct pollfd){pairs[i][0], POLLIN, 0};
	}
	CHECK(write(pairs[33][1], "x", 1) == 1);
	CHECK(write(pairs[7][1], "x", 1) == 1);
	CHECK(poll(fds, PAIRS, -1) == 2);
	for (int i = 0; i < PAIRS; ++i)
		CHECK(fds[i].revents == (i == 7 || i == 33 ? POLLIN : 0));
	for (int i = 0; i < PAIRS; ++i)
		CHECK(close(pairs[i][0]) == 0 && close(pairs[i][1]) == 0);
}

static void check_select(void)
{
	struct timeval timeout = {0, 10000};
	fd_set in;
	fd_set out;
	int fds[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(fds[0], &in);
	CHECK(select(fds[0] + 1, &in, NULL, NULL, &timeout) == 0);
	CHECK(!FD_ISSET(fds[0], &in));
	FD_SET(fds[0], &in);
	FD_SET(fds[1], &out);
	CHECK(write(fds[1], "x", 1) == 1);
	CHECK(select(64, &in, &out, NULL, NULL) == 2);
	CHECK(FD_ISSET(fds[0], &in) && FD_ISSET(fds[1], &out));
	FD_SET(99, &in);
	CHECK_ERRNO(select(100, &in, NULL, NULL, &timeout), EBADF);
	CHECK_ERRNO(select(-1, &in, NULL, NULL, &timeout), EINVAL);
	CHECK(close(fds[0]) == 0 && close(fds[1]) == 0);
}

static void test(void)
{
	check_pipes();
	check_pairs();
	check_options();
	check_connections();
	check_descriptors();
	check_poll();
	check_poll_pipe();
	check_many();
	check_select();
}
