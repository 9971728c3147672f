/* SPDX-License-Identifier: BSD-2-Clause */
/* Limits that the kernel measures and the broker enforces. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "broker.h"

/* Creating threads takes the guest's own time, so that is the clock by which
 * they are counted. A guest that sleeps is left alone. */
#define THREADS_INTERVAL_NS (20 * 1000000)

/* The least that a process can use up before somebody looks. */
#define CPU_GRAIN_NS 1000000

/* What a timer is for comes back with its signal. */
enum timer {
	TIMER_WALL,
	TIMER_CPU,
	TIMER_THREADS,
	TIMER_PROCESSES, /* and all above */
};

/* Several processes have their time together. */
static uint64_t cpu_max, cpu_used_by_others;
static struct {
	bool is_followed;
	clockid_t clock;
	timer_t timer;
} followed[PROCESS_SLOTS];

static int stat_fd_of_guest = -1;
static uint64_t threads_max;

static struct timespec time_of(uint64_t ns)
{
	return (struct timespec){
		.tv_sec = (time_t)(ns / NS_PER_S),
		.tv_nsec = (long)(ns % NS_PER_S),
	};
}

/* At the time `at` of the clock, and every `interval` from then on. */
static void start_timer(clockid_t clock, enum timer use, uint64_t at,
			uint64_t interval)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = LIMITS_SIGNAL,
		.sigev_value.sival_int = use,
	};
	const struct itimerspec times = {
		.it_value = time_of(at),
		.it_interval = time_of(interval),
	};
	timer_t timer;

	if (timer_create(clock, &event, &timer) != 0 ||
	    timer_settime(timer, TIMER_ABSTIME, &times, NULL) != 0)
		die(EXIT_SETUP, "the kernel gives no timer for limits: %s",
		    strerror(errno));
}

/* The runtime counts threads exactly; this is for programs without respect
 * for it, and needs /proc. */
static void watch_threads(const struct guest *guest, clockid_t clock,
			  uint64_t max)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)guest->pid);
	stat_fd_of_guest = open(path, O_RDONLY | O_CLOEXEC);
	if (stat_fd_of_guest < 0) {
		complain("/proc is missing, so only the program's own runtime "
			 "limits its threads");
		return;
	}
	/* The kernel may still be busy with threads that have ended for the
	 * program, which has others in their place. */
	threads_max = 2 * max + 16;
	start_timer(clock, TIMER_THREADS, THREADS_INTERVAL_NS,
		    THREADS_INTERVAL_NS);
}

int limits_start(const struct limits *limits, const struct guest *guest)
{
	clockid_t clock;

	if (limits->wall != 0)
		start_timer(CLOCK_MONOTONIC, TIMER_WALL,
			    guest->start_ns + limits->wall, 0);
	if (processes_are_several()) {
		cpu_max = limits->cpu;
		return -1;
	}
	if (limits->cpu == 0 && limits->threads == 0)
		return -1;
	if (clock_getcpuclockid(guest->pid, &clock) != 0)
		die(EXIT_SETUP, "the kernel does not tell what time the "
				"program uses");
	if (limits->cpu != 0)
		start_timer(clock, TIMER_CPU, limits->cpu, 0);
	if (limits->threads != 0)
		watch_threads(guest, clock, limits->threads);
	return stat_fd_of_guest;
}

/* The 20th field of /proc/<pid>/stat; the 2nd, a name, ends with the last
 * parenthesis. */
static uint64_t count_threads(void)
{
	char text[1024];
	ssize_t len = pread(stat_fd_of_guest, text, sizeof(text) - 1, 0);
	const char *at;

	if (len <= 0)
		return 0;
	text[len] = '\0';
	at = strrchr(text, ')');
	for (int field = 2; at != NULL && field < 20; field++)
		at = strchr(at + 1, ' ');
	return at != NULL ? strtoull(at, NULL, 10) : 0;
}

static uint64_t time_on(clockid_t clock)
{
	struct timespec time = {0};

	/* A clock that has stopped counts when its process is reaped. */
	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

/* What is left for all; n: how many there are. */
static uint64_t remainder_of_time(unsigned *n)
{
	uint64_t used = cpu_used_by_others;

	*n = 0;
	for (unsigned i = 0; i < PROCESS_SLOTS; i++) {
		if (!followed[i].is_followed)
			continue;
		used += time_on(followed[i].clock);
		++*n;
	}
	return used < cpu_max ? cpu_max - used : 0;
}

/*
 * Each process may go on for an equal part of what is left before its timer
 * asks for this again. Together they cannot use more, but for the time that a
 * timer takes at least; if only some are busy it takes a few more turns.
 */
static void share_time_out(void)
{
	unsigned n;
	uint64_t left = remainder_of_time(&n);

	for (unsigned i = 0; i < PROCESS_SLOTS; i++) {
		uint64_t now;
		struct itimerspec times;

		if (!followed[i].is_followed)
			continue;
		now = time_on(followed[i].clock);
		times = (struct itimerspec){
			.it_value = time_of(now + left / n + CPU_GRAIN_NS),
		};
		timer_settime(followed[i].timer, TIMER_ABSTIME, &times, NULL);
	}
}

/* As clock_getcpuclockid(), for a process that is there. */
static clockid_t clock_of(pid_t pid)
{
	return (clockid_t)((~(unsigned)pid << 3) | 2);
}

void limits_follow(unsigned slot, pid_t pid)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = LIMITS_SIGNAL,
		.sigev_value.sival_int = TIMER_PROCESSES,
	};

	if (cpu_max == 0)
		return;
	followed[slot].clock = clock_of(pid);
	if (timer_create(followed[slot].clock, &event, &followed[slot].timer) !=
	    0)
		die(EXIT_SETUP, "the kernel gives no timer for limits: %s",
		    strerrordesc_np(errno));
	followed[slot].is_followed = true;
	share_time_out();
}

void limits_forget(unsigned slot, const struct usage *usage)
{
	cpu_used_by_others += usage->user_ns + usage->system_ns;
	if (!followed[slot].is_followed)
		return;
	followed[slot].is_followed = false;
	timer_delete(followed[slot].timer);
}

static struct ending reached(const char *limit)
{
	return (struct ending){.kind = ENDED_LIMIT, .name = limit};
}

static void take_processes(struct guest *guest)
{
	unsigned n;

	if (remainder_of_time(&n) == 0)
		guest_condemn(guest, reached("cpu"));
	else
		share_time_out();
}

void limits_take(struct guest *guest, int timer)
{
	if (timer == TIMER_WALL)
		guest_condemn(guest, reached("wall"));
	else if (timer == TIMER_CPU)
		guest_condemn(guest, reached("cpu"));
	else if (timer == TIMER_THREADS && count_threads() > threads_max)
		guest_condemn(guest, reached("threads"));
	else if (timer == TIMER_PROCESSES)
		take_processes(guest);
}
