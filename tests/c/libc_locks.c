/* SPDX-License-Identifier: BSD-2-Clause */
/* Locks under stress: a million operations in each of eight threads, and who
 * gets a lock when many want it. */

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <time.h>

#include "libc_cases.h"

enum {
	THREADS = 8,
	OPERATIONS = 1000000 / SCALE,
	TURNS = 20000 / SCALE
};

static void run_all(int count, void *(*run)(void *))
{
	pthread_t threads[16];

	for (intptr_t i = 0; i < count; ++i)
		CHECK(!pthread_create(&threads[i], NULL, run, (void *)i));
	for (int i = 0; i < count; ++i)
		CHECK(pthread_join(threads[i], NULL) == 0);
}

static double now(void)
{
	struct timespec ts;

	CHECK(clock_gettime(CLOCK_MONOTONIC, &ts) == 0);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Several words, so that one seen half changed is noticed. */
static volatile long counters[3];

static void count_up(void)
{
	for (int i = 0; i < 3; ++i)
		++counters[i];
}

static void expect_counted(long expected)
{
	for (int i = 0; i < 3; ++i) {
		EXPECT_INT(counters[i], expected);
		counters[i] = 0;
	}
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void *use_mutex(void *argument)
{
	for (int i = 0; i < OPERATIONS; ++i) {
		if (pthread_mutex_lock(&mutex) != 0 ||
		    counters[0] != counters[2])
			EXPECT(!"locked");
		count_up();
		if (pthread_mutex_unlock(&mutex) != 0)
			EXPECT(!"unlocked");
	}
	return argument;
}

static void count_with_mutex(void)
{
	run_all(THREADS, use_mutex);
	expect_counted((long)THREADS * OPERATIONS);
}

static void *try_mutex(void *argument)
{
	for (int i = 0; i < OPERATIONS / 10; ++i) {
		int error;

		while ((error = pthread_mutex_trylock(&mutex)) == EBUSY)
			sched_yield();
		EXPECT_INT(error, 0);
		count_up();
		pthread_mutex_unlock(&mutex);
	}
	return argument;
}

static void count_by_trying(void)
{
	run_all(4, try_mutex);
	expect_counted(4L * (OPERATIONS / 10));
}

static pthread_spinlock_t spinlock;

static void *use_spinlock(void *argument)
{
	for (int i = 0; i < OPERATIONS / 10; ++i) {
		pthread_spin_lock(&spinlock);
		count_up();
		pthread_spin_unlock(&spinlock);
	}
	return argument;
}

/* No more threads than processors: they do not let others run. */
static void count_with_spinlock(void)
{
	EXPECT_INT(pthread_spin_init(&spinlock, PTHREAD_PROCESS_PRIVATE), 0);
	EXPECT_INT(pthread_spin_trylock(&spinlock), 0);
	EXPECT_INT(pthread_spin_trylock(&spinlock), EBUSY);
	EXPECT_INT(pthread_spin_unlock(&spinlock), 0);
	run_all(2, use_spinlock);
	expect_counted(2L * (OPERATIONS / 10));
	EXPECT_INT(pthread_spin_destroy(&spinlock), 0);
}

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;

static void *use_rwlock(void *argument)
{
	for (int i = 0; i < OPERATIONS / 4; ++i) {
		if (i % 8 == 0) {
			pthread_rwlock_wrlock(&rwlock);
			count_up();
		} else {
			pthread_rwlock_rdlock(&rwlock);
			if (counters[0] != counters[1] ||
			    counters[1] != counters[2])
				EXPECT(!"readers alone");
		}
		pthread_rwlock_unlock(&rwlock);
	}
	return argument;
}

static void count_with_rwlock(void)
{
	run_all(THREADS, use_rwlock);
	expect_counted((long)THREADS * ((OPERATIONS / 4 + 7) / 8));
}

static pthread_barrier_t barrier;
static volatile bool stop;
static volatile long writes;
static volatile long reads;

static void *read_all_the_time(void *argument)
{
	while (!stop) {
		pthread_rwlock_rdlock(&rwlock);
		__atomic_add_fetch(&reads, 1, __ATOMIC_RELAXED);
		for (volatile int i = 0; i < 2000; ++i)
			continue;
		pthread_rwlock_unlock(&rwlock);
	}
	return argument;
}

static void *write_some(void *argument)
{
	double start = now();

	while (reads < 1000 && now() - start < 30)
		sched_yield();
	while (writes < 100 && now() - start < 30) {
		pthread_rwlock_wrlock(&rwlock);
		++writes;
		pthread_rwlock_unlock(&rwlock);
	}
	stop = true;
	return argument;
}

static void *read_or_write(void *argument)
{
	return argument == NULL ? write_some(argument) :
				  read_all_the_time(argument);
}

/* Readers whose times overlap leave no gap, and a writer gets its turns. */
static void let_writers_in(void)
{
	run_all(5, read_or_write);
	EXPECT_INT(writes, 100);
	EXPECT(reads >= 1000);
}

static void *read_with_others(void *argument)
{
	pthread_rwlock_rdlock(&rwlock);
	/* All are here at the same time, or this never ends. */
	pthread_barrier_wait(&barrier);
	pthread_rwlock_unlock(&rwlock);
	return argument;
}

static void read_in_parallel(void)
{
	CHECK(pthread_barrier_init(&barrier, NULL, THREADS) == 0);
	run_all(THREADS, read_with_others);
	CHECK(pthread_barrier_destroy(&barrier) == 0);
	EXPECT_INT(pthread_rwlock_trywrlock(&rwlock), 0);
	EXPECT_INT(pthread_rwlock_tryrdlock(&rwlock), EBUSY);
	EXPECT_INT(pthread_rwlock_trywrlock(&rwlock), EBUSY);
	EXPECT_INT(pthread_rwlock_wrlock(&rwlock), EDEADLK);
	EXPECT_INT(pthread_rwlock_unlock(&rwlock), 0);
	EXPECT_INT(pthread_rwlock_rdlock(&rwlock), 0);
	EXPECT_INT(pthread_rwlock_tryrdlock(&rwlock), 0);
	EXPECT_INT(pthread_rwlock_trywrlock(&rwlock), EBUSY);
	EXPECT_INT(pthread_rwlock_unlock(&rwlock), 0);
	EXPECT_INT(pthread_rwlock_unlock(&rwlock), 0);
	EXPECT_INT(pthread_rwlock_destroy(&rwlock), 0);
}

static pthread_cond_t conds[2] = {PTHREAD_COND_INITIALIZER,
				  PTHREAD_COND_INITIALIZER};
static int ball;

static void *play(void *argument)
{
	int side = (int)(intptr_t)argument;

	for (int i = 0; i < TURNS; ++i) {
		pthread_mutex_lock(&mutex);
		while (ball % 2 != side)
			EXPECT_INT(pthread_cond_wait(&conds[side], &mutex), 0);
		++ball;
		pthread_cond_signal(&conds[1 - side]);
		pthread_mutex_unlock(&mutex);
	}
	return argument;
}

/* Each of the waits has to be woken; one lost signal and this never ends. */
static void play_with_conditions(void)
{
	run_all(2, play);
	EXPECT_INT(ball, 2 * TURNS);
}

static pthread_cond_t gate = PTHREAD_COND_INITIALIZER;
static int waiting;
static int passed;
static int open_for;

static void *pass_the_gate(void *argument)
{
	pthread_mutex_lock(&mutex);
	++waiting;
	while (open_for == 0)
		pthread_cond_wait(&gate, &mutex);
	--open_for;
	++passed;
	pthread_mutex_unlock(&mutex);
	return argument;
}

static void await(volatile int *value, int expected)
{
	for (double end = now() + 30; now() < end; sched_yield()) {
		bool reached;

		pthread_mutex_lock(&mutex);
		reached = *value == expected;
		pthread_mutex_unlock(&mutex);
		if (reached)
			return;
	}
	EXPECT_INT(*value, expected);
}

/* A signal is for one thread, a broadcast for all. */
static void open_a_gate(void)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; ++i)
		CHECK(!pthread_create(&threads[i], NULL, pass_the_gate, NULL));
	await(&waiting, THREADS);
	for (int i = 1; i <= 3; ++i) {
		pthread_mutex_lock(&mutex);
		open_for = 1;
		EXPECT_INT(pthread_cond_signal(&gate), 0);
		pthread_mutex_unlock(&mutex);
		await(&passed, i);
	}
	pthread_mutex_lock(&mutex);
	open_for = THREADS;
	EXPECT_INT(pthread_cond_broadcast(&gate), 0);
	pthread_mutex_unlock(&mutex);
	for (int i = 0; i < THREADS; ++i)
		CHECK(pthread_join(threads[i], NULL) == 0);
	EXPECT_INT(passed, THREADS);
	EXPECT_INT(open_for, 3);
}

enum {
	ROUNDS = 2000 / SCALE
};

static volatile int arrived[ROUNDS];
static volatile int serials;

static void *meet(void *argument)
{
	for (int i = 0; i < ROUNDS; ++i) {
		int result;

		__atomic_add_fetch(&arrived[i], 1, __ATOMIC_RELAXED);
		result = pthread_barrier_wait(&barrier);
		if (arrived[i] != THREADS)
			EXPECT(!"all have arrived");
		if (result == PTHREAD_BARRIER_SERIAL_THREAD)
			__atomic_add_fetch(&serials, 1, __ATOMIC_RELAXED);
		else
			EXPECT_INT(result, 0);
	}
	return argument;
}

static void meet_at_barriers(void)
{
	EXPECT_INT(pthread_barrier_init(&barrier, NULL, 0), EINVAL);
	CHECK(pthread_barrier_init(&barrier, NULL, THREADS) == 0);
	run_all(THREADS, meet);
	EXPECT_INT(serials, ROUNDS);
	EXPECT_INT(pthread_barrier_destroy(&barrier), 0);
	CHECK(pthread_barrier_init(&barrier, NULL, 1) == 0);
	EXPECT_INT(pthread_barrier_wait(&barrier),
		   PTHREAD_BARRIER_SERIAL_THREAD);
	EXPECT_INT(pthread_barrier_destroy(&barrier), 0);
}

static sem_t full;
static sem_t empty;
static int queue[8];
static long taken;

static void *produce_or_consume(void *argument)
{
	static volatile int head;
	static volatile int tail;
	bool produces = (intptr_t)argument % 2 == 0;

	for (int i = 0; i < TURNS; ++i) {
		CHECK(sem_wait(produces ? &empty : &full) == 0);
		pthread_mutex_lock(&mutex);
		if (produces)
			queue[head++ % 8] = i;
		else
			taken += queue[tail++ % 8];
		pthread_mutex_unlock(&mutex);
		CHECK(sem_post(produces ? &full : &empty) == 0);
	}
	return argument;
}

static void pass_through_semaphores(void)
{
	CHECK(sem_init(&full, 0, 0) == 0 && sem_init(&empty, 0, 8) == 0);
	run_all(4, produce_or_consume);
	EXPECT_INT(taken, 2L * TURNS * (TURNS - 1) / 2);
	EXPECT_INT(sem_destroy(&full), 0);
	EXPECT_INT(sem_init(&full, 0, SEM_VALUE_MAX), 0);
	EXPECT_ERROR(sem_post(&full), EOVERFLOW);
	EXPECT_ERROR(sem_init(&full, 0, SEM_VALUE_MAX + 1u), EINVAL);
}

CASES(CASE(count_with_mutex), CASE(count_by_trying), CASE(count_with_spinlock),
      CASE(count_with_rwlock), CASE(let_writers_in), CASE(read_in_parallel),
      CASE(play_with_conditions), CASE(open_a_gate), CASE(meet_at_barriers),
      CASE(pass_through_semaphores))
