/* SPDX-License-Identifier: BSD-2-Clause */
/* What belongs to a thread: keys, clean-up handlers, attributes. */

#include <pthread.h>

#include "cloudabi_impl.h"
#include "fork_locks.h"
#include "lock_word.h"
#include "pthread_impl.h"

/* A key that is deleted and created again has another generation, so that the
 * values of its former life are gone in every thread at once. */
static struct {
	bool used;
	unsigned generation;
	void (*destructor)(void *);
} keys[PTHREAD_KEYS_MAX];

static lock_word keys_lock;

volatile int *const __keys_lockptr = &keys_lock;

int pthread_key_create(pthread_key_t *key, void (*destructor)(void *))
{
	pthread_key_t k = 0;
	int error = EAGAIN;

	__word_write(&keys_lock, CLOCK_REALTIME, NULL);
	while (k < PTHREAD_KEYS_MAX && keys[k].used)
		++k;
	if (k < PTHREAD_KEYS_MAX) {
		keys[k].used = true;
		keys[k].destructor = destructor;
		++keys[k].generation;
		*key = k;
		error = 0;
	}
	__word_unlock(&keys_lock);
	return error;
}

int pthread_key_delete(pthread_key_t key)
{
	int error = EINVAL;

	__word_write(&keys_lock, CLOCK_REALTIME, NULL);
	if (key < PTHREAD_KEYS_MAX && keys[key].used) {
		keys[key].used = false;
		++keys[key].generation;
		error = 0;
	}
	__word_unlock(&keys_lock);
	return error;
}

void *pthread_getspecific(pthread_key_t key)
{
	const struct tsd_slot *slot = &__pthread_self()->tsd[key];

	return slot->generation == keys[key].generation ? slot->value : NULL;
}

int pthread_setspecific(pthread_key_t key, const void *value)
{
	struct pthread *self = __pthread_self();

	if (key >= PTHREAD_KEYS_MAX || !keys[key].used)
		return EINVAL;
	self->tsd[key].generation = keys[key].generation;
	self->tsd[key].value = (void *)value;
	self->tsd_used = true;
	return 0;
}

static void (*destructor_of(pthread_key_t key))(void *)
{
	void (*destructor)(void *);

	__word_write(&keys_lock, CLOCK_REALTIME, NULL);
	destructor = keys[key].used ? keys[key].destructor : NULL;
	__word_unlock(&keys_lock);
	return destructor;
}

static void destroy_value(pthread_key_t key)
{
	void *value = pthread_getspecific(key);
	void (*destructor)(void *);

	if (value == NULL)
		return;
	destructor = destructor_of(key);
	__pthread_self()->tsd[key].value = NULL;
	if (destructor != NULL)
		destructor(value);
}

void __tsd_run_destructors(struct pthread *self)
{
	for (int i = 0; i < PTHREAD_DESTRUCTOR_ITERATIONS; ++i) {
		if (!self->tsd_used)
			return;
		self->tsd_used = false;
		for (pthread_key_t key = 0; key < PTHREAD_KEYS_MAX; ++key)
			destroy_value(key);
	}
}

/* The two functions behind the macros pthread_cleanup_push and _pop. */

void _pthread_cleanup_push(struct __ptcb *handler, void (*run)(void *),
			   void *argument)
{
	struct pthread *self = __pthread_self();

	handler->__f = run;
	handler->__x = argument;
	handler->__next = self->cleanup;
	self->cleanup = handler;
}

void _pthread_cleanup_pop(struct __ptcb *handler, int run)
{
	__pthread_self()->cleanup = handler->__next;
	if (run)
		handler->__f(handler->__x);
}
