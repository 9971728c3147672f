/* SPDX-License-Identifier: BSD-2-Clause */
/* clock_res_get: each clock has a resolution. */

#include "test.h"

static void expect_resolution(cloudabi_clockid_t clock)
{
	cloudabi_timestamp_t resolution = 0;

	OK(sys.clock_res_get(clock, &resolution));
	CHECK(resolution >= 1);
	CHECK(resolution <= SECOND);
}

CASE(monotonic)
{
	expect_resolution(CLOUDABI_CLOCK_MONOTONIC);
}

CASE(realtime)
{
	expect_resolution(CLOUDABI_CLOCK_REALTIME);
}

CASE(process_cputime)
{
	expect_resolution(CLOUDABI_CLOCK_PROCESS_CPUTIME_ID);
}

CASE(thread_cputime)
{
	expect_resolution(CLOUDABI_CLOCK_THREAD_CPUTIME_ID);
}

CASE(unknown_clock)
{
	cloudabi_timestamp_t resolution = 5;

	FAILS(sys.clock_res_get(0, &resolution), EINVAL);
	FAILS(sys.clock_res_get(5, &resolution), EINVAL);
	FAILS(sys.clock_res_get(UINT32_MAX, &resolution), EINVAL);
	EQUAL(resolution, 5);
}

CASE(all_eight_bytes_are_written)
{
	cloudabi_timestamp_t resolution = UINT64_MAX;

	OK(sys.clock_res_get(CLOUDABI_CLOCK_MONOTONIC, &resolution));
	CHECK(resolution <= SECOND);
}

ENDS(result_to_nowhere, -11)
{
	sys.clock_res_get(CLOUDABI_CLOCK_MONOTONIC, NOWHERE);
}
