/* SPDX-License-Identifier: BSD-2-Clause */
/* Mutexes, read-write locks, spin locks and once, on lock words. */

#include <pthread.h>
#include <stdint.h>

#include "cloudabi_impl.h"
#include "lock_word.h"
#include "pthread_impl.h"

/* What a thread that already holds the mutex gets. An ordinary mutex answers
 * EDEADLK like an error-checking one, instead of stopping for good. */
static int lock_again(pthread_mutex_t *mutex, int otherwise)
{
	if (mutex->_m_type != PTHREAD_MUTEX_RECURSIVE)
		return otherwise;
	if (mutex->_m_count == INT_MAX)
		return EAGAIN;
	++mutex->_m_count;
	return 0;
}

int pthread_mutex_init(pthread_mutex_t *restrict mutex,
		       const pthread_mutexattr_t *restrict attr)
{
	*mutex = (pthread_mutex_t){0};
	if (attr != NULL)
		mutex->_m_type = (int)(attr->__attr & 3);
	return 0;
}

int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
	(void)mutex;
	return 0;
}

int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
	if (__word_try_write(&mutex->_m_lock))
		return 0;
	if (__word_owned(&mutex->_m_lock))
		return lock_again(mutex, EBUSY);
	return EBUSY;
}

int pthread_mutex_clocklock(pthread_mutex_t *restrict mutex, clockid_t clock,
			    const struct timespec *restrict until)
{
	int error = __word_write(&mutex->_m_lock, clock, until);

	return error == EDEADLK ? lock_again(mutex, EDEADLK) : error;
}

int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex,
			    const struct timespec *restrict until)
{
	return pthread_mutex_clocklock(mutex, CLOCK_REALTIME, until);
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	return pthread_mutex_clocklock(mutex, CLOCK_REALTIME, NULL);
}

int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	if (!__word_owned(&mutex->_m_lock))
		return EPERM;
	if (mutex->_m_count > 0) {
		--mutex->_m_count;
		return 0;
	}
	return __word_unlock(&mutex->_m_lock);
}

int pthread_rwlock_init(pthread_rwlock_t *restrict lock,
			const pthread_rwlockattr_t *restrict attr)
{
	(void)attr;
	*lock = (pthread_rwlock_t){0};
	return 0;
}

int pthread_rwlock_destroy(pthread_rwlock_t *lock)
{
	(void)lock;
	return 0;
}

int pthread_rwlock_tryrdlock(pthread_rwlock_t *lock)
{
	return __word_try_read(&lock->_rw_lock) ? 0 : EBUSY;
}

int pthread_rwlock_trywrlock(pthread_rwlock_t *lock)
{
	return __word_try_write(&lock->_rw_lock) ? 0 : EBUSY;
}

int pthread_rwlock_clockrdlock(pthread_rwlock_t *restrict lock, clockid_t clock,
			       const struct timespec *restrict until)
{
	return __word_read(&lock->_rw_lock, clock, until);
}

int pthread_rwlock_clockwrlock(pthread_rwlock_t *restrict lock, clockid_t clock,
			       const struct timespec *restrict until)
{
	return __word_write(&lock->_rw_lock, clock, until);
}

int pthread_rwlock_timedrdlock(pthread_rwlock_t *restrict lock,
			       const struct timespec *restrict until)
{
	return pthread_rwlock_clockrdlock(lock, CLOCK_REALTIME, until);
}

int pthread_rwlock_timedwrlock(pthread_rwlock_t *restrict lock,
			       const struct timespec *restrict until)
{
	return pthread_rwlock_clockwrlock(lock, CLOCK_REALTIME, until);
}

int pthread_rwlock_rdlock(pthread_rwlock_t *lock)
{
	return pthread_rwlock_timedrdlock(lock, NULL);
}

int pthread_rwlock_wrlock(pthread_rwlock_t *lock)
{
	return pthread_rwlock_timedwrlock(lock, NULL);
}

int pthread_rwlock_unlock(pthread_rwlock_t *lock)
{
	return __word_unlock(&lock->_rw_lock);
}

int pthread_spin_init(pthread_spinlock_t *lock, int shared)
{
	(void)shared;
	*lock = 0;
	return 0;
}

int pthread_spin_destroy(pthread_spinlock_t *lock)
{
	(void)lock;
	return 0;
}

int pthread_spin_trylock(pthread_spinlock_t *lock)
{
	return __atomic_exchange_n(lock, EBUSY, __ATOMIC_ACQUIRE);
}

int pthread_spin_lock(pthread_spinlock_t *lock)
{
	while (pthread_spin_trylock(lock) != 0)
		while (__atomic_load_n(lock, __ATOMIC_RELAXED) != 0)
			a_spin();
	return 0;
}

int pthread_spin_unlock(pthread_spinlock_t *lock)
{
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
	return 0;
}

/*
 * A once object is a lock word that starts as a value no lock in use has.
 * Whoever replaces that by its own id runs the function; unlocking then leaves
 * zero behind, or the readers that waited, who only come to see it free.
 */
int pthread_once(pthread_once_t *control, void (*run)(void))
{
	lock_word *word = control;
	int expected = (int)CLOUDABI_LOCK_BOGUS;
	int own = (int)(__pthread_self()->tid | CLOUDABI_LOCK_WRLOCKED);

	if (__atomic_load_n(word, __ATOMIC_ACQUIRE) == CLOUDABI_LOCK_UNLOCKED)
		return 0;
	if (__atomic_compare_exchange_n(word, &expected, own, false,
					__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		run();
		return __word_unlock(word);
	}
	if (__word_read(word, CLOCK_REALTIME, NULL) == 0)
		__word_unlock(word);
	return 0;
}
