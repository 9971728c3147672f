/* SPDX-License-Identifier: BSD-2-Clause */
/* Clocks, and the deadlines that poll waits for. */

#ifndef RUNTIME_CLOCK_H
#define RUNTIME_CLOCK_H

#include "base.h"
#include "host.h"

/*
 * vdso: the ELF header of the host's vDSO, or NULL for system calls.
 * ncpus: how much faster than real time a CPU clock can run.
 */
void clock_init(const void *vdso, uint32_t ncpus);

/* Times before the epoch become 0, those out of range the largest value. */
cloudabi_timestamp_t clock_nanoseconds(const struct __kernel_timespec *ts);

/* Translates the id of a clock. */
cloudabi_errno_t clock_of(cloudabi_clockid_t id, uint32_t *clock);

/* Reads a clock of the host, in nanoseconds. */
cloudabi_errno_t clock_now(uint32_t clock, cloudabi_timestamp_t *now);

/* When a call started, by each of the host's clocks that it has asked. */
struct origin {
	cloudabi_timestamp_t time[HOST_CLOCKS + 1];
	bool known[HOST_CLOCKS + 1];
};

struct deadline {
	uint32_t clock; /* the host's id */
	cloudabi_timestamp_t time;
};

/* The same origin gives the same deadline again. */
cloudabi_errno_t deadline_set(struct deadline *deadline,
			      const cloudabi_subscription_clock_t *subscription,
			      struct origin *origin);

bool deadline_passed(const struct deadline *deadline);

/* How much real time passes at least until the deadline, in nanoseconds. */
cloudabi_timestamp_t deadline_distance(const struct deadline *deadline);

/*
 * Sleeps as long as the word has the value. Returns false if the deadline
 * passes first. A NULL deadline never passes.
 */
bool deadline_wait(const uint32_t *word, uint32_t value,
		   const struct deadline *deadline);

#endif
