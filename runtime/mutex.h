/* SPDX-License-Identifier: BSD-2-Clause */
/* The runtime's own lock: short sections, no owner, no recursion. */

#ifndef RUNTIME_MUTEX_H
#define RUNTIME_MUTEX_H

#include "host.h"

/* 0 free, 1 held, 2 held and somebody may sleep. */
struct mutex {
	uint32_t word;
};

static inline void mutex_lock(struct mutex *mutex)
{
	uint32_t free = 0;

	if (__atomic_compare_exchange_n(&mutex->word, &free, 1, 0,
					__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	while (__atomic_exchange_n(&mutex->word, 2, __ATOMIC_ACQUIRE) != 0)
		host_futex_wait(&mutex->word, 2, 0, NULL);
}

static inline void mutex_unlock(struct mutex *mutex)
{
	if (__atomic_exchange_n(&mutex->word, 0, __ATOMIC_RELEASE) == 2)
		host_futex_wake(&mutex->word, 1);
}

#endif
