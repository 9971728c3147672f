/* SPDX-License-Identifier: BSD-2-Clause */
/* The event loop: requests, signals and the end of the guest. */

#include <errno.h>
#include <linux/sockios.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "broker.h"

#define EVENTS_MAX 32

static int epoll, signals;
static bool is_multiprocessor;

static const int ending_signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};

int serve_watch(int fd, uint64_t index)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = index};

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

/* The kernel always tells of hang-ups. */
static int change_watch(int operation, int fd, uint64_t index)
{
	struct epoll_event event = {.data.u64 = index};

	return epoll_ctl(epoll, operation, fd, &event) == 0 ? 0 : -errno;
}

int serve_watch_end(int fd, uint64_t index)
{
	return change_watch(EPOLL_CTL_ADD, fd, index);
}

int serve_watch_end_as(int fd, uint64_t index)
{
	return change_watch(EPOLL_CTL_MOD, fd, index);
}

/* A signal that was ignored, as by nohup, stays so. */
static void collect_signals(sigset_t *set)
{
	sigemptyset(set);
	for (size_t i = 0;
	     i < sizeof(ending_signals) / sizeof(ending_signals[0]); i++) {
		struct sigaction action;

		if (sigaction(ending_signals[i], NULL, &action) == 0 &&
		    action.sa_handler != SIG_IGN)
			sigaddset(set, ending_signals[i]);
	}
	sigaddset(set, LIMITS_SIGNAL);
}

void serve_start(void)
{
	cpu_set_t cpus;
	sigset_t set;

	is_multiprocessor = sched_getaffinity(0, sizeof(cpus), &cpus) == 0 &&
			    CPU_COUNT(&cpus) > 1;
	collect_signals(&set);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (epoll < 0 || signals < 0 ||
	    sigprocmask(SIG_SETMASK, &set, NULL) != 0 ||
	    serve_watch(signals, WATCH_SIGNALS) != 0)
		die(EXIT_SETUP, "cannot wait for events: %s", strerror(errno));
}

/* The holder asks for one thing at a time. If not, replies would pile up in
 * the kernel, with the descriptors attached to them. */
bool serve_is_read(int sock)
{
	int unread;

	return ioctl(sock, SIOCOUTQ, &unread) == 0 && unread == 0;
}

static void attach(struct msghdr *message, void *control, size_t control_size,
		   int fd)
{
	struct cmsghdr *header;

	message->msg_control = control;
	message->msg_controllen = control_size;
	header = CMSG_FIRSTHDR(message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
}

static ssize_t send_once(const struct capability *capability,
			 struct reply *reply)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec parts[] = {
		{&reply->head, sizeof(reply->head)},
		{reply->data, reply->head.data_len},
	};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

	if (reply->fd != -1)
		attach(&message, control, sizeof(control), reply->fd);
	return sendmsg(capability->sock, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* How many descriptors are on their way counts for the user, whose other
 * programs can take all that there may be: no fault of this one's. */
static bool send_reply(const struct capability *capability, struct reply *reply)
{
	ssize_t sent = send_once(capability, reply);
	bool is_crowded = sent < 0 && errno == ETOOMANYREFS;

	if (reply->fd != -1)
		close(reply->fd);
	reply->fd = -1;
	if (is_crowded) {
		reply->head = (struct broker_reply){.error = CLOUDABI_ENFILE};
		sent = send_once(capability, reply);
	}
	return sent >= 0;
}

/* Without room for control messages the kernel throws away the descriptors
 * that are attached to a request. */
static void serve_capability(struct capability *capability)
{
	static unsigned char frame[REQUEST_FRAME_MAX];
	static struct reply reply;
	ssize_t len = recv(capability->sock, frame, sizeof(frame),
			   MSG_DONTWAIT | MSG_TRUNC);

	/* An event may be left over from an earlier user of this slot. */
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len < (ssize_t)sizeof(struct broker_request) ||
	    !serve_is_read(capability->sock)) {
		capability_drop(capability);
		return;
	}
	dir_serve(capability, frame, (size_t)len, &reply);
	if (!send_reply(capability, &reply))
		capability_drop(capability);
}

static void take_signal(struct guest *guest)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_code == SI_TIMER)
		limits_take(guest, info.ssi_int);
	else
		guest_condemn(guest,
			      (struct ending){ENDED_INTERRUPTED,
					      (int)info.ssi_signo, NULL});
}

/* Requests come in bursts. To sleep and be woken takes many times longer than
 * a request where an idle processor has to be roused, so look again for some
 * 50 us first; unless there is only one, which the guest then needs. */
static int wait_for_events(struct epoll_event *events)
{
	static const int looks_max = 150;

	for (int i = 0; i < looks_max && is_multiprocessor; i++) {
		int len = epoll_wait(epoll, events, EVENTS_MAX, 0);

		if (len != 0)
			return len;
	}
	return epoll_wait(epoll, events, EVENTS_MAX, -1);
}

/* Without it the guest is nobody's. */
static void lose_launcher(struct guest *guest)
{
	guest_condemn(guest, (struct ending){ENDED_INTERRUPTED, SIGKILL, NULL});
}

static void take_event(struct guest *guest, const struct epoll_event *event)
{
	uint64_t index = event->data.u64;

	if (index >= WATCH_PROCESSES) {
		processes_take(guest, index);
		return;
	}
	if (index >= WATCH_POLICY) {
		policy_take(guest, (unsigned)(index - WATCH_POLICY),
			    (event->events & EPOLLIN) == 0);
		return;
	}
	switch (index) {
	case WATCH_SIGNALS:
		take_signal(guest);
		break;
	case WATCH_GUEST:
		guest->has_ended = true;
		break;
	case WATCH_LAUNCHER:
		lose_launcher(guest);
		break;
	case WATCH_RESULT:
		starting_hear(&guest->starting);
		break;
	case WATCH_NOTES:
		notes_take();
		break;
	case WATCH_SPAWNER:
		processes_take_spawner(guest);
		break;
	default:
		if (capabilities[index].sock != -1)
			serve_capability(&capabilities[index]);
	}
}

/* Several processes are watched one by one. */
static bool watch_guest(const struct guest *guest)
{
	return processes_are_several() ||
	       (serve_watch(guest->pidfd, WATCH_GUEST) == 0 &&
		serve_watch(guest->starting.result, WATCH_RESULT) == 0);
}

/*
 * Where there may be several processes the filter lets signals go to whatever
 * process we hold a descriptor of. So we do not hold the launcher's: what is
 * watched stays as long as the spawner has it open.
 */
static bool watch_launcher(int launcher)
{
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLONESHOT,
		.data.u64 = WATCH_LAUNCHER,
	};

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, launcher, &event) != 0)
		return false;
	return !processes_are_several() || close(launcher) == 0;
}

int serve(struct guest *guest, int launcher)
{
	struct epoll_event events[EVENTS_MAX];

	if (!watch_guest(guest) || !watch_launcher(launcher))
		die(EXIT_SETUP, "cannot watch the program");
	while (!guest->has_ended) {
		int len = wait_for_events(events);

		for (int i = 0; i < len; i++)
			take_event(guest, &events[i]);
	}
	return guest_reap(guest);
}
