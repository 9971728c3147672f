/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel must offer for anything to be run. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "broker.h"

/*
 * Each probe is a call that does nothing and has one answer where the feature
 * exists. Kernels that lack it say ENOSYS or EINVAL, and containers that keep
 * it from their programs EPERM or whatever they like.
 */

/* A number that no process has. */
static long probe_pidfd_open(void)
{
	return syscall(SYS_pidfd_open, INT_MAX, 0);
}

static long probe_pidfd_send_signal(void)
{
	return syscall(SYS_pidfd_send_signal, -1, 0, NULL, 0);
}

/* A name that leads outside at once. */
static long probe_openat2(void)
{
	const struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS |
			   RESOLVE_NO_XDEV,
	};

	return syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how));
}

static long probe_close_range(void)
{
	return syscall(SYS_close_range, UINT_MAX, UINT_MAX, 0);
}

static long probe_memfd_create(void)
{
	return syscall(SYS_memfd_create, NULL, MFD_CLOEXEC);
}

static long probe_execveat(void)
{
	return syscall(SYS_execveat, -1, "", NULL, NULL, AT_EMPTY_PATH);
}

static long probe_seccomp(void)
{
	const uint32_t action = SECCOMP_RET_KILL_PROCESS;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
}

static const struct {
	const char *name;
	const char *remedy;
	long (*probe)(void);
	int answer; /* an errno, or 0 */
} features[] = {
	{"memfd_create", "Linux 3.17", probe_memfd_create, EFAULT},
	{"execveat", "Linux 3.19", probe_execveat, EBADF},
	{"pidfd_send_signal", "Linux 5.1", probe_pidfd_send_signal, EBADF},
	{"pidfd_open", "Linux 5.3", probe_pidfd_open, ESRCH},
	{"openat2", "Linux 5.6", probe_openat2, EXDEV},
	{"close_range", "Linux 5.9", probe_close_range, 0},
	{"seccomp", "Linux 4.14 with CONFIG_SECCOMP_FILTER", probe_seccomp, 0},
};

static int answer_of(long result)
{
	return result < 0 ? errno : 0;
}

void features_check(void)
{
	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		int answer = answer_of(features[i].probe());

		if (answer != features[i].answer)
			die(EXIT_SETUP,
			    "%s is missing (%s): this needs %s, "
			    "and a container that lets it through",
			    features[i].name, strerror(answer),
			    features[i].remedy);
	}
}
