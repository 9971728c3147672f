/* SPDX-License-Identifier: BSD-2-Clause */
/* A new process on its way to the runtime: from the fork to the exec. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "broker.h"

/* As the kernel counts them. */
#define SIGNALS_MAX 64

/* Descriptors that an emulator has before it starts the runtime: that, its own
 * file, and what it opens. */
#define EMULATOR_FDS 10

static bool is_emulated(const struct launch *launch)
{
	return launch->emulator != -1;
}

static _Noreturn void give_up(int result, const char *what)
{
	struct start_result message = {
		.stage = START_STAGE_CONFINE,
		.host_errno = (uint32_t)errno,
	};

	snprintf(message.message, sizeof(message.message), "%s failed", what);
	send(result, &message, sizeof(message), MSG_NOSIGNAL);
	_exit(EXIT_SETUP);
}

static void reset_signals(int result)
{
	/* The kernel's structure, larger than on any machine: SIG_DFL is 0. */
	static const unsigned long usual[16];
	sigset_t none;

	/* The C library keeps its hands on some numbers, and has them ignored
	 * in what it spawns. */
	for (int number = 1; number <= SIGNALS_MAX; number++)
		syscall(SYS_rt_sigaction, number, usual, NULL, SIGNALS_MAX / 8);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* EFBIG says the same */
	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) != 0)
		give_up(result, "sigprocmask");
}

/* A broker that died before the prctl() sends no signal any more. */
static void tie_to_broker(int result, pid_t broker)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		give_up(result, "prctl(PR_SET_PDEATHSIG)");
	if (getppid() != broker)
		_exit(EXIT_SETUP);
}

static void lower_limit(int result, int resource, rlim_t bound)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) != 0)
		give_up(result, "getrlimit");
	if (limit.rlim_max > bound)
		limit.rlim_max = bound;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(resource, &limit) != 0)
		give_up(result, "setrlimit");
}

static void become_guest(const struct launch *launch)
{
	int result = launch->result;

	if (launch->is_alone && setsid() < 0)
		give_up(result, "setsid");
	tie_to_broker(result, launch->broker);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		give_up(result, "prctl(PR_SET_NO_NEW_PRIVS)");
	if (personality(PER_LINUX) < 0)
		give_up(result, "personality");
	reset_signals(result);
}

static void bound(int result, int resource, uint64_t limit)
{
	if (limit != 0)
		lower_limit(result, resource, limit);
}

/* Those that the guest has no use for do not count. */
static uint64_t files_bound(const struct launch *launch)
{
	uint64_t files = launch->limits->files;
	uint64_t own = (launch->notes != -1) + (launch->control != -1);
	uint64_t least = launch->len + GUEST_OWN_LASTING + own + EMULATOR_FDS;

	if (files == 0 || files >= START_FDS_MAX)
		return START_FDS_MAX;
	if (is_emulated(launch) && files < least)
		return least;
	return files > launch->len + GUEST_OWN_LASTING ?
		       MIN(files + own, START_FDS_MAX) :
		       files;
}

/* All processes together have the time, which is for limits.c to see to; but
 * one that hides from it can do so no longer than this. */
static uint64_t cpu_bound(const struct launch *launch)
{
	uint64_t cpu = launch->limits->cpu;

	return launch->is_alone || cpu == 0 ? 0 : cpu / NS_PER_S + 1;
}

static void set_limits(int result, const struct launch *launch)
{
	const struct limits *limits = launch->limits;

	/* With less, a crash still starts what /proc/sys/kernel/core_pattern
	 * names, as root and on the guest's memory. */
	lower_limit(result, RLIMIT_CORE, 1);
	lower_limit(result, RLIMIT_NOFILE, files_bound(launch));
	bound(result, RLIMIT_FSIZE, limits->file_size);
	bound(result, RLIMIT_CPU, cpu_bound(launch));
	/* Signals that wait count for the user, whose other programs could
	 * make no timers any more. None needs to wait with its details. */
	lower_limit(result, RLIMIT_SIGPENDING, 0);
	/* An emulator reserves address space for whatever there could be, and
	 * hangs when it gets no memory for itself. */
	if (!is_emulated(launch))
		bound(result, RLIMIT_AS, limits->memory);
}

static int compare(const void *a, const void *b)
{
	const int *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

void close_except(int *kept, size_t len)
{
	unsigned next = 0;

	qsort(kept, len, sizeof(kept[0]), compare);
	for (size_t i = 0; i < len; i++) {
		if ((unsigned)kept[i] > next)
			syscall(SYS_close_range, next, kept[i] - 1, 0);
		next = (unsigned)kept[i] + 1;
	}
	syscall(SYS_close_range, next, UINT_MAX, 0);
}

/* Puts fds[i] at number i, for all i; what is above is closed. The first pass
 * moves everything out of the way, so that no number is needed twice. The
 * last one is closed by its own execution. */
static void place_fds(int *fds, int len, int result)
{
	int moved_result = fds[result];

	for (int i = 0; i < len; i++) {
		if (fds[i] < len)
			fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, len);
		if (fds[i] < 0)
			give_up(moved_result, "fcntl(F_DUPFD_CLOEXEC)");
		moved_result = fds[result];
	}
	for (int i = 0; i < len; i++)
		if (dup3(fds[i], i, i == len - 1 ? O_CLOEXEC : 0) < 0)
			give_up(moved_result, "dup3");
	if (syscall(SYS_close_range, (unsigned)len, UINT_MAX, 0) != 0)
		give_up(result, "close_range");
}

/* Executes what is open as fd, or returns. */
static void execute(int fd, char **arguments)
{
	char *environment[] = {NULL};

	syscall(SYS_execveat, fd, "", arguments, environment, AT_EMPTY_PATH);
}

static _Noreturn void start_runtime(int result, int runtime, char *number)
{
	char *arguments[] = {"cloudabi-runtime", number, NULL};

	execute(runtime, arguments);
	give_up(result, errno == ENOEXEC ?
				"execveat of the runtime (for i686, the kernel "
				"needs CONFIG_IA32_EMULATION)" :
				"execveat of the runtime");
}

/* It opens the runtime by a path. Where it is, it would leave memory dumps;
 * nobody can make files in /proc. */
static _Noreturn void start_emulator(int result, int emulator, int runtime,
				     char *number)
{
	char path[32];
	char *arguments[] = {"cloudabi-emulator", path, number, NULL};

	if (chdir("/proc") != 0)
		give_up(result, "chdir to /proc, which an emulator needs,");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", runtime);
	execute(emulator, arguments);
	give_up(result, "execveat of the emulator");
}

void child_run(const struct launch *launch)
{
	static int fds[START_FDS_MAX];
	int len = (int)launch->len, result = len + GUEST_OWN_RESULT;
	int next = len + GUEST_OWN_LASTING;
	int runtime, last;
	char number[16];

	become_guest(launch);
	memcpy(fds, launch->fds, launch->len * sizeof(fds[0]));
	fds[len + GUEST_OWN_BLOCK] = launch->block;
	fds[len + GUEST_OWN_PROGRAM] = launch->program;
	fds[result] = launch->result;
	if (launch->notes != -1)
		fds[next++] = launch->notes;
	if (launch->control != -1)
		fds[next++] = launch->control;
	runtime = next;
	last = is_emulated(launch) ? runtime + 1 : runtime;
	fds[last] = launch->emulator;
	fds[runtime] = launch->runtime;
	place_fds(fds, last + 1, result);
	set_limits(result, launch);
	snprintf(number, sizeof(number), "%d", len);
	if (is_emulated(launch))
		start_emulator(result, last, runtime, number);
	start_runtime(result, runtime, number);
}
