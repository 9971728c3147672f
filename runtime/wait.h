/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads that sleep on locks and condition variables. */

#ifndef RUNTIME_WAIT_H
#define RUNTIME_WAIT_H

#include "base.h"
#include "clock.h"

enum wait_kind {
	WAIT_READ,
	WAIT_WRITE,
	WAIT_CONDVAR,
};

/* A sleeping thread's place in a queue; each thread has one. */
struct waiter {
	struct waiter *next;
	const void *object;    /* the word that it sleeps on */
	cloudabi_lock_t *lock; /* a condition variable's lock */
	uint32_t tid;
	uint8_t kind;
	bool queued;
	uint32_t woken; /* what the thread's futex call watches */
};

/*
 * Acquires a lock that could not be had by changing its word.
 * Returns ETIMEDOUT if the deadline passes first; NULL never passes.
 */
cloudabi_errno_t wait_lock(cloudabi_lock_t *lock, bool write,
			   const struct deadline *deadline);

/* Releases a lock that the caller holds for writing. */
cloudabi_errno_t wait_unlock(cloudabi_lock_t *lock);

/*
 * Releases the lock, waits for a signal, acquires the lock again, which also
 * happens when it returns ETIMEDOUT.
 */
cloudabi_errno_t wait_condvar(cloudabi_condvar_t *condvar,
			      cloudabi_lock_t *lock,
			      const struct deadline *deadline);

/* Wakes up to `n` threads, or makes them wait for the lock. */
cloudabi_errno_t wait_signal(cloudabi_condvar_t *condvar,
			     cloudabi_nthreads_t n);

/* In a new process, where no other thread is: nobody waits. */
void wait_reset(void);

/* Checks that an object is where other processes cannot wait for it. */
cloudabi_errno_t wait_check_scope(cloudabi_scope_t scope);

#endif
