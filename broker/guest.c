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

/* Descriptors that an emulator opens before it starts the runtime. */
#define EMULATOR_FDS 8

/* What the runtime finds above the program's descriptors, in that order. */
enum {
	OWN_BLOCK,
	OWN_PROGRAM,
	OWN_RESULT,
	OWN_NOTES,
};

static bool is_emulated(const struct spec *spec)
{
	return spec->emulator != -1;
}

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
	const uint32_t notes_fd = (uint32_t)spec->fds_len + OWN_NOTES;
	const struct start_block block = {
		.magic = START_MAGIC,
		.flags =
			grants->flags |
			(spec->limits.memory != 0 ? START_NO_MEMORY_FILES : 0) |
			(is_emulated(spec) ? START_EMULATED : 0),
		.fds_len = (uint32_t)spec->fds_len,
		.argdata_len = spec->argdata_len,
		.ncpus = count_cpus(),
		.notes_fd = spec->traces ? notes_fd : CLOUDABI_NOTE_NO_FD,
		.threads_max = (uint32_t)spec->limits.threads,
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

static void bound(int result, int resource, uint64_t limit)
{
	if (limit != 0)
		lower_limit(result, resource, limit);
}

/* One that the guest has no use for does not count. */
static uint64_t files_bound(const struct spec *spec)
{
	uint64_t files = spec->limits.files;
	uint64_t least = spec->fds_len + OWN_NOTES + 2 + EMULATOR_FDS;

	if (files == 0 || files >= START_FDS_MAX)
		return START_FDS_MAX;
	if (is_emulated(spec) && files < least)
		return least;
	return spec->traces && files > spec->fds_len + OWN_NOTES ? files + 1 :
								   files;
}

static void set_limits(int result, const struct spec *spec)
{
	const struct limits *limits = &spec->limits;

	/* With less, a crash still starts what /proc/sys/kernel/core_pattern
	 * names, as root and on the guest's memory. */
	lower_limit(result, RLIMIT_CORE, 1);
	lower_limit(result, RLIMIT_NOFILE, files_bound(spec));
	bound(result, RLIMIT_FSIZE, limits->file_size);
	/* An emulator reserves address space for whatever there could be, and
	 * hangs when it gets no memory for itself. */
	if (!is_emulated(spec))
		bound(result, RLIMIT_AS, limits->memory);
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

/* What the child has that the spec does not mention. */
struct ends {
	int start_block;
	int result;
	int notes; /* or -1 */
};

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

static _Noreturn void run_child(const struct spec *spec,
				const struct grants *grants,
				const struct ends *ends, pid_t broker)
{
	static int fds[START_FDS_MAX];
	int len = (int)spec->fds_len, result = len + OWN_RESULT;
	int runtime = len + (ends->notes != -1 ? OWN_NOTES + 1 : OWN_NOTES);
	int last = is_emulated(spec) ? runtime + 1 : runtime;
	char number[16];

	become_guest(ends->result, broker);
	memcpy(fds, grants->fds, spec->fds_len * sizeof(fds[0]));
	fds[len + OWN_BLOCK] = ends->start_block;
	fds[len + OWN_PROGRAM] = spec->program;
	fds[result] = ends->result;
	fds[len + OWN_NOTES] = ends->notes;
	fds[last] = spec->emulator;
	fds[runtime] = spec->runtime;
	place_fds(fds, last + 1, result);
	set_limits(result, spec);
	snprintf(number, sizeof(number), "%d", len);
	if (is_emulated(spec))
		start_emulator(result, last, runtime, number);
	start_runtime(result, runtime, number);
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
	struct ends ends = {.notes = spec->traces ? notes_open() : -1};
	int results[2];

	name_program(spec->program, guest->program, sizeof(guest->program));
	ends.start_block = write_start_block(spec, grants);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, results) != 0)
		die(EXIT_SETUP, "socketpair failed: %s", strerror(errno));
	ends.result = results[1];
	guest->is_emulated = is_emulated(spec);
	guest->start_ns = now_ns();
	guest->pid = fork();
	if (guest->pid == 0)
		run_child(spec, grants, &ends, broker);
	if (guest->pid < 0)
		die(EXIT_SETUP, "fork failed: %s", strerror(errno));
	close(ends.start_block);
	close(ends.result);
	if (ends.notes != -1)
		close(ends.notes);
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

/* The descriptor that came along, or -1. */
static int attached_fd(struct msghdr *message)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	int fd = -1;

	if (header != NULL && header->cmsg_level == SOL_SOCKET &&
	    header->cmsg_type == SCM_RIGHTS &&
	    header->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

/* As recvmsg(). */
static ssize_t hear_packet(struct guest *guest)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct start_result result;
	struct iovec part = {&result, sizeof(result)};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t len = recvmsg(guest->result, &message,
			      MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);
	int fd = len >= 0 ? attached_fd(&message) : -1;

	/* Without it forbidden calls would fail and not end the guest. */
	if (len >= 0 && message.msg_flags & MSG_CTRUNC)
		die(EXIT_SETUP, "there is no descriptor left for the "
				"program's calls");
	if (fd != -1 && !guest->has_spoken)
		policy_start(fd);
	else if (fd != -1)
		close(fd);
	else if (len == (ssize_t)sizeof(result)) {
		guest->has_given_up = true;
		guest->refusal = result;
	}
	guest->has_spoken = true;
	guest->has_begun |= len > 0;
	return len;
}

/* The program cannot say anything here: the runtime has closed this socket
 * before. */
void guest_hear(struct guest *guest)
{
	ssize_t len = hear_packet(guest);

	if (len > 0 || (len < 0 && errno == EAGAIN))
		return;
	close(guest->result); /* which also ends the watch */
	guest->result = -1;
}

static _Noreturn void tell_refusal(struct guest *guest)
{
	struct start_result *result = &guest->refusal;
	bool is_programs_fault = result->stage == START_STAGE_ELF ||
				 result->stage == START_STAGE_MEMORY;
	/* Unlike strerror() this does not allocate, which seccomp forbids. */
	const char *cause = result->host_errno == 0 ?
				    NULL :
				    strerrordesc_np((int)result->host_errno);

	result->message[sizeof(result->message) - 1] = '\0';
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

int guest_reap(struct guest *guest)
{
	struct ending ending;
	struct usage usage;
	siginfo_t info = {0};

	/* While the guest is still a zombie its number is nobody else's. */
	kill_guest(guest);
	wait_for(guest, &info, &usage);
	while (guest->result != -1 && hear_packet(guest) > 0)
		;
	notes_finish();
	if (!guest->is_condemned && guest->has_given_up)
		tell_refusal(guest);
	if (!guest->is_condemned && guest->is_emulated && !guest->has_begun)
		die(EXIT_SETUP, "the emulator does not start the runtime");
	ending = guest->is_condemned ? guest->verdict : explain(&info);
	record_ended(&ending, &usage);
	return status_of(&ending);
}
