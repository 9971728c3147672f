/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Locks and condition variables as seen by those who have to sleep.
 *
 * A lock with LOCK_KERNEL_MANAGED is one that has threads in its queue here;
 * its word names the owner, so nothing else is kept. Whoever releases a lock
 * writes the next owner into the word before waking it: a woken thread never
 * competes again, and each wakeup is for exactly one thread.
 */

#include "wait.h"

#include "mutex.h"
#include "thread.h"

#define MANAGED CLOUDABI_LOCK_KERNEL_MANAGED
#define WRLOCKED CLOUDABI_LOCK_WRLOCKED
#define BUCKET_BITS 7

/* Queues of all words with the same hash, oldest thread first. */
struct bucket {
	struct mutex mutex;
	struct waiter *first;
	struct waiter *last;
};

/* Where both are needed, the condition variable's bucket is locked first. */
static struct bucket locks[1 << BUCKET_BITS];
static struct bucket condvars[1 << BUCKET_BITS];

static struct bucket *bucket_of(struct bucket *buckets, const void *word)
{
	uint32_t hash = (uint32_t)((uintptr_t)word >> 2) * 0x9e3779b1u;

	return &buckets[hash >> (32 - BUCKET_BITS)];
}

static void append(struct bucket *bucket, struct waiter *waiter)
{
	waiter->next = NULL;
	waiter->queued = true;
	if (bucket->first == NULL)
		bucket->first = waiter;
	else
		bucket->last->next = waiter;
	bucket->last = waiter;
}

static struct waiter *find(const struct bucket *bucket, const void *object)
{
	struct waiter *waiter = bucket->first;

	while (waiter != NULL && waiter->object != object)
		waiter = waiter->next;
	return waiter;
}

/* Takes the oldest waiters out of the queue and returns them, linked. */
static struct waiter *take(struct bucket *bucket, const void *object,
			   enum wait_kind kind, uint32_t max)
{
	struct waiter *old = bucket->first;
	struct waiter *taken = NULL;
	struct waiter **end = &taken;

	bucket->first = NULL;
	while (old != NULL) {
		struct waiter *waiter = old;

		old = waiter->next;
		if (max == 0 || waiter->object != object ||
		    waiter->kind != kind) {
			append(bucket, waiter);
			continue;
		}
		max--;
		waiter->queued = false;
		*end = waiter;
		end = &waiter->next;
	}
	*end = NULL;
	return taken;
}

static void leave(struct bucket *bucket, struct waiter *self)
{
	struct waiter *old = bucket->first;

	bucket->first = NULL;
	while (old != NULL) {
		struct waiter *waiter = old;

		old = waiter->next;
		if (waiter != self)
			append(bucket, waiter);
	}
	self->queued = false;
}

static uint32_t count(const struct waiter *list)
{
	uint32_t n = 0;

	for (; list != NULL; list = list->next)
		n++;
	return n;
}

/*
 * Once `woken` is set the thread can go on and sleep on something else, so its
 * link is read before. The futex call may then hit a waiter that is used
 * again, which is harmless.
 */
static void wake(struct waiter *list)
{
	while (list != NULL) {
		struct waiter *waiter = list;

		list = waiter->next;
		__atomic_store_n(&waiter->woken, 1, __ATOMIC_RELEASE);
		host_futex_wake(&waiter->woken, 1);
	}
}

static struct waiter *prepare(const void *object, enum wait_kind kind,
			      cloudabi_lock_t *lock)
{
	struct thread *self = arch_thread();

	self->waiter = (struct waiter){
		.object = object,
		.kind = kind,
		.lock = lock,
		.tid = self->tid,
	};
	return &self->waiter;
}

static bool is_owner(cloudabi_lock_t word)
{
	return (word & ~MANAGED) == (arch_thread()->tid | WRLOCKED);
}

/* Writes the next owner into the word; returns who is to be woken. */
static struct waiter *hand_over(struct bucket *bucket, cloudabi_lock_t *lock)
{
	struct waiter *next = take(bucket, lock, WAIT_WRITE, 1);
	cloudabi_lock_t word;

	if (next != NULL) {
		word = next->tid | WRLOCKED;
		if (find(bucket, lock) != NULL)
			word |= MANAGED;
	} else {
		next = take(bucket, lock, WAIT_READ, UINT32_MAX);
		word = count(next);
	}
	__atomic_store_n(lock, word, __ATOMIC_RELEASE);
	return next;
}

/*
 * Acquires the lock or marks it as managed, which `acquired` tells.
 * Preconditions: nobody is in its queue.
 */
static cloudabi_errno_t acquire_or_mark(cloudabi_lock_t *lock, bool write,
					bool *acquired)
{
	uint32_t tid = arch_thread()->tid;
	cloudabi_lock_t word = __atomic_load_n(lock, __ATOMIC_RELAXED);
	cloudabi_lock_t wanted;

	do {
		if (write && is_owner(word))
			return CLOUDABI_EDEADLK;
		if (word & MANAGED)
			return CLOUDABI_EINVAL;
		*acquired = word == 0 || (!write && !(word & WRLOCKED));
		if (!*acquired)
			wanted = word | MANAGED;
		else
			wanted = write ? tid | WRLOCKED : word + 1;
	} while (!__atomic_compare_exchange_n(
		lock, &word, wanted, true, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
	return 0;
}

/* Takes the lock or a place in its queue. Preconditions: bucket is locked. */
static cloudabi_errno_t acquire_or_queue(struct bucket *bucket,
					 cloudabi_lock_t *lock, bool write,
					 bool *acquired)
{
	cloudabi_errno_t error = 0;

	*acquired = false;
	if (find(bucket, lock) == NULL)
		error = acquire_or_mark(lock, write, acquired);
	else if (write && is_owner(__atomic_load_n(lock, __ATOMIC_RELAXED)))
		error = CLOUDABI_EDEADLK;
	if (error == 0 && !*acquired)
		append(bucket,
		       prepare(lock, write ? WAIT_WRITE : WAIT_READ, lock));
	return error;
}

/* Leaves the queue of a lock, unless the lock has been handed over already. */
static bool give_up_lock(struct bucket *bucket, struct waiter *self)
{
	bool queued;

	mutex_lock(&bucket->mutex);
	queued = self->queued;
	if (queued) {
		leave(bucket, self);
		if (find(bucket, self->lock) == NULL)
			__atomic_fetch_and(self->lock, ~MANAGED,
					   __ATOMIC_RELAXED);
	}
	mutex_unlock(&bucket->mutex);
	return queued;
}

cloudabi_errno_t wait_lock(cloudabi_lock_t *lock, bool write,
			   const struct deadline *deadline)
{
	struct waiter *self = &arch_thread()->waiter;
	struct bucket *bucket = bucket_of(locks, lock);
	cloudabi_errno_t error;
	bool acquired;

	mutex_lock(&bucket->mutex);
	error = acquire_or_queue(bucket, lock, write, &acquired);
	mutex_unlock(&bucket->mutex);
	if (error != 0 || acquired)
		return error;

	if (!deadline_wait(&self->woken, 0, deadline)) {
		if (give_up_lock(bucket, self))
			return CLOUDABI_ETIMEDOUT;
		deadline_wait(&self->woken, 0, NULL);
	}
	return 0;
}

cloudabi_errno_t wait_unlock(cloudabi_lock_t *lock)
{
	struct bucket *bucket = bucket_of(locks, lock);
	struct waiter *next = NULL;
	bool owner;

	mutex_lock(&bucket->mutex);
	owner = is_owner(__atomic_load_n(lock, __ATOMIC_RELAXED));
	if (owner)
		next = hand_over(bucket, lock);
	mutex_unlock(&bucket->mutex);
	wake(next);
	return owner ? 0 : CLOUDABI_EPERM;
}

/* Preconditions: both buckets are locked. */
static cloudabi_errno_t check_condvar(const struct bucket *bucket,
				      const cloudabi_condvar_t *condvar,
				      const cloudabi_lock_t *lock)
{
	const struct waiter *other = find(bucket, condvar);

	if (!is_owner(__atomic_load_n(lock, __ATOMIC_RELAXED)))
		return CLOUDABI_EPERM;
	if (other != NULL && other->lock != lock)
		return CLOUDABI_EINVAL;
	return 0;
}

static cloudabi_errno_t release_and_queue(struct bucket *bucket,
					  cloudabi_condvar_t *condvar,
					  cloudabi_lock_t *lock)
{
	struct bucket *lock_bucket = bucket_of(locks, lock);
	struct waiter *next = NULL;
	cloudabi_errno_t error;

	mutex_lock(&bucket->mutex);
	mutex_lock(&lock_bucket->mutex);
	error = check_condvar(bucket, condvar, lock);
	if (error == 0) {
		append(bucket, prepare(condvar, WAIT_CONDVAR, lock));
		__atomic_store_n(condvar, ~CLOUDABI_CONDVAR_HAS_NO_WAITERS,
				 __ATOMIC_RELAXED);
		next = hand_over(lock_bucket, lock);
	}
	mutex_unlock(&lock_bucket->mutex);
	mutex_unlock(&bucket->mutex);
	wake(next);
	return error;
}

static void clear_if_unused(const struct bucket *bucket,
			    cloudabi_condvar_t *condvar)
{
	if (find(bucket, condvar) == NULL)
		__atomic_store_n(condvar, CLOUDABI_CONDVAR_HAS_NO_WAITERS,
				 __ATOMIC_RELAXED);
}

/* Leaves the queue of a condition variable, unless a signal came before. */
static bool give_up_condvar(struct bucket *bucket, struct waiter *self,
			    cloudabi_condvar_t *condvar)
{
	bool queued;

	mutex_lock(&bucket->mutex);
	queued = self->queued && self->kind == WAIT_CONDVAR;
	if (queued) {
		leave(bucket, self);
		clear_if_unused(bucket, condvar);
	}
	mutex_unlock(&bucket->mutex);
	return queued;
}

cloudabi_errno_t wait_condvar(cloudabi_condvar_t *condvar,
			      cloudabi_lock_t *lock,
			      const struct deadline *deadline)
{
	struct waiter *self = &arch_thread()->waiter;
	struct bucket *bucket = bucket_of(condvars, condvar);
	cloudabi_errno_t error = release_and_queue(bucket, condvar, lock);

	if (error != 0 || deadline_wait(&self->woken, 0, deadline))
		return error;
	if (!give_up_condvar(bucket, self, condvar)) {
		deadline_wait(&self->woken, 0, NULL);
		return 0;
	}
	error = wait_lock(lock, true, NULL);
	return error != 0 ? error : CLOUDABI_ETIMEDOUT;
}

/* Gives the lock to a thread if it is free; if not, marks it as managed. */
static bool give_or_mark(cloudabi_lock_t *lock, const struct waiter *waiter)
{
	cloudabi_lock_t word = __atomic_load_n(lock, __ATOMIC_RELAXED);
	cloudabi_lock_t wanted;

	do {
		wanted = word | MANAGED;
		if (word == 0) {
			wanted = waiter->tid | WRLOCKED;
			if (waiter->next != NULL)
				wanted |= MANAGED;
		}
	} while (!__atomic_compare_exchange_n(
		lock, &word, wanted, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	return word == 0;
}

/* Returns who is to be woken. Preconditions: both buckets are locked. */
static struct waiter *move_to_lock(struct bucket *bucket, cloudabi_lock_t *lock,
				   struct waiter *list)
{
	struct waiter *owner = NULL;

	if (give_or_mark(lock, list)) {
		owner = list;
		list = list->next;
		owner->next = NULL;
	}
	while (list != NULL) {
		struct waiter *waiter = list;

		list = waiter->next;
		waiter->object = lock;
		waiter->kind = WAIT_WRITE;
		append(bucket, waiter);
	}
	return owner;
}

cloudabi_errno_t wait_signal(cloudabi_condvar_t *condvar, cloudabi_nthreads_t n)
{
	struct bucket *bucket = bucket_of(condvars, condvar);
	struct waiter *woken = NULL;
	const struct waiter *first;

	if (n == 0)
		return 0;
	mutex_lock(&bucket->mutex);
	first = find(bucket, condvar);
	if (first != NULL) {
		cloudabi_lock_t *lock = first->lock;
		struct bucket *lock_bucket = bucket_of(locks, lock);

		mutex_lock(&lock_bucket->mutex);
		woken = move_to_lock(lock_bucket, lock,
				     take(bucket, condvar, WAIT_CONDVAR, n));
		clear_if_unused(bucket, condvar);
		mutex_unlock(&lock_bucket->mutex);
	}
	mutex_unlock(&bucket->mutex);
	wake(woken);
	return first != NULL ? 0 : CLOUDABI_ENOENT;
}

void wait_reset(void)
{
	memset(locks, 0, sizeof(locks));
	memset(condvars, 0, sizeof(condvars));
}

cloudabi_errno_t wait_check_scope(cloudabi_scope_t scope)
{
	switch (scope) {
	case CLOUDABI_SCOPE_PRIVATE:
		return 0;
	case CLOUDABI_SCOPE_SHARED:
		return CLOUDABI_ENOTSUP;
	default:
		return CLOUDABI_EINVAL;
	}
}
