/* SPDX-License-Identifier: BSD-2-Clause */
/* Lock words: taken by compare-and-swap, or by poll() when others wait. */

#include "lock_word.h"

#include <stdint.h>

#include "cloudabi_impl.h"
#include "lock.h"
#include "pthread_impl.h"

enum {
	SPINS = 100,
	YIELDS = 8,
};

static cloudabi_lock_t load(const lock_word *word)
{
	return (cloudabi_lock_t)__atomic_load_n(word, __ATOMIC_RELAXED);
}

static bool swap(lock_word *word, cloudabi_lock_t from, cloudabi_lock_t to)
{
	int expected = (int)from;

	return __atomic_compare_exchange_n(word, &expected, (int)to, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static cloudabi_lock_t own_value(void)
{
	return __pthread_self()->tid | CLOUDABI_LOCK_WRLOCKED;
}

bool __word_owned(const lock_word *word)
{
	return (load(word) & ~CLOUDABI_LOCK_KERNEL_MANAGED) == own_value();
}

bool __word_try_write(lock_word *word)
{
	return swap(word, CLOUDABI_LOCK_UNLOCKED, own_value());
}

/* Readers let waiting writers go first, except that who already reads
 * something may read more: the writer may be waiting for just that. */
static bool readable(cloudabi_lock_t value)
{
	if ((value & CLOUDABI_LOCK_WRLOCKED) != 0)
		return false;
	return (value & CLOUDABI_LOCK_KERNEL_MANAGED) == 0 ||
	       __pthread_self()->read_locks > 0;
}

bool __word_try_read(lock_word *word)
{
	cloudabi_lock_t value;

	do {
		value = load(word);
		if (!readable(value))
			return false;
	} while (!swap(word, value, value + 1));
	++__pthread_self()->read_locks;
	return true;
}

static void lock_subscription(cloudabi_subscription_t *sub,
			      cloudabi_eventtype_t type, lock_word *word)
{
	*sub = (cloudabi_subscription_t){
		.type = type,
		.lock = {.lock = (cloudabi_lock_t *)word,
			 .lock_scope = CLOUDABI_SCOPE_PRIVATE},
	};
}

/* Waits for the first of two subscriptions; the second one is the time. */
static int wait_until(cloudabi_subscription_t *subs, clockid_t clock,
		      const struct timespec *until)
{
	cloudabi_event_t events[2];
	size_t count = 1;
	size_t seen;
	int error;

	if (until != NULL) {
		subs[1] = (cloudabi_subscription_t){
			.type = CLOUDABI_EVENTTYPE_CLOCK,
			.clock.flags = CLOUDABI_SUBSCRIPTION_CLOCK_ABSTIME,
		};
		error = __clock_to_abi(clock, &subs[1].clock.clock_id);
		if (error == 0)
			error = __timespec_to_abi(until,
						  &subs[1].clock.timeout);
		if (error != 0)
			return error;
		count = 2;
	}
	error = cloudabi_sys_poll(subs, events, count, &seen);
	if (error != 0)
		return error;
	for (size_t i = 0; i < seen; ++i)
		if (events[i].type != CLOUDABI_EVENTTYPE_CLOCK)
			return events[i].error;
	return events[0].error != 0 ? events[0].error : ETIMEDOUT;
}

/*
 * Whoever waits in the system gets the lock handed over, while it sleeps. With
 * short critical sections that keeps all threads queueing up and waking each
 * other for good, so before a thread joins the queue it lets the others run.
 */
static bool try_for_a_while(lock_word *word, bool (*try)(lock_word *))
{
	for (int i = 0; i < SPINS; ++i) {
		if (try(word))
			return true;
		a_spin();
	}
	for (int i = 0; i < YIELDS; ++i) {
		cloudabi_sys_thread_yield();
		if (try(word))
			return true;
	}
	return false;
}

int __word_write(lock_word *word, clockid_t clock, const struct timespec *until)
{
	cloudabi_subscription_t subs[2];

	if (__word_try_write(word))
		return 0;
	if (__word_owned(word))
		return EDEADLK;
	if (try_for_a_while(word, __word_try_write))
		return 0;
	lock_subscription(&subs[0], CLOUDABI_EVENTTYPE_LOCK_WRLOCK, word);
	return wait_until(subs, clock, until);
}

int __word_read(lock_word *word, clockid_t clock, const struct timespec *until)
{
	cloudabi_subscription_t subs[2];
	int error;

	if (__word_try_read(word))
		return 0;
	if (__word_owned(word))
		return EDEADLK;
	if (try_for_a_while(word, __word_try_read))
		return 0;
	lock_subscription(&subs[0], CLOUDABI_EVENTTYPE_LOCK_RDLOCK, word);
	error = wait_until(subs, clock, until);
	if (error == 0)
		++__pthread_self()->read_locks;
	return error;
}

static int hand_over(lock_word *word)
{
	return cloudabi_sys_lock_unlock((cloudabi_lock_t *)word,
					CLOUDABI_SCOPE_PRIVATE);
}

/* The last reader that leaves waiting threads behind takes the lock for
 * writing, because only such a lock can be handed over. */
static int unlock_read(lock_word *word)
{
	const cloudabi_lock_t last = 1 | CLOUDABI_LOCK_KERNEL_MANAGED;
	cloudabi_lock_t value;

	--__pthread_self()->read_locks;
	for (;;) {
		value = load(word);
		if (value == last) {
			if (swap(word, value,
				 own_value() | CLOUDABI_LOCK_KERNEL_MANAGED))
				return hand_over(word);
		} else if (swap(word, value, value - 1)) {
			return 0;
		}
	}
}

/* EPERM when somebody else holds it for writing. */
int __word_unlock(lock_word *word)
{
	if ((load(word) & CLOUDABI_LOCK_WRLOCKED) == 0)
		return unlock_read(word);
	if (!__word_owned(word))
		return EPERM;
	if (swap(word, own_value(), CLOUDABI_LOCK_UNLOCKED))
		return 0;
	return hand_over(word);
}

/* The caller holds `word` for writing, and again when this returns. */
int __condition_wait(volatile int *condition, lock_word *word, clockid_t clock,
		     const struct timespec *until)
{
	cloudabi_subscription_t subs[2] = {{
		.type = CLOUDABI_EVENTTYPE_CONDVAR,
		.condvar = {.condvar = (cloudabi_condvar_t *)condition,
			    .lock = (cloudabi_lock_t *)word,
			    .condvar_scope = CLOUDABI_SCOPE_PRIVATE,
			    .lock_scope = CLOUDABI_SCOPE_PRIVATE},
	}};

	return wait_until(subs, clock, until);
}

/* Who waits has made the word other than zero before letting go of the lock. */
int __condition_signal(volatile int *condition, unsigned waiters)
{
	if (__atomic_load_n(condition, __ATOMIC_RELAXED) ==
	    CLOUDABI_CONDVAR_HAS_NO_WAITERS)
		return 0;
	cloudabi_sys_condvar_signal((cloudabi_condvar_t *)condition,
				    CLOUDABI_SCOPE_PRIVATE, waiters);
	return 0;
}

/* The locks inside musl; idle as long as there is one thread. A word that is
 * zero at the end was not taken at the beginning. */

void __lock(volatile int *word)
{
	if (libc.need_locks && __word_write(word, CLOCK_REALTIME, NULL) != 0)
		a_crash();
}

void __unlock(volatile int *word)
{
	if (load(word) != CLOUDABI_LOCK_UNLOCKED)
		__word_unlock(word);
}
