/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs that start programs: this one starts itself. Its arguments are a
 * map; `what` says what a started one is to do.
 */

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void test(void);

#include "libc_test.h"

static const char *what_to_do(void)
{
	argdata_map_iterator_t it;
	const argdata_t *key, *value;
	const char *name, *what;

	argdata_map_iterate(test_arguments, &it);
	for (; argdata_map_get(&it, &key, &value); argdata_map_next(&it))
		if (argdata_get_str_c(key, &name) == 0 &&
		    strcmp(name, "what") == 0 &&
		    argdata_get_str_c(value, &what) == 0)
			return what;
	return "";
}

/* What a program of ours gets: `what`, and two descriptors. The map refers to
 * its members. */
static argdata_t *arguments(const char *what, const char *name, int fd)
{
	argdata_t const **members = calloc(6, sizeof(*members));

	members[0] = argdata_create_str_c("what");
	members[1] = argdata_create_str_c("output");
	members[2] = argdata_create_str_c(name);
	members[3] = argdata_create_str_c(what);
	members[4] = argdata_create_fd(test_fd("output"));
	members[5] = argdata_create_fd(fd);
	return argdata_create_map(members, members + 3, 3);
}

static int spawn_with(const char *what, const char *name, int fd)
{
	int child =
		program_spawn(test_fd("program"), arguments(what, name, fd));

	CHECK(child >= 0);
	return child;
}

static int end_of(int child)
{
	struct program_end end = {-1, -1};

	CHECK(program_wait(child, &end, -1) == 1);
	CHECK(program_wait(child, &end, 0) == 1);
	CHECK(close(child) == 0);
	return end.signal != 0 ? 1000 + end.signal : end.status;
}

/* The other program's side. */

static int count_descriptors(void)
{
	struct stat st;
	int n = 0;

	for (int fd = 0; fd < 1024; ++fd)
		n += fstat(fd, &st) == 0;
	return n;
}

/* Two descriptors, numbered from 0 in the order in which they are named. */
static void look_around(void)
{
	char text[10] = "";
	int file = test_fd("file");

	CHECK(count_descriptors() == 2);
	CHECK(test_fd("output") == 0 && file == 1);
	CHECK(read(file, text, 8) == 8 && memcmp(text, "contents", 8) == 0);
	CHECK_ERRNO(write(file, "x", 1), EBADF);
	CHECK(fflush(stdout) == 0);
	exit(33);
}

static void obey(const char *what)
{
	if (strcmp(what, "look") == 0)
		look_around();
	if (strcmp(what, "leave") == 0)
		exit(21);
	if (strcmp(what, "abort") == 0)
		abort();
	if (strcmp(what, "exec") == 0)
		program_exec(test_fd("program"),
			     arguments("leave", "output", test_fd("output")));
	if (strcmp(what, "stay") == 0)
		for (;;)
			sleep(100);
	exit(90);
}

static void check_ends(void)
{
	CHECK(end_of(spawn_with("look", "file", test_fd("file"))) == 33);
	CHECK(end_of(spawn_with("leave", "file", test_fd("file"))) == 21);
	CHECK(end_of(spawn_with("abort", "file", test_fd("file"))) ==
	      1000 + SIGABRT);
	CHECK(end_of(spawn_with("exec", "program", test_fd("program"))) == 21);
}

/* A descriptor that is ready when the process has ended, and not before. */
static void check_poll(void)
{
	int child = spawn_with("stay", "file", test_fd("file"));
	struct pollfd fd = {child, POLLIN, 0};
	struct program_end end;

	CHECK(program_wait(child, &end, 0) == 0);
	CHECK(poll(&fd, 1, 10) == 0);
	CHECK(close(child) == 0);
	CHECK_ERRNO(program_wait(child, &end, 0), EBADF);
	CHECK_ERRNO(program_wait(test_fd("file"), &end, 0), ENOTCAPABLE);
	child = spawn_with("leave", "file", test_fd("file"));
	fd = (struct pollfd){child, POLLIN, 0};
	CHECK(poll(&fd, 1, -1) == 1 && fd.revents == POLLIN);
	CHECK(end_of(child) == 21);
}

/* Closing the descriptor kills, which closes what the other one holds. */
static void check_kill(void)
{
	int ends[2], child;
	char byte;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	child = spawn_with("stay", "socket", ends[1]);
	CHECK(close(ends[1]) == 0);
	CHECK(close(child) == 0);
	CHECK(read(ends[0], &byte, 1) == 0);
	CHECK(close(ends[0]) == 0);
}

static void check_errors(void)
{
	argdata_t *ad = arguments("leave", "file", test_fd("file"));
	argdata_t *wrong = arguments("leave", "file", 999);
	char *large = calloc(1, 2 << 20);
	argdata_t *data = argdata_create_binary(large, 2 << 20);

	CHECK_ERRNO(program_spawn(test_fd("script"), ad), ENOEXEC);
	CHECK_ERRNO(program_spawn(test_fd("file"), ad), EBADF);
	CHECK_ERRNO(program_spawn(999, ad), EBADF);
	CHECK_ERRNO(program_spawn(test_fd("output"), ad), EACCES);
	CHECK_ERRNO(program_spawn(test_fd("program"), wrong), EBADF);
	CHECK_ERRNO(program_spawn(test_fd("program"), data), E2BIG);
	CHECK(program_exec(test_fd("script"), ad) == ENOEXEC);
	CHECK(program_exec(999, ad) == EBADF);
	free(large);
}

static atomic_bool stop;

static void *allocate(void *unused)
{
	while (!stop)
		free(memset(malloc(1000), 1, 1000));
	return unused;
}

/* Whatever other threads hold, a new program does not need it. */
static void check_threads(void)
{
	pthread_t threads[8];

	for (int i = 0; i < 8; ++i)
		CHECK(pthread_create(&threads[i], NULL, allocate, NULL) == 0);
	for (int i = 0; i < 20; ++i)
		CHECK(end_of(spawn_with("leave", "file", test_fd("file"))) ==
		      21);
	stop = true;
	for (int i = 0; i < 8; ++i)
		CHECK(pthread_join(threads[i], NULL) == 0);
}

/* A copy may do all that this library offers, whatever other threads did. */
static void check_fork(void)
{
	pthread_t threads[8], another;
	int child;

	stop = false;
	for (int i = 0; i < 8; ++i)
		CHECK(pthread_create(&threads[i], NULL, allocate, NULL) == 0);
	for (int i = 0; i < 20; ++i) {
		int copy = program_fork(&child);

		CHECK(copy >= 0);
		if (copy == 1) {
			stop = true;
			CHECK(pthread_create(&another, NULL, allocate, NULL) ==
			      0);
			CHECK(pthread_join(another, NULL) == 0);
			free(malloc(1 << 20));
			exit(i);
		}
		CHECK(end_of(child) == i);
	}
	stop = true;
	for (int i = 0; i < 8; ++i)
		CHECK(pthread_join(threads[i], NULL) == 0);
}

/* Says that all are there, and stays with them. */
static void nest(void)
{
	spawn_with("stay", "file", test_fd("file"));
	spawn_with("stay", "file", test_fd("file"));
	puts("ready");
	CHECK(fflush(stdout) == 0);
	for (;;)
		sleep(100);
}

static void check_alone(void)
{
	argdata_t *ad = arguments("leave", "file", test_fd("file"));

	CHECK_ERRNO(program_spawn(test_fd("program"), ad), EAGAIN);
	CHECK(program_exec(test_fd("program"), ad) == ENOTSUP);
}

static void test(void)
{
	if (strcmp(what_to_do(), "several") == 0) {
		check_ends();
		check_poll();
		check_kill();
		check_errors();
		check_threads();
		check_fork();
	} else if (strcmp(what_to_do(), "nest") == 0) {
		nest();
	} else if (strcmp(what_to_do(), "alone") == 0) {
		check_alone();
	} else {
		obey(what_to_do());
	}
}
