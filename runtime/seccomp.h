/* SPDX-License-Identifier: BSD-2-Clause */
/* The filter of host calls: which are let through, and installing it. */

#ifndef RUNTIME_SECCOMP_H
#define RUNTIME_SECCOMP_H

#include <stddef.h>
#include <stdint.h>

#include <linux/filter.h>

/* When a row of the table is in force; a stage is a union of these. */
enum seccomp_when {
	SECCOMP_LOADING = 1, /* from before the program's file is parsed */
	SECCOMP_RUNNING = 2, /* from before the program's first instruction */
	SECCOMP_SENDING = 4, /* in both, if START_ALLOW_SENDMSG is given */
};

#define SECCOMP_PROGRAM_MAX 512

/*
 * Translates the rows in force into a BPF program for the process `pid`.
 * Returns its length, or 0 if it takes more than SECCOMP_PROGRAM_MAX.
 */
size_t seccomp_compile(struct sock_filter *program, unsigned when,
		       uint32_t pid);

/*
 * Adds the stage to what already holds for this process; returns 0 or a
 * negative host errno.
 * Preconditions: one thread, no_new_privs is set.
 */
long seccomp_install(unsigned when, uint32_t pid);

#endif
