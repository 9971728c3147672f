/* SPDX-License-Identifier: BSD-2-Clause */
/* Children by number: fork(), wait(), waitpid(), kill(). */

#include <limits.h>
#include <poll.h>
#include <program.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cloudabi_impl.h"
#include "fork_locks.h"
#include "lock.h"

/* In place of a descriptor of the process. */
enum {
	FD_OF_NOBODY_YET = -3,
	FD_OF_THE_DYING = -2,
	FD_OF_THE_ENDED = -1
};

enum {
	DYING_MS_MAX = 200
};

/*
 * A child that was not waited for yet. The numbers are drawn at random, and
 * nobody but parent and child knows them.
 *
 * To kill it means to close its descriptor, and with it what tells its end. So
 * there is a line, a pair of sockets: the child has one end alone, which closes
 * when it runs no more.
 */
struct child {
	struct child *next;
	pid_t pid;
	pthread_t maker;
	int fd;
	int line;
	int line_of_child; /* until it has it alone */
	int status;        /* of one that was killed or has ended */
};

/* A thread that waits, on its stack. What it waits for may become something
 * else meanwhile: a byte has it look again. */
struct waiter {
	struct waiter *next;
	cloudabi_fd_t alarm[2];
};

static struct child *children;
static struct waiter *waiters;

/* The end that this process has of its own line. */
static int own_line = -1;

static volatile int children_lock[1];

volatile int *const __children_lockptr = children_lock;

/* Whether a child was killed that may still be about to end, and take a place
 * among the processes that there may be. */
static bool somebody_dies;

/* Whose memory is to be freed, once that is possible. */
static struct child *forgotten;

static struct child **find(pid_t pid)
{
	struct child **link = &children;

	while (*link != NULL && (*link)->pid != pid)
		link = &(*link)->next;
	return link;
}

/* Preconditions: children_lock is held. */
static void wake_waiters(void)
{
	const cloudabi_ciovec_t iov = {"", 1};
	size_t written;

	for (; waiters != NULL; waiters = waiters->next)
		cloudabi_sys_fd_write(waiters->alarm[1], &iov, 1, &written);
}

static void close_alarm(const struct waiter *waiter)
{
	cloudabi_sys_fd_close(waiter->alarm[0]);
	cloudabi_sys_fd_close(waiter->alarm[1]);
}

static void drop(int *fd)
{
	if (*fd >= 0)
		cloudabi_sys_fd_close((cloudabi_fd_t)*fd);
	*fd = -1;
}

/* Preconditions: this is the copy that the only thread has made. */
static bool is_self(const struct child *child)
{
	return child->fd == FD_OF_NOBODY_YET && child->maker == pthread_self();
}

/* Another process's children stay with it, and its other threads do, too:
 * copies of their descriptors are in the way. */
void __children_forget(void)
{
	drop(&own_line);
	for (struct child *child = children; child != NULL;
	     child = child->next) {
		if (is_self(child))
			own_line = child->line_of_child;
		else
			drop(&child->line_of_child);
		drop(&child->line);
		if (child->fd >= 0)
			drop(&child->fd);
	}
	forgotten = children;
	children = NULL;
	for (; waiters != NULL; waiters = waiters->next)
		close_alarm(waiters);
}

static void free_forgotten(void)
{
	struct child *next;

	for (; forgotten != NULL; forgotten = next) {
		next = forgotten->next;
		free(forgotten);
	}
}

static pid_t draw_number(void)
{
	pid_t pid;

	do {
		pid = (pid_t)(arc4random() & INT_MAX);
	} while (pid <= 1 || pid == getpid() || *find(pid) != NULL);
	return pid;
}

static cloudabi_errno_t open_line(struct child *child)
{
	cloudabi_fd_t ends[2];
	cloudabi_errno_t error = cloudabi_sys_fd_create2(
		CLOUDABI_FILETYPE_SOCKET_STREAM, &ends[0], &ends[1]);

	if (error == 0) {
		child->line = (int)ends[0];
		child->line_of_child = (int)ends[1];
	}
	return error;
}

/* It is in the list before it exists, as another thread may fork as well. */
static cloudabi_errno_t expect_child(struct child *child)
{
	cloudabi_errno_t error;

	LOCK(children_lock);
	error = open_line(child);
	if (error == 0) {
		child->pid = draw_number();
		child->maker = pthread_self();
		child->fd = FD_OF_NOBODY_YET;
		child->next = children;
		children = child;
	}
	UNLOCK(children_lock);
	return error;
}

static void forget_child(struct child **link)
{
	struct child *child = *link;

	*link = child->next;
	drop(&child->line);
	free(child);
}

static int fork_when_there_is_room(int *fd)
{
	const struct timespec moment = {.tv_nsec = NSEC_PER_SEC / 1000};
	int copy = program_fork(fd);

	for (int i = 0; copy < 0 && errno == EAGAIN && somebody_dies; ++i) {
		nanosleep(&moment, NULL);
		if (i == DYING_MS_MAX)
			somebody_dies = false;
		copy = program_fork(fd);
	}
	return copy;
}

static void be_child(pid_t pid)
{
	free_forgotten();
	somebody_dies = false;
	__system_facts.number = pid;
}

pid_t fork(void)
{
	struct child *child = malloc(sizeof(*child));
	cloudabi_errno_t error = child == NULL ? ENOMEM : expect_child(child);
	pid_t pid;
	int copy, fd;

	if (error != 0) {
		free(child);
		return __result(error);
	}
	pid = child->pid;
	copy = fork_when_there_is_room(&fd);
	if (copy == 1) {
		be_child(pid);
		return 0;
	}
	LOCK(children_lock);
	drop(&child->line_of_child);
	if (copy < 0) {
		forget_child(find(pid));
	} else {
		child->fd = fd;
		wake_waiters();
	}
	UNLOCK(children_lock);
	return copy < 0 ? -1 : pid;
}

/* Nobody says anything there: what can be read is its end. */
static void look_at_line(struct child *child)
{
	struct pollfd line = {.fd = child->line, .events = POLLIN};

	if (poll(&line, 1, 0) != 0)
		child->fd = FD_OF_THE_ENDED;
}

/* A program that closes descriptors which it knows nothing of has killed the
 * child. */
static void look_at_process(struct child *child)
{
	struct program_end end;
	int result = program_wait(child->fd, &end, 0);

	if (result < 0) {
		child->fd = FD_OF_THE_DYING;
		child->status = SIGKILL;
	} else if (result > 0) {
		close(child->fd);
		child->fd = FD_OF_THE_ENDED;
		child->status = end.signal | (end.status & 0xff) << 8;
	}
}

static bool has_ended(struct child *child)
{
	if (child->fd >= 0)
		look_at_process(child);
	if (child->fd == FD_OF_THE_DYING)
		look_at_line(child);
	return child->fd == FD_OF_THE_ENDED;
}

static bool is_wanted(const struct child *child, pid_t pid)
{
	return child->fd != FD_OF_NOBODY_YET &&
	       (pid == child->pid || pid == -1 || pid == 0);
}

/* Returns the number of a child that has ended, 0 if none of them has, and -1
 * if there is none. */
static pid_t look(pid_t pid, int *status)
{
	pid_t result = -1;

	for (struct child **link = &children; *link != NULL;
	     link = &(*link)->next) {
		if (!is_wanted(*link, pid))
			continue;
		result = 0;
		if (!has_ended(*link))
			continue;
		result = (*link)->pid;
		if (status != NULL)
			*status = (*link)->status;
		forget_child(link);
		wake_waiters();
		break;
	}
	return result;
}

/* What a thread waits for, with its own alarm as the last. */
struct watch {
	cloudabi_subscription_t *subs;
	cloudabi_event_t *events;
	size_t len;
};

static bool allocate(struct watch *watch, pid_t pid)
{
	size_t count = 1;

	for (struct child *child = children; child != NULL; child = child->next)
		count += is_wanted(child, pid);
	watch->len = 0;
	watch->subs = calloc(count, sizeof(*watch->subs));
	watch->events = calloc(count, sizeof(*watch->events));
	return watch->subs != NULL && watch->events != NULL;
}

static void await_byte(cloudabi_subscription_t *sub, cloudabi_fd_t fd)
{
	sub->type = CLOUDABI_EVENTTYPE_FD_READ;
	sub->fd_readwrite.fd = fd;
}

static void fill(struct watch *watch, pid_t pid, cloudabi_fd_t alarm)
{
	cloudabi_subscription_t *sub = watch->subs;

	for (struct child *child = children; child != NULL;
	     child = child->next) {
		if (!is_wanted(child, pid))
			continue;
		if (child->fd == FD_OF_THE_DYING) {
			await_byte(sub++, (cloudabi_fd_t)child->line);
			continue;
		}
		sub->type = CLOUDABI_EVENTTYPE_PROC_TERMINATE;
		sub->proc_terminate.fd = (cloudabi_fd_t)child->fd;
		++sub;
	}
	await_byte(sub, alarm);
	watch->len = (size_t)(sub - watch->subs) + 1;
}

static void leave(const struct waiter *waiter)
{
	struct waiter **link = &waiters;

	while (*link != NULL && *link != waiter)
		link = &(*link)->next;
	if (*link != NULL)
		*link = waiter->next;
}

/* Preconditions: children_lock is held, as it is when this returns. */
static cloudabi_errno_t await_change(const struct watch *watch,
				     struct waiter *self)
{
	cloudabi_errno_t error;
	size_t happened;

	self->next = waiters;
	waiters = self;
	UNLOCK(children_lock);
	error = cloudabi_sys_poll(watch->subs, watch->events, watch->len,
				  &happened);
	LOCK(children_lock);
	leave(self);
	return error;
}

static cloudabi_errno_t wait_for_change(pid_t pid)
{
	struct watch watch;
	struct waiter self;
	cloudabi_errno_t error = ENOMEM;

	if (allocate(&watch, pid))
		error = cloudabi_sys_fd_create2(CLOUDABI_FILETYPE_SOCKET_STREAM,
						&self.alarm[0], &self.alarm[1]);
	if (error == 0) {
		fill(&watch, pid, self.alarm[0]);
		error = await_change(&watch, &self);
		close_alarm(&self);
	}
	free(watch.subs);
	free(watch.events);
	return error;
}

/* Children do not stop, so nothing is ever to tell about that. Who has none
 * of a group by its number has none in it. */
pid_t waitpid(pid_t pid, int *status, int options)
{
	cloudabi_errno_t error = 0;
	pid_t result;

	if ((options & ~(WNOHANG | WUNTRACED | WCONTINUED)) != 0)
		return __result(EINVAL);
	LOCK(children_lock);
	while ((result = look(pid, status)) == 0 && (options & WNOHANG) == 0 &&
	       error == 0)
		error = wait_for_change(pid);
	UNLOCK(children_lock);
	if (result < 0)
		error = ECHILD;
	return error == 0 ? result : __result(error);
}

pid_t wait(int *status)
{
	return waitpid(-1, status, 0);
}

/* A process that was not forked has a parent that it does not know. */
pid_t getppid(void)
{
	return __system_facts.parent;
}

/* Nobody handles signals, so what each does is fixed. */
static bool ends_processes(int signal)
{
	switch (signal) {
	case 0:
	case SIGCHLD:
	case SIGCONT:
	case SIGURG:
	case SIGXFSZ:
		return false;
	default:
		return true;
	}
}

static bool stops_processes(int signal)
{
	return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN ||
	       signal == SIGTTOU;
}

/* Preconditions: children_lock is held. */
static cloudabi_errno_t send(struct child *child, int signal)
{
	if (child == NULL || child->fd == FD_OF_NOBODY_YET)
		return ESRCH;
	if (stops_processes(signal))
		return EPERM;
	if (has_ended(child) || child->fd == FD_OF_THE_DYING ||
	    !ends_processes(signal))
		return 0;
	/* Where a thread waits for the child it has the descriptor, too. */
	close(child->fd);
	child->fd = FD_OF_THE_DYING;
	child->status = signal;
	somebody_dies = true;
	wake_waiters();
	return 0;
}

int kill(pid_t pid, int signal)
{
	cloudabi_errno_t error;

	if ((unsigned)signal >= _NSIG)
		return __result(EINVAL);
	if (pid == getpid())
		return signal == 0 ? 0 : raise(signal);
	LOCK(children_lock);
	error = send(*find(pid), signal);
	UNLOCK(children_lock);
	return __result(error);
}
