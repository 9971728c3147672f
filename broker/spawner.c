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
 * - When the broker has died it kills the group, and itself with it.
 */

struct spawn_request {
	uint32_t process; /* comes back with the reply */
	uint32_t fds_len; /* in this and the following messages */
};

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

static _Noreturn void serve_broker(int socket, const struct spec *spec,
				   pid_t broker)
{
	static struct order order;

	while (hear_whole_order(socket, &order)) {
		const struct spawn_reply reply = {
			.process = order.request.process,
			.pid = carry_out(&order, spec, broker),
		};

		/* Once the broker knows of the process nobody else has its
		 * sockets, whose hang-ups mean something. */
		for (uint32_t i = 0; i < order.len; i++)
			close(order.fds[i]);
		send(socket, &reply, sizeof(reply), MSG_NOSIGNAL);
	}
	kill(0, SIGKILL);
	_exit(EXIT_SETUP);
}

/* Nothing else stays open. */
static void close_others(int socket, const struct spec *spec)
{
	int kept[] = {socket, spec->runtime, spec->emulator};

	close_except(kept, spec->emulator != -1 ? 3 : 2);
}

static _Noreturn void run(int socket, struct spec *spec, pid_t broker)
{
	if (setsid() < 0)
		_exit(EXIT_SETUP);
	prctl(PR_SET_NAME, "cloudabi-spawner");
	close_others(socket, spec);
	serve_broker(socket, spec, broker);
}

/* The broker's side. */

void spawner_start(struct spec *spec)
{
	pid_t broker = getpid();
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		die(EXIT_SETUP, "socketpair failed: %s", strerror(errno));
	spawner = fork();
	if (spawner == 0)
		run(ends[1], spec, broker);
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
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = CMSG_SPACE(len * sizeof(int)),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(len * sizeof(int));
	memcpy(CMSG_DATA(header), fds, len * sizeof(int));
	return sendmsg(broker_end, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* An order that is not sent to its end could not be told from the next one. */
int spawner_ask(uint32_t process, const int *fds, size_t len)
{
	const struct spawn_request request = {process, (uint32_t)len};
	int error = 0;

	for (size_t at = 0; at < len && error == 0; at += CONTROL_FDS_MAX) {
		error = send_some(&request, fds + at,
				  MIN(len - at, CONTROL_FDS_MAX));
		if (error != 0 && at > 0)
			shutdown(broker_end, SHUT_RDWR);
	}
	return error;
}

bool spawner_hear(uint32_t *process, int *pid)
{
	struct spawn_reply reply;
	ssize_t len = recv(broker_end, &reply, sizeof(reply), MSG_DONTWAIT);

	if (len != (ssize_t)sizeof(reply)) {
		close(broker_end); /* which also ends the watch */
		return false;
	}
	*process = reply.process;
	*pid = reply.pid;
	return true;
}
