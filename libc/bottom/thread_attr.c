/* SPDX-License-Identifier: BSD-2-Clause */
/* Attributes of threads and of what they share. */

#include <pthread.h>

#include "cloudabi_impl.h"
#include "pthread_impl.h"

int pthread_attr_init(pthread_attr_t *attr)
{
	*attr = (pthread_attr_t){0};
	attr->_a_stacksize = DEFAULT_STACK_SIZE;
	attr->_a_guardsize = DEFAULT_GUARD_SIZE;
	return 0;
}

int pthread_getattr_np(pthread_t thread, pthread_attr_t *attr)
{
	*attr = (pthread_attr_t){0};
	attr->_a_detach = thread->state == THREAD_DETACHED;
	attr->_a_guardsize = thread->guard_size;
	attr->_a_stackaddr = (uintptr_t)thread->stack + thread->stack_size;
	attr->_a_stacksize = thread->stack_size;
	return 0;
}

int pthread_attr_getdetachstate(const pthread_attr_t *attr, int *state)
{
	*state = attr->_a_detach;
	return 0;
}

int pthread_attr_getguardsize(const pthread_attr_t *restrict attr,
			      size_t *restrict size)
{
	*size = attr->_a_guardsize;
	return 0;
}

int pthread_attr_getscope(const pthread_attr_t *restrict attr,
			  int *restrict scope)
{
	(void)attr;
	*scope = PTHREAD_SCOPE_SYSTEM;
	return 0;
}

int pthread_attr_getstack(const pthread_attr_t *restrict attr,
			  void **restrict stack, size_t *restrict size)
{
	if (attr->_a_stackaddr == 0)
		return EINVAL;
	*size = attr->_a_stacksize;
	*stack = (void *)(attr->_a_stackaddr - attr->_a_stacksize);
	return 0;
}

int pthread_attr_getstacksize(const pthread_attr_t *restrict attr,
			      size_t *restrict size)
{
	*size = attr->_a_stacksize;
	return 0;
}

int pthread_condattr_getclock(const pthread_condattr_t *restrict attr,
			      clockid_t *restrict clock)
{
	*clock = (clockid_t)attr->__attr;
	return 0;
}

int pthread_mutexattr_gettype(const pthread_mutexattr_t *restrict attr,
			      int *restrict type)
{
	*type = (int)attr->__attr;
	return 0;
}

/* What several processes could share would be found by its place in a memory
 * object, which the locks here are not. */
static int refuse_shared(int shared)
{
	if (shared == PTHREAD_PROCESS_PRIVATE)
		return 0;
	return shared == PTHREAD_PROCESS_SHARED ? ENOTSUP : EINVAL;
}

int pthread_mutexattr_setpshared(pthread_mutexattr_t *attr, int shared)
{
	(void)attr;
	return refuse_shared(shared);
}

int pthread_condattr_setpshared(pthread_condattr_t *attr, int shared)
{
	(void)attr;
	return refuse_shared(shared);
}

int pthread_rwlockattr_setpshared(pthread_rwlockattr_t *attr, int shared)
{
	(void)attr;
	return refuse_shared(shared);
}

int pthread_barrierattr_setpshared(pthread_barrierattr_t *attr, int shared)
{
	(void)attr;
	return refuse_shared(shared);
}

int pthread_mutexattr_getpshared(const pthread_mutexattr_t *restrict attr,
				 int *restrict shared)
{
	(void)attr;
	*shared = PTHREAD_PROCESS_PRIVATE;
	return 0;
}

int pthread_condattr_getpshared(const pthread_condattr_t *restrict attr,
				int *restrict shared)
{
	(void)attr;
	*shared = PTHREAD_PROCESS_PRIVATE;
	return 0;
}

int pthread_rwlockattr_getpshared(const pthread_rwlockattr_t *restrict attr,
				  int *restrict shared)
{
	(void)attr;
	*shared = PTHREAD_PROCESS_PRIVATE;
	return 0;
}

int pthread_barrierattr_getpshared(const pthread_barrierattr_t *restrict attr,
				   int *restrict shared)
{
	(void)attr;
	*shared = PTHREAD_PROCESS_PRIVATE;
	return 0;
}
