/* SPDX-License-Identifier: BSD-2-Clause */
/* poll: clocks and descriptors; locks are in lock_unlock.c. */

#include "test.h"

#define MILLISECOND UINT64_C(1000000)
#define MANY 3000

static cloudabi_subscription_t clock_sub(cloudabi_clockid_t clock,
					 cloudabi_timestamp_t timeout,
					 cloudabi_subclockflags_t flags,
					 cloudabi_userdata_t userdata)
{
	return (cloudabi_subscription_t){
		.userdata = userdata,
		.type = CLOUDABI_EVENTTYPE_CLOCK,
		.clock =
			{
				.identifier = userdata,
				.clock_id = clock,
				.timeout = timeout,
				.flags = flags,
			},
	};
}

static cloudabi_subscription_t fd_sub(cloudabi_eventtype_t type,
				      cloudabi_fd_t fd,
				      cloudabi_userdata_t userdata)
{
	return (cloudabi_subscription_t){
		.userdata = userdata,
		.type = type,
		.fd_readwrite = {fd, CLOUDABI_SUBSCRIPTION_FD_READWRITE_POLL},
	};
}

static size_t poll(const cloudabi_subscription_t *in, cloudabi_event_t *out,
		   size_t len)
{
	size_t n = 0;

	OK(sys.poll(in, out, len, &n));
	CHECK(n >= 1 && n <= len);
	return n;
}

static void test_one_clock(cloudabi_clockid_t clock, bool absolute)
{
	cloudabi_timestamp_t start = now(CLOUDABI_CLOCK_MONOTONIC);
	cloudabi_subscription_t in =
		absolute ? clock_sub(clock, now(clock) + 10 * MILLISECOND,
				     CLOUDABI_SUBSCRIPTION_CLOCK_ABSTIME, 5) :
			   clock_sub(clock, 10 * MILLISECOND, 0, 5);
	cloudabi_event_t event;

	EQUAL(poll(&in, &event, 1), 1);
	EQUAL(event.userdata, 5);
	EQUAL(event.type, CLOUDABI_EVENTTYPE_CLOCK);
	OK(event.error);
	CHECK(now(CLOUDABI_CLOCK_MONOTONIC) - start >= 10 * MILLISECOND);
	CHECK(now(CLOUDABI_CLOCK_MONOTONIC) - start < 5000 * MILLISECOND);
}

static void spin(cloudabi_tid_t tid, void *argument)
{
	(void)tid;
	(void)argument;
	for (;;)
		;
}

static void test_clocks(void)
{
	cloudabi_subscription_t in = clock_sub(77, 1, 0, 1);
	cloudabi_event_t event;

	test_one_clock(CLOUDABI_CLOCK_MONOTONIC, false);
	test_one_clock(CLOUDABI_CLOCK_MONOTONIC, true);
	test_one_clock(CLOUDABI_CLOCK_REALTIME, false);
	test_one_clock(CLOUDABI_CLOCK_REALTIME, true);
	EQUAL(poll(&in, &event, 1), 1);
	EQUAL(event.error, CLOUDABI_EINVAL);
	in = clock_sub(CLOUDABI_CLOCK_REALTIME, 1,
		       CLOUDABI_SUBSCRIPTION_CLOCK_ABSTIME, 1);
	poll(&in, &event, 1);
	OK(event.error);
}

static void test_cpu_clock(void)
{
	cloudabi_timestamp_t start = now(CLOUDABI_CLOCK_PROCESS_CPUTIME_ID);
	cloudabi_subscription_t in = clock_sub(
		CLOUDABI_CLOCK_PROCESS_CPUTIME_ID, 20 * MILLISECOND, 0, 1);
	cloudabi_event_t event;

	spawn(spin, NULL);
	poll(&in, &event, 1);
	OK(event.error);
	CHECK(now(CLOUDABI_CLOCK_PROCESS_CPUTIME_ID) - start >=
	      20 * MILLISECOND);
}

static void test_descriptors(void)
{
	cloudabi_subscription_t in[4];
	cloudabi_event_t out[4];
	cloudabi_fd_t a, b;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	in[0] = fd_sub(CLOUDABI_EVENTTYPE_FD_READ, a, 1);
	in[1] = fd_sub(CLOUDABI_EVENTTYPE_FD_WRITE, a, 2);
	in[2] = fd_sub(CLOUDABI_EVENTTYPE_FD_READ, READ_ONLY, 3);
	in[3] = clock_sub(CLOUDABI_CLOCK_REALTIME, 10 * MILLISECOND, 0, 4);

	/* Nothing to read: the clock alone, then the writable side as well. */
	in[1] = in[3];
	EQUAL(poll(in, out, 2), 1);
	EQUAL(out[0].userdata, 4);
	OK(out[0].error);
	in[1] = fd_sub(CLOUDABI_EVENTTYPE_FD_WRITE, a, 2);
	EQUAL(poll(in, out, 2), 1);
	EQUAL(out[0].userdata, 2);
	EQUAL(out[0].type, CLOUDABI_EVENTTYPE_FD_WRITE);
	EQUAL(out[0].fd_readwrite.flags, 0);

	OK(put(b, "x"));
	EQUAL(poll(in, out, 4), 3);
	EQUAL(out[0].userdata, 1);
	EQUAL(out[1].userdata, 2);
	EQUAL(out[2].userdata, 3);

	OK(sys.fd_close(b));
	EQUAL(poll(in, out, 1), 1);
	EQUAL(out[0].fd_readwrite.flags, CLOUDABI_EVENT_FD_READWRITE_HANGUP);
}

static void test_errors_are_events(void)
{
	cloudabi_subscription_t in[] = {
		fd_sub(CLOUDABI_EVENTTYPE_FD_READ, 900, 1),
		fd_sub(CLOUDABI_EVENTTYPE_FD_WRITE, READ_ONLY, 2),
		fd_sub(CLOUDABI_EVENTTYPE_FD_READ, READ_ONLY, 3),
		fd_sub(CLOUDABI_EVENTTYPE_FD_READ, DIRECTORY, 4),
		fd_sub(CLOUDABI_EVENTTYPE_FD_READ, SOCKET, 5),
		fd_sub(99, 0, 6),
		{.userdata = 7,
		 .type = CLOUDABI_EVENTTYPE_PROC_TERMINATE,
		 .proc_terminate = {900}},
		{.userdata = 8,
		 .type = CLOUDABI_EVENTTYPE_PROC_TERMINATE,
		 .proc_terminate = {READ_ONLY}},
		fd_sub(CLOUDABI_EVENTTYPE_FD_READ, UINT32_MAX, 9),
	};
	static const cloudabi_errno_t expected[] = {0,
						    CLOUDABI_EBADF,
						    CLOUDABI_ENOTCAPABLE,
						    0,
						    CLOUDABI_ENOTCAPABLE,
						    99,
						    CLOUDABI_EINVAL,
						    CLOUDABI_EBADF,
						    CLOUDABI_ENOTCAPABLE,
						    CLOUDABI_EBADF};
	cloudabi_event_t out[ARRAY_LEN(in)];
	size_t n = poll(in, out, ARRAY_LEN(in));

	EQUAL(n, 8);
	for (size_t i = 0; i < n; i++)
		EQUAL(out[i].error, expected[out[i].userdata]);
}

static void test_shape(void)
{
	cloudabi_lock_t lock = 0;
	const cloudabi_subscription_t lock_sub = {
		.type = CLOUDABI_EVENTTYPE_LOCK_WRLOCK,
		.lock = {&lock, CLOUDABI_SCOPE_PRIVATE},
	};
	const cloudabi_subscription_t clock =
		clock_sub(CLOUDABI_CLOCK_MONOTONIC, 0, 0, 0);
	cloudabi_event_t out[3];
	size_t n;

	FAILS(sys.poll(&clock, out, 0, &n), EINVAL);
	FAILS(sys.poll((cloudabi_subscription_t[]){clock, lock_sub}, out, 2,
		       &n),
	      EINVAL);
	FAILS(sys.poll((cloudabi_subscription_t[]){lock_sub, lock_sub}, out, 2,
		       &n),
	      EINVAL);
	FAILS(sys.poll((cloudabi_subscription_t[]){lock_sub, clock, clock}, out,
		       3, &n),
	      EINVAL);
	EQUAL(lock, 0);
}

/* More subscriptions than the host lets a process have descriptors. */
static void test_many(void)
{
	cloudabi_subscription_t *in = allocate(MANY * sizeof(*in));
	cloudabi_event_t *out = allocate(MANY * sizeof(*out));
	cloudabi_fd_t a, b;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	for (size_t i = 0; i < MANY; i++)
		in[i] = fd_sub(CLOUDABI_EVENTTYPE_FD_READ, a, i);
	in[MANY - 1] = clock_sub(CLOUDABI_CLOCK_MONOTONIC, MILLISECOND, 0, 1);
	EQUAL(poll(in, out, MANY), 1);
	EQUAL(out[0].type, CLOUDABI_EVENTTYPE_CLOCK);
	OK(put(b, "x"));
	EQUAL(poll(in, out, MANY), MANY - 1);
}

static void test_many_clocks(void)
{
	cloudabi_timestamp_t start = now(CLOUDABI_CLOCK_MONOTONIC);
	const cloudabi_subscription_t in[] = {
		clock_sub(CLOUDABI_CLOCK_MONOTONIC, 5000 * MILLISECOND, 0, 1),
		clock_sub(CLOUDABI_CLOCK_REALTIME, 10 * MILLISECOND, 0, 2),
		clock_sub(CLOUDABI_CLOCK_MONOTONIC, start + 5000 * MILLISECOND,
			  CLOUDABI_SUBSCRIPTION_CLOCK_ABSTIME, 3),
		clock_sub(CLOUDABI_CLOCK_MONOTONIC, UINT64_MAX, 0, 4),
	};
	cloudabi_event_t out[ARRAY_LEN(in)];

	EQUAL(poll(in, out, ARRAY_LEN(in)), 1);
	EQUAL(out[0].userdata, 2);
	CHECK(now(CLOUDABI_CLOCK_MONOTONIC) - start >= 10 * MILLISECOND);
}

void test(void)
{
	test_clocks();
	test_descriptors();
	test_errors_are_events();
	test_shape();
	test_many();
	test_many_clocks();
	test_cpu_clock();
}
