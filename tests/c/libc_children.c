/* SPDX-License-Identifier: BSD-2-Clause */
/* fork(), wait(), waitpid(), kill(); the limit of the run is six processes. */

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libc_cases.h"

enum {
	PROCESSES = 6
};

static pid_t start(int status)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(status);
	EXPECT(pid > 1);
	return pid;
}

/* One that stays until it is killed. */
static pid_t start_sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			sleep(100);
	EXPECT(pid > 1);
	return pid;
}

static int status_of(pid_t pid)
{
	int status = -1;

	EXPECT_INT(waitpid(pid, &status, 0), pid);
	return status;
}

static void check_endings(void)
{
	int status = status_of(start(42));

	EXPECT(WIFEXITED(status) && !WIFSIGNALED(status));
	EXPECT_INT(WEXITSTATUS(status), 42);
	EXPECT_INT(WEXITSTATUS(status_of(start(0x1ff))), 0xff);
	EXPECT_INT(status_of(start(0)), 0);
}

static void check_signals(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		abort();
	status = status_of(pid);
	EXPECT(WIFSIGNALED(status) && !WIFEXITED(status));
	EXPECT_INT(WTERMSIG(status), SIGABRT);
	pid = fork();
	if (pid == 0)
		kill(getpid(), SIGTERM);
	EXPECT_INT(WTERMSIG(status_of(pid)), SIGTERM);
}

static void check_errors(void)
{
	int status;

	EXPECT_ERROR(wait(&status), ECHILD);
	EXPECT_ERROR(waitpid(-1, NULL, WNOHANG), ECHILD);
	EXPECT_ERROR(waitpid(12345, NULL, 0), ECHILD);
	EXPECT_ERROR(waitpid(getpid(), NULL, 0), ECHILD);
	EXPECT_ERROR(waitpid(-2, NULL, 0), ECHILD);
	EXPECT_ERROR(waitpid(-1, NULL, 64), EINVAL);
	EXPECT_ERROR(kill(12345, SIGKILL), ESRCH);
	EXPECT_ERROR(kill(-1, SIGKILL), ESRCH);
	EXPECT_ERROR(kill(getpid(), -1), EINVAL);
	EXPECT_ERROR(kill(getpid(), 100), EINVAL);
	EXPECT_INT(kill(getpid(), 0), 0);
	EXPECT_INT(kill(getpid(), SIGCHLD), 0);
}

/* Each child has its number, and is told apart from the others. */
static void check_any(void)
{
	pid_t pids[PROCESSES - 1];
	int seen = 0;
	int status;

	for (int i = 0; i < PROCESSES - 1; ++i)
		pids[i] = start(10 + i);
	for (int i = 0; i < PROCESSES - 1; ++i) {
		pid_t pid = wait(&status);

		for (int j = 0; j < PROCESSES - 1; ++j)
			if (pids[j] == pid && WEXITSTATUS(status) == 10 + j)
				seen |= 1 << j;
	}
	EXPECT_INT(seen, (1 << (PROCESSES - 1)) - 1);
	EXPECT_ERROR(wait(NULL), ECHILD);
}

static void check_numbers(void)
{
	pid_t parent = getpid();
	pid_t numbers[3];
	int fds[2];
	pid_t pid;

	EXPECT_INT(pipe(fds), 0);
	EXPECT_INT(getppid(), 0);
	pid = fork();
	if (pid == 0) {
		numbers[0] = getpid();
		numbers[1] = getppid();
		numbers[2] = (pid_t)arc4random();
		_exit(write(fds[1], numbers, sizeof(numbers)) !=
		      sizeof(numbers));
	}
	EXPECT_INT(status_of(pid), 0);
	EXPECT_INT(read(fds[0], numbers, sizeof(numbers)), sizeof(numbers));
	EXPECT_INT(numbers[0], pid);
	EXPECT_INT(numbers[1], parent);
	EXPECT_INT(getpid(), parent);
	EXPECT(numbers[2] != (pid_t)arc4random());
	close(fds[0]);
	close(fds[1]);
}

static void check_nohang(void)
{
	pid_t pid = start_sleeper();
	int status = 4711;

	EXPECT_INT(waitpid(pid, &status, WNOHANG), 0);
	EXPECT_INT(waitpid(-1, &status, WNOHANG | WUNTRACED), 0);
	EXPECT_INT(status, 4711);
	EXPECT_INT(kill(pid, SIGKILL), 0);
	EXPECT_INT(waitpid(pid, &status, 0), pid);
	EXPECT_INT(WTERMSIG(status), SIGKILL);
	EXPECT_ERROR(waitpid(pid, &status, WNOHANG), ECHILD);
	pid = start(7);
	while (waitpid(pid, &status, WNOHANG) == 0)
		usleep(1000);
	EXPECT_INT(WEXITSTATUS(status), 7);
}

/* A descriptor that gives the end of file as soon as the process is gone. */
static pid_t start_with_pipe(int *fd)
{
	int fds[2];
	pid_t pid;

	EXPECT_INT(pipe(fds), 0);
	pid = start_sleeper();
	close(fds[1]);
	*fd = fds[0];
	return pid;
}

static void check_killing(void)
{
	char byte;
	int fd;
	pid_t pid = start_with_pipe(&fd);

	EXPECT_INT(kill(pid, 0), 0);
	EXPECT_INT(kill(pid, SIGCONT), 0);
	EXPECT_ERROR(kill(pid, SIGSTOP), EPERM);
	EXPECT_INT(waitpid(pid, NULL, WNOHANG), 0);
	EXPECT_INT(kill(pid, SIGTERM), 0);
	EXPECT_INT(kill(pid, SIGKILL), 0);
	EXPECT_INT(read(fd, &byte, 1), 0);
	EXPECT_INT(status_of(pid), SIGTERM);
	EXPECT_ERROR(kill(pid, SIGKILL), ESRCH);
	close(fd);
	/* Who has ended stays as it has ended. */
	pid = start(3);
	while (kill(pid, 0) == 0 && waitpid(pid, NULL, WNOHANG) == 0)
		usleep(1000);
	EXPECT_ERROR(kill(pid, 0), ESRCH);
}

/* Who was waited for does nothing any more, and is not waited for too long. */
static void check_the_dead(void)
{
	volatile unsigned *count =
		mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANON, -1, 0);

	EXPECT(count != MAP_FAILED);
	for (int round = 0; round < 50; ++round) {
		pid_t pid = fork();
		unsigned seen;

		if (pid == 0)
			for (;;)
				++*count;
		usleep(500);
		EXPECT_INT(kill(pid, SIGKILL), 0);
		EXPECT_INT(status_of(pid), SIGKILL);
		seen = *count;
		usleep(1000);
		EXPECT_INT(*count, seen);
	}
	munmap((void *)count, sizeof(*count));
}

/* A child keeps no other alive. */
static void check_siblings(void)
{
	char byte;
	int fd;
	pid_t first = start_with_pipe(&fd);
	pid_t second = start_sleeper();

	EXPECT_INT(kill(first, SIGKILL), 0);
	EXPECT_INT(read(fd, &byte, 1), 0);
	EXPECT_INT(status_of(first), SIGKILL);
	EXPECT_INT(waitpid(second, NULL, WNOHANG), 0);
	EXPECT_INT(kill(second, SIGKILL), 0);
	EXPECT_INT(status_of(second), SIGKILL);
	close(fd);
}

/* Of the parent's children it knows none. */
static void check_generations(void)
{
	pid_t first = start_sleeper();
	pid_t second = fork();

	if (second == 0) {
		bool alone = waitpid(first, NULL, WNOHANG) == -1 &&
			     errno == ECHILD && kill(first, SIGKILL) == -1 &&
			     errno == ESRCH;
		pid_t own = fork();

		if (own == 0)
			_exit(9);
		_exit(alone && waitpid(own, NULL, 0) == own ? 21 : 22);
	}
	EXPECT_INT(WEXITSTATUS(status_of(second)), 21);
	EXPECT_INT(waitpid(first, NULL, WNOHANG), 0);
	EXPECT_INT(kill(first, SIGKILL), 0);
	EXPECT_INT(status_of(first), SIGKILL);
}

static void *wait_for(void *argument)
{
	pid_t *pid = argument;
	int status = -1;

	*pid = waitpid(*pid, &status, 0);
	return (void *)(intptr_t)status;
}

/* A thread that waits does not keep a child from being killed. */
static void check_killing_beside_waiting(void)
{
	pid_t pid = start_sleeper();
	pid_t waited = pid;
	pthread_t thread;
	void *status;

	EXPECT_INT(pthread_create(&thread, NULL, wait_for, &waited), 0);
	usleep(20000);
	EXPECT_INT(kill(pid, SIGKILL), 0);
	EXPECT_INT(pthread_join(thread, &status), 0);
	EXPECT_INT(waited, pid);
	EXPECT_INT((intptr_t)status, SIGKILL);
}

/* Waiting for any, a thread learns of a child that comes later. */
static void check_a_later_child(void)
{
	pid_t pid = start_sleeper();
	pid_t waited = -1;
	pthread_t thread;
	pid_t later;

	EXPECT_INT(pthread_create(&thread, NULL, wait_for, &waited), 0);
	usleep(20000);
	later = start(5);
	EXPECT_INT(pthread_join(thread, NULL), 0);
	EXPECT_INT(waited, later);
	EXPECT_INT(kill(pid, SIGKILL), 0);
	EXPECT_INT(status_of(pid), SIGKILL);
}

static void *fork_often(void *unused)
{
	intptr_t wrong = 0;

	(void)unused;
	for (int i = 0; i < 20; ++i) {
		int status = 0;
		pid_t pid = fork();

		if (pid == 0)
			_exit(i);
		/* Others may have as many as there can be. */
		if (pid < 0 && errno == EAGAIN) {
			--i;
			sched_yield();
			continue;
		}
		wrong += waitpid(pid, &status, 0) != pid ||
			 WEXITSTATUS(status) != i;
	}
	return (void *)wrong;
}

/* Each gets its own, and two that wait for one: one gets it. */
static void check_threads(void)
{
	pthread_t threads[4];
	pid_t pids[2];
	void *wrong;

	for (int i = 0; i < 4; ++i)
		EXPECT_INT(pthread_create(&threads[i], NULL, fork_often, NULL),
			   0);
	for (int i = 0; i < 4; ++i) {
		EXPECT_INT(pthread_join(threads[i], &wrong), 0);
		EXPECT_INT((intptr_t)wrong, 0);
	}
	pids[0] = pids[1] = start_sleeper();
	for (int i = 0; i < 2; ++i)
		EXPECT_INT(
			pthread_create(&threads[i], NULL, wait_for, &pids[i]),
			0);
	usleep(20000);
	EXPECT_INT(kill(pids[0], SIGTERM), 0);
	for (int i = 0; i < 2; ++i)
		EXPECT_INT(pthread_join(threads[i], NULL), 0);
	EXPECT((pids[0] == -1) != (pids[1] == -1));
}

/* What was killed and waited for takes no place, however long it takes to die.
 */
static void check_limit(void)
{
	pid_t pids[PROCESSES - 1];

	for (int round = 0; round < 3; ++round) {
		for (int i = 0; i < PROCESSES - 1; ++i)
			pids[i] = start_sleeper();
		EXPECT_ERROR(fork(), EAGAIN);
		for (int i = 0; i < PROCESSES - 1; ++i) {
			EXPECT_INT(kill(pids[i], SIGKILL), 0);
			EXPECT_INT(status_of(pids[i]), SIGKILL);
		}
		EXPECT_ERROR(wait(NULL), ECHILD);
	}
}

/* Nothing is left of those who were waited for. */
static void check_descriptors(void)
{
	int before = dup(0);
	int after;

	close(before);
	for (int i = 0; i < 50; ++i)
		status_of(start(i));
	after = dup(0);
	close(after);
	EXPECT_INT(after, before);
}

CASES(CASE(check_errors),
      NATIVE(check_endings, "nobody lets processes be made"),
      NATIVE(check_signals, "nobody lets processes be made"),
      NATIVE(check_any, "nobody lets processes be made"),
      NATIVE(check_numbers, "nobody lets processes be made"),
      NATIVE(check_nohang, "nobody lets processes be made"),
      NATIVE(check_killing, "nobody lets processes be made"),
      NATIVE(check_the_dead, "nobody lets processes be made"),
      NATIVE(check_siblings, "nobody lets processes be made"),
      NATIVE(check_generations, "nobody lets processes be made"),
      NATIVE(check_killing_beside_waiting, "nobody lets processes be made"),
      NATIVE(check_a_later_child, "nobody lets processes be made"),
      NATIVE(check_threads, "nobody lets processes be made"),
      NATIVE(check_limit, "nobody lets processes be made"),
      NATIVE(check_descriptors, "nobody lets processes be made"))
