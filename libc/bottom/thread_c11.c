/* SPDX-License-Identifier: BSD-2-Clause */
/* <threads.h>, in terms of <pthread.h>. */

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

#include "cloudabi_impl.h"

static int status(int error)
{
	switch (error) {
	case 0:
		return thrd_success;
	case EBUSY:
		return thrd_busy;
	case ETIMEDOUT:
		return thrd_timedout;
	case EAGAIN:
	case ENOMEM:
		return thrd_nomem;
	default:
		return thrd_error;
	}
}

static pthread_mutex_t *mutex(mtx_t *mtx)
{
	_Static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t), "mtx_t");
	return (pthread_mutex_t *)mtx;
}

static pthread_cond_t *cond(cnd_t *cnd)
{
	_Static_assert(sizeof(cnd_t) == sizeof(pthread_cond_t), "cnd_t");
	return (pthread_cond_t *)cnd;
}

struct call {
	thrd_start_t run;
	void *argument;
};

static void *run(void *argument)
{
	struct call call = *(struct call *)argument;

	free(argument);
	return (void *)(intptr_t)call.run(call.argument);
}

int thrd_create(thrd_t *thread, thrd_start_t start, void *argument)
{
	struct call *call = malloc(sizeof(*call));
	int error;

	if (call == NULL)
		return thrd_nomem;
	*call = (struct call){start, argument};
	error = pthread_create(thread, NULL, run, call);
	if (error != 0)
		free(call);
	return status(error);
}

_Noreturn void thrd_exit(int result)
{
	pthread_exit((void *)(intptr_t)result);
}

int thrd_join(thrd_t thread, int *result)
{
	void *value;
	int error = pthread_join(thread, &value);

	if (error == 0 && result != NULL)
		*result = (int)(intptr_t)value;
	return status(error);
}

int thrd_detach(thrd_t thread)
{
	return status(pthread_detach(thread));
}

int thrd_sleep(const struct timespec *duration, struct timespec *remaining)
{
	return nanosleep(duration, remaining) == 0 ? 0 : -2;
}

void thrd_yield(void)
{
	cloudabi_sys_thread_yield();
}

void call_once(once_flag *flag, void (*run)(void))
{
	pthread_once(flag, run);
}

int mtx_init(mtx_t *mtx, int type)
{
	pthread_mutexattr_t attr = {0};

	if ((type & mtx_recursive) != 0)
		pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	return status(pthread_mutex_init(mutex(mtx), &attr));
}

void mtx_destroy(mtx_t *mtx)
{
	pthread_mutex_destroy(mutex(mtx));
}

int mtx_lock(mtx_t *mtx)
{
	return status(pthread_mutex_lock(mutex(mtx)));
}

int mtx_timedlock(mtx_t *restrict mtx, const struct timespec *restrict until)
{
	return status(pthread_mutex_timedlock(mutex(mtx), until));
}

int mtx_trylock(mtx_t *mtx)
{
	return status(pthread_mutex_trylock(mutex(mtx)));
}

int mtx_unlock(mtx_t *mtx)
{
	return status(pthread_mutex_unlock(mutex(mtx)));
}

int cnd_init(cnd_t *cnd)
{
	return status(pthread_cond_init(cond(cnd), NULL));
}

void cnd_destroy(cnd_t *cnd)
{
	pthread_cond_destroy(cond(cnd));
}

int cnd_signal(cnd_t *cnd)
{
	return status(pthread_cond_signal(cond(cnd)));
}

int cnd_broadcast(cnd_t *cnd)
{
	return status(pthread_cond_broadcast(cond(cnd)));
}

int cnd_wait(cnd_t *cnd, mtx_t *mtx)
{
	return status(pthread_cond_wait(cond(cnd), mutex(mtx)));
}

int cnd_timedwait(cnd_t *restrict cnd, mtx_t *restrict mtx,
		  const struct timespec *restrict until)
{
	return status(pthread_cond_timedwait(cond(cnd), mutex(mtx), until));
}

int tss_create(tss_t *key, tss_dtor_t destructor)
{
	return status(pthread_key_create(key, destructor));
}

void tss_delete(tss_t key)
{
	pthread_key_delete(key);
}

int tss_set(tss_t key, void *value)
{
	return status(pthread_setspecific(key, value));
}

void *tss_get(tss_t key)
{
	return pthread_getspecific(key);
}
