/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a program and makes a file shorter right before one of its system calls:
 * shrink NUMBER FD LENGTH PROGRAM … The program keeps this process's id; its
 * tracer is a child that ends when it has done so.
 */

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static void let_go_on(pid_t pid, int status, int is_executed)
{
	int signal = WSTOPSIG(status) & 0x7f;

	ptrace(is_executed ? PTRACE_SYSCALL : PTRACE_CONT, pid, NULL,
	       (long)(signal == SIGTRAP ? 0 : signal));
}

/* Of the stops at a system call every other one is at its beginning. */
static void trace(pid_t pid, int number, int fd, off_t length)
{
	int is_executed = 0, stops = 0, status;

	while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status)) {
		is_executed |=
			status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8);
		if (WSTOPSIG(status) == (SIGTRAP | 0x80) &&
		    ++stops == 2 * number) {
			if (ftruncate(fd, length) != 0)
				_exit(5);
			ptrace(PTRACE_DETACH, pid, NULL, NULL);
			return;
		}
		let_go_on(pid, status, is_executed);
	}
}

/* The first stop after execve() is at the call's own end. */
int main(int argc, char **argv)
{
	pid_t pid = getpid();
	int ready[2];
	char byte;

	if (argc < 5 || pipe(ready) != 0)
		return 2;
	if (fork() == 0) {
		const long options = PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD;

		if (ptrace(PTRACE_SEIZE, pid, NULL, options) == 0 &&
		    write(ready[1], "x", 1) == 1)
			trace(pid, atoi(argv[1]), atoi(argv[2]), atol(argv[3]));
		_exit(0);
	}
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		return 3;
	close(ready[0]);
	execv(argv[4], argv + 4);
	return 4;
}
