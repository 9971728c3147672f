/* SPDX-License-Identifier: BSD-2-Clause */
/* Lock words and condition variable words of the ABI. */

#ifndef LOCK_WORD_H
#define LOCK_WORD_H

#include <cloudabi.h>
#include <features.h>
#include <stdbool.h>
#include <time.h>

/*
 * A lock word is taken and released by the processor alone while nobody else
 * wants it, and by system calls otherwise. musl declares its words as volatile
 * int, pthread types hold them in such members too.
 *
 * Functions that wait take a clock and an absolute time, NULL for no end, and
 * return 0, ETIMEDOUT, EDEADLK or EINVAL.
 */
typedef volatile int lock_word;

hidden bool __word_owned(const lock_word *word);
hidden bool __word_try_write(lock_word *word);
hidden bool __word_try_read(lock_word *word);
hidden int __word_write(lock_word *word, clockid_t clock,
			const struct timespec *until);
hidden int __word_read(lock_word *word, clockid_t clock,
		       const struct timespec *until);
hidden int __word_unlock(lock_word *word);

/* The caller holds `word` for writing, also afterwards. */
hidden int __condition_wait(volatile int *condition, lock_word *word,
			    clockid_t clock, const struct timespec *until);
hidden int __condition_signal(volatile int *condition, unsigned waiters);

#endif
