/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs that replace this one, or run beside it. */

#include <limits.h>
#include <program.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cloudabi_impl.h"

/* What a program is given, in the form of the system call. */
struct start {
	cloudabi_fd_t program;
	void *data;
	size_t data_len;
	int *fds;
	size_t fds_len;
};

static void forget(struct start *start)
{
	free(start->data);
	free(start->fds);
}

/* One more than none, as an allocation of nothing may be NULL. */
static int prepare(struct start *start, int fd, const argdata_t *ad)
{
	size_t fds_max;

	argdata_serialized_length(ad, &start->data_len, &fds_max);
	start->program = (cloudabi_fd_t)fd;
	start->data = malloc(start->data_len + 1);
	start->fds = calloc(fds_max + 1, sizeof(*start->fds));
	if (start->data == NULL || start->fds == NULL) {
		forget(start);
		return ENOMEM;
	}
	start->fds_len = argdata_serialize(ad, start->data, start->fds);
	return 0;
}

static cloudabi_errno_t execute(const struct start *start)
{
	cloudabi_fdstat_t stat;
	cloudabi_errno_t error = cloudabi_sys_proc_exec(
		start->program, start->data, start->data_len,
		(const cloudabi_fd_t *)start->fds, start->fds_len);

	if (error != ENOTCAPABLE ||
	    cloudabi_sys_fd_stat_get(start->program, &stat) != 0)
		return error;
	return stat.fs_filetype == CLOUDABI_FILETYPE_REGULAR_FILE ? EBADF :
								    EACCES;
}

int program_exec(int fd, const argdata_t *ad)
{
	struct start start;
	int error = prepare(&start, fd, ad);

	if (error != 0)
		return error;
	error = execute(&start);
	forget(&start);
	return error;
}

static void write_error(int fd, cloudabi_errno_t error)
{
	const cloudabi_ciovec_t iov = {.buf = &error, .buf_len = sizeof(error)};
	size_t written;

	cloudabi_sys_fd_write((cloudabi_fd_t)fd, &iov, 1, &written);
}

/* The new process is a copy of one thread, whatever the others were about to
 * do: it may make system calls, and nothing else of this library. */
static _Noreturn void be_child(const struct start *start, int report)
{
	write_error(report, execute(start));
	cloudabi_sys_proc_exit(127);
}

/* The other end is gone, without a word, when the program runs. */
static cloudabi_errno_t hear_error(int report)
{
	cloudabi_errno_t error = 0;

	return read(report, &error, sizeof(error)) == sizeof(error) ? error : 0;
}

static int spawn(const struct start *start, const int *report, int *child)
{
	cloudabi_fd_t fd;
	cloudabi_tid_t tid;
	cloudabi_errno_t error = cloudabi_sys_proc_fork(&fd, &tid);

	if (error == 0 && fd == CLOUDABI_PROCESS_CHILD)
		be_child(start, report[1]);
	close(report[1]);
	if (error != 0)
		return error;
	error = hear_error(report[0]);
	if (error != 0)
		close((int)fd);
	*child = (int)fd;
	return error;
}

static int spawn_and_listen(const struct start *start, int *child)
{
	int report[2];
	int error;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, report) != 0)
		return errno;
	error = spawn(start, report, child);
	close(report[0]);
	return error;
}

int program_spawn(int fd, const argdata_t *ad)
{
	struct start start;
	int child = -1;
	int error = prepare(&start, fd, ad);

	if (error == 0) {
		error = spawn_and_listen(&start, &child);
		forget(&start);
	}
	return error == 0 ? child : __result((cloudabi_errno_t)error);
}

int program_wait(int fd, struct program_end *end, int timeout_ms)
{
	const cloudabi_subscription_t subs[] = {
		{
			.type = CLOUDABI_EVENTTYPE_PROC_TERMINATE,
			.proc_terminate.fd = (cloudabi_fd_t)fd,
		},
		{
			.type = CLOUDABI_EVENTTYPE_CLOCK,
			.clock.clock_id = CLOUDABI_CLOCK_MONOTONIC,
			.clock.timeout = (cloudabi_timestamp_t)timeout_ms *
					 (NSEC_PER_SEC / 1000),
		},
	};
	cloudabi_event_t events[2];
	size_t happened;
	cloudabi_errno_t error = cloudabi_sys_poll(
		subs, events, timeout_ms < 0 ? 1 : 2, &happened);

	if (error == 0)
		error = events[0].error;
	if (error != 0)
		return __result(error);
	if (events[0].type == CLOUDABI_EVENTTYPE_CLOCK)
		return 0;
	end->signal = events[0].proc_terminate.signal;
	end->status = (int)events[0].proc_terminate.exitcode;
	return 1;
}
