/* SPDX-License-Identifier: BSD-2-Clause */
/* poll() and select(), which waits through poll(). */

#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/select.h>

#include "cloudabi_impl.h"

/* Up to two subscriptions per descriptor and one for the time. */
struct waiting {
	cloudabi_subscription_t *subs;
	cloudabi_event_t *events;
	size_t count;
};

enum {
	ON_STACK = 17
};

static void subscribe(struct waiting *w, size_t index,
		      cloudabi_eventtype_t type, int fd)
{
	w->subs[w->count++] = (cloudabi_subscription_t){
		.userdata = index,
		.type = type,
		.fd_readwrite =
			{
				.fd = (cloudabi_fd_t)fd,
				.flags =
					CLOUDABI_SUBSCRIPTION_FD_READWRITE_POLL,
			},
	};
}

static void subscribe_time(struct waiting *w, cloudabi_timestamp_t timeout)
{
	w->subs[w->count++] = (cloudabi_subscription_t){
		.type = CLOUDABI_EVENTTYPE_CLOCK,
		.clock = {.clock_id = CLOUDABI_CLOCK_MONOTONIC,
			  .timeout = timeout},
	};
}

static void subscribe_fd(struct waiting *w, size_t index,
			 const struct pollfd *fd)
{
	if (fd->fd < 0)
		return;
	if ((fd->events & (POLLIN | POLLRDNORM)) != 0)
		subscribe(w, index, CLOUDABI_EVENTTYPE_FD_READ, fd->fd);
	if ((fd->events & (POLLOUT | POLLWRNORM)) != 0)
		subscribe(w, index, CLOUDABI_EVENTTYPE_FD_WRITE, fd->fd);
}

static short error_event(cloudabi_errno_t error)
{
	return error == EBADF ? POLLNVAL : POLLERR;
}

static short what_happened(const cloudabi_event_t *event, short wanted)
{
	short result;

	if (event->error != 0)
		return error_event(event->error);
	result = event->type == CLOUDABI_EVENTTYPE_FD_WRITE ?
			 (POLLOUT | POLLWRNORM) :
			 (POLLIN | POLLRDNORM);
	result &= wanted;
	if (event->type != CLOUDABI_EVENTTYPE_PROC_TERMINATE &&
	    (event->fd_readwrite.flags & CLOUDABI_EVENT_FD_READWRITE_HANGUP) !=
		    0)
		result |= POLLHUP;
	return result;
}

static void report(struct pollfd *fds, const cloudabi_event_t *event)
{
	struct pollfd *fd = &fds[event->userdata];

	if (event->type != CLOUDABI_EVENTTYPE_CLOCK)
		fd->revents |= what_happened(event, fd->events);
}

static int count_ready(const struct pollfd *fds, nfds_t count)
{
	int ready = 0;

	for (nfds_t i = 0; i < count; ++i)
		ready += fds[i].revents != 0;
	return ready;
}

static cloudabi_subscription_t *refused(const struct waiting *w,
					const cloudabi_event_t *event)
{
	if (event->error == ENOTCAPABLE)
		for (size_t i = 0; i < w->count; ++i)
			if (w->subs[i].userdata == event->userdata &&
			    w->subs[i].type == event->type)
				return &w->subs[i];
	return NULL;
}

/* Nothing is read from a process, but one can wait for its end. An end of a
 * pipe that is only written to is never ready to be read from, nor the other
 * way around. Returns whether that is all that was wrong. */
static bool settle(struct waiting *w, cloudabi_subscription_t *sub)
{
	cloudabi_fd_t fd = sub->fd_readwrite.fd;
	cloudabi_fdstat_t stat;

	if (cloudabi_sys_fd_stat_get(fd, &stat) != 0)
		return false;
	if (stat.fs_filetype == CLOUDABI_FILETYPE_PROCESS &&
	    sub->type == CLOUDABI_EVENTTYPE_FD_READ)
		*sub = (cloudabi_subscription_t){
			.userdata = sub->userdata,
			.type = CLOUDABI_EVENTTYPE_PROC_TERMINATE,
			.proc_terminate.fd = fd,
		};
	else if (__is_socket(stat.fs_filetype) &&
		 (stat.fs_rights_base & CLOUDABI_RIGHT_POLL_FD_READWRITE) != 0)
		*sub = w->subs[--w->count];
	else
		return false;
	return true;
}

/* Who asks for too much is told at once, so no time has passed. */
static bool settle_all(struct waiting *w, size_t happened)
{
	bool settled = false;

	for (size_t i = 0; i < happened; ++i) {
		cloudabi_subscription_t *sub = refused(w, &w->events[i]);

		settled |= sub != NULL && settle(w, sub);
	}
	return settled;
}

static cloudabi_errno_t wait_for(struct waiting *w, struct pollfd *fds,
				 nfds_t count,
				 const cloudabi_timestamp_t *timeout)
{
	size_t happened;
	cloudabi_errno_t error;

	for (nfds_t i = 0; i < count; ++i) {
		fds[i].revents = 0;
		subscribe_fd(w, i, &fds[i]);
	}
	if (timeout != NULL)
		subscribe_time(w, *timeout);
	do {
		if (w->count == 0) /* nothing will ever happen */
			subscribe_time(w, UINT64_MAX);
		error = cloudabi_sys_poll(w->subs, w->events, w->count,
					  &happened);
		if (error != 0)
			return error;
	} while (settle_all(w, happened));
	for (size_t i = 0; i < happened; ++i)
		report(fds, &w->events[i]);
	return 0;
}

static int poll_ns(struct pollfd *fds, nfds_t count,
		   const cloudabi_timestamp_t *timeout)
{
	cloudabi_subscription_t subs[ON_STACK];
	cloudabi_event_t events[ON_STACK];
	struct waiting w = {.subs = subs, .events = events};
	size_t most = 2 * count + 1;
	cloudabi_errno_t error = ENOMEM;
	bool allocated = most > ON_STACK;

	if (count > INT_MAX / 2)
		return __result(EINVAL);
	if (allocated) {
		w.subs = calloc(most, sizeof(*w.subs));
		w.events = calloc(most, sizeof(*w.events));
	}
	if (w.subs != NULL && w.events != NULL)
		error = wait_for(&w, fds, count, timeout);
	if (allocated) {
		free(w.subs);
		free(w.events);
	}
	return error == 0 ? count_ready(fds, count) : __result(error);
}

int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	cloudabi_timestamp_t timeout =
		(cloudabi_timestamp_t)timeout_ms * (NSEC_PER_SEC / 1000);

	return poll_ns(fds, count, timeout_ms < 0 ? NULL : &timeout);
}

/* There are no signals that a mask could hold back. */
int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
	  const sigset_t *mask)
{
	cloudabi_timestamp_t ns;
	cloudabi_errno_t error;

	(void)mask;
	if (timeout == NULL)
		return poll_ns(fds, count, NULL);
	error = timeout->tv_sec < 0 ? EINVAL : __timespec_to_abi(timeout, &ns);
	return error == 0 ? poll_ns(fds, count, &ns) : __result(error);
}

/* For each set of select(): what to ask, and which answers put a descriptor
 * into the set. The third set, of exceptional conditions, stays empty. */
static const struct {
	short asked;
	short answers;
} kinds[2] = {
	{POLLIN, POLLIN | POLLHUP | POLLERR},
	{POLLOUT, POLLOUT | POLLERR},
};

static nfds_t from_sets(int limit, fd_set *const sets[2], struct pollfd *fds)
{
	nfds_t count = 0;

	for (int fd = 0; fd < limit; ++fd) {
		short asked = 0;

		for (int k = 0; k < 2; ++k)
			if (sets[k] != NULL && FD_ISSET(fd, sets[k]))
				asked |= kinds[k].asked;
		if (asked != 0)
			fds[count++] = (struct pollfd){fd, asked, 0};
	}
	return count;
}

static bool has_invalid(const struct pollfd *fds, nfds_t count)
{
	for (nfds_t i = 0; i < count; ++i)
		if ((fds[i].revents & POLLNVAL) != 0)
			return true;
	return false;
}

static int to_set(fd_set *set, int kind, const struct pollfd *fds, nfds_t count)
{
	int ready = 0;

	if (set == NULL)
		return 0;
	FD_ZERO(set);
	for (nfds_t i = 0; i < count; ++i) {
		if ((fds[i].events & kinds[kind].asked) != 0 &&
		    (fds[i].revents & kinds[kind].answers) != 0) {
			FD_SET(fds[i].fd, set);
			++ready;
		}
	}
	return ready;
}

int pselect(int limit, fd_set *restrict readable, fd_set *restrict writable,
	    fd_set *restrict exceptional,
	    const struct timespec *restrict timeout,
	    const sigset_t *restrict mask)
{
	fd_set *const sets[2] = {readable, writable};
	struct pollfd fds[FD_SETSIZE];
	nfds_t count;
	int ready = 0;

	if (limit < 0 || limit > FD_SETSIZE)
		return __result(EINVAL);
	count = from_sets(limit, sets, fds);
	if (ppoll(fds, count, timeout, mask) < 0)
		return -1;
	if (has_invalid(fds, count))
		return __result(EBADF);
	for (int k = 0; k < 2; ++k)
		ready += to_set(sets[k], k, fds, count);
	if (exceptional != NULL)
		FD_ZERO(exceptional);
	return ready;
}

int select(int limit, fd_set *restrict readable, fd_set *restrict writable,
	   fd_set *restrict exceptional, struct timeval *restrict timeout)
{
	struct timespec ts;

	if (timeout == NULL)
		return pselect(limit, readable, writable, exceptional, NULL,
			       NULL);
	if (timeout->tv_usec < 0 || timeout->tv_sec < 0)
		return __result(EINVAL);
	ts.tv_sec = timeout->tv_sec + timeout->tv_usec / 1000000;
	ts.tv_nsec = timeout->tv_usec % 1000000 * 1000;
	return pselect(limit, readable, writable, exceptional, &ts, NULL);
}
