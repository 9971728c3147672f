/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs in place of others: what a guest says of one, before it starts. */

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker.h"
#include "control.h"
#include "host_errno.h"

/* Of files that may be executed. */
#define ALLOWED_MAX 1024

/* There is no memory to be had after seccomp_enter(), so argument data goes
 * into the start block as it comes. */
struct exec {
	bool is_begun;
	int program;
	int block;
	uint32_t data_len, data_done;
	uint32_t fds_len, fds_done;
	int fds[SPEC_FDS_MAX];
};

static struct exec execs[PROCESS_SLOTS];

/*
 * The files that the right to execute has been given for, at the start or when
 * they were opened; of the latter, as many as there is room for. What a program
 * has made or received from somebody else is not among them.
 */
static struct {
	uint32_t dev_major, dev_minor;
	uint64_t ino;
} allowed[ALLOWED_MAX];

static size_t allowed_len, oldest;

static bool is_allowed(const struct statx *stat)
{
	for (size_t i = 0; i < allowed_len; i++)
		if (allowed[i].ino == stat->stx_ino &&
		    allowed[i].dev_major == stat->stx_dev_major &&
		    allowed[i].dev_minor == stat->stx_dev_minor)
			return true;
	return false;
}

void exec_allow(const struct statx *stat)
{
	size_t place = allowed_len;

	if (!processes_are_several() || is_allowed(stat))
		return;
	if (allowed_len < ALLOWED_MAX) {
		allowed_len++;
	} else {
		place = oldest;
		oldest = (oldest + 1) % ALLOWED_MAX;
	}
	allowed[place].ino = stat->stx_ino;
	allowed[place].dev_major = stat->stx_dev_major;
	allowed[place].dev_minor = stat->stx_dev_minor;
}

/* The rest is for the runtime to judge. */
static bool is_program(int fd)
{
	struct statx stat;
	int mode = fcntl(fd, F_GETFL);

	return mode >= 0 && (mode & (O_ACCMODE | O_PATH)) == O_RDONLY &&
	       stat_fd(fd, &stat) == 0 && S_ISREG(stat.stx_mode) &&
	       (stat.stx_mode & 0111) != 0 && is_allowed(&stat) &&
	       filesystem_is_kernel(fd) == 0 &&
	       (stat.stx_nlink != 0 || fcntl(fd, F_GET_SEALS) < 0);
}

void exec_drop(unsigned slot)
{
	struct exec *exec = &execs[slot];

	if (!exec->is_begun)
		return;
	exec->is_begun = false;
	close(exec->program);
	close(exec->block);
	for (uint32_t i = 0; i < exec->fds_done; i++)
		close(exec->fds[i]);
}

cloudabi_errno_t exec_begin(unsigned slot, const struct control_request *head,
			    const int *fds, size_t fds_len)
{
	struct exec *exec = &execs[slot];
	int block;

	exec_drop(slot);
	if (fds_len != 1)
		return CLOUDABI_EINVAL;
	if (head->number > CONTROL_ARGDATA_MAX || head->fds_len > SPEC_FDS_MAX)
		return CLOUDABI_E2BIG;
	if (!is_program(fds[0]))
		return CLOUDABI_EACCES;
	block = block_create();
	if (block < 0)
		return host_errno(-block);
	exec->is_begun = true;
	exec->program = fds[0];
	exec->block = block;
	exec->data_len = head->number;
	exec->fds_len = head->fds_len;
	exec->data_done = 0;
	exec->fds_done = 0;
	return 0;
}

static cloudabi_errno_t put(const struct exec *exec, size_t offset,
			    const void *buf, size_t len)
{
	return host_errno(-block_put(exec->block, offset, buf, len));
}

cloudabi_errno_t exec_data(unsigned slot, const void *data, size_t len)
{
	struct exec *exec = &execs[slot];
	cloudabi_errno_t error;

	if (!exec->is_begun || len > exec->data_len - exec->data_done)
		return CLOUDABI_EINVAL;
	error = put(exec, block_place_of_fds(exec->fds_len) + exec->data_done,
		    data, len);
	if (error == 0)
		exec->data_done += (uint32_t)len;
	return error;
}

cloudabi_errno_t exec_fds(unsigned slot, const void *starts, size_t len,
			  const int *fds, size_t fds_len)
{
	struct exec *exec = &execs[slot];
	cloudabi_errno_t error;

	if (!exec->is_begun || fds_len > exec->fds_len - exec->fds_done ||
	    len != fds_len * sizeof(struct start_fd))
		return CLOUDABI_EINVAL;
	error = put(exec, block_place_of_fds(exec->fds_done), starts, len);
	if (error != 0)
		return error;
	memcpy(exec->fds + exec->fds_done, fds, fds_len * sizeof(fds[0]));
	exec->fds_done += (uint32_t)fds_len;
	return 0;
}

cloudabi_errno_t exec_finish(unsigned slot, struct launch *launch)
{
	struct exec *exec = &execs[slot];
	cloudabi_errno_t error;

	if (!exec->is_begun || exec->data_done != exec->data_len ||
	    exec->fds_done != exec->fds_len)
		return CLOUDABI_EINVAL;
	error = host_errno(
		-block_finish(exec->block, exec->fds_len, exec->data_len));
	if (error != 0)
		return error;
	*launch = (struct launch){
		.fds = exec->fds,
		.len = exec->fds_len,
		.block = exec->block,
		.program = exec->program,
	};
	return 0;
}
