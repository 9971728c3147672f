/* SPDX-License-Identifier: BSD-2-Clause */
/* poll: clocks, and what may stand beside what. */

#include "test.h"

#define ABSTIME CLOUDABI_SUBSCRIPTION_CLOCK_ABSTIME
#define MONOTONIC CLOUDABI_CLOCK_MONOTONIC
#define REALTIME CLOUDABI_CLOCK_REALTIME

static void expect_sleep(cloudabi_clockid_t clock, bool absolute)
{
	cloudabi_timestamp_t start = now(MONOTONIC);
	cloudabi_subscription_t in =
		absolute ? clock_sub(clock, now(clock) + 10 * MILLISECOND,
				     ABSTIME, 5) :
			   clock_sub(clock, 10 * MILLISECOND, 0, 5);
	cloudabi_event_t event;

	EQUAL(poll(&in, &event, 1), 1);
	EQUAL(event.userdata, 5);
	EQUAL(event.type, CLOUDABI_EVENTTYPE_CLOCK);
	OK(event.error);
	CHECK(now(MONOTONIC) - start >= 10 * MILLISECOND);
}

static void spin(cloudabi_tid_t tid, void *argument)
{
	(void)tid;
	while (__atomic_load_n((uint32_t *)argument, __ATOMIC_RELAXED) == 0)
		;
	park();
}

CASE(monotonic_relative)
{
	expect_sleep(MONOTONIC, false);
}

CASE(monotonic_absolute)
{
	expect_sleep(MONOTONIC, true);
}

CASE(realtime_relative)
{
	expect_sleep(REALTIME, false);
}

CASE(realtime_absolute)
{
	expect_sleep(REALTIME, true);
}

CASE(process_cputime)
{
	cloudabi_timestamp_t start = now(CLOUDABI_CLOCK_PROCESS_CPUTIME_ID);
	cloudabi_subscription_t in = clock_sub(
		CLOUDABI_CLOCK_PROCESS_CPUTIME_ID, 20 * MILLISECOND, 0, 1);
	static uint32_t enough;
	cloudabi_event_t event;

	spawn(spin, &enough);
	poll(&in, &event, 1);
	OK(event.error);
	CHECK(now(CLOUDABI_CLOCK_PROCESS_CPUTIME_ID) - start >=
	      20 * MILLISECOND);
	__atomic_store_n(&enough, 1, __ATOMIC_RELAXED);
}

/* Of a thread that sleeps it stands; another clock ends the waiting. */
CASE(thread_cputime_stands)
{
	const cloudabi_subscription_t in[] = {
		clock_sub(CLOUDABI_CLOCK_THREAD_CPUTIME_ID, 5 * SECOND, 0, 1),
		clock_sub(MONOTONIC, 20 * MILLISECOND, 0, 2),
	};
	cloudabi_event_t out[2];

	EQUAL(poll(in, out, 2), 1);
	EQUAL(out[0].userdata, 2);
}

CASE(no_time)
{
	cloudabi_subscription_t in = clock_sub(MONOTONIC, 0, 0, 1);
	cloudabi_event_t event;

	EQUAL(poll(&in, &event, 1), 1);
	OK(event.error);
}

CASE(past)
{
	cloudabi_subscription_t in = clock_sub(REALTIME, 1, ABSTIME, 1);
	cloudabi_event_t event;

	EQUAL(poll(&in, &event, 1), 1);
	OK(event.error);
	in = clock_sub(MONOTONIC, 0, ABSTIME, 1);
	EQUAL(poll(&in, &event, 1), 1);
	OK(event.error);
}

CASE(precision_of_any_size)
{
	cloudabi_subscription_t in = clock_sub(MONOTONIC, MILLISECOND, 0, 1);
	cloudabi_timestamp_t start = now(MONOTONIC);
	cloudabi_event_t event;

	in.clock.precision = 1;
	poll(&in, &event, 1);
	OK(event.error);
	CHECK(now(MONOTONIC) - start >= MILLISECOND);
}

CASE(unknown_clock)
{
	cloudabi_subscription_t in = clock_sub(0, 1, 0, 7);
	cloudabi_event_t event;

	EQUAL(poll(&in, &event, 1), 1);
	EQUAL(event.error, CLOUDABI_EINVAL);
	EQUAL(event.userdata, 7);
	EQUAL(event.type, CLOUDABI_EVENTTYPE_CLOCK);
	in = clock_sub(77, 1, ABSTIME, 7);
	EQUAL(poll(&in, &event, 1), 1);
	EQUAL(event.error, CLOUDABI_EINVAL);
}

CASE(unknown_clock_beside_another)
{
	const cloudabi_subscription_t in[] = {
		clock_sub(MONOTONIC, 1000 * SECOND, 0, 1),
		clock_sub(77, 1, 0, 2),
	};
	cloudabi_event_t out[2];

	EQUAL(poll(in, out, 2), 1);
	EQUAL(out[0].userdata, 2);
	EQUAL(out[0].error, CLOUDABI_EINVAL);
}

CASE(unknown_type)
{
	cloudabi_subscription_t in = {.userdata = 7, .type = 99};
	cloudabi_event_t event;

	EQUAL(poll(&in, &event, 1), 1);
	EQUAL(event.error, CLOUDABI_EINVAL);
	EQUAL(event.userdata, 7);
	EQUAL(event.type, 99);
	in.type = 0;
	EQUAL(poll(&in, &event, 1), 1);
	EQUAL(event.error, CLOUDABI_EINVAL);
}

/* The first to come ends the waiting, wherever it stands. */
CASE(many_clocks)
{
	cloudabi_timestamp_t start = now(MONOTONIC);
	const cloudabi_subscription_t in[] = {
		clock_sub(MONOTONIC, 1000 * SECOND, 0, 1),
		clock_sub(REALTIME, 10 * MILLISECOND, 0, 2),
		clock_sub(MONOTONIC, start + 1000 * SECOND, ABSTIME, 3),
		clock_sub(MONOTONIC, UINT64_MAX, 0, 4),
		clock_sub(REALTIME, UINT64_MAX, ABSTIME, 5),
	};
	cloudabi_event_t out[ARRAY_LEN(in)];

	EQUAL(poll(in, out, ARRAY_LEN(in)), 1);
	EQUAL(out[0].userdata, 2);
	CHECK(now(MONOTONIC) - start >= 10 * MILLISECOND);
}

CASE(several_clocks_at_once)
{
	const cloudabi_subscription_t in[] = {
		clock_sub(MONOTONIC, 0, 0, 1),
		clock_sub(REALTIME, 0, 0, 2),
	};
	cloudabi_event_t out[2];
	size_t n = poll(in, out, 2);

	for (size_t i = 0; i < n; i++)
		OK(out[i].error);
}

static uint32_t sleeper_is_up;

static void sleep_long(cloudabi_tid_t tid, void *argument)
{
	cloudabi_subscription_t in = clock_sub(MONOTONIC, UINT64_MAX, 0, 1);
	cloudabi_event_t event;

	(void)tid;
	(void)argument;
	poll(&in, &event, 1);
	__atomic_store_n(&sleeper_is_up, 1, __ATOMIC_RELEASE);
	park();
}

CASE(eternity)
{
	spawn(sleep_long, NULL);
	sleep_ns(20 * MILLISECOND);
	EQUAL(__atomic_load_n(&sleeper_is_up, __ATOMIC_ACQUIRE), 0);
}

CASE(no_subscriptions)
{
	cloudabi_subscription_t in = clock_sub(MONOTONIC, 0, 0, 1);
	cloudabi_event_t event;
	size_t n;

	FAILS(sys.poll(&in, &event, 0, &n), EINVAL);
}

CASE(locks_stand_first_beside_a_clock_alone)
{
	cloudabi_lock_t lock = 0;
	const cloudabi_subscription_t wrlock = {
		.type = CLOUDABI_EVENTTYPE_LOCK_WRLOCK,
		.lock = {&lock, CLOUDABI_SCOPE_PRIVATE},
	};
	const cloudabi_subscription_t clock = clock_sub(MONOTONIC, 0, 0, 0);
	const cloudabi_subscription_t fd =
		fd_sub(CLOUDABI_EVENTTYPE_FD_READ, READ_ONLY, 0);
	const cloudabi_subscription_t wrong[][3] = {
		{clock, wrlock, clock}, {wrlock, wrlock, clock},
		{wrlock, fd, clock},    {fd, wrlock, clock},
		{wrlock, clock, clock},
	};
	cloudabi_event_t out[3];
	size_t n;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		FAILS(sys.poll(wrong[i], out, i < 4 ? 2 : 3, &n), EINVAL);
	EQUAL(lock, 0);
}

CASE(condvars_stand_first_beside_a_clock_alone)
{
	cloudabi_lock_t lock = main_tid | CLOUDABI_LOCK_WRLOCKED;
	cloudabi_condvar_t condvar = 0;
	const cloudabi_subscription_t wait = {
		.type = CLOUDABI_EVENTTYPE_CONDVAR,
		.condvar = {&condvar, &lock, CLOUDABI_SCOPE_PRIVATE,
			    CLOUDABI_SCOPE_PRIVATE},
	};
	const cloudabi_subscription_t clock = clock_sub(MONOTONIC, 0, 0, 0);
	const cloudabi_subscription_t wrong[][3] = {
		{clock, wait, clock},
		{wait, wait, clock},
		{wait, clock, clock},
	};
	cloudabi_event_t out[3];
	size_t n;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		FAILS(sys.poll(wrong[i], out, i < 2 ? 2 : 3, &n), EINVAL);
	EQUAL(lock, main_tid | CLOUDABI_LOCK_WRLOCKED);
	EQUAL(condvar, 0);
}

/* Results are stored by calls that succeed only. */
CASE(result_stays_after_an_error)
{
	const cloudabi_subscription_t clock = clock_sub(MONOTONIC, 0, 0, 0);
	const cloudabi_subscription_t lock = {
		.type = CLOUDABI_EVENTTYPE_LOCK_WRLOCK,
	};
	cloudabi_event_t out[2];
	size_t n = 77;

	FAILS(sys.poll(&clock, out, 0, &n), EINVAL);
	FAILS(sys.poll((cloudabi_subscription_t[]){lock, lock}, out, 2, &n),
	      EINVAL);
	FAILS(sys.poll((cloudabi_subscription_t[]){clock, lock}, out, 2, &n),
	      EINVAL);
	EQUAL(n, 77);
}

ENDS(subscriptions_nowhere, -11)
{
	cloudabi_event_t event;
	size_t n;

	sys.poll(NOWHERE, &event, 1, &n);
}

ENDS(events_nowhere, -11)
{
	cloudabi_subscription_t in = clock_sub(MONOTONIC, 0, 0, 1);
	size_t n;

	sys.poll(&in, NOWHERE, 1, &n);
}
