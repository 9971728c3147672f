/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts about the process that are settled before the program starts. */

#ifndef RUNTIME_PROCESS_H
#define RUNTIME_PROCESS_H

#include "../broker/protocol.h"
#include "base.h"

struct process {
	uint32_t pid;
	uint32_t start_flags; /* enum start_flags */
	uint32_t threads_max; /* 0 if there is no limit */
	uint32_t control_fd;  /* 0 if there is no other process */
	bool has_listener;    /* the broker decides on calls like fork's */
	size_t page_size;
};

extern struct process process;

/* Gives the process a name that no other one has. */
void process_name(void);

/*
 * Tells the broker why the program cannot be started, and ends the process.
 * error: a negative host errno, or 0 if none applies.
 */
_Noreturn void start_refuse(enum start_stage stage, long error,
			    const char *message);

#endif
