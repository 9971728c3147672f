/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls on clocks. */

#include "clock.h"
#include "host.h"
#include "sys.h"

cloudabi_errno_t sys_clock_res_get(cloudabi_clockid_t clock_id,
				   cloudabi_timestamp_t *resolution)
{
	struct __kernel_timespec ts;
	uint32_t clock;
	cloudabi_errno_t error = clock_of(clock_id, &clock);

	if (error == 0)
		error = error_of(host_call(__NR_clock_getres, clock, &ts));
	if (error == 0)
		*resolution = clock_nanoseconds(&ts);
	return error;
}

cloudabi_errno_t sys_clock_time_get(cloudabi_clockid_t clock_id,
				    cloudabi_timestamp_t precision,
				    cloudabi_timestamp_t *time)
{
	uint32_t clock;
	cloudabi_errno_t error = clock_of(clock_id, &clock);

	(void)precision;
	return error != 0 ? error : clock_now(clock, time);
}
