/* SPDX-License-Identifier: BSD-2-Clause */
/* poll: descriptors, alone and beside clocks. */

#include "test.h"

#define MANY 3000
#define FD_READ CLOUDABI_EVENTTYPE_FD_READ
#define FD_WRITE CLOUDABI_EVENTTYPE_FD_WRITE
#define STREAM CLOUDABI_FILETYPE_SOCKET_STREAM
#define MONOTONIC CLOUDABI_CLOCK_MONOTONIC
#define HANGUP CLOUDABI_EVENT_FD_READWRITE_HANGUP

static cloudabi_event_t out[MANY];
static cloudabi_fd_t a, b;

/* Fills a socket until there is no more room. */
static void fill(cloudabi_fd_t sock)
{
	static char much[65536];
	const cloudabi_ciovec_t iov = {much, sizeof(much)};
	cloudabi_errno_t error = 0;
	size_t n;

	OK(put_flags(sock, CLOUDABI_FDFLAG_NONBLOCK));
	for (int i = 0; error == 0 && i < 1000; i++)
		error = sys.fd_write(sock, &iov, 1, &n);
	EQUAL(error, CLOUDABI_EAGAIN);
}

CASE(file_is_always_ready)
{
	cloudabi_fd_t fd = new_file("");

	OK(poll_fd(FD_READ, fd));
	OK(poll_fd(FD_WRITE, fd));
}

CASE(socket_with_data)
{
	make_pair(STREAM, &a, &b);
	OK(put(b, "x"));
	OK(poll_fd(FD_READ, a));
	expect_text(a, "x");
}

CASE(socket_with_room)
{
	const cloudabi_subscription_t in = fd_sub(FD_WRITE, a, 1);

	EQUAL(poll(&in, out, 1), 1);
	OK(out[0].error);
	EQUAL(out[0].fd_readwrite.flags, 0);
}

CASE(socket_without_data)
{
	const cloudabi_subscription_t in[] = {
		fd_sub(FD_READ, a, 1),
		clock_sub(MONOTONIC, 10 * MILLISECOND, 0, 2),
	};
	cloudabi_timestamp_t start = now(MONOTONIC);

	EQUAL(poll(in, out, 2), 1);
	EQUAL(out[0].userdata, 2);
	EQUAL(out[0].type, CLOUDABI_EVENTTYPE_CLOCK);
	CHECK(now(MONOTONIC) - start >= 10 * MILLISECOND);
}

CASE(socket_without_room)
{
	cloudabi_subscription_t in[] = {
		fd_sub(FD_WRITE, a, 1),
		clock_sub(MONOTONIC, 5 * MILLISECOND, 0, 2),
	};

	make_pair(STREAM, &a, &b);
	in[0] = fd_sub(FD_WRITE, a, 1);
	fill(a);
	EQUAL(poll(in, out, 2), 1);
	EQUAL(out[0].userdata, 2);
}

static void put_later(cloudabi_tid_t tid, void *argument)
{
	(void)tid;
	(void)argument;
	sleep_ns(10 * MILLISECOND);
	OK(put(b, "late"));
	park();
}

CASE(waits_for_data)
{
	make_pair(STREAM, &a, &b);
	spawn(put_later, NULL);
	OK(poll_fd(FD_READ, a));
	expect_text(a, "late");
}

CASE(absolute_clock_beside_a_descriptor)
{
	cloudabi_timestamp_t end =
		now(CLOUDABI_CLOCK_REALTIME) + 10 * MILLISECOND;
	const cloudabi_subscription_t in[] = {
		fd_sub(FD_READ, a, 1),
		clock_sub(CLOUDABI_CLOCK_REALTIME, end,
			  CLOUDABI_SUBSCRIPTION_CLOCK_ABSTIME, 2),
	};

	EQUAL(poll(in, out, 2), 1);
	EQUAL(out[0].userdata, 2);
	CHECK(now(CLOUDABI_CLOCK_REALTIME) >= end);
}

/* A clock that stands first, and two of them. */
CASE(clocks_in_any_place)
{
	const cloudabi_subscription_t in[] = {
		clock_sub(MONOTONIC, 1000 * SECOND, 0, 1),
		fd_sub(FD_READ, a, 2),
		clock_sub(CLOUDABI_CLOCK_REALTIME, 5 * MILLISECOND, 0, 3),
	};

	EQUAL(poll(in, out, 3), 1);
	EQUAL(out[0].userdata, 3);
	OK(put(b, "x"));
	EQUAL(poll(in, out, 3), 1);
	EQUAL(out[0].userdata, 2);
}

/* Descriptors that are ready come before clocks. */
CASE(no_time)
{
	const cloudabi_subscription_t in[] = {
		fd_sub(FD_READ, a, 1),
		clock_sub(MONOTONIC, 0, 0, 2),
	};

	EQUAL(poll(in, out, 2), 1);
	EQUAL(out[0].userdata, 1);
	expect_text(a, "x");
	EQUAL(poll(in, out, 2), 1);
	EQUAL(out[0].userdata, 2);
}

CASE(same_descriptor_twice)
{
	const cloudabi_subscription_t in[] = {
		fd_sub(FD_READ, a, 1),
		fd_sub(FD_WRITE, a, 2),
		fd_sub(FD_READ, a, 3),
	};

	EQUAL(poll(in, out, 3), 1);
	EQUAL(out[0].userdata, 2);
	EQUAL(out[0].type, FD_WRITE);
	OK(put(b, "x"));
	EQUAL(poll(in, out, 3), 3);
	for (size_t i = 0; i < 3; i++) {
		EQUAL(out[i].userdata, i + 1);
		EQUAL(out[i].type, in[i].type);
	}
}

/* More than the host lets a process have descriptors. */
CASE(many_subscriptions)
{
	cloudabi_subscription_t *in = allocate(MANY * sizeof(*in));

	make_pair(STREAM, &a, &b);
	for (size_t i = 0; i < MANY; i++)
		in[i] = fd_sub(FD_READ, a, i);
	in[MANY - 1] = clock_sub(MONOTONIC, MILLISECOND, 0, 1);
	EQUAL(poll(in, out, MANY), 1);
	EQUAL(out[0].type, CLOUDABI_EVENTTYPE_CLOCK);
	OK(put(b, "x"));
	EQUAL(poll(in, out, MANY), MANY - 1);
}

static void expect_hangup(cloudabi_eventtype_t type, cloudabi_fd_t fd)
{
	const cloudabi_subscription_t in = fd_sub(type, fd, 1);

	EQUAL(poll(&in, out, 1), 1);
	OK(out[0].error);
	EQUAL(out[0].type, type);
	EQUAL(out[0].fd_readwrite.flags, HANGUP);
}

CASE(hangup)
{
	make_pair(STREAM, &a, &b);
	OK(sys.fd_close(b));
	expect_hangup(FD_READ, a);
	expect_hangup(FD_WRITE, a);
	make_pair(CLOUDABI_FILETYPE_SOCKET_DGRAM, &a, &b);
	OK(sys.fd_close(b));
	expect_hangup(FD_READ, a);
}

CASE(hangup_with_data_left)
{
	make_pair(STREAM, &a, &b);
	OK(put(b, "rest"));
	OK(sys.fd_close(b));
	expect_hangup(FD_READ, a);
	expect_text(a, "rest");
	expect_text(a, "");
}

CASE(peer_does_not_send_any_more)
{
	make_pair(STREAM, &a, &b);
	OK(sys.sock_shutdown(b, CLOUDABI_SHUT_WR));
	expect_hangup(FD_READ, a);
	OK(poll_fd(FD_WRITE, a));
}

CASE(waits_for_hangup)
{
	cloudabi_fd_t reader, writer;
	cloudabi_subscription_t in[2];

	OK(open_at(DIRECTORY, "fifo", READ, 0, &reader));
	OK(open_with(DIRECTORY, "fifo", 0, CLOUDABI_RIGHT_FD_WRITE, &writer));
	in[0] = fd_sub(FD_READ, reader, 1);
	in[1] = clock_sub(MONOTONIC, 5 * MILLISECOND, 0, 2);
	EQUAL(poll(in, out, 2), 1);
	EQUAL(out[0].userdata, 2);
	OK(sys.fd_close(writer));
	expect_hangup(FD_READ, reader);
	OK(sys.fd_close(reader));
}

/* The host calls that an error of the pipe. */
CASE(nobody_reads)
{
	cloudabi_fd_t reader, writer;
	cloudabi_subscription_t in;

	OK(open_at(DIRECTORY, "fifo", READ, 0, &reader));
	OK(open_with(DIRECTORY, "fifo", 0,
		     CLOUDABI_RIGHT_FD_WRITE | CLOUDABI_RIGHT_POLL_FD_READWRITE,
		     &writer));
	OK(sys.fd_close(reader));
	in = fd_sub(FD_WRITE, writer, 1);
	EQUAL(poll(&in, out, 1), 1);
	FAILS(put(writer, "x"), EPIPE);
}

CASE(listener)
{
	cloudabi_recv_out_t connection;
	cloudabi_fd_t fd;

	OK(poll_fd(FD_READ, LISTENER));
	OK(receive(LISTENER, NULL, 0, &fd, 1, 0, &connection));
	OK(poll_fd(FD_READ, fd));
	expect_text(fd, "hi");
}

/* Errors are told by events, at once, and do not keep the others back. */
CASE(errors_are_events)
{
	const cloudabi_subscription_t in[] = {
		fd_sub(FD_READ, NO_FD, CLOUDABI_EBADF),
		fd_sub(FD_WRITE, READ_ONLY, CLOUDABI_ENOTCAPABLE),
		fd_sub(FD_READ, READ_ONLY, 0),
		fd_sub(FD_READ, DIRECTORY, CLOUDABI_ENOTCAPABLE),
		fd_sub(99, 0, CLOUDABI_EINVAL),
		fd_sub(FD_READ, UINT32_MAX, CLOUDABI_EBADF),
		clock_sub(MONOTONIC, 1000 * SECOND, 0, 1),
	};
	size_t n = poll(in, out, ARRAY_LEN(in));

	EQUAL(n, 6);
	for (size_t i = 0; i < n; i++)
		EQUAL(out[i].error, out[i].userdata);
}

CASE(error_ends_the_waiting)
{
	cloudabi_subscription_t in[2];

	make_pair(STREAM, &a, &b);
	in[0] = fd_sub(FD_READ, a, 1);
	in[1] = fd_sub(FD_READ, NO_FD, 2);
	EQUAL(poll(in, out, 2), 1);
	EQUAL(out[0].userdata, 2);
	EQUAL(out[0].error, CLOUDABI_EBADF);
}

CASE(missing_right)
{
	cloudabi_fd_t fd = new_file("");

	FAILS(poll_fd(FD_READ, without(fd, CLOUDABI_RIGHT_POLL_FD_READWRITE)),
	      ENOTCAPABLE);
	FAILS(poll_fd(FD_WRITE, without(fd, CLOUDABI_RIGHT_POLL_FD_READWRITE)),
	      ENOTCAPABLE);
	FAILS(poll_fd(FD_READ, without(fd, CLOUDABI_RIGHT_FD_READ)),
	      ENOTCAPABLE);
	FAILS(poll_fd(FD_WRITE, without(fd, CLOUDABI_RIGHT_FD_WRITE)),
	      ENOTCAPABLE);
	OK(poll_fd(FD_READ, without(fd, CLOUDABI_RIGHT_FD_WRITE)));
}

CASE(what_cannot_be_waited_for)
{
	FAILS(poll_fd(FD_READ, DIRECTORY), ENOTCAPABLE);
	FAILS(poll_fd(FD_READ, make_memory(1)), ENOTCAPABLE);
}

static cloudabi_errno_t poll_process(cloudabi_fd_t fd)
{
	const cloudabi_subscription_t in = {
		.type = CLOUDABI_EVENTTYPE_PROC_TERMINATE,
		.proc_terminate = {fd},
	};

	EQUAL(poll(&in, out, 1), 1);
	return out[0].error;
}

CASE(no_process)
{
	FAILS(poll_process(NO_FD), EBADF);
	FAILS(poll_process(READ_ONLY), ENOTCAPABLE);
	FAILS(poll_process(SOCKET), ENOTCAPABLE);
}
