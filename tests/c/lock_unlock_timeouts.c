/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for locks by poll, but not for ever. */

#include "test.h"

#define WRLOCKED CLOUDABI_LOCK_WRLOCKED
#define OTHER (main_tid + 1)

static cloudabi_lock_t lock;

CASE(free_within_any_timeout)
{
	lock = 0;
	OK(lock_wait_for(&lock, true, 1));
	EQUAL(lock, main_tid | WRLOCKED);
}

CASE(timeout_of_a_writer)
{
	cloudabi_timestamp_t start = now(CLOUDABI_CLOCK_MONOTONIC);

	lock = 1;
	FAILS(lock_wait_for(&lock, true, 10 * MILLISECOND), ETIMEDOUT);
	CHECK(now(CLOUDABI_CLOCK_MONOTONIC) - start >= 10 * MILLISECOND);
	EQUAL(lock, 1);
	lock = OTHER | WRLOCKED;
	FAILS(lock_wait_for(&lock, true, MILLISECOND), ETIMEDOUT);
	EQUAL(lock, OTHER | WRLOCKED);
}

CASE(timeout_of_a_reader)
{
	lock = OTHER | WRLOCKED;
	FAILS(lock_wait_for(&lock, false, MILLISECOND), ETIMEDOUT);
	EQUAL(lock, OTHER | WRLOCKED);
}

/* As a C library does it for pthread_mutex_timedlock(). */
CASE(absolute_timeout)
{
	const cloudabi_subscription_t in[] = {
		{
			.userdata = 1,
			.type = CLOUDABI_EVENTTYPE_LOCK_WRLOCK,
			.lock = {&lock, CLOUDABI_SCOPE_PRIVATE},
		},
		clock_sub(CLOUDABI_CLOCK_REALTIME,
			  now(CLOUDABI_CLOCK_REALTIME) + 5 * MILLISECOND,
			  CLOUDABI_SUBSCRIPTION_CLOCK_ABSTIME, 2),
	};
	cloudabi_event_t out[2];

	lock = 1;
	EQUAL(poll(in, out, 2), 1);
	EQUAL(out[0].userdata, 2);
	OK(out[0].error);
	lock = 0;
	EQUAL(poll(in, out, 2), 1);
	EQUAL(out[0].userdata, 1);
	OK(out[0].error);
}

CASE(timeout_by_an_unknown_clock)
{
	const cloudabi_subscription_t in[] = {
		{
			.type = CLOUDABI_EVENTTYPE_LOCK_WRLOCK,
			.lock = {&lock, CLOUDABI_SCOPE_PRIVATE},
		},
		clock_sub(77, MILLISECOND, 0, 2),
	};
	cloudabi_event_t out[2];

	lock = 0;
	EQUAL(poll(in, out, 2), 1);
	EQUAL(out[0].userdata, 2);
	EQUAL(out[0].error, CLOUDABI_EINVAL);
	EQUAL(lock, 0);
}
