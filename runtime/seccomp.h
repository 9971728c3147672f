/* SPDX-License-Identifier: BSD-2-Clause */
/* The filter of host calls: which are let through, and installing it. */

#ifndef RUNTIME_SECCOMP_H
#define RUNTIME_SECCOMP_H

#include <stddef.h>
#include <stdint.h>

#include <linux/filter.h>

/* When a row of the table is in force; a stage is a union of these. */
enum seccomp_when {
	SECCOMP_LOADING = 1, /* until the program's first instruction */
	SECCOMP_RUNNING = 2, /* from then on */
	SECCOMP_SENDING = 4, /* in both, if START_ALLOW_SENDMSG is given */
	SECCOMP_HANDING = 8, /* until the program's file is looked at */
	SECCOMP_FILES = 16,  /* always, without START_NO_MEMORY_FILES */
	SECCOMP_ALONE = 32,  /* always, if there is no other process */
};

#define SECCOMP_PROGRAM_MAX 512

/*
 * Translates the rows in force into a BPF program for the process `pid`, with
 * a verdict on everything else. Returns its length, or 0 if it takes more than
 * SECCOMP_PROGRAM_MAX.
 */
size_t seccomp_compile(struct sock_filter *program, unsigned when, uint32_t pid,
		       uint32_t otherwise);

/*
 * The same for a program that only forbids what goes from one stage to the
 * next: of several programs the sternest verdict counts, and the first one has
 * one on all the rest.
 */
size_t seccomp_compile_tighter(struct sock_filter *program, unsigned before,
			       unsigned when, uint32_t pid);

/*
 * Begins the first stage; returns 0 or a negative host errno. Whoever holds
 * *listener decides on calls that are not in force; if it is negative the
 * kernel kills for them.
 * Preconditions: one thread, no_new_privs is set.
 */
long seccomp_start(unsigned when, uint32_t pid, long *listener);

/* Has the kernel kill for all that a listener was to decide on: there is
 * nobody to hold it. `when` is what seccomp_start() got. */
long seccomp_kill_instead(unsigned when, uint32_t pid);

/* Goes on to the next stage, which must not have anything new in force. */
long seccomp_tighten(unsigned before, unsigned when, uint32_t pid);

#endif
