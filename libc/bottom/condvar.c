/* SPDX-License-Identifier: BSD-2-Clause */
/* Condition variables, barriers and semaphores. */

#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>

#include "cloudabi_impl.h"
#include "lock_word.h"
#include "pthread_impl.h"

int pthread_cond_init(pthread_cond_t *restrict cond,
		      const pthread_condattr_t *restrict attr)
{
	*cond = (pthread_cond_t){0};
	if (attr != NULL)
		cond->_c_clock = (int)(attr->__attr & INT_MAX);
	return 0;
}

int pthread_cond_destroy(pthread_cond_t *cond)
{
	(void)cond;
	return 0;
}

int pthread_cond_clockwait(pthread_cond_t *restrict cond,
			   pthread_mutex_t *restrict mutex, clockid_t clock,
			   const struct timespec *restrict until)
{
	int count = mutex->_m_count;
	int error;

	if (!__word_owned(&mutex->_m_lock))
		return EPERM;
	mutex->_m_count = 0;
	error = __condition_wait(&cond->_c_word, &mutex->_m_lock, clock, until);
	mutex->_m_count = count;
	return error;
}

int pthread_cond_timedwait(pthread_cond_t *restrict cond,
			   pthread_mutex_t *restrict mutex,
			   const struct timespec *restrict until)
{
	return pthread_cond_clockwait(cond, mutex, cond->_c_clock, until);
}

int pthread_cond_wait(pthread_cond_t *restrict cond,
		      pthread_mutex_t *restrict mutex)
{
	return pthread_cond_timedwait(cond, mutex, NULL);
}

int pthread_cond_signal(pthread_cond_t *cond)
{
	return __condition_signal(&cond->_c_word, 1);
}

int pthread_cond_broadcast(pthread_cond_t *cond)
{
	return __condition_signal(&cond->_c_word, UINT_MAX);
}

int pthread_barrier_init(pthread_barrier_t *restrict barrier,
			 const pthread_barrierattr_t *restrict attr,
			 unsigned count)
{
	(void)attr;
	if (count == 0 || count > INT_MAX)
		return EINVAL;
	*barrier = (pthread_barrier_t){._b_limit = (int)count};
	return 0;
}

/* Threads of the last round may still be on their way out. */
int pthread_barrier_destroy(pthread_barrier_t *barrier)
{
	int error = __word_write(&barrier->_b_lock, CLOCK_REALTIME, NULL);

	return error != 0 ? error : __word_unlock(&barrier->_b_lock);
}

static void await_round(pthread_barrier_t *barrier)
{
	int round = barrier->_b_round;

	while (barrier->_b_round == round)
		__condition_wait(&barrier->_b_word, &barrier->_b_lock,
				 CLOCK_REALTIME, NULL);
}

int pthread_barrier_wait(pthread_barrier_t *barrier)
{
	int error = __word_write(&barrier->_b_lock, CLOCK_REALTIME, NULL);
	int result = 0;

	if (error != 0)
		return error;
	if (++barrier->_b_count < barrier->_b_limit) {
		await_round(barrier);
	} else {
		barrier->_b_count = 0;
		++barrier->_b_round;
		__condition_signal(&barrier->_b_word, UINT_MAX);
		result = PTHREAD_BARRIER_SERIAL_THREAD;
	}
	__word_unlock(&barrier->_b_lock);
	return result;
}

/*
 * The value of a semaphore has a bit that says whether threads wait. While it
 * is clear, sem_post() touches the semaphore exactly once, so that a thread
 * which got through may destroy it at once.
 */
#define SEM_WAITED INT_MIN

struct semaphore {
	volatile int value;
	lock_word lock;
	volatile int condition;
	int waiters;
};

_Static_assert(sizeof(struct semaphore) <= sizeof(sem_t), "size of sem_t");

static bool replace(struct semaphore *s, int from, int to)
{
	return __atomic_compare_exchange_n(&s->value, &from, to, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static int fail(int error)
{
	errno = error;
	return -1;
}

int sem_init(sem_t *sem, int shared, unsigned value)
{
	if (shared)
		return fail(ENOTSUP);
	if (value > SEM_VALUE_MAX)
		return fail(EINVAL);
	*(struct semaphore *)sem = (struct semaphore){.value = (int)value};
	return 0;
}

int sem_destroy(sem_t *sem)
{
	(void)sem;
	return 0;
}

int sem_getvalue(sem_t *restrict sem, int *restrict value)
{
	*value = ((struct semaphore *)sem)->value & SEM_VALUE_MAX;
	return 0;
}

/* Adds one, unless there may be somebody to wake up. */
static bool post_alone(struct semaphore *s, int *error)
{
	int value;

	do {
		value = s->value;
		if ((value & SEM_WAITED) != 0)
			return false;
		*error = value == SEM_VALUE_MAX ? EOVERFLOW : 0;
	} while (*error == 0 && !replace(s, value, value + 1));
	return true;
}

static int post_locked(struct semaphore *s)
{
	if ((s->value & SEM_VALUE_MAX) == SEM_VALUE_MAX)
		return EOVERFLOW;
	__atomic_add_fetch(&s->value, 1, __ATOMIC_ACQ_REL);
	return __condition_signal(&s->condition, 1);
}

int sem_post(sem_t *sem)
{
	struct semaphore *s = (struct semaphore *)sem;
	int error;

	if (!post_alone(s, &error)) {
		error = __word_write(&s->lock, CLOCK_REALTIME, NULL);
		if (error == 0) {
			error = post_locked(s);
			__word_unlock(&s->lock);
		}
	}
	return error == 0 ? 0 : fail(error);
}

static bool take(struct semaphore *s)
{
	int value;

	do {
		value = s->value;
		if ((value & SEM_VALUE_MAX) == 0)
			return false;
	} while (!replace(s, value, value - 1));
	return true;
}

int sem_trywait(sem_t *sem)
{
	return take((struct semaphore *)sem) ? 0 : fail(EAGAIN);
}

/* Between a failed take() and the wait, the bit must be set without a post
 * slipping through: it is set only while the value is zero. */
static int wait_locked(struct semaphore *s, clockid_t clock,
		       const struct timespec *until)
{
	bool taken;
	int error = 0;

	++s->waiters;
	while (!(taken = take(s)) && error == 0)
		if (replace(s, 0, SEM_WAITED) || s->value == SEM_WAITED)
			error = __condition_wait(&s->condition, &s->lock, clock,
						 until);
	if (--s->waiters == 0)
		__atomic_and_fetch(&s->value, SEM_VALUE_MAX, __ATOMIC_ACQ_REL);
	return taken ? 0 : error;
}

static int wait_until(sem_t *sem, clockid_t clock, const struct timespec *until)
{
	struct semaphore *s = (struct semaphore *)sem;
	int error;

	if (take(s))
		return 0;
	error = __word_write(&s->lock, CLOCK_REALTIME, NULL);
	if (error == 0) {
		error = wait_locked(s, clock, until);
		__word_unlock(&s->lock);
	}
	return error == 0 ? 0 : fail(error);
}

int sem_timedwait(sem_t *restrict sem, const struct timespec *restrict until)
{
	return wait_until(sem, CLOCK_REALTIME, until);
}

int sem_clockwait(sem_t *restrict sem, clockid_t clock,
		  const struct timespec *restrict until)
{
	return wait_until(sem, clock, until);
}

int sem_wait(sem_t *sem)
{
	return wait_until(sem, CLOCK_REALTIME, NULL);
}
