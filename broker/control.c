/* SPDX-License-Identifier: BSD-2-Clause */
/* What processes ask on their control sockets: nothing in it is to be trusted. */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "process.h"

#define BODY_MAX BROKER_DATA_MAX

struct message {
	struct control_request head;
	unsigned char body[BODY_MAX];
	size_t body_len;
	pid_t sender; /* as the kernel knows it */
	int fds[CONTROL_FDS_MAX];
	size_t fds_len;
	bool is_cut; /* there was no room for all descriptors */
};

static void answer(struct process *process, struct control_reply *reply,
		   struct msghdr *message)
{
	struct iovec part = {reply, sizeof(*reply)};

	message->msg_iov = &part;
	message->msg_iovlen = 1;
	if (process->control != -1 &&
	    sendmsg(process->control, message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		process_mute(process);
}

void process_answer(struct process *process, cloudabi_errno_t error)
{
	struct control_reply reply = {.error = error};
	struct msghdr message = {0};

	answer(process, &reply, &message);
}

/* Closes the descriptors that go along. */
static void answer_fork(struct process *process, unsigned slot, const int *fds)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = {
		0};
	struct control_reply reply = {.number = slot};
	struct msghdr message = {
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(2 * sizeof(int));
	memcpy(CMSG_DATA(header), fds, 2 * sizeof(int));
	answer(process, &reply, &message);
	close(fds[0]);
	close(fds[1]);
}

static void take_attached(struct message *message, struct msghdr *header)
{
	struct cmsghdr *part = CMSG_FIRSTHDR(header);

	for (; part != NULL; part = CMSG_NXTHDR(header, part)) {
		size_t len = part->cmsg_len - CMSG_LEN(0);

		if (part->cmsg_level != SOL_SOCKET)
			continue;
		if (part->cmsg_type == SCM_RIGHTS) {
			memcpy(message->fds, CMSG_DATA(part), len);
			message->fds_len = len / sizeof(int);
		} else if (part->cmsg_type == SCM_CREDENTIALS) {
			struct ucred who;

			memcpy(&who, CMSG_DATA(part), sizeof(who));
			message->sender = who.pid;
		}
	}
}

/* As recvmsg(). */
static ssize_t receive(int sock, struct message *message)
{
	_Alignas(struct cmsghdr) char
		control[CMSG_SPACE(sizeof(struct ucred)) +
			CMSG_SPACE(CONTROL_FDS_MAX * sizeof(int))];
	struct iovec parts[] = {
		{&message->head, sizeof(message->head)},
		{message->body, sizeof(message->body)},
	};
	struct msghdr header = {
		.msg_iov = parts,
		.msg_iovlen = 2,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t len = recvmsg(sock, &header,
			      MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);

	message->fds_len = 0;
	message->sender = 0;
	if (len < 0)
		return len;
	take_attached(message, &header);
	message->is_cut = (header.msg_flags & MSG_CTRUNC) != 0;
	if (len >= (ssize_t)sizeof(message->head))
		message->body_len = (size_t)len - sizeof(message->head);
	return len;
}

static void drop_attached(const struct message *message)
{
	for (size_t i = 0; i < message->fds_len; i++)
		close(message->fds[i]);
}

/* One that is ignored, or stops the process, which then has its reply when it
 * goes on. The others may take a while until they have ended it. */
static bool is_survived(int signal)
{
	switch (signal) {
	case SIGCHLD:
	case SIGCONT:
	case SIGPIPE:
	case SIGSTOP:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
	case SIGURG:
	case SIGXFSZ:
		return true;
	default:
		return false;
	}
}

static void take_raise(struct process *process, const struct message *message)
{
	int signal = host_signal(message->head.number);

	if (signal == 0) {
		process_answer(process, CLOUDABI_EINVAL);
		return;
	}
	process->has_raised |= signal == SIGSYS;
	syscall(SYS_pidfd_send_signal, process->pidfd, signal, NULL, 0);
	if (is_survived(signal))
		process_answer(process, 0);
}

static void take_fork(struct process *process)
{
	int fds[2];
	unsigned slot;
	cloudabi_errno_t error = process_promise(fds, &slot);

	if (error == 0)
		answer_fork(process, slot, fds);
	else
		process_answer(process, error);
}

static void take_exec_part(struct process *process,
			   const struct message *message)
{
	const struct control_request *head = &message->head;
	unsigned slot = process_slot(process);
	cloudabi_errno_t error;

	if (message->is_cut)
		error = CLOUDABI_EMFILE;
	else if (process->successor != NULL)
		error = CLOUDABI_EINVAL;
	else if (head->op == CONTROL_EXEC)
		error = exec_begin(slot, head, message->fds, message->fds_len);
	else
		error = exec_fds(slot, message->body, message->body_len,
				 message->fds, message->fds_len);
	if (error != 0)
		drop_attached(message);
	process_answer(process, error);
}

static void take_exec_start(struct process *process)
{
	unsigned slot = process_slot(process);
	struct launch launch;
	cloudabi_errno_t error = CLOUDABI_EINVAL;

	if (process->successor == NULL)
		error = exec_finish(slot, &launch);
	if (error == 0)
		error = process_replace(process, &launch);
	if (process->successor == NULL || error == 0)
		exec_drop(slot);
	if (error != 0)
		process_answer(process, error);
}

/* Only those of a program in place of this one have descriptors attached. */
static bool perform(struct process *process, const struct message *message)
{
	const struct control_request *head = &message->head;

	if (head->op == CONTROL_EXEC || head->op == CONTROL_EXEC_FDS) {
		take_exec_part(process, message);
		return true;
	}
	drop_attached(message);
	switch (head->op) {
	case CONTROL_FORK:
		take_fork(process);
		return true;
	case CONTROL_RAISE:
		take_raise(process, message);
		return true;
	case CONTROL_EXEC_DATA:
		process_answer(process,
			       exec_data(process_slot(process), message->body,
					 message->body_len));
		return true;
	case CONTROL_EXEC_START:
		take_exec_start(process);
		return true;
	default:
		return false;
	}
}

static bool take(struct process *process, const struct message *message)
{
	/* That it runs is perhaps the news that comes next. */
	process_hear_all(process);
	if (process->state == PROCESS_KNOWN && process->starting.result == -1)
		return perform(process, message);
	drop_attached(message);
	if (message->head.op != CONTROL_HELLO ||
	    !process_adopt(process, message->sender))
		return false;
	process_answer(process, 0);
	return true;
}

static bool is_request(const struct process *process,
		       const struct message *message, ssize_t len)
{
	return len >= (ssize_t)sizeof(message->head) &&
	       (size_t)len <= sizeof(message->head) + BODY_MAX &&
	       message->head.padding == 0 && serve_is_read(process->control);
}

void process_listen(struct process *process)
{
	static struct message message;
	ssize_t len;

	if (processes_are_uncertain())
		return;
	len = receive(process->control, &message);
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (is_request(process, &message, len)) {
		if (!take(process, &message))
			process_mute(process);
	} else {
		drop_attached(&message);
		process_mute(process);
	}
}
