/* SPDX-License-Identifier: BSD-2-Clause */
/* What is said to the broker about processes, and being a new one. */

#include "processes.h"

#include <linux/prctl.h>

#include "dirs.h"
#include "fdtable.h"
#include "host.h"
#include "mutex.h"
#include "process.h"
#include "thread.h"
#include "trace.h"
#include "wait.h"

#define STATUS_NOT_STARTED 126
#define NONE UINT32_MAX

/* Held during a dialogue with the broker on the control socket. */
static struct mutex control;

/* By number: what a child is to have in place of this process's directories. */
static uint32_t copies[START_FDS_MAX];

struct attachment {
	struct host_cmsghdr header;
	uint32_t fds[CONTROL_FDS_MAX];
};

/* A request, and what its reply brings. */
struct request {
	struct control_request head;
	const void *data;
	size_t len;
	const struct attachment *attachment; /* or NULL */
	uint32_t number;
	uint32_t fds[2];
	size_t fds_len;
};

static long send_request(const struct request *request)
{
	const cloudabi_ciovec_t iovs[] = {
		{&request->head, sizeof(request->head)},
		{request->data, request->len},
	};
	const struct host_msghdr msg = {
		.iov = iovs,
		.iov_len = ARRAY_LEN(iovs),
		.control = (void *)request->attachment,
		.control_len = request->attachment == NULL ?
				       0 :
				       request->attachment->header.len,
	};

	if (request->attachment == NULL)
		return host_writev(process.control_fd, iovs, ARRAY_LEN(iovs));
	return host_call(__NR_sendmsg, process.control_fd, &msg,
			 HOST_SEND_FLAGS);
}

static void take_fds(struct request *request, const struct host_msghdr *msg,
		     const struct attachment *attachment)
{
	request->fds_len = 0;
	if (msg->control_len < sizeof(attachment->header) ||
	    attachment->header.level != HOST_SOL_SOCKET ||
	    attachment->header.type != HOST_SCM_RIGHTS)
		return;
	request->fds_len =
		MIN((attachment->header.len - sizeof(attachment->header)) /
			    sizeof(uint32_t),
		    ARRAY_LEN(request->fds));
	memcpy(request->fds, attachment->fds,
	       request->fds_len * sizeof(uint32_t));
}

static cloudabi_errno_t receive_reply(struct request *request)
{
	struct attachment attachment = {0};
	struct control_reply reply;
	const cloudabi_iovec_t iov = {&reply, sizeof(reply)};
	struct host_msghdr msg = {
		.iov = &iov,
		.iov_len = 1,
		.control = &attachment,
		.control_len = HOST_CMSG_LEN(sizeof(request->fds)),
	};
	long r = host_recvmsg(process.control_fd, &msg, 0);

	if (r >= 0)
		take_fds(request, &msg, &attachment);
	if (r != sizeof(reply) || reply.error > CLOUDABI_ENOTCAPABLE)
		return CLOUDABI_EIO;
	request->number = reply.number;
	return reply.error;
}

/* Preconditions: control is locked. */
static cloudabi_errno_t ask(struct request *request)
{
	long r = send_request(request);

	if (r == -EFAULT)
		return CLOUDABI_EFAULT;
	return r < 0 ? CLOUDABI_EIO : receive_reply(request);
}

cloudabi_errno_t processes_raise(cloudabi_signal_t signal)
{
	struct request request = {
		.head = {.op = CONTROL_RAISE, .number = signal},
	};
	cloudabi_errno_t error;

	mutex_lock(&control);
	error = ask(&request);
	mutex_unlock(&control);
	return error;
}

/* What a copy of this process needs to be whole. */
static void lock_all(void)
{
	mutex_lock(&control);
	dirs_lock();
	fdtable_lock();
	threads_lock();
}

static void unlock_all(void)
{
	threads_unlock();
	fdtable_unlock();
	dirs_unlock();
	mutex_unlock(&control);
}

static void forget_copies(void)
{
	for (size_t fd = 0; fd < ARRAY_LEN(copies); fd++)
		copies[fd] = NONE;
}

static void close_copies(void)
{
	for (size_t fd = 0; fd < ARRAY_LEN(copies); fd++) {
		if (copies[fd] != NONE)
			host_close(copies[fd]);
	}
}

static cloudabi_errno_t copy_directory(cloudabi_fd_t fd, uint32_t *copy)
{
	const struct fd_entry *entry = &fdtable[fd];
	uint32_t made;
	cloudabi_errno_t error =
		dirs_clone_locked(fd, entry->base, entry->inheriting, &made);

	if (error == 0)
		*copy = made;
	return error;
}

/* Requests of two processes on one socket would get each other's replies. */
static cloudabi_errno_t copy_directories(void)
{
	cloudabi_errno_t error = 0;

	forget_copies();
	for (cloudabi_fd_t fd = 0; error == 0 && fd < ARRAY_LEN(copies); fd++) {
		if (fdtable_is_directory(fd))
			error = copy_directory(fd, &copies[fd]);
	}
	if (error != 0)
		close_copies();
	return error;
}

/* Where the host's machines differ is where the pointer is; the other place
 * has no meaning then, and neither has that of the number, but to the broker.
 */
static long clone_process(uint32_t number)
{
	struct thread *self = arch_thread();

	return host_call(__NR_clone, CONTROL_CLONE_FLAGS, 0, number,
			 &self->host_tid, &self->host_tid);
}

static void put(uint32_t from, uint32_t to)
{
	if (host_call(__NR_dup3, from, to, O_CLOEXEC) < 0)
		host_exit_group(STATUS_NOT_STARTED);
	host_close(from);
}

static void require(bool holds)
{
	if (!holds)
		host_exit_group(STATUS_NOT_STARTED);
}

/* The broker has to know this process before the program can do anything. */
static void introduce_oneself(void)
{
	struct request hello = {.head = {.op = CONTROL_HELLO}};

	require(ask(&hello) == 0);
	require(host_call(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0);
}

/* fds: the process descriptor that is the parent's, and this control socket. */
static void become_child(const uint32_t *fds)
{
	host_close(fds[0]);
	put(fds[1], process.control_fd);
	for (size_t fd = 0; fd < ARRAY_LEN(copies); fd++) {
		if (copies[fd] != NONE)
			put(copies[fd], fd);
	}
	wait_reset();
	threads_reset();
	process_name();
	introduce_oneself();
}

/* Preconditions: all is locked. */
static cloudabi_errno_t fork(uint32_t *fd)
{
	struct request request = {.head = {.op = CONTROL_FORK}};
	cloudabi_errno_t error = ask(&request);
	long r;

	if (error == 0 && request.fds_len != ARRAY_LEN(request.fds))
		error = CLOUDABI_EMFILE;
	if (error == 0)
		error = copy_directories();
	if (error == 0) {
		r = clone_process(request.number);
		if (r == 0) {
			become_child(request.fds);
			*fd = CLOUDABI_PROCESS_CHILD;
			return 0;
		}
		error = error_of(r);
		close_copies();
	}
	for (size_t i = 0; i < request.fds_len; i++) {
		if (i > 0 || error != 0)
			host_close(request.fds[i]);
	}
	*fd = request.fds[0];
	return error;
}

cloudabi_errno_t processes_fork(uint32_t *fd)
{
	cloudabi_errno_t error;

	lock_all();
	error = fork(fd);
	unlock_all();
	return error;
}

static void attach(struct attachment *attachment, size_t len)
{
	attachment->header = (struct host_cmsghdr){
		.len = HOST_CMSG_LEN(len * sizeof(uint32_t)),
		.level = HOST_SOL_SOCKET,
		.type = HOST_SCM_RIGHTS,
	};
}

static cloudabi_errno_t name_program(cloudabi_fd_t fd, size_t len,
				     size_t fds_len)
{
	struct attachment attachment = {.fds = {fd}};
	struct request request = {
		.head = {.op = CONTROL_EXEC, .number = len, .fds_len = fds_len},
		.attachment = &attachment,
	};

	attach(&attachment, 1);
	return ask(&request);
}

static cloudabi_errno_t hand_data(const char *data, size_t len)
{
	cloudabi_errno_t error = 0;

	while (error == 0 && len > 0) {
		size_t some = MIN(len, BROKER_DATA_MAX);
		struct request request = {
			.head.op = CONTROL_EXEC_DATA,
			.data = data,
			.len = some,
		};

		error = ask(&request);
		data += some;
		len -= some;
	}
	return error;
}

/* What is a directory's is copied, as two numbers with one socket would be
 * closed together. */
static cloudabi_errno_t hand_one(cloudabi_fd_t fd, struct start_fd *start,
				 uint32_t *host_fd)
{
	cloudabi_errno_t error = fdtable_check(fd, 0);
	const struct fd_entry *entry;

	*host_fd = fd;
	if (error != 0)
		return error;
	entry = &fdtable[fd];
	*start = (struct start_fd){
		.rights_base = entry->base,
		.rights_inheriting = entry->inheriting,
		.filetype = entry->filetype,
		.origin = entry->origin,
	};
	if (!fdtable_is_directory(fd))
		return 0;
	return copy_directory(fd, host_fd);
}

/* The program's numbers are looked at once: they can change. */
static cloudabi_errno_t hand_some(const cloudabi_fd_t *fds, size_t len)
{
	struct start_fd starts[CONTROL_FDS_MAX];
	struct attachment attachment;
	bool are_copies[CONTROL_FDS_MAX];
	struct request request = {
		.head.op = CONTROL_EXEC_FDS,
		.data = starts,
		.len = len * sizeof(starts[0]),
		.attachment = &attachment,
	};
	cloudabi_errno_t error = 0;
	size_t done = 0;

	attach(&attachment, len);
	for (; error == 0 && done < len; done++) {
		cloudabi_fd_t fd;

		TAKE(&fd, &fds[done]);
		error = hand_one(fd, &starts[done], &attachment.fds[done]);
		are_copies[done] = attachment.fds[done] != fd;
	}
	if (error == 0)
		error = ask(&request);
	for (size_t i = 0; i < done; i++) {
		if (are_copies[i])
			host_close(attachment.fds[i]);
	}
	return error;
}

static cloudabi_errno_t hand_fds(const cloudabi_fd_t *fds, size_t len)
{
	cloudabi_errno_t error = 0;

	for (size_t i = 0; error == 0 && i < len; i += CONTROL_FDS_MAX)
		error = hand_some(fds + i, MIN(len - i, CONTROL_FDS_MAX));
	return error;
}

static cloudabi_errno_t check(cloudabi_fd_t fd, const cloudabi_fd_t *fds,
			      size_t len)
{
	cloudabi_errno_t error = fdtable_check(fd, CLOUDABI_NEEDS_PROC_EXEC);

	for (size_t i = 0; error == 0 && i < len; i++)
		error = fdtable_check(fds[i], 0);
	return error;
}

cloudabi_errno_t processes_exec(cloudabi_fd_t fd, const void *data, size_t len,
				const cloudabi_fd_t *fds, size_t fds_len)
{
	struct request start = {.head.op = CONTROL_EXEC_START};
	cloudabi_errno_t error;

	if (len > CONTROL_ARGDATA_MAX || fds_len > START_FDS_MAX)
		return CLOUDABI_E2BIG;
	lock_all();
	error = check(fd, fds, fds_len);
	if (error == 0)
		error = name_program(fd, len, fds_len);
	if (error == 0)
		error = hand_fds(fds, fds_len);
	if (error == 0)
		error = hand_data(data, len);
	if (error == 0)
		error = ask(&start);
	unlock_all();
	return error;
}

cloudabi_errno_t processes_look(uint32_t fd, struct process_end *end)
{
	const cloudabi_iovec_t iov = {end, sizeof(*end)};
	struct host_msghdr msg = {.iov = &iov, .iov_len = 1};
	long r = host_recvmsg(fd, &msg, HOST_MSG_PEEK | HOST_MSG_DONTWAIT);

	if (r == sizeof(*end))
		return 0;
	return r == -EAGAIN ? CLOUDABI_EAGAIN : CLOUDABI_EIO;
}
