/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting: for locks and condition variables, for clocks, for descriptors. */

#include "clock.h"
#include "fdtable.h"
#include "host.h"
#include "processes.h"
#include "sys.h"
#include "thread.h"
#include "trace.h"
#include "wait.h"

#define SECOND UINT64_C(1000000000)

static cloudabi_event_t event_of(const cloudabi_subscription_t *sub,
				 cloudabi_errno_t error)
{
	return (cloudabi_event_t){
		.userdata = sub->userdata,
		.error = error,
		.type = sub->type,
	};
}

static bool is_synchronization(cloudabi_eventtype_t type)
{
	return type == CLOUDABI_EVENTTYPE_CONDVAR ||
	       type == CLOUDABI_EVENTTYPE_LOCK_RDLOCK ||
	       type == CLOUDABI_EVENTTYPE_LOCK_WRLOCK;
}

static cloudabi_errno_t wait_for_lock(const cloudabi_subscription_t *sub,
				      const struct deadline *deadline)
{
	cloudabi_errno_t error = wait_check_scope(sub->lock.lock_scope);

	if (error != 0)
		return error;
	return wait_lock(sub->lock.lock,
			 sub->type == CLOUDABI_EVENTTYPE_LOCK_WRLOCK, deadline);
}

static cloudabi_errno_t wait_for_condvar(const cloudabi_subscription_t *sub,
					 const struct deadline *deadline)
{
	cloudabi_errno_t error = wait_check_scope(sub->condvar.condvar_scope);

	if (error == 0)
		error = wait_check_scope(sub->condvar.lock_scope);
	if (error != 0)
		return error;
	return wait_condvar(sub->condvar.condvar, sub->condvar.lock, deadline);
}

/* A lock or condition variable, perhaps with a timeout. */
static cloudabi_errno_t
poll_synchronization(const cloudabi_subscription_t *sub,
		     const cloudabi_subscription_t *timeout,
		     cloudabi_event_t *out)
{
	struct origin origin = {0};
	struct deadline deadline;
	cloudabi_errno_t error;

	if (timeout != NULL) {
		error = deadline_set(&deadline, &timeout->clock, &origin);
		if (error != 0) {
			*out = event_of(timeout, error);
			return 0;
		}
	}
	if (sub->type == CLOUDABI_EVENTTYPE_CONDVAR)
		error = wait_for_condvar(sub, timeout ? &deadline : NULL);
	else
		error = wait_for_lock(sub, timeout ? &deadline : NULL);
	if (error == CLOUDABI_ETIMEDOUT)
		*out = event_of(timeout, 0);
	else
		*out = event_of(sub, error);
	return 0;
}

static void poll_one_clock(const cloudabi_subscription_t *in,
			   cloudabi_event_t *out)
{
	const uint32_t never = 0;
	struct origin origin = {0};
	struct deadline deadline;
	cloudabi_errno_t error = deadline_set(&deadline, &in->clock, &origin);

	if (error == 0)
		deadline_wait(&never, 0, &deadline);
	*out = event_of(in, error);
}

/* What a call of poll with descriptors goes by. */
struct wait {
	const cloudabi_subscription_t *in;
	size_t len;
	struct origin origin;
	struct pollfd *fds;  /* indexed by descriptor */
	cloudabi_fd_t first; /* those in use are from here … */
	cloudabi_fd_t end;   /* … to below here */
	cloudabi_event_t *out;
	size_t events;
};

static void add_event(struct wait *wait, const cloudabi_subscription_t *sub,
		      cloudabi_errno_t error)
{
	wait->out[wait->events++] = event_of(sub, error);
}

static bool is_of_descriptor(cloudabi_eventtype_t type)
{
	return type == CLOUDABI_EVENTTYPE_FD_READ ||
	       type == CLOUDABI_EVENTTYPE_FD_WRITE ||
	       type == CLOUDABI_EVENTTYPE_PROC_TERMINATE;
}

/* By one of them it can be told that somebody waits for this type. */
static uint16_t mark_of(cloudabi_eventtype_t type)
{
	switch (type) {
	case CLOUDABI_EVENTTYPE_FD_READ:
		return POLLRDHUP;
	case CLOUDABI_EVENTTYPE_FD_WRITE:
		return POLLOUT;
	default:
		return POLLPRI;
	}
}

static uint16_t host_events(cloudabi_eventtype_t type)
{
	return mark_of(type) |
	       (type == CLOUDABI_EVENTTYPE_FD_WRITE ? 0 : POLLIN);
}

/* Tells what is wrong with a subscription. */
static cloudabi_errno_t check(struct wait *wait,
			      const cloudabi_subscription_t *sub)
{
	struct deadline deadline;

	switch (sub->type) {
	case CLOUDABI_EVENTTYPE_CLOCK:
		return deadline_set(&deadline, &sub->clock, &wait->origin);
	case CLOUDABI_EVENTTYPE_FD_READ:
		return fdtable_check(sub->fd_readwrite.fd,
				     CLOUDABI_NEEDS_POLL_FD_READ);
	case CLOUDABI_EVENTTYPE_FD_WRITE:
		return fdtable_check(sub->fd_readwrite.fd,
				     CLOUDABI_NEEDS_POLL_FD_WRITE);
	case CLOUDABI_EVENTTYPE_PROC_TERMINATE:
		return fdtable_check(sub->proc_terminate.fd,
				     CLOUDABI_NEEDS_POLL_PROC_TERMINATE);
	default:
		return CLOUDABI_EINVAL;
	}
}

/* Extends the range of entries to a descriptor. */
static void cover(struct wait *wait, cloudabi_fd_t fd)
{
	const struct pollfd unused = {.fd = -1};

	if (wait->first == wait->end)
		wait->first = wait->end = fd;
	while (wait->first > fd)
		wait->fds[--wait->first] = unused;
	while (wait->end <= fd)
		wait->fds[wait->end++] = unused;
}

/*
 * Whatever is subscribed to on a descriptor becomes one entry, so that there
 * are never more than the host's limit.
 */
static void watch(struct wait *wait, const cloudabi_subscription_t *sub)
{
	cloudabi_fd_t fd = sub->fd_readwrite.fd;

	trace_use(fd);
	cover(wait, fd);
	wait->fds[fd].fd = fd;
	wait->fds[fd].events |= host_events(sub->type);
}

static bool is_watched(const struct wait *wait,
		       const cloudabi_subscription_t *sub)
{
	cloudabi_fd_t fd = sub->fd_readwrite.fd;

	return is_of_descriptor(sub->type) && fd >= wait->first &&
	       fd < wait->end && wait->fds[fd].events & mark_of(sub->type);
}

/* Starts with the events of those subscriptions that are wrong. */
static cloudabi_errno_t subscribe(struct wait *wait)
{
	for (size_t i = 0; i < wait->len; i++) {
		cloudabi_subscription_t sub;
		cloudabi_errno_t error;

		TAKE(&sub, &wait->in[i]);
		if (is_synchronization(sub.type))
			return CLOUDABI_EINVAL;
		error = check(wait, &sub);
		if (error != 0)
			add_event(wait, &sub, error);
		else if (is_of_descriptor(sub.type))
			watch(wait, &sub);
	}
	return 0;
}

/* Finds how long to wait; returns false if there is no limit. */
static bool find_distance(struct wait *wait, cloudabi_timestamp_t *distance)
{
	struct deadline deadline;
	bool found = wait->events > 0;

	*distance = found ? 0 : UINT64_MAX;
	for (size_t i = 0; i < wait->len; i++) {
		cloudabi_subscription_t sub;

		TAKE(&sub, &wait->in[i]);
		if (sub.type != CLOUDABI_EVENTTYPE_CLOCK ||
		    deadline_set(&deadline, &sub.clock, &wait->origin) != 0)
			continue;
		*distance = MIN(*distance, deadline_distance(&deadline));
		found = true;
	}
	return found;
}

static cloudabi_errno_t wait_once(struct wait *wait)
{
	cloudabi_timestamp_t distance;
	bool timed = find_distance(wait, &distance);
	struct __kernel_timespec ts = {
		.tv_sec = distance / SECOND,
		.tv_nsec = distance % SECOND,
	};
	long r =
		host_call(__NR_ppoll, wait->fds + wait->first,
			  wait->end - wait->first, timed ? &ts : NULL, NULL, 0);

	return r == -EINTR ? 0 : error_of(r);
}

static void report_descriptor(struct wait *wait,
			      const cloudabi_subscription_t *sub)
{
	const struct pollfd *fd = &wait->fds[sub->fd_readwrite.fd];
	uint16_t found = fd->revents & (host_events(sub->type) | POLLHUP);
	cloudabi_event_t *event = &wait->out[wait->events];

	if (fd->revents & POLLNVAL) {
		add_event(wait, sub, CLOUDABI_EBADF);
	} else if (found != 0) {
		add_event(wait, sub, 0);
		if (found & (POLLHUP | POLLRDHUP))
			event->fd_readwrite.flags =
				CLOUDABI_EVENT_FD_READWRITE_HANGUP;
	} else if (fd->revents & POLLERR) {
		add_event(wait, sub, CLOUDABI_EIO);
	}
}

/* Whoever looks leaves there what it says. */
static void report_process(struct wait *wait,
			   const cloudabi_subscription_t *sub)
{
	cloudabi_event_t *event = &wait->out[wait->events];
	struct process_end end;
	cloudabi_errno_t error;

	if (wait->fds[sub->proc_terminate.fd].revents == 0)
		return;
	error = processes_look(sub->proc_terminate.fd, &end);
	if (error == CLOUDABI_EAGAIN)
		return;
	add_event(wait, sub, error);
	if (error != 0)
		return;
	event->proc_terminate.signal = end.signal;
	event->proc_terminate.exitcode = end.exitcode;
}

static void report_clock(struct wait *wait, const cloudabi_subscription_t *sub)
{
	struct deadline deadline;

	if (deadline_set(&deadline, &sub->clock, &wait->origin) == 0 &&
	    deadline_passed(&deadline))
		add_event(wait, sub, 0);
}

/* Clocks count only if no descriptor is ready. Even if subscriptions change,
 * there are never more events than there is room for. */
static void report(struct wait *wait)
{
	cloudabi_subscription_t sub;

	for (size_t i = 0; i < wait->len && wait->events < wait->len; i++) {
		TAKE(&sub, &wait->in[i]);
		if (!is_watched(wait, &sub))
			continue;
		if (sub.type == CLOUDABI_EVENTTYPE_PROC_TERMINATE)
			report_process(wait, &sub);
		else
			report_descriptor(wait, &sub);
	}
	for (size_t i = 0; i < wait->len && wait->events == 0; i++) {
		TAKE(&sub, &wait->in[i]);
		if (sub.type == CLOUDABI_EVENTTYPE_CLOCK)
			report_clock(wait, &sub);
	}
}

static cloudabi_errno_t poll_descriptors(const cloudabi_subscription_t *in,
					 cloudabi_event_t *out, size_t len,
					 size_t *nevents)
{
	struct wait wait = {
		.in = in,
		.len = len,
		.fds = arch_thread()->pollfds,
		.out = out,
	};
	cloudabi_errno_t error = subscribe(&wait);

	if (error != 0)
		return error;
	do {
		error = wait_once(&wait);
		if (error == 0)
			report(&wait);
	} while (error == 0 && wait.events == 0);
	if (error == 0)
		*nevents = wait.events;
	return error;
}

cloudabi_errno_t sys_poll(const cloudabi_subscription_t *in,
			  cloudabi_event_t *out, size_t nsubscriptions,
			  size_t *nevents)
{
	cloudabi_subscription_t first, second;

	if (nsubscriptions == 0)
		return CLOUDABI_EINVAL;
	TAKE(&first, &in[0]);
	if (nsubscriptions == 1 && first.type == CLOUDABI_EVENTTYPE_CLOCK) {
		*nevents = 1;
		poll_one_clock(&first, out);
		return 0;
	}
	if (!is_synchronization(first.type))
		return poll_descriptors(in, out, nsubscriptions, nevents);
	if (nsubscriptions > 2)
		return CLOUDABI_EINVAL;
	if (nsubscriptions == 2) {
		TAKE(&second, &in[1]);
		if (second.type != CLOUDABI_EVENTTYPE_CLOCK)
			return CLOUDABI_EINVAL;
	}
	*nevents = 1;
	return poll_synchronization(&first,
				    nsubscriptions == 2 ? &second : NULL, out);
}
