/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Enters the broker's own confinement and tries what the arguments say.
 *
 *   confined landlock RIGHTS DIRECTORY (OPERATION PATH [PATH])…
 *       one line per operation: the errno
 *   confined seccomp (NUMBER,ARGUMENT,…)…
 *       one line per call: 1 if it killed the process, else 0; the words
 *       GUEST, PIDFD and BROKER stand for numbers
 *   confined seccomp-several (NUMBER,ARGUMENT,…)…
 *       the same where there may be several processes
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../broker/broker.h"

/* Numbers that are judged; nothing is open there. */
#define RESULT_FD 77
#define THREADS_FD 78

static int try_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0666);

	if (fd >= 0)
		close(fd);
	return fd;
}

/* Opens for writing, then truncates what is open. */
static int try_ftruncate(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? fd : ftruncate(fd, 0);
}

static int try_operation(const char *name, const char *a, const char *b)
{
	if (strcmp(name, "read") == 0)
		return try_open(a, O_RDONLY);
	if (strcmp(name, "write") == 0)
		return try_open(a, O_WRONLY);
	if (strcmp(name, "create") == 0)
		return try_open(a, O_RDONLY | O_CREAT);
	if (strcmp(name, "list") == 0)
		return try_open(a, O_RDONLY | O_DIRECTORY);
	if (strcmp(name, "ftruncate") == 0)
		return try_ftruncate(a);
	if (strcmp(name, "mkdir") == 0)
		return mkdir(a, 0777);
	if (strcmp(name, "mkfifo") == 0)
		return mkfifo(a, 0666);
	if (strcmp(name, "unlink") == 0)
		return unlink(a);
	if (strcmp(name, "rmdir") == 0)
		return rmdir(a);
	if (strcmp(name, "execute") == 0)
		return execl(a, a, NULL);
	if (strcmp(name, "symlink") == 0)
		return symlink(b, a);
	if (strcmp(name, "link") == 0)
		return link(a, b);
	if (strcmp(name, "rename") == 0)
		return rename(a, b);
	abort();
}

static bool takes_two(const char *name)
{
	return strcmp(name, "link") == 0 || strcmp(name, "rename") == 0 ||
	       strcmp(name, "symlink") == 0;
}

static int try_landlock(char **arguments)
{
	uint64_t rights = strtoull(arguments[0], NULL, 0);
	int dir = open(arguments[1], O_PATH | O_DIRECTORY | O_CLOEXEC);

	serve_start();
	capabilities_start();
	if (capability_create(dir, 0, rights, 0) < 0)
		return 1;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	landlock_enter(landlock_prepare(false));
	for (char **next = arguments + 2; *next != NULL;) {
		bool two = takes_two(next[0]);
		int status = try_operation(next[0], next[1], next[2]);

		printf("%d\n", status < 0 ? errno : 0);
		next += two ? 3 : 2;
	}
	return 0;
}

static long number_of(const char *word, const struct guest *guest)
{
	if (strcmp(word, "GUEST") == 0)
		return guest->pid;
	if (strcmp(word, "-GUEST") == 0)
		return -(long)guest->pid;
	if (strcmp(word, "PIDFD") == 0)
		return guest->pidfd;
	if (strcmp(word, "BROKER") == 0)
		return getpid();
	return (long)strtoull(word, NULL, 0);
}

static _Noreturn void try_call(char *text, const struct guest *guest)
{
	long words[7] = {0};
	int len = 0;

	for (char *word = strtok(text, ","); word; word = strtok(NULL, ","))
		words[len++] = number_of(word, guest);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	seccomp_enter(guest, THREADS_FD);
#if defined(__x86_64__)
	if (words[0] == -1) { /* getpid by the entry for 32-bit programs */
		__asm__ volatile("int $0x80" : "+a"(words[1]) : : "memory");
		_exit(0);
	}
#endif
	syscall(words[0], words[1], words[2], words[3], words[4], words[5],
		words[6]);
	_exit(0);
}

static int try_seccomp(char **calls)
{
	struct guest guest = {.pid = fork(), .starting.result = RESULT_FD};

	guest.group = guest.pid;
	while (guest.pid == 0)
		pause();
	guest.pidfd = (int)syscall(SYS_pidfd_open, guest.pid, 0);
	for (; *calls != NULL; calls++) {
		int status;
		pid_t child = fork();

		if (child == 0)
			try_call(*calls, &guest);
		waitpid(child, &status, 0);
		printf("%d\n",
		       WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
		fflush(stdout);
	}
	kill(guest.pid, SIGKILL);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 3 && strcmp(argv[1], "landlock") == 0)
		return try_landlock(argv + 2);
	if (argc > 2 && strcmp(argv[1], "seccomp") == 0)
		return try_seccomp(argv + 2);
	if (argc > 2 && strcmp(argv[1], "seccomp-several") == 0) {
		static const struct spec spec = {.limits.processes = 2};

		processes_start(&spec);
		return try_seccomp(argv + 2);
	}
	return 2;
}
