/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting with an end by both clocks, kinds of mutexes, once, keys. */

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <threads.h>
#include <time.h>

#include "libc_cases.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static sem_t semaphore;
static sem_t held;

static struct timespec later(clockid_t clock, long ms)
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
	struct timespec now = later(clock, 0);

	return now.tv_sec > ts->tv_sec ||
	       (now.tv_sec == ts->tv_sec && now.tv_nsec >= ts->tv_nsec);
}

static int result_of(int result)
{
	return result == 0 ? 0 : errno;
}

/* Each function with its clock, on things that another thread holds. */

static int lock_by_realtime(const struct timespec *until)
{
	return pthread_mutex_timedlock(&mutex, until);
}

static int lock_by_monotonic(const struct timespec *until)
{
	return pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, until);
}

static int read_by_realtime(const struct timespec *until)
{
	return pthread_rwlock_timedrdlock(&rwlock, until);
}

static int write_by_realtime(const struct timespec *until)
{
	return pthread_rwlock_timedwrlock(&rwlock, until);
}

static int read_by_monotonic(const struct timespec *until)
{
	return pthread_rwlock_clockrdlock(&rwlock, CLOCK_MONOTONIC, until);
}

static int write_by_monotonic(const struct timespec *until)
{
	return pthread_rwlock_clockwrlock(&rwlock, CLOCK_MONOTONIC, until);
}

static int take_by_realtime(const struct timespec *until)
{
	return result_of(sem_timedwait(&semaphore, until));
}

static int take_by_monotonic(const struct timespec *until)
{
	return result_of(sem_clockwait(&semaphore, CLOCK_MONOTONIC, until));
}

static int wait_with(clockid_t clock, const struct timespec *until)
{
	pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
	int error;

	pthread_mutex_lock(&own);
	error = pthread_cond_clockwait(&cond, &own, clock, until);
	EXPECT_INT(pthread_mutex_unlock(&own), 0);
	return error;
}

static int wait_by_realtime(const struct timespec *until)
{
	return wait_with(CLOCK_REALTIME, until);
}

static int wait_by_monotonic(const struct timespec *until)
{
	return wait_with(CLOCK_MONOTONIC, until);
}

static pthread_t holder;

static int join_by_realtime(const struct timespec *until)
{
	return pthread_timedjoin_np(holder, NULL, until);
}

static const struct {
	const char *name;
	clockid_t clock;
	int (*wait)(const struct timespec *until);
} waits[] = {
	{"mutex, realtime", CLOCK_REALTIME, lock_by_realtime},
	{"mutex, monotonic", CLOCK_MONOTONIC, lock_by_monotonic},
	{"reader, realtime", CLOCK_REALTIME, read_by_realtime},
	{"reader, monotonic", CLOCK_MONOTONIC, read_by_monotonic},
	{"writer, realtime", CLOCK_REALTIME, write_by_realtime},
	{"writer, monotonic", CLOCK_MONOTONIC, write_by_monotonic},
	{"semaphore, realtime", CLOCK_REALTIME, take_by_realtime},
	{"semaphore, monotonic", CLOCK_MONOTONIC, take_by_monotonic},
	{"condition, realtime", CLOCK_REALTIME, wait_by_realtime},
	{"condition, monotonic", CLOCK_MONOTONIC, wait_by_monotonic},
	{"join", CLOCK_REALTIME, join_by_realtime},
};

static void *hold(void *argument)
{
	pthread_mutex_lock(&mutex);
	pthread_rwlock_wrlock(&rwlock);
	sem_post(&held);
	sem_wait(&semaphore);
	pthread_rwlock_unlock(&rwlock);
	pthread_mutex_unlock(&mutex);
	return argument;
}

static void wait_until_times(void)
{
	const struct timespec past = {1, 0};
	const struct timespec before_all = {-5, 0};
	const struct timespec bad[] = {{1, -1}, {1, 1000000000}};

	CHECK(sem_init(&held, 0, 0) == 0 && sem_init(&semaphore, 0, 0) == 0);
	CHECK(pthread_create(&holder, NULL, hold, NULL) == 0);
	CHECK(sem_wait(&held) == 0);
	for (size_t i = 0; i < LENGTH(waits); ++i) {
		struct timespec end = later(waits[i].clock, 15);

		row("%s", waits[i].name);
		EXPECT_INT(waits[i].wait(&end), ETIMEDOUT);
		EXPECT(has_passed(waits[i].clock, &end));
		EXPECT_INT(waits[i].wait(&past), ETIMEDOUT);
		EXPECT_INT(waits[i].wait(&before_all), ETIMEDOUT);
		for (size_t j = 0; j < LENGTH(bad); ++j)
			EXPECT_INT(waits[i].wait(&bad[j]), EINVAL);
	}
	row("in the end");
	EXPECT_INT(pthread_tryjoin_np(holder, NULL), EBUSY);
	CHECK(sem_post(&semaphore) == 0);
	struct timespec end = later(CLOCK_REALTIME, 30000);
	EXPECT_INT(pthread_timedjoin_np(holder, NULL, &end), 0);
}

/* What is free is taken at once, whatever the time. */
static void wait_for_what_is_there(void)
{
	const struct timespec past = {1, 0};

	CHECK(sem_init(&semaphore, 0, 2) == 0);
	EXPECT_INT(lock_by_realtime(&past), 0);
	EXPECT_INT(lock_by_realtime(&past), EDEADLK);
	EXPECT_INT(pthread_mutex_unlock(&mutex), 0);
	EXPECT_INT(lock_by_monotonic(&past), 0);
	EXPECT_INT(pthread_mutex_unlock(&mutex), 0);
	EXPECT_INT(read_by_realtime(&past), 0);
	EXPECT_INT(pthread_rwlock_unlock(&rwlock), 0);
	EXPECT_INT(write_by_realtime(&past), 0);
	EXPECT_INT(pthread_rwlock_unlock(&rwlock), 0);
	EXPECT_INT(take_by_realtime(&past), 0);
	EXPECT_INT(take_by_monotonic(&past), 0);
	EXPECT_INT(take_by_monotonic(&past), ETIMEDOUT);
}

enum {
	DEEP = 5000
};

static pthread_mutex_t recursive;

static void *try_recursive(void *argument)
{
	(void)argument;
	EXPECT_INT(pthread_mutex_unlock(&recursive), EPERM);
	return (void *)(intptr_t)pthread_mutex_trylock(&recursive);
}

static void *wake_recursive(void *argument)
{
	CHECK(pthread_mutex_lock(&recursive) == 0);
	CHECK(pthread_cond_signal(&cond) == 0);
	CHECK(pthread_mutex_unlock(&recursive) == 0);
	return argument;
}

static void lock_recursively(void)
{
	pthread_mutexattr_t attr;
	pthread_t thread;
	void *result;
	int type;

	CHECK(pthread_mutexattr_init(&attr) == 0);
	EXPECT_INT(pthread_mutexattr_settype(&attr, 77), EINVAL);
	CHECK(!pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE));
	EXPECT_INT(pthread_mutexattr_gettype(&attr, &type), 0);
	EXPECT_INT(type, PTHREAD_MUTEX_RECURSIVE);
	CHECK(pthread_mutex_init(&recursive, &attr) == 0);
	EXPECT_INT(pthread_mutex_unlock(&recursive), EPERM);
	for (int i = 0; i < DEEP; ++i)
		EXPECT_INT(i % 2 == 0 ? pthread_mutex_lock(&recursive) :
					pthread_mutex_trylock(&recursive),
			   0);
	CHECK(pthread_create(&thread, NULL, try_recursive, NULL) == 0);
	CHECK(pthread_join(thread, &result) == 0);
	EXPECT_INT((intptr_t)result, EBUSY);
	/* Waiting lets go of all levels and has them again afterwards. */
	CHECK(pthread_create(&thread, NULL, wake_recursive, NULL) == 0);
	EXPECT_INT(pthread_cond_wait(&cond, &recursive), 0);
	CHECK(pthread_join(thread, NULL) == 0);
	for (int i = 0; i < DEEP; ++i)
		EXPECT_INT(pthread_mutex_unlock(&recursive), 0);
	EXPECT_INT(pthread_mutex_unlock(&recursive), EPERM);
	EXPECT_INT(pthread_mutex_destroy(&recursive), 0);
}

enum {
	THREADS = 8,
	ONCES = 500
};

static pthread_once_t onces[ONCES];
static volatile int ran[ONCES];
static _Thread_local int current;

static void run_once(void)
{
	sched_yield();
	__atomic_add_fetch(&ran[current], 1, __ATOMIC_RELAXED);
}

static void *use_onces(void *argument)
{
	for (current = 0; current < ONCES; ++current) {
		EXPECT_INT(pthread_once(&onces[current], run_once), 0);
		EXPECT_INT(ran[current], 1); /* also for who came second */
	}
	return argument;
}

static void run_all(void *(*run)(void *))
{
	pthread_t threads[THREADS];

	for (intptr_t i = 0; i < THREADS; ++i)
		CHECK(!pthread_create(&threads[i], NULL, run, (void *)(i + 1)));
	for (int i = 0; i < THREADS; ++i)
		CHECK(pthread_join(threads[i], NULL) == 0);
}

static void initialize_once(void)
{
	for (int i = 0; i < ONCES; ++i)
		onces[i] = (pthread_once_t)PTHREAD_ONCE_INIT;
	run_all(use_onces);
	for (int i = 0; i < ONCES; ++i)
		EXPECT_INT(ran[i], 1);
}

static pthread_key_t keys[3];
static int destroyed[3];

/* The first sets a value again, as often as one looks; the second sets the
 * third while values are destroyed. */
static void destroy_first(void *value)
{
	__atomic_add_fetch(&destroyed[0], 1, __ATOMIC_RELAXED);
	EXPECT(pthread_getspecific(keys[0]) == NULL);
	EXPECT_INT(pthread_setspecific(keys[0], value), 0);
}

static void destroy_second(void *value)
{
	__atomic_add_fetch(&destroyed[1], 1, __ATOMIC_RELAXED);
	EXPECT_INT(pthread_setspecific(keys[2], value), 0);
}

static void destroy_third(void *value)
{
	EXPECT(value != NULL);
	__atomic_add_fetch(&destroyed[2], 1, __ATOMIC_RELAXED);
}

static void *use_keys(void *argument)
{
	for (int i = 0; i < 2; ++i) {
		EXPECT(pthread_getspecific(keys[i]) == NULL);
		EXPECT_INT(pthread_setspecific(keys[i], argument), 0);
		EXPECT(pthread_getspecific(keys[i]) == argument);
	}
	return NULL;
}

static void destroy_values(void)
{
	CHECK(pthread_key_create(&keys[0], destroy_first) == 0);
	CHECK(pthread_key_create(&keys[1], destroy_second) == 0);
	CHECK(pthread_key_create(&keys[2], destroy_third) == 0);
	run_all(use_keys);
	EXPECT_INT(destroyed[0], THREADS * PTHREAD_DESTRUCTOR_ITERATIONS);
	EXPECT_INT(destroyed[1], THREADS);
	EXPECT_INT(destroyed[2], THREADS);
	for (int i = 0; i < 3; ++i)
		EXPECT_INT(pthread_key_delete(keys[i]), 0);
	EXPECT_INT(pthread_key_delete(keys[0]), EINVAL);
	EXPECT_INT(pthread_setspecific(keys[0], keys), EINVAL);
}

static void use_all_keys(void)
{
	pthread_key_t all[PTHREAD_KEYS_MAX + 1];
	int count = 0;

	EXPECT(PTHREAD_KEYS_MAX >= 128);
	while (count <= PTHREAD_KEYS_MAX &&
	       pthread_key_create(&all[count], NULL) == 0)
		EXPECT_INT(pthread_setspecific(all[count], &all[count]), 0),
			++count;
	EXPECT_INT(count, PTHREAD_KEYS_MAX);
	EXPECT_INT(pthread_key_create(&all[count], NULL), EAGAIN);
	for (int i = 0; i < count; ++i) {
		EXPECT(pthread_getspecific(all[i]) == &all[i]);
		EXPECT_INT(pthread_key_delete(all[i]), 0);
	}
	/* What a key held is not what a later key of the same number holds. */
	CHECK(pthread_key_create(&all[0], NULL) == 0);
	EXPECT(pthread_getspecific(all[0]) == NULL);
	CHECK(pthread_key_delete(all[0]) == 0);
}

static void use_c11_threads(void)
{
	struct timespec past = {1, 0};
	struct timespec moment = {0, 1000000};
	mtx_t mtx;
	cnd_t cnd;
	tss_t tss;

	CHECK(mtx_init(&mtx, mtx_timed | mtx_recursive) == thrd_success);
	EXPECT_INT(mtx_lock(&mtx), thrd_success);
	EXPECT_INT(mtx_trylock(&mtx), thrd_success);
	EXPECT_INT(mtx_timedlock(&mtx, &past), thrd_success);
	for (int i = 0; i < 3; ++i)
		EXPECT_INT(mtx_unlock(&mtx), thrd_success);
	mtx_destroy(&mtx);
	CHECK(mtx_init(&mtx, mtx_plain) == thrd_success);
	CHECK(cnd_init(&cnd) == thrd_success);
	EXPECT_INT(mtx_lock(&mtx), thrd_success);
	EXPECT_INT(mtx_trylock(&mtx), thrd_busy);
	EXPECT_INT(cnd_timedwait(&cnd, &mtx, &past), thrd_timedout);
	EXPECT_INT(cnd_signal(&cnd), thrd_success);
	EXPECT_INT(cnd_broadcast(&cnd), thrd_success);
	EXPECT_INT(mtx_unlock(&mtx), thrd_success);
	cnd_destroy(&cnd);
	mtx_destroy(&mtx);
	CHECK(tss_create(&tss, NULL) == thrd_success);
	EXPECT_INT(tss_set(tss, &tss), thrd_success);
	EXPECT(tss_get(tss) == &tss);
	tss_delete(tss);
	EXPECT_INT(thrd_sleep(&moment, NULL), 0);
	EXPECT(thrd_equal(thrd_current(), thrd_current()));
}

CASES(CASE(wait_until_times), CASE(wait_for_what_is_there),
      CASE(lock_recursively), CASE(initialize_once), CASE(destroy_values),
      CASE(use_all_keys), CASE(use_c11_threads))
