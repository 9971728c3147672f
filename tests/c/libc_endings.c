/* SPDX-License-Identifier: BSD-2-Clause */
/* What runs when a program ends, in each way that it can. tests/test_libc_endings.py
 * chooses the way and knows what is written then. */

#include <argdata.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <program.h>

static int output;

static void say(const char *text)
{
	write(output, text, strlen(text));
}

__attribute__((destructor(101))) static void destroy_last(void)
{
	say("destructor 101\n");
}

__attribute__((destructor(102))) static void destroy_before(void)
{
	say("destructor 102\n");
}

static void run_first(void)
{
	say("registered first\n");
}

static void run_added(void)
{
	say("registered while ending\n");
}

static void run_second(void)
{
	say("registered second\n");
	atexit(run_added);
}

static void run_quickly(void)
{
	say("registered for a quick end\n");
}

static void *end_from_thread(void *argument)
{
	(void)argument;
	exit(3);
}

static void *linger(void *argument)
{
	usleep(20000);
	say("the last thread\n");
	return argument;
}

/* Needs more than any stack has. */
__attribute__((noinline)) static int overflow(int depth)
{
	volatile char frame[1000];

	frame[depth % 1000] = 1;
	return depth < 0 ? 0 : overflow(depth + 1) + frame[depth % 1000];
}

static void *overflow_in_thread(void *argument)
{
	return (void *)(intptr_t)(overflow(0) + (argument == NULL));
}

static void end(const char *how)
{
	pthread_t thread;

	if (strcmp(how, "exit") == 0)
		exit(1);
	if (strcmp(how, "_Exit") == 0)
		_Exit(2);
	if (strcmp(how, "quick_exit") == 0)
		quick_exit(4);
	if (strcmp(how, "thread") == 0) {
		pthread_create(&thread, NULL, end_from_thread, NULL);
		pthread_join(thread, NULL);
	}
	if (strcmp(how, "last thread") == 0) {
		pthread_create(&thread, NULL, linger, NULL);
		pthread_exit(NULL);
	}
	if (strcmp(how, "overflow") == 0)
		overflow(0);
	if (strcmp(how, "overflow in a thread") == 0) {
		pthread_create(&thread, NULL, linger, NULL);
		pthread_create(&thread, NULL, overflow_in_thread, NULL);
		pthread_join(thread, NULL);
	}
	if (strcmp(how, "abort") == 0)
		abort();
	exit(99);
}

/* Output that is buffered is written in the end, after all that was run. */
static void buffer(const char *text)
{
	program_set_stream(stdout, output);
	setvbuf(stdout, NULL, _IOFBF, BUFSIZ);
	fputs(text, stdout);
}

/* A list of a descriptor and the way. */
_Noreturn void program_main(const argdata_t *arguments)
{
	argdata_seq_iterator_t it;
	const argdata_t *value;
	const char *how = "";

	argdata_seq_iterate(arguments, &it);
	if (argdata_seq_get(&it, &value))
		argdata_get_fd(value, &output);
	argdata_seq_next(&it);
	if (argdata_seq_get(&it, &value))
		argdata_get_str_c(value, &how);
	atexit(run_first);
	atexit(run_second);
	at_quick_exit(run_quickly);
	buffer("buffered\n");
	end(how);
	exit(98);
}
