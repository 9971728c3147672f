/* SPDX-License-Identifier: BSD-2-Clause */
/* Clocks, read through the host's vDSO, and deadlines. */

#include "clock.h"

#include "hostvdso.h"

#define SECOND UINT64_C(1000000000)
/* The shortest nap while waiting for a clock that cannot wake us. */
#define NAP UINT64_C(1000000)

typedef int clock_gettime_t(int32_t, struct __kernel_timespec *);

static clock_gettime_t *vdso_gettime;
static uint32_t cpus = 1;

void clock_init(const void *vdso, uint32_t ncpus)
{
	if (vdso != NULL)
		vdso_gettime = (clock_gettime_t *)hostvdso_find(
			vdso, ARCH_VDSO_CLOCK_GETTIME);
	cpus = MAX(ncpus, 1);
}

cloudabi_errno_t clock_of(cloudabi_clockid_t id, uint32_t *clock)
{
	switch (id) {
	case CLOUDABI_CLOCK_MONOTONIC:
		*clock = HOST_CLOCK_MONOTONIC;
		return 0;
	case CLOUDABI_CLOCK_PROCESS_CPUTIME_ID:
		*clock = HOST_CLOCK_PROCESS_CPUTIME_ID;
		return 0;
	case CLOUDABI_CLOCK_REALTIME:
		*clock = HOST_CLOCK_REALTIME;
		return 0;
	case CLOUDABI_CLOCK_THREAD_CPUTIME_ID:
		*clock = HOST_CLOCK_THREAD_CPUTIME_ID;
		return 0;
	default:
		return CLOUDABI_EINVAL;
	}
}

cloudabi_timestamp_t clock_nanoseconds(const struct __kernel_timespec *ts)
{
	cloudabi_timestamp_t seconds = ts->tv_sec;

	if (ts->tv_sec < 0)
		return 0;
	if (seconds > (UINT64_MAX - ts->tv_nsec) / SECOND)
		return UINT64_MAX;
	return seconds * SECOND + ts->tv_nsec;
}

cloudabi_errno_t clock_now(uint32_t clock, cloudabi_timestamp_t *now)
{
	struct __kernel_timespec ts;
	long r;

	if (vdso_gettime != NULL)
		r = vdso_gettime(clock, &ts);
	else
		r = host_call(__NR_clock_gettime, clock, &ts);
	if (r == 0)
		*now = clock_nanoseconds(&ts);
	return error_of(r);
}

static cloudabi_timestamp_t add(cloudabi_timestamp_t a, cloudabi_timestamp_t b)
{
	return b > UINT64_MAX - a ? UINT64_MAX : a + b;
}

static cloudabi_errno_t read_once(struct origin *origin, uint32_t clock,
				  cloudabi_timestamp_t *now)
{
	cloudabi_errno_t error = 0;

	if (!origin->known[clock])
		error = clock_now(clock, &origin->time[clock]);
	origin->known[clock] = error == 0;
	*now = origin->time[clock];
	return error;
}

cloudabi_errno_t deadline_set(struct deadline *deadline,
			      const cloudabi_subscription_clock_t *subscription,
			      struct origin *origin)
{
	cloudabi_timestamp_t now;
	cloudabi_errno_t error;

	error = clock_of(subscription->clock_id, &deadline->clock);
	if (error != 0)
		return error;
	deadline->time = subscription->timeout;
	if (subscription->flags & CLOUDABI_SUBSCRIPTION_CLOCK_ABSTIME)
		return 0;

	/* Setting the time of day does not change how long a while is. */
	if (deadline->clock == HOST_CLOCK_REALTIME)
		deadline->clock = HOST_CLOCK_MONOTONIC;
	error = read_once(origin, deadline->clock, &now);
	deadline->time = add(now, deadline->time);
	return error;
}

bool deadline_passed(const struct deadline *deadline)
{
	cloudabi_timestamp_t now;

	return clock_now(deadline->clock, &now) == 0 && now >= deadline->time;
}

static bool is_cpu_clock(uint32_t clock)
{
	return clock == HOST_CLOCK_PROCESS_CPUTIME_ID ||
	       clock == HOST_CLOCK_THREAD_CPUTIME_ID;
}

cloudabi_timestamp_t deadline_distance(const struct deadline *deadline)
{
	cloudabi_timestamp_t now;

	if (clock_now(deadline->clock, &now) != 0 || now >= deadline->time)
		return 0;
	if (is_cpu_clock(deadline->clock))
		return MAX((deadline->time - now) / cpus, NAP);
	return deadline->time - now;
}

/* Turns a deadline into one on a clock that futexes know. */
static struct deadline next_look(const struct deadline *deadline)
{
	struct deadline look = {HOST_CLOCK_MONOTONIC, 0};

	if (!is_cpu_clock(deadline->clock))
		return *deadline;
	if (clock_now(look.clock, &look.time) == 0)
		look.time = add(look.time, deadline_distance(deadline));
	return look;
}

static void wait_once(const uint32_t *word, uint32_t value,
		      const struct deadline *deadline)
{
	struct deadline look = next_look(deadline);
	struct __kernel_timespec ts = {
		.tv_sec = look.time / SECOND,
		.tv_nsec = look.time % SECOND,
	};

	host_futex_wait(
		word, value,
		look.clock == HOST_CLOCK_REALTIME ? FUTEX_CLOCK_REALTIME : 0,
		&ts);
}

bool deadline_wait(const uint32_t *word, uint32_t value,
		   const struct deadline *deadline)
{
	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value) {
		if (deadline == NULL) {
			host_futex_wait(word, value, 0, NULL);
			continue;
		}
		if (deadline_passed(deadline))
			return false;
		wait_once(word, value, deadline);
	}
	return true;
}
