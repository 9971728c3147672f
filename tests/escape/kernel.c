/* SPDX-License-Identifier: BSD-2-Clause */
/* Wide parts of the kernel that no sandboxed program needs. */

/* Whatever would change the host of a privileged user gets arguments that
 * the kernel refuses, but only after it has asked for the privileges. */

#include "probe.h"

static long io_uring_setup(void)
{
	char params[120];

	memset(params, 0, sizeof(params));
	return CALL(io_uring_setup, 1, params);
}

static long io_uring_enter(void)
{
	long fd = io_uring_setup();

	return then(fd, CALL(io_uring_enter, fd, 0, 0, 0, 0, 0));
}

static long io_uring_register(void)
{
	long fd = io_uring_setup();

	return then(fd, CALL(io_uring_register, fd, 2,
			     (&(struct vector){(void *)SECRET_AT, 0}), 0));
}

static long bpf_map(void)
{
	const uint32_t attributes[16] = {2, 4, 4, 1};

	return CALL(bpf, 0, attributes, sizeof(attributes));
}

static long perf_counter(void)
{
	const uint64_t attributes[16] = {1ull | 128ull << 32};

	return CALL(perf_event_open, attributes, 0, -1, -1, 0);
}

static long old_events(void)
{
	long context = 0;
	long r = CALL(io_setup, 1, &context);

	return then(r, CALL(io_destroy, context));
}

static void engines(void)
{
	PROBE(RESULT MAYBE, 13, "io_uring_setup", io_uring_setup());
	PROBE(RESULT MAYBE, 13, "io_uring_enter", io_uring_enter());
	PROBE(REACHES(14) MAYBE, 13, "io_uring_register",
	      io_uring_register() < 0 ? -14 : 0);
	PROBE(RESULT, 13, "io_setup", old_events());
	PROBE(RESULT MAYBE, 14, "bpf", bpf_map());
	PROBE(RESULT MAYBE, 14, "perf_event_open", perf_counter());
	PROBE(RESULT MAYBE, 14, "fanotify_init", CALL(fanotify_init, 0, 0));
	PROBE(RESULT, 46, "inotify_init", CALL(inotify_init1, 0));
}

static void keys(void)
{
	PROBE(RESULT MAYBE, 14, "add_key",
	      CALL(add_key, "user", "cloudabi", "x", 1, -2));
	PROBE(REACHES(126) MAYBE, 14, "request_key",
	      CALL(request_key, "user", "cloudabi-none", 0, 0));
	PROBE(RESULT MAYBE, 14, "keyctl_session",
	      CALL(keyctl, 0 /* GET_KEYRING_ID */, -3, 1, 0));
	PROBE(RESULT MAYBE, 14, "keyctl_join", CALL(keyctl, 1, 0, 0, 0));
	/* CVE-2024-42318: a parent got rid of its Landlock domain so. */
	PROBE(REACHES(1) MAYBE, 14, "keyctl_session_to_parent",
	      CALL(keyctl, 18, 0, 0, 0));
}

static void administration(void)
{
	char buffer[512];

	PROBE(REACHES(14) MAYBE, 14, "init_module",
	      CALL(init_module, 1, 64, 1));
	PROBE(REACHES(9) MAYBE, 14, "finit_module",
	      CALL(finit_module, -1, "", 0));
	PROBE(REACHES(2) MAYBE, 14, "delete_module",
	      CALL(delete_module, "cloudabi_none", 2048));
	PROBE(REACHES(22) MAYBE, 14, "kexec_load",
	      CALL(kexec_load, 0, 17, 0, 0xff00));
	PROBE(REACHES(22) MAYBE, 14, "reboot", CALL(reboot, 0, 0, 0, 0));
	PROBE(REACHES(14) MAYBE, 14, "swapon", CALL(swapon, 1, 0));
	PROBE(REACHES(14) MAYBE, 14, "swapoff", CALL(swapoff, 1));
	PROBE(REACHES(22) MAYBE, 14, "quotactl", CALL(quotactl, -1, 0, 0, 0));
	PROBE(REACHES(14) MAYBE, 14, "acct", CALL(acct, 1));
	PROBE(REACHES(14) MAYBE, 14, "sethostname", CALL(sethostname, 1, 1));
	PROBE(REACHES(14) MAYBE, 14, "setdomainname",
	      CALL(setdomainname, 1, 1));
	PROBE(RESULT MAYBE, 14, "settimeofday", CALL(settimeofday, 0, 0));
	PROBE(REACHES(14) MAYBE, 14, "clock_settime",
	      CALL(clock_settime, 0, 1));
	memset(buffer, 0, sizeof(buffer));
	PROBE(RESULT MAYBE, 14, "adjtimex", CALL(adjtimex, buffer));
	PROBE(RESULT MAYBE, 14, "clock_adjtime",
	      CALL(clock_adjtime, 0, buffer));
	PROBE(RESULT MAYBE, 14, "syslog", CALL(syslog, 10, 0, 0));
	PROBE(RESULT MAYBE, 14, "syslog_read",
	      CALL(syslog, 3, buffer, sizeof(buffer)));
	PROBE(RESULT MAYBE, 17, "lsm_list_modules",
	      raw6(461, (long)buffer, (long)&(uint32_t){512}, 0, 0, 0, 0));
}

/* Harmless as a rule, and of no use to a program without a host. */
static void knowledge(void)
{
	char buffer[512];

	PROBE(RESULT, 52, "uname", CALL(uname, buffer));
	PROBE(RESULT, 52, "sysinfo", CALL(sysinfo, buffer));
	PROBE(RESULT, 52, "getpid", CALL(getpid));
	PROBE(RESULT, 52, "getppid", CALL(getppid));
	PROBE(RESULT, 52, "getuid", CALL(getuid));
	PROBE(RESULT, 52, "getgroups", CALL(getgroups, 0, 0));
	PROBE(RESULT, 52, "getcpu", CALL(getcpu, buffer, 0, 0));
	PROBE(RESULT, 52, "getrusage", CALL(getrusage, 0, buffer));
	PROBE(RESULT, 52, "times", made(CALL(times, buffer)));
	PROBE(RESULT, 52, "getpriority", CALL(getpriority, 0, 0));
	PROBE(RESULT, 52, "sched_getaffinity",
	      CALL(sched_getaffinity, 0, sizeof(buffer), buffer));
	PROBE(RESULT, 52, "capget",
	      CALL(capget, (&(uint32_t[2]){0x20080522, 0}), buffer));
	PROBE(RESULT, 52, "prctl_get", CALL(prctl, 3, 0, 0, 0, 0));
	PROBE(RESULT MAYBE, 52, "clock_boot", CALL(clock_gettime, 7, buffer));
	PROBE(RESULT MAYBE, 52, "clock_tai", CALL(clock_gettime, 11, buffer));
	PROBE(RESULT, 52, "clock_of_another",
	      CALL(clock_gettime, ~PROCESS << 3 | 2, buffer));
}

void kernel_probes(void)
{
	engines();
	keys();
	administration();
	knowledge();
}
