/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel must offer for anything to be run. */

#include <errno.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "broker.h"

/* Each probe is a call that does nothing and that a kernel with the feature
 * answers with another error, or none. */

static long probe_openat2(void)
{
	return syscall(SYS_openat2, -1, "", NULL, 0);
}

static long probe_close_range(void)
{
	return syscall(SYS_close_range, UINT_MAX, UINT_MAX, 0);
}

static long probe_pidfd(void)
{
	return syscall(SYS_pidfd_open, -1, 0);
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
} features[] = {
	{"pidfd_open", "Linux 5.3", probe_pidfd},
	{"openat2", "Linux 5.6", probe_openat2},
	{"close_range", "Linux 5.9", probe_close_range},
	{"seccomp", "Linux 4.14 with CONFIG_SECCOMP_FILTER", probe_seccomp},
};

/* A container's own filter may say EPERM instead. */
static bool is_missing(int error)
{
	return error == ENOSYS || error == EPERM || error == EOPNOTSUPP;
}

void features_check(void)
{
	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		if (features[i].probe() < 0 && is_missing(errno))
			die(EXIT_SETUP,
			    "%s is missing (%s): this needs %s, "
			    "and a container that lets it through",
			    features[i].name, strerror(errno),
			    features[i].remedy);
}
