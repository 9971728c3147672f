/* SPDX-License-Identifier: BSD-2-Clause */
/* The processes of a run that may have several: who they are, and their ends. */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker.h"
#include "process.h"

struct process processes[PROCESS_SLOTS];

static uint64_t processes_max = 1;
static bool is_traced;

void processes_start(const struct spec *spec)
{
	if (spec->limits.processes != 0)
		processes_max = spec->limits.processes;
	is_traced = spec->traces;
	for (unsigned i = 0; i < PROCESS_SLOTS; i++)
		processes[i] = (struct process){
			.pidfd = -1,
			.control = -1,
			.identity = -1,
			.starting.result = -1,
		};
}

bool processes_are_traced(void)
{
	return is_traced;
}

bool processes_are_several(void)
{
	return processes_max > 1;
}

unsigned process_slot(const struct process *process)
{
	return (unsigned)(process - processes);
}

uint64_t process_index(const struct process *process, enum process_watch what)
{
	return (uint64_t)process->generation << 32 |
	       (WATCH_PROCESSES + process_slot(process) * PROCESS_WATCHES +
		what);
}

/* One that takes another's place counts when it has done so. */
static bool is_counted(const struct process *process)
{
	return process->state != PROCESS_NONE && !process->is_leaving &&
	       process->predecessor == NULL;
}

static unsigned count(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < PROCESS_SLOTS; i++)
		n += is_counted(&processes[i]);
	return n;
}

struct process *process_find(enum process_state state)
{
	for (unsigned i = 0; i < PROCESS_SLOTS; i++)
		if (processes[i].state == state)
			return &processes[i];
	return NULL;
}

struct process *process_of(pid_t pid)
{
	for (unsigned i = 0; i < PROCESS_SLOTS; i++)
		if (processes[i].pid == pid && pid != 0)
			return &processes[i];
	return NULL;
}

static void close_and_forget(int *fd)
{
	if (*fd != -1)
		close(*fd); /* which also ends the watch */
	*fd = -1;
}

void process_mute(struct process *process)
{
	close_and_forget(&process->control);
}

void process_forget(struct process *process)
{
	exec_drop(process_slot(process));
	close_and_forget(&process->pidfd);
	close_and_forget(&process->control);
	close_and_forget(&process->identity);
	close_and_forget(&process->starting.result);
	*process = (struct process){
		.generation = process->generation + 1,
		.pidfd = -1,
		.control = -1,
		.identity = -1,
		.starting.result = -1,
	};
}

void process_kill(struct process *process)
{
	process->is_unwanted = true;
	if (process->pidfd != -1)
		syscall(SYS_pidfd_send_signal, process->pidfd, SIGKILL, NULL,
			0);
}

/* Our end tells who speaks. */
int process_open_control(struct process *process)
{
	const int yes = 1;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return -errno;
	process->control = ends[0];
	if (setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)) ==
		    0 &&
	    serve_watch(ends[0], process_index(process, OF_CONTROL)) == 0)
		return ends[1];
	close(ends[1]);
	return -EMFILE;
}

/* The process descriptor; our end is what it stands for. */
static int open_identity(struct process *process)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return -errno;
	process->identity = ends[0];
	name_bind(ends[0], BROKER_PROCESS_TAG, sizeof(BROKER_PROCESS_TAG),
		  CLOUDABI_MAX_BASE_PROCESS, 0);
	if (serve_watch_end(ends[0], process_index(process, OF_IDENTITY)) == 0)
		return ends[1];
	close(ends[1]);
	return -EMFILE;
}

void process_discard(struct process *process)
{
	process->is_leaving = true;
	process_kill(process);
}

/* Its descriptor is held by nobody any more. Who it is to be, is known later
 * if it is not yet: until then it counts. */
static void release(struct process *process)
{
	close_and_forget(&process->identity);
	if (process->state == PROCESS_KNOWN)
		process_discard(process);
	else
		process_kill(process);
}

/* Nobody can say any more that this is what it has become. If it has been made
 * it counts to the end. */
static void break_promise(struct process *process)
{
	bool is_lost = process->state == PROCESS_MADE;

	process_forget(process);
	if (is_lost)
		process->state = PROCESS_LOST;
}

static bool is_abandoned(int sock)
{
	char byte;

	return sock != -1 && recv(sock, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static bool is_promise(const struct process *process)
{
	return process->state == PROCESS_PROMISED ||
	       process->state == PROCESS_MADE;
}

/* All of which we would be told next. */
static void release_abandoned(void)
{
	for (unsigned i = 0; i < PROCESS_SLOTS; i++) {
		struct process *process = &processes[i];

		if (is_promise(process) && is_abandoned(process->control))
			break_promise(process);
		if (is_abandoned(process->identity))
			release(process);
	}
}

/* Makes room for a process to come. fds get what its parent is to have. */
cloudabi_errno_t process_promise(int *fds, unsigned *slot)
{
	struct process *process;

	if (count() >= processes_max)
		release_abandoned();
	process = process_find(PROCESS_NONE);
	if (process == NULL || count() >= processes_max)
		return CLOUDABI_EAGAIN;
	fds[0] = open_identity(process);
	fds[1] = fds[0] < 0 ? -1 : process_open_control(process);
	if (fds[1] >= 0) {
		process->state = PROCESS_PROMISED;
		*slot = process_slot(process);
		return 0;
	}
	if (fds[0] >= 0)
		close(fds[0]);
	process_forget(process);
	return CLOUDABI_EMFILE;
}

bool processes_grant(uint64_t slot)
{
	if (slot >= PROCESS_SLOTS || processes[slot].state != PROCESS_PROMISED)
		return false;
	processes[slot].state = PROCESS_MADE;
	return true;
}

void processes_revoke(uint64_t slot)
{
	processes[slot].state = PROCESS_PROMISED;
}

bool process_know(struct process *process, pid_t pid, int pidfd)
{
	process->pid = pid;
	process->pidfd = pidfd;
	process->state = PROCESS_KNOWN;
	if (serve_watch(pidfd, process_index(process, OF_PROCESS)) != 0)
		return false;
	limits_follow(process_slot(process), pid);
	if (process->is_unwanted)
		process_kill(process);
	return true;
}

/* The number is that of a child as long as we do not reap it, which we only do
 * with those that we know. */
static bool is_unknown_child(pid_t pid, int pidfd)
{
	siginfo_t info;

	return pid != spawner_pid() && process_of(pid) == NULL &&
	       waitid(P_PIDFD, (id_t)pidfd, &info,
		      WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* Whoever speaks first on the socket of a promised process is it, says the
 * kernel, if it can be. */
bool process_adopt(struct process *process, pid_t sender)
{
	int pidfd;

	if (process->state != PROCESS_MADE || sender <= 0)
		return false;
	pidfd = spawner_find(sender);
	if (pidfd < 0)
		return false;
	if (!is_unknown_child(sender, pidfd)) {
		close(pidfd);
		return false;
	}
	return process_know(process, sender, pidfd);
}

/* Ends */

static void tell_end(const struct process *process, const siginfo_t *info)
{
	struct process_end end = {
		.signal = info->si_code == CLD_EXITED ?
				  0 :
				  guest_signal(info->si_status),
		.exitcode = info->si_code == CLD_EXITED ?
				    (uint32_t)info->si_status :
				    0,
	};
	struct iovec part = {&end, sizeof(end)};
	const struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (process->identity != -1)
		sendmsg(process->identity, &message,
			MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* The kernel itself kills for some calls: see policy.c. */
static bool is_violation(const struct process *process, const siginfo_t *info)
{
	return info->si_code != CLD_EXITED && info->si_status == SIGSYS &&
	       !process->has_raised;
}

static void bury(struct guest *guest, struct process *process,
		 const siginfo_t *info)
{
	process_hear_all(process);
	if (process->is_main) {
		guest->starting = process->starting;
		guest->end = *info;
		guest->has_ended = true;
	} else if (is_violation(process, info)) {
		guest_condemn(guest, (struct ending){ENDED_POLICY, -1, ""});
	}
	tell_end(process, info);
	process_abandon(process);
	process_forget(process);
}

static void reap(struct guest *guest, struct process *process)
{
	struct usage usage = {0};
	siginfo_t info = {0};

	if (guest_wait(&usage, P_PIDFD, process->pidfd, &info,
		       WEXITED | WNOHANG) != 0 ||
	    info.si_pid == 0)
		return;
	usage_add(&guest->usage, &usage);
	limits_forget(process_slot(process), &usage);
	bury(guest, process, &info);
}

/* Preconditions: what happened is not from the slot's earlier life. */
static void take(struct guest *guest, struct process *process,
		 enum process_watch what)
{
	switch (what) {
	case OF_PROCESS:
		reap(guest, process);
		break;
	case OF_CONTROL:
		process_listen(process);
		break;
	case OF_IDENTITY:
		release(process);
		break;
	default:
		process_hear(process);
		break;
	}
	if (is_promise(process) && process->control == -1)
		break_promise(process);
}

void processes_take(struct guest *guest, uint64_t index)
{
	uint32_t place = (uint32_t)index - WATCH_PROCESSES;
	struct process *process = &processes[place / PROCESS_WATCHES];

	if (process->generation == index >> 32)
		take(guest, process, place % PROCESS_WATCHES);
}

void processes_reap(struct guest *guest)
{
	struct usage nobodys = {0};
	struct process *process;
	siginfo_t info;

	for (;;) {
		struct usage usage = {0};

		if (guest_wait(&usage, P_ALL, 0, &info, WEXITED) != 0)
			break;
		usage_add(info.si_pid == spawner_pid() ? &nobodys :
							 &guest->usage,
			  &usage);
		process = process_of(info.si_pid);
		if (process != NULL && process->is_main)
			bury(guest, process, &info);
	}
}
