/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest process: its start, its end, and how it ended. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "broker.h"

/* Linux 6.3; headers may be older than the kernel. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#define NS_PER_S 1000000000

static uint32_t count_cpus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 1;
	return (uint32_t)CPU_COUNT(&set);
}

static void write_all(int fd, const void *buf, size_t len)
{
	const unsigned char *bytes = buf;

	while (len > 0) {
		ssize_t some = write(fd, bytes, len);

		if (some <= 0)
			die(EXIT_SETUP, "cannot write the start block: %s",
			    strerror(errno));
		bytes += some;
		len -= (size_t)some;
	}
}

static int create_memory_file(void)
{
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create("cloudabi-start", flags | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("cloudabi-start", flags);
	if (fd < 0)
		die(EXIT_SETUP, "cannot create the start block: %s",
		    strerror(errno));
	return fd;
}

static int write_start_block(const struct spec *spec,
			     const struct grants *grants)
{
	const struct start_block block = {
		.magic = START_MAGIC,
		.flags = grants->flags,
		.fds_len = (uint32_t)spec->fds_len,
		.argdata_len = spec->argdata_len,
		.ncpus = count_cpus(),
		.notes_fd = CLOUDABI_NOTE_NO_FD,
	};
	int fd = create_memory_file();

	write_all(fd, &block, sizeof(block));
	write_all(fd, grants->starts,
		  spec->fds_len * sizeof(grants->starts[0]));
	write_all(fd, spec->argdata, spec->argdata_len);
	if (fcntl(fd, F_ADD_SEALS,
		  F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) !=
	    0)
		die(EXIT_SETUP, "cannot seal the start block: %s",
		    strerror(errno));
	return fd;
}

/* From here to the exec: the child. */

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
	sigset_t none;

	/* Some numbers belong to the C library, which refuses them. */
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
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

static void become_guest(int result, pid_t broker)
{
	if (setsid() < 0)
		give_up(result, "setsid");
	tie_to_broker(result, broker);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		give_up(result, "prctl(PR_SET_NO_NEW_PRIVS)");
	if (personality(PER_LINUX) < 0)
		give_up(result, "personality");
	reset_signals(result);
}

/* Puts fds[i] at number i, for all i; what is above is closed. The first pass
 * moves everything out of the way, so that no number is needed twice. The
 * last one, the runtime, is closed by its own execution. */
static void place_fds(int *fds, int len)
{
	int result;

	for (int i = 0; i < len; i++) {
		result = fds[len - 2];
		if (fds[i] < len)
			fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, len);
		if (fds[i] < 0)
			give_up(result, "fcntl(F_DUPFD_CLOEXEC)");
	}
	result = fds[len - 2];
	for (int i = 0; i < len; i++)
		if (dup3(fds[i], i, i == len - 1 ? O_CLOEXEC : 0) < 0)
			give_up(result, "dup3");
	if (syscall(SYS_close_range, (unsigned)len, UINT_MAX, 0) != 0)
		give_up(result, "close_range");
}

static _Noreturn void run_child(const struct spec *spec,
				const struct grants *grants, int start_block,
				int result, pid_t broker)
{
	static int fds[START_FDS_MAX];
	int len = (int)spec->fds_len;
	char number[16];
	char *arguments[] = {"cloudabi-runtime", number, NULL};
	char *environment[] = {NULL};

	become_guest(result, broker);
	memcpy(fds, grants->fds, spec->fds_len * sizeof(fds[0]));
	fds[len] = start_block;
	fds[len + 1] = spec->program;
	fds[len + 2] = result;
	fds[len + 3] = spec->runtime;
	place_fds(fds, len + 4);
	result = len + 2;
	lower_limit(result, RLIMIT_CORE, 0);
	lower_limit(result, RLIMIT_NOFILE, START_FDS_MAX);
	snprintf(number, sizeof(number), "%d", len);
	syscall(SYS_execveat, len + 3, "", arguments, environment,
		AT_EMPTY_PATH);
	give_up(result, "execveat of the runtime");
}

/* The broker's side. */

/* For messages only; /proc need not be there. */
static void name_program(int fd, char *name, size_t name_size)
{
	char link[32];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, name, name_size - 1);
	if (len < 0)
		len = snprintf(name, name_size, "the program");
	name[len] = '\0';
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

void guest_start(const struct spec *spec, const struct grants *grants,
		 struct guest *guest)
{
	pid_t broker = getpid();
	int start_block, results[2];

	name_program(spec->program, guest->program, sizeof(guest->program));
	guest->start_ns = now_ns();
	start_block = write_start_block(spec, grants);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, results) != 0)
		die(EXIT_SETUP, "socketpair failed: %s", strerror(errno));
	guest->pid = fork();
	if (guest->pid == 0)
		run_child(spec, grants, start_block, results[1], broker);
	if (guest->pid < 0)
		die(EXIT_SETUP, "fork failed: %s", strerror(errno));
	close(start_block);
	close(results[1]);
	guest->result = results[0];
	guest->pidfd = (int)syscall(SYS_pidfd_open, guest->pid, 0);
	if (guest->pidfd < 0)
		die(EXIT_SETUP, "pidfd_open failed: %s", strerror(errno));
}

/* And its group, which it leads and cannot leave; but only after setsid(). */
static void kill_guest(const struct guest *guest)
{
	syscall(SYS_pidfd_send_signal, guest->pidfd, SIGKILL, NULL, 0);
	syscall(SYS_kill, -(long)guest->pid, (long)SIGKILL);
}

/* Whether the runtime gave up before the program began. The program cannot
 * say so: the runtime has closed this socket by then. */
static bool has_given_up(const struct guest *guest, struct start_result *result)
{
	ssize_t len = recv(guest->result, result, sizeof(*result),
			   MSG_DONTWAIT | MSG_TRUNC);

	result->message[sizeof(result->message) - 1] = '\0';
	return len == (ssize_t)sizeof(*result);
}

static _Noreturn void tell_refusal(const struct guest *guest,
				   const struct start_result *result)
{
	bool is_programs_fault = result->stage == START_STAGE_ELF ||
				 result->stage == START_STAGE_MEMORY;
	/* Unlike strerror() this does not allocate, which seccomp forbids. */
	const char *cause = result->host_errno == 0 ?
				    NULL :
				    strerrordesc_np((int)result->host_errno);

	die(is_programs_fault ? EXIT_NOT_RUNNABLE : EXIT_SETUP,
	    "%s cannot be run: %s%s%s", guest->program, result->message,
	    cause != NULL ? ": " : "", cause != NULL ? cause : "");
}

void guest_condemn(struct guest *guest, struct ending verdict)
{
	kill_guest(guest);
	if (guest->is_condemned)
		return;
	guest->is_condemned = true;
	guest->verdict = verdict;
}

static uint64_t ns_of(struct timeval time)
{
	return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_usec * 1000;
}

/* The C library's waitid() does not ask the kernel for what was used. */
static void wait_for(const struct guest *guest, siginfo_t *info,
		     struct usage *usage)
{
	struct rusage used = {0};

	if (syscall(SYS_waitid, P_PIDFD, guest->pidfd, info, WEXITED, &used) !=
	    0)
		die(EXIT_SETUP, "waitid failed: %s", strerrordesc_np(errno));
	*usage = (struct usage){
		.wall_ns = now_ns() - guest->start_ns,
		.user_ns = ns_of(used.ru_utime),
		.system_ns = ns_of(used.ru_stime),
		.memory_bytes = (uint64_t)used.ru_maxrss * 1024,
	};
}

/* The kernel kills with SIGSYS where it cannot ask us: see policy.c. */
static struct ending explain(const siginfo_t *info)
{
	if (info->si_code == CLD_EXITED)
		return (struct ending){ENDED_EXITED, info->si_status, NULL};
	if (info->si_status == SIGSYS)
		return (struct ending){ENDED_POLICY, -1, ""};
	return (struct ending){ENDED_SIGNAL, info->si_status, NULL};
}

static int status_of(const struct ending *ending)
{
	switch (ending->kind) {
	case ENDED_LIMIT:
		return EXIT_LIMIT;
	case ENDED_POLICY:
		return EXIT_POLICY;
	case ENDED_EXITED:
		return ending->number;
	default:
		return EXIT_SIGNAL + ending->number;
	}
}

int guest_reap(const struct guest *guest)
{
	struct start_result result;
	struct ending ending;
	struct usage usage;
	siginfo_t info = {0};

	/* While the guest is still a zombie its number is nobody else's. */
	kill_guest(guest);
	wait_for(guest, &info, &usage);
	if (!guest->is_condemned && has_given_up(guest, &result))
		tell_refusal(guest, &result);
	ending = guest->is_condemned ? guest->verdict : explain(&info);
	record_ended(&ending, &usage);
	return status_of(&ending);
}
