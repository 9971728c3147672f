/* SPDX-License-Identifier: BSD-2-Clause */
/* Making processes and waiting for them, for programs that may have several. */

#ifndef PROCESSES_H
#define PROCESSES_H

#include "test.h"

/* Added to the number of a signal that has ended a process. */
#define SIGNAL 1000

/* Returns whether this is the child; the parent gets its descriptor. */
static inline bool fork_child(cloudabi_fd_t *child)
{
	cloudabi_fd_t fd = 0;
	cloudabi_tid_t tid = 0;

	OK(sys.proc_fork(&fd, &tid));
	if (fd != CLOUDABI_PROCESS_CHILD) {
		*child = fd;
		return false;
	}
	main_tid = tid;
	return true;
}

/* Returns the exit code, or SIGNAL and a signal. */
static inline uint32_t await_child(cloudabi_fd_t child)
{
	const cloudabi_subscription_t in = {
		.type = CLOUDABI_EVENTTYPE_PROC_TERMINATE,
		.proc_terminate.fd = child,
		.userdata = 4711,
	};
	cloudabi_event_t out;
	size_t n;

	OK(sys.poll(&in, &out, 1, &n));
	EQUAL(n, 1);
	EQUAL(out.userdata, 4711);
	EQUAL(out.error, 0);
	EQUAL(out.type, CLOUDABI_EVENTTYPE_PROC_TERMINATE);
	if (out.proc_terminate.signal != 0)
		return SIGNAL + out.proc_terminate.signal;
	return out.proc_terminate.exitcode;
}

#endif
