/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Times what a program does most often: locks, condition variables and small
 * system calls. Standard input never ends; a line of output is a name, a colon
 * and seconds.
 */

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define CALLS 1000000
#define LOCKS 1000000
#define ROUNDS 100000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static volatile unsigned counter;
static int input;

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void require(int holds)
{
	if (!holds)
		exit(1);
}

static void count(void)
{
	for (int i = 0; i < LOCKS; i++) {
		pthread_mutex_lock(&mutex);
		counter++;
		pthread_mutex_unlock(&mutex);
	}
}

static void *count_too(void *unused)
{
	count();
	return unused;
}

/* Waits for its turns, which are those of one parity, and ends them. */
static void take_turns(unsigned parity)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		while (counter % 2 != parity)
			pthread_cond_wait(&changed, &mutex);
		counter++;
		pthread_cond_signal(&changed);
		pthread_mutex_unlock(&mutex);
	}
}

static void *take_odd_turns(void *unused)
{
	take_turns(1);
	return unused;
}

static void with_another(void *(*other)(void *), void (*own)(void))
{
	pthread_t thread;

	counter = 0;
	require(pthread_create(&thread, NULL, other, NULL) == 0);
	own();
	pthread_join(thread, NULL);
}

static void take_even_turns(void)
{
	take_turns(0);
}

static void contended(void)
{
	with_another(count_too, count);
	require(counter == 2 * LOCKS);
}

static void ping_pong(void)
{
	with_another(take_odd_turns, take_even_turns);
}

static void read_byte(void)
{
	char byte;

	for (int i = 0; i < CALLS; i++)
		require(read(input, &byte, 1) == 1);
}

static void read_clock(void)
{
	struct timespec now;

	for (int i = 0; i < CALLS; i++)
		clock_gettime(CLOCK_MONOTONIC, &now);
}

static void measure(const char *name, void (*run)(void))
{
	double begin = seconds();

	run();
	printf("%s: %.9f\n", name, seconds() - begin);
}

static void measure_all(void)
{
	measure("lock, uncontended", count);
	measure("lock, two threads", contended);
	measure("condition variable, two threads", ping_pong);
	measure("read a byte", read_byte);
	measure("read the clock", read_clock);
}

#ifdef __CloudABI__

#include <program.h>

/* Standard input, then standard output. */
_Noreturn void program_main(const argdata_t *arguments)
{
	argdata_seq_iterator_t it;
	const argdata_t *value;
	int output;

	argdata_seq_iterate(arguments, &it);
	require(argdata_seq_get(&it, &value) &&
		argdata_get_fd(value, &input) == 0);
	argdata_seq_next(&it);
	require(argdata_seq_get(&it, &value) &&
		argdata_get_fd(value, &output) == 0);
	program_set_stream(stdout, output);
	measure_all();
	exit(0);
}

#else

int main(void)
{
	measure_all();
	return 0;
}

#endif
