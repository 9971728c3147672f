/* SPDX-License-Identifier: BSD-2-Clause */
/* clock_res_get: every clock has a resolution. */

#include "test.h"

void test(void)
{
	static const cloudabi_clockid_t clocks[] = {
		CLOUDABI_CLOCK_MONOTONIC,
		CLOUDABI_CLOCK_PROCESS_CPUTIME_ID,
		CLOUDABI_CLOCK_REALTIME,
		CLOUDABI_CLOCK_THREAD_CPUTIME_ID,
	};
	cloudabi_timestamp_t resolution;

	for (size_t i = 0; i < ARRAY_LEN(clocks); i++) {
		resolution = 0;
		OK(sys.clock_res_get(clocks[i], &resolution));
		CHECK(resolution > 0 && resolution <= 1000000000);
	}
	FAILS(sys.clock_res_get(0, &resolution), EINVAL);
	FAILS(sys.clock_res_get(5, &resolution), EINVAL);
	FAILS(sys.clock_res_get(UINT32_MAX, &resolution), EINVAL);
}
