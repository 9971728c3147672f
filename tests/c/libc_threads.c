/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads, mutexes, condition variables, semaphores and their kin under load. */

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <threads.h>
#include <time.h>

#include "libc_test.h"

enum {
	THREADS = 8,
	ROUNDS = 20000
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t spinlock;
static pthread_barrier_t barrier;
static sem_t semaphore;
static long counter;

static void run_all(void *(*run)(void *))
{
	pthread_t threads[THREADS];
	void *result;

	for (long i = 0; i < THREADS; ++i)
		CHECK(pthread_create(&threads[i], NULL, run, (void *)i) == 0);
	for (long i = 0; i < THREADS; ++i) {
		CHECK(pthread_join(threads[i], &result) == 0);
		CHECK(result == (void *)i);
	}
}

static void *count_with_mutex(void *argument)
{
	for (int i = 0; i < ROUNDS; ++i) {
		CHECK(pthread_mutex_lock(&mutex) == 0);
		++counter;
		CHECK(pthread_mutex_unlock(&mutex) == 0);
	}
	return argument;
}

static void *count_with_spinlock(void *argument)
{
	for (int i = 0; i < ROUNDS; ++i) {
		CHECK(pthread_spin_lock(&spinlock) == 0);
		++counter;
		CHECK(pthread_spin_unlock(&spinlock) == 0);
	}
	return argument;
}

/* One in sixteen writes; readers must never see half a change. */
static void *count_with_rwlock(void *argument)
{
	static volatile long other;

	for (int i = 0; i < ROUNDS; ++i) {
		if (i % 16 == 0) {
			CHECK(pthread_rwlock_wrlock(&rwlock) == 0);
			++counter;
			++other;
		} else {
			CHECK(pthread_rwlock_rdlock(&rwlock) == 0);
			CHECK(counter == other);
		}
		CHECK(pthread_rwlock_unlock(&rwlock) == 0);
	}
	return argument;
}

static void *count_with_semaphore(void *argument)
{
	for (int i = 0; i < ROUNDS; ++i) {
		CHECK(sem_wait(&semaphore) == 0);
		++counter;
		CHECK(sem_post(&semaphore) == 0);
	}
	return argument;
}

static void *allocate(void *argument)
{
	for (int i = 0; i < ROUNDS; ++i) {
		size_t size = (size_t)(i * 7919 % 3000) + 1;
		char *block = malloc(size);

		CHECK(block != NULL);
		memset(block, (int)(long)argument, size);
		CHECK(block[size - 1] == (char)(long)argument);
		free(block);
	}
	return argument;
}

static void check_counting(void)
{
	run_all(count_with_mutex);
	CHECK(counter == THREADS * ROUNDS);
	counter = 0;
	CHECK(pthread_spin_init(&spinlock, PTHREAD_PROCESS_PRIVATE) == 0);
	run_all(count_with_spinlock);
	CHECK(counter == THREADS * ROUNDS);
	counter = 0;
	run_all(count_with_rwlock);
	CHECK(counter == THREADS * ROUNDS / 16);
	counter = 0;
	CHECK(sem_init(&semaphore, 0, 1) == 0);
	run_all(count_with_semaphore);
	CHECK(counter == THREADS * ROUNDS);
	run_all(allocate);
}

/* Every thread sees its turn come, through one condition variable. */
static long turn;

static void *take_turns(void *argument)
{
	for (int i = 0; i < 500; ++i) {
		CHECK(pthread_mutex_lock(&mutex) == 0);
		while (turn % THREADS != (long)argument)
			CHECK(pthread_cond_wait(&cond, &mutex) == 0);
		++turn;
		CHECK(pthread_cond_broadcast(&cond) == 0);
		CHECK(pthread_mutex_unlock(&mutex) == 0);
	}
	return argument;
}

static void *meet(void *argument)
{
	static int serial;

	for (int i = 0; i < 200; ++i) {
		int result = pthread_barrier_wait(&barrier);

		if (result == PTHREAD_BARRIER_SERIAL_THREAD)
			++serial;
		else
			CHECK(result == 0);
		pthread_barrier_wait(&barrier);
		CHECK(serial == i + 1);
	}
	return argument;
}

static void check_waiting(void)
{
	run_all(take_turns);
	CHECK(turn == 500 * THREADS);
	CHECK(pthread_barrier_init(&barrier, NULL, THREADS) == 0);
	run_all(meet);
	CHECK(pthread_barrier_destroy(&barrier) == 0);
}

static struct timespec soon(clockid_t clock, long ms)
{
	struct timespec ts;

	CHECK(clock_gettime(clock, &ts) == 0);
	ts.tv_sec += ms / 1000;
	ts.tv_nsec += ms % 1000 * 1000000;
	ts.tv_sec += ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	return ts;
}

static bool has_passed(clockid_t clock, const struct timespec *ts)
{
	struct timespec now;

	CHECK(clock_gettime(clock, &now) == 0);
	return now.tv_sec > ts->tv_sec ||
	       (now.tv_sec == ts->tv_sec && now.tv_nsec >= ts->tv_nsec);
}

static void *lock_for_good(void *argument)
{
	CHECK(pthread_mutex_lock(argument) == 0);
	CHECK(pthread_rwlock_wrlock(&rwlock) == 0);
	return NULL;
}

static void check_timeouts(void)
{
	pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;
	pthread_condattr_t attr;
	pthread_cond_t monotonic;
	pthread_t thread;
	struct timespec end;

	CHECK(pthread_condattr_init(&attr) == 0);
	CHECK(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
	CHECK(pthread_cond_init(&monotonic, &attr) == 0);
	CHECK(pthread_mutex_lock(&mutex) == 0);
	end = soon(CLOCK_MONOTONIC, 20);
	CHECK(pthread_cond_timedwait(&monotonic, &mutex, &end) == ETIMEDOUT);
	CHECK(has_passed(CLOCK_MONOTONIC, &end));
	end = soon(CLOCK_REALTIME, 20);
	CHECK(pthread_cond_timedwait(&cond, &mutex, &end) == ETIMEDOUT);
	CHECK(has_passed(CLOCK_REALTIME, &end));
	CHECK(pthread_mutex_unlock(&mutex) == 0);
	CHECK(pthread_cond_wait(&cond, &mutex) == EPERM);

	CHECK(pthread_create(&thread, NULL, lock_for_good, &other) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(pthread_mutex_trylock(&other) == EBUSY);
	CHECK(pthread_mutex_unlock(&other) == EPERM);
	end = soon(CLOCK_REALTIME, 20);
	CHECK(pthread_mutex_timedlock(&other, &end) == ETIMEDOUT);
	CHECK(has_passed(CLOCK_REALTIME, &end));
	CHECK(pthread_rwlock_tryrdlock(&rwlock) == EBUSY);
	end = soon(CLOCK_REALTIME, 20);
	CHECK(pthread_rwlock_timedrdlock(&rwlock, &end) == ETIMEDOUT);
	end = soon(CLOCK_REALTIME, 20);
	CHECK(pthread_rwlock_timedwrlock(&rwlock, &end) == ETIMEDOUT);
}

static void check_semaphore_timeouts(void)
{
	struct timespec end;
	int value;

	CHECK(sem_init(&semaphore, 0, 2) == 0);
	CHECK(sem_wait(&semaphore) == 0);
	CHECK(sem_trywait(&semaphore) == 0);
	CHECK_ERRNO(sem_trywait(&semaphore), EAGAIN);
	end = soon(CLOCK_REALTIME, 20);
	CHECK_ERRNO(sem_timedwait(&semaphore, &end), ETIMEDOUT);
	end = soon(CLOCK_MONOTONIC, 20);
	CHECK_ERRNO(sem_clockwait(&semaphore, CLOCK_MONOTONIC, &end),
		    ETIMEDOUT);
	CHECK(sem_getvalue(&semaphore, &value) == 0 && value == 0);
	CHECK(sem_post(&semaphore) == 0);
	CHECK(sem_getvalue(&semaphore, &value) == 0 && value == 1);
	CHECK_ERRNO(sem_init(&semaphore, 1, 0), ENOTSUP);
}

static void check_mutex_kinds(void)
{
	pthread_mutexattr_t attr;
	pthread_mutex_t recursive;
	pthread_mutex_t checking;

	CHECK(pthread_mutexattr_init(&attr) == 0);
	CHECK(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE) == 0);
	CHECK(pthread_mutex_init(&recursive, &attr) == 0);
	CHECK(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK) == 0);
	CHECK(pthread_mutex_init(&checking, &attr) == 0);
	CHECK(pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED) ==
	      ENOTSUP);
	for (int i = 0; i < 3; ++i)
		CHECK(pthread_mutex_lock(&recursive) == 0);
	CHECK(pthread_mutex_trylock(&recursive) == 0);
	for (int i = 0; i < 4; ++i)
		CHECK(pthread_mutex_unlock(&recursive) == 0);
	CHECK(pthread_mutex_unlock(&recursive) == EPERM);
	CHECK(pthread_mutex_lock(&checking) == 0);
	CHECK(pthread_mutex_lock(&checking) == EDEADLK);
	CHECK(pthread_mutex_trylock(&checking) == EBUSY);
	CHECK(pthread_mutex_unlock(&checking) == 0);
	CHECK(pthread_mutex_unlock(&checking) == EPERM);
}

static int initialized;

static void initialize(void)
{
	sched_yield();
	++initialized;
}

static void *use_once(void *argument)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	CHECK(pthread_once(&once, initialize) == 0);
	CHECK(initialized == 1);
	return argument;
}

static pthread_key_t key;
static int destroyed;

static void destroy(void *value)
{
	(void)value;
	__atomic_add_fetch(&destroyed, 1, __ATOMIC_RELAXED);
}

static void *use_key(void *argument)
{
	CHECK(pthread_getspecific(key) == NULL);
	CHECK(pthread_setspecific(key, &initialized) == 0);
	CHECK(pthread_getspecific(key) == &initialized);
	return argument;
}

static void check_once_and_keys(void)
{
	run_all(use_once);
	CHECK(pthread_key_create(&key, destroy) == 0);
	run_all(use_key);
	CHECK(destroyed == THREADS);
	CHECK(pthread_setspecific(key, &key) == 0);
	CHECK(pthread_key_delete(key) == 0);
	CHECK(pthread_key_create(&key, NULL) == 0);
	CHECK(pthread_getspecific(key) == NULL);
}

/* Threads that nobody joins give back their memory. */
static sem_t detached_done;

static void *run_detached(void *argument)
{
	CHECK(sem_post(&detached_done) == 0);
	return argument;
}

static void check_detached(void)
{
	pthread_attr_t attr;
	pthread_t thread;

	CHECK(sem_init(&detached_done, 0, 0) == 0);
	CHECK(pthread_attr_init(&attr) == 0);
	CHECK(pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) == 0);
	for (int i = 0; i < 300; ++i) {
		CHECK(pthread_create(&thread, &attr, run_detached, NULL) == 0);
		CHECK(sem_wait(&detached_done) == 0);
		CHECK(pthread_create(&thread, NULL, run_detached, NULL) == 0);
		CHECK(sem_wait(&detached_done) == 0);
		CHECK(pthread_detach(thread) == 0);
	}
}

static void note(void *argument)
{
	++*(int *)argument;
}

static void *leave_early(void *argument)
{
	pthread_cleanup_push(note, argument);
	pthread_exit((void *)17);
	pthread_cleanup_pop(0);
	return NULL;
}

static int c11_thread(void *argument)
{
	return *(int *)argument + 1;
}

static void check_ends(void)
{
	int noted = 41;
	int status;
	pthread_t thread;
	thrd_t c11;
	void *result;

	CHECK(pthread_create(&thread, NULL, leave_early, &noted) == 0);
	CHECK(pthread_join(thread, &result) == 0);
	CHECK(result == (void *)17 && noted == 42);
	CHECK(thrd_create(&c11, c11_thread, &noted) == thrd_success);
	CHECK(thrd_join(c11, &status) == thrd_success && status == 43);
}

static void test(void)
{
	check_counting();
	check_waiting();
	check_timeouts();
	check_semaphore_timeouts();
	check_mutex_kinds();
	check_once_and_keys();
	check_detached();
	check_ends();
}
