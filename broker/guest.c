/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest process: its start, its end, and how it ended. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "broker.h"

static int write_start_block(const struct spec *spec,
			     const struct grants *grants)
{
	const uint32_t len = (uint32_t)spec->fds_len;
	int fd = block_create(), error;

	if (fd < 0)
		die(EXIT_SETUP, "cannot create the start block: %s",
		    strerror(-fd));
	error = block_put(fd, block_place_of_fds(0), grants->starts,
			  len * sizeof(grants->starts[0]));
	if (error == 0)
		error = block_put(fd, block_place_of_fds(len), spec->argdata,
				  spec->argdata_len);
	if (error == 0)
		error = block_finish(fd, len, spec->argdata_len);
	if (error != 0)
		die(EXIT_SETUP, "cannot write the start block: %s",
		    strerror(-error));
	return fd;
}

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

int starting_open(struct starting *starting)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return -errno;
	*starting = (struct starting){.result = ends[0]};
	return ends[1];
}

/* The only process of the run. */
static void start_alone(const struct spec *spec, const struct grants *grants,
			int block, struct guest *guest)
{
	const struct launch launch = {
		.fds = grants->fds,
		.len = (uint32_t)spec->fds_len,
		.block = block,
		.program = spec->program,
		.result = starting_open(&guest->starting),
		.notes = spec->traces ? notes_open() : -1,
		.control = -1,
		.runtime = spec->runtime,
		.emulator = spec->emulator,
		.broker = getpid(),
		.is_alone = true,
		.limits = &spec->limits,
	};

	if (launch.result < 0)
		die(EXIT_SETUP, "socketpair failed: %s",
		    strerror(-launch.result));
	guest->pid = fork();
	if (guest->pid == 0)
		child_run(&launch);
	if (guest->pid < 0)
		die(EXIT_SETUP, "fork failed: %s", strerror(errno));
	guest->group = guest->pid;
	close(launch.result);
	if (launch.notes != -1)
		close(launch.notes);
	guest->pidfd = (int)syscall(SYS_pidfd_open, guest->pid, 0);
	if (guest->pidfd < 0)
		die(EXIT_SETUP, "pidfd_open failed: %s", strerror(errno));
}

void guest_start(const struct spec *spec, const struct grants *grants,
		 struct guest *guest)
{
	int block;

	name_program(spec->program, guest->program, sizeof(guest->program));
	blocks_start(spec, grants);
	block = write_start_block(spec, grants);
	guest->pidfd = -1;
	guest->starting.result = -1;
	guest->is_emulated = spec->emulator != -1;
	guest->start_ns = now_ns();
	if (processes_are_several()) {
		guest->group = spawner_pid();
		processes_begin(spec, grants->fds, block);
	} else {
		start_alone(spec, grants, block, guest);
	}
	close(block);
}

/* More descriptors than are ever in use: two for each capability, and ours. */
#define FDS_MAX (2 * CAPABILITIES_MAX + 64)

static int high_duplicate(int fd, rlim_t limit)
{
	int number = (int)MIN(limit, FDS_MAX), high = -1;

	while (high < 0 && --number > fd)
		high = fcntl(fd, F_DUPFD_CLOEXEC, number);
	return high;
}

void guest_keep_number(struct guest *guest)
{
	struct rlimit limit;
	int number;

	if (guest->pidfd == -1)
		return;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		die(EXIT_SETUP, "getrlimit failed: %s", strerror(errno));
	number = high_duplicate(guest->pidfd, limit.rlim_cur);
	limit.rlim_cur = limit.rlim_max = (rlim_t)number;
	if (number < 0 || setrlimit(RLIMIT_NOFILE, &limit) != 0)
		die(EXIT_SETUP, "there are too few descriptors: %s",
		    strerror(errno));
	close(guest->pidfd);
	guest->pidfd = number;
}

/* And its group, which it cannot leave; but where it leads that itself, only
 * after setsid(). */
static void kill_guest(const struct guest *guest)
{
	if (guest->pidfd != -1)
		syscall(SYS_pidfd_send_signal, guest->pidfd, SIGKILL, NULL, 0);
	syscall(SYS_kill, -(long)guest->group, (long)SIGKILL);
}

int attached_fd(struct msghdr *message)
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
static ssize_t hear_packet(struct starting *starting)
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
	ssize_t len = recvmsg(starting->result, &message,
			      MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);
	int fd = len >= 0 ? attached_fd(&message) : -1;

	/* Without it forbidden calls would fail and not end the guest. */
	if (len >= 0 && message.msg_flags & MSG_CTRUNC)
		die(EXIT_SETUP, "there is no descriptor left for the "
				"program's calls");
	if (fd != -1 && !starting->has_spoken)
		policy_start(fd);
	else if (fd != -1)
		close(fd);
	else if (len == (ssize_t)sizeof(result)) {
		starting->has_given_up = true;
		starting->refusal = result;
	}
	starting->has_spoken = true;
	starting->has_begun |= len > 0;
	return len;
}

/* The program cannot say anything here: the runtime has closed this socket
 * before. */
bool starting_hear(struct starting *starting)
{
	ssize_t len = hear_packet(starting);

	if (len > 0 || (len < 0 && errno == EAGAIN))
		return true;
	/* A listener may have been lost, without which forbidden calls would
	 * fail and not end the guest. */
	if (len < 0 && errno != ECONNRESET)
		die(EXIT_SETUP, "the program's runtime cannot be heard: %s",
		    strerrordesc_np(errno));
	close(starting->result); /* which also ends the watch */
	starting->result = -1;
	return false;
}

static _Noreturn void tell_refusal(struct guest *guest)
{
	struct start_result *result = &guest->starting.refusal;
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
int guest_wait(struct usage *usage, unsigned type, int id, siginfo_t *info,
	       int flags)
{
	struct rusage used = {0};

	info->si_pid = 0;
	if (syscall(SYS_waitid, type, id, info, flags, &used) != 0)
		return -1;
	*usage = (struct usage){
		.user_ns = ns_of(used.ru_utime),
		.system_ns = ns_of(used.ru_stime),
		.memory_bytes = (uint64_t)used.ru_maxrss * 1024,
	};
	return 0;
}

void usage_add(struct usage *sum, const struct usage *usage)
{
	sum->user_ns += usage->user_ns;
	sum->system_ns += usage->system_ns;
	if (sum->memory_bytes < usage->memory_bytes)
		sum->memory_bytes = usage->memory_bytes;
}

static void reap(struct guest *guest)
{
	if (processes_are_several())
		processes_reap(guest);
	else if (guest_wait(&guest->usage, P_PIDFD, guest->pidfd, &guest->end,
			    WEXITED) != 0)
		die(EXIT_SETUP, "waitid failed: %s", strerrordesc_np(errno));
	guest->usage.wall_ns = now_ns() - guest->start_ns;
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

	/* While the guest is still a zombie its number is nobody else's. */
	kill_guest(guest);
	reap(guest);
	while (guest->starting.result != -1 &&
	       hear_packet(&guest->starting) > 0)
		;
	notes_finish();
	if (!guest->is_condemned && guest->starting.has_given_up)
		tell_refusal(guest);
	if (!guest->is_condemned && guest->is_emulated &&
	    !guest->starting.has_begun)
		die(EXIT_SETUP, "the emulator does not start the runtime");
	ending = guest->is_condemned ? guest->verdict : explain(&guest->end);
	record_ended(&ending, &guest->usage);
	return status_of(&ending);
}
