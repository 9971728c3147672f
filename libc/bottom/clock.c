/* SPDX-License-Identifier: BSD-2-Clause */
/* Clocks, sleeping, and the one time zone. */

#include <errno.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

#include "cloudabi_impl.h"
#include "time_impl.h"

/* CLOCK_REALTIME has to be zero for static initialisers to mean it, so the
 * numbers are POSIX's usual ones and not the ABI's. */
cloudabi_errno_t __clock_to_abi(clockid_t clock, cloudabi_clockid_t *id)
{
	static const cloudabi_clockid_t ids[] = {
		[CLOCK_REALTIME] = CLOUDABI_CLOCK_REALTIME,
		[CLOCK_MONOTONIC] = CLOUDABI_CLOCK_MONOTONIC,
		[CLOCK_PROCESS_CPUTIME_ID] = CLOUDABI_CLOCK_PROCESS_CPUTIME_ID,
		[CLOCK_THREAD_CPUTIME_ID] = CLOUDABI_CLOCK_THREAD_CPUTIME_ID,
	};

	if ((unsigned)clock >= sizeof(ids) / sizeof(*ids))
		return EINVAL;
	*id = ids[clock];
	return 0;
}

/* Times before the epoch become the epoch, and too late ones the latest. */
cloudabi_errno_t __timespec_to_abi(const struct timespec *ts,
				   cloudabi_timestamp_t *timestamp)
{
	if (ts->tv_nsec < 0 || ts->tv_nsec >= (long)NSEC_PER_SEC)
		return EINVAL;
	if (ts->tv_sec < 0)
		*timestamp = 0;
	else if (__builtin_mul_overflow((uint64_t)ts->tv_sec, NSEC_PER_SEC,
					timestamp) ||
		 __builtin_add_overflow(*timestamp, (uint64_t)ts->tv_nsec,
					timestamp))
		*timestamp = UINT64_MAX;
	return 0;
}

void __timespec_from_abi(cloudabi_timestamp_t timestamp, struct timespec *ts)
{
	ts->tv_sec = (time_t)(timestamp / NSEC_PER_SEC);
	ts->tv_nsec = (long)(timestamp % NSEC_PER_SEC);
}

int __clock_gettime(clockid_t clock, struct timespec *ts)
{
	cloudabi_clockid_t id;
	cloudabi_timestamp_t now;
	cloudabi_errno_t error = __clock_to_abi(clock, &id);

	if (error == 0)
		error = cloudabi_sys_clock_time_get(id, 1, &now);
	if (error == 0)
		__timespec_from_abi(now, ts);
	return __result(error);
}

weak_alias(__clock_gettime, clock_gettime);

int clock_getres(clockid_t clock, struct timespec *ts)
{
	cloudabi_clockid_t id;
	cloudabi_timestamp_t resolution;
	cloudabi_errno_t error = __clock_to_abi(clock, &id);

	if (error == 0)
		error = cloudabi_sys_clock_res_get(id, &resolution);
	if (error == 0 && ts != NULL)
		__timespec_from_abi(resolution, ts);
	return __result(error);
}

static int sleep_until(clockid_t clock, const struct timespec *ts,
		       cloudabi_subclockflags_t flags)
{
	cloudabi_subscription_t sub = {
		.type = CLOUDABI_EVENTTYPE_CLOCK,
		.clock.flags = flags,
	};
	cloudabi_event_t event;
	size_t count;
	cloudabi_errno_t error = __clock_to_abi(clock, &sub.clock.clock_id);

	if (error == 0)
		error = __timespec_to_abi(ts, &sub.clock.timeout);
	if (error == 0)
		error = cloudabi_sys_poll(&sub, &event, 1, &count);
	return error == 0 ? event.error : error;
}

/* Nothing interrupts sleep, so nothing ever remains of it. */
int __clock_nanosleep(clockid_t clock, int flags, const struct timespec *ts,
		      struct timespec *remaining)
{
	(void)remaining;
	if ((flags & ~TIMER_ABSTIME) != 0)
		return EINVAL;
	if (ts->tv_sec < 0 && (flags & TIMER_ABSTIME) == 0)
		return EINVAL;
	return sleep_until(clock, ts,
			   (flags & TIMER_ABSTIME) != 0 ?
				   CLOUDABI_SUBSCRIPTION_CLOCK_ABSTIME :
				   0);
}

weak_alias(__clock_nanosleep, clock_nanosleep);

int nanosleep(const struct timespec *ts, struct timespec *remaining)
{
	return __result((cloudabi_errno_t)__clock_nanosleep(CLOCK_MONOTONIC, 0,
							    ts, remaining));
}

/* The system knows the sum of the time spent in the program and for it. Where
 * clock_t has 32 bits, what is returned starts again from the least one. */
clock_t times(struct tms *tms)
{
	struct timespec now;

	*tms = (struct tms){.tms_utime = clock()};
	if (__clock_gettime(CLOCK_MONOTONIC, &now) != 0)
		return -1;
	return (clock_t)(now.tv_sec * (int64_t)CLOCKS_PER_SEC +
			 now.tv_nsec / (long)(NSEC_PER_SEC / CLOCKS_PER_SEC));
}

int getrusage(int who, struct rusage *usage)
{
	struct timespec used = {0};
	clockid_t clock = who == RUSAGE_THREAD ? CLOCK_THREAD_CPUTIME_ID :
						 CLOCK_PROCESS_CPUTIME_ID;

	if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN &&
	    who != RUSAGE_THREAD)
		return __result(EINVAL);
	if (who != RUSAGE_CHILDREN && __clock_gettime(clock, &used) != 0)
		return -1;
	*usage = (struct rusage){
		.ru_utime = {used.tv_sec, used.tv_nsec / 1000},
	};
	return 0;
}

/* Where a machine is, is none of a program's business: local time is UTC. */

long __timezone = 0;
int __daylight = 0;
char *__tzname[2] = {(char *)__utc, (char *)__utc};

weak_alias(__timezone, timezone);
weak_alias(__daylight, daylight);
weak_alias(__tzname, tzname);

void tzset(void)
{
}

void __secs_to_zone(long long t, int local, int *isdst, long *offset,
		    long *oppoff, const char **zonename)
{
	(void)t;
	(void)local;
	*isdst = 0;
	*offset = 0;
	if (oppoff != NULL)
		*oppoff = 0;
	*zonename = __utc;
}

const char *__tm_to_tzname(const struct tm *tm)
{
	(void)tm;
	return __utc;
}
