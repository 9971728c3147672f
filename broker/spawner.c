/* SPDX-License-Identifier: BSD-2-Clause */
/* The process that starts others when the broker itself cannot any more. */

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "broker.h"
#include "control.h"

/*
 * Where there may be several processes the broker is in no position to start
 * one: what confines it forbids that, and files that it would need are closed.
 * So it has a helper, which is not confined, since what it starts would
 * inherit that. Nothing in it depends on what comes from a guest:
 *
 * - It executes nothing but the runtime, which it has from the beginning, and
 *   within the limits that it has from there, too. A broker that has been
 *   taken over gains no more by it than one more guest.
 * - It leads the session and the group that all processes of the run are in
 *   and cannot leave. As long as it is not reaped the group's number is
 *   nobody else's, so the broker can kill all of them, known or not, at once.
 * - What it starts are the broker's children, not its own.
 * - It opens the process descriptors that the broker signals by, and only those
 *   of processes in the group, so that the broker cannot signal any others.
 * - When the broker has died it kills the group, and itself with it.
 */

struct spawn_request {
	uint32_t process; /* comes back with the reply */
	uint32_t fds_len; /* in this and the following messages, if not 0 */
	int32_t pid;      /* else: whose process descriptor is wanted */
};

/* The process descriptor is attached. */
struct spawn_reply {
	uint32_t process;
	int32_t pid; /* or a negative errno */
};

static pid_t spawner = -1;
static int broker_end = -1;

/* The spawner's side. */

struct order {
	struct spawn_request request;
	int fds[START_FDS_MAX];
	uint32_t len; /* of those that have come */
};

static void take_fds(struct order *order, struct msghdr *message)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	size_t len;

	if (header == NULL || header->cmsg_type != SCM_RIGHTS)
		return;
	len = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	if (len > START_FDS_MAX - order->len)
		_exit(EXIT_SETUP);
	memcpy(order->fds + order->len, CMSG_DATA(header), len * sizeof(int));
	order->len += (uint32_t)len;
}

/* Whether there is one more message of the order. */
static bool hear_order(int socket, struct order *order)
{
	_Alignas(struct cmsghdr) char
		control[CMSG_SPACE(CONTROL_FDS_MAX * sizeof(int))];
	struct iovec part = {&order->request, sizeof(order->request)};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t len;

	do {
		len = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	} while (len < 0 && errno == EINTR);
	if (len != (ssize_t)sizeof(order->request))
		return false;
	take_fds(order, &message);
	return true;
}

static bool hear_whole_order(int socket, struct order *order)
{
	order->len = 0;
	do {
		if (!hear_order(socket, order))
			return false;
	} while (order->len < order->request.fds_len);
	return true;
}

/* The order's last descriptors are the runtime's own. */
static struct launch launch_of(const struct order *order,
			       const struct spec *spec, pid_t broker)
{
	uint32_t own = SPAWN_OWN_LEN + spec->traces;
	uint32_t len = order->len - own;
	const int *fds = order->fds + len;

	return (struct launch){
		.fds = order->fds,
		.len = len,
		.block = fds[GUEST_OWN_BLOCK],
		.program = fds[GUEST_OWN_PROGRAM],
		.result = fds[GUEST_OWN_RESULT],
		.notes = spec->traces ? fds[GUEST_OWN_LASTING] : -1,
		.control = fds[own - 1],
		.runtime = spec->runtime,
		.emulator = spec->emulator,
		.broker = broker,
		.limits = &spec->limits,
	};
}

static pid_t carry_out(const struct order *order, const struct spec *spec,
		       pid_t broker)
{
	long pid;

	if (order->len < SPAWN_OWN_LEN + spec->traces)
		return -EINVAL;
	pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL,
		      NULL);
	if (pid == 0) {
		const struct launch launch = launch_of(order, spec, broker);

		child_run(&launch);
	}
	return pid < 0 ? -errno : (pid_t)pid;
}

/* A process that is not reaped after one has looked at its group is the one
 * whose number that was. */
static int open_member(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd >= 0 && (getpgid(pid) != getpid() ||
			syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0) != 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void attach(struct msghdr *message, void *control, const int *fds,
		   size_t len)
{
	struct cmsghdr *header = control;

	message->msg_control = control;
	message->msg_controllen = CMSG_SPACE(len * sizeof(int));
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(len * sizeof(int));
	memcpy(CMSG_DATA(header), fds, len * sizeof(int));
}

/* The broker waits for a reply. Where others of the user's have taken all
 * descriptors that may be on their way, it gets one without. */
static void reply_to(int socket, struct spawn_reply reply)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec part = {&reply, sizeof(reply)};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	int fd = reply.pid > 0 ? open_member(reply.pid) : -1;

	if (fd >= 0)
		attach(&message, control, &fd, 1);
	if (sendmsg(socket, &message, MSG_NOSIGNAL) < 0)
		send(socket, &reply, sizeof(reply), MSG_NOSIGNAL);
	if (fd >= 0)
		close(fd);
}

static _Noreturn void serve_broker(int socket, const struct spec *spec,
				   pid_t broker)
{
	static struct order order;

	while (hear_whole_order(socket, &order)) {
		const struct spawn_reply reply = {
			.process = order.request.process,
			.pid = order.request.fds_len == 0 ?
				       order.request.pid :
				       carry_out(&order, spec, broker),
		};

		/* Once the broker knows of the process nobody else has its
		 * sockets, whose hang-ups mean something. */
		for (uint32_t i = 0; i < order.len; i++)
			close(order.fds[i]);
		reply_to(socket, reply);
	}
	kill(0, SIGKILL);
	_exit(EXIT_SETUP);
}

/* Nothing else stays open. */
static void close_others(int socket, int launcher, const struct spec *spec)
{
	int kept[] = {socket, launcher, spec->runtime, spec->emulator};

	close_except(kept, spec->emulator != -1 ? 4 : 3);
}

static _Noreturn void run(int socket, int launcher, struct spec *spec,
			  pid_t broker)
{
	if (setsid() < 0)
		_exit(EXIT_SETUP);
	prctl(PR_SET_NAME, "cloudabi-spawner");
	close_others(socket, launcher, spec);
	serve_broker(socket, spec, broker);
}

/* The broker's side. */

void spawner_start(struct spec *spec, int launcher)
{
	pid_t broker = getpid();
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		die(EXIT_SETUP, "socketpair failed: %s", strerror(errno));
	spawner = fork();
	if (spawner == 0)
		run(ends[1], launcher, spec, broker);
	if (spawner < 0)
		die(EXIT_SETUP, "fork failed: %s", strerror(errno));
	close(ends[1]);
	broker_end = ends[0];
	if (serve_watch(broker_end, WATCH_SPAWNER) != 0)
		die(EXIT_SETUP, "cannot watch the spawner");
}

pid_t spawner_pid(void)
{
	return spawner;
}

static int send_some(const struct spawn_request *request, const int *fds,
		     size_t len)
{
	_Alignas(struct cmsghdr) char
		control[CMSG_SPACE(CONTROL_FDS_MAX * sizeof(int))] = {0};
	struct iovec part = {(void *)request, sizeof(*request)};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (len > 0)
		attach(&message, control, fds, len);
	return sendmsg(broker_end, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* An order that is not sent to its end could not be told from the next one. */
int spawner_ask(uint32_t process, const int *fds, size_t len)
{
	const struct spawn_request request = {process, (uint32_t)len, 0};
	int error = 0;

	for (size_t at = 0; at < len && error == 0; at += CONTROL_FDS_MAX) {
		error = send_some(&request, fds + at,
				  MIN(len - at, CONTROL_FDS_MAX));
		if (error != 0 && at > 0)
			shutdown(broker_end, SHUT_RDWR);
	}
	return error;
}

/* False if the spawner has ended. */
static bool hear_reply(struct spawn_reply *reply, int *pidfd, int flags)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct iovec part = {reply, sizeof(*reply)};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t len;

	do {
		len = recvmsg(broker_end, &message, flags | MSG_CMSG_CLOEXEC);
	} while (len < 0 && errno == EINTR);
	*pidfd = len > 0 ? attached_fd(&message) : -1;
	return len == (ssize_t)sizeof(*reply);
}

bool spawner_hear(uint32_t *process, int *pid, int *pidfd)
{
	struct spawn_reply reply;

	if (!hear_reply(&reply, pidfd, MSG_DONTWAIT)) {
		close(broker_end); /* which also ends the watch */
		return false;
	}
	*process = reply.process;
	*pid = reply.pid;
	return true;
}

int spawner_find(pid_t pid)
{
	const struct spawn_request request = {.pid = pid};
	struct spawn_reply reply;
	int pidfd = -1;

	if (send_some(&request, NULL, 0) == 0)
		hear_reply(&reply, &pidfd, 0);
	return pidfd;
}
