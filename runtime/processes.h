/* SPDX-License-Identifier: BSD-2-Clause */
/* Other processes: how they are made, replaced and waited for. */

#ifndef RUNTIME_PROCESSES_H
#define RUNTIME_PROCESSES_H

#include "../broker/control.h"
#include "base.h"

/* Preconditions of all but the last one: process.control_fd is not 0. */

/* Returns in two processes. The parent gets the number of a process descriptor
 * that is not in fdtable yet, the child PROCESS_CHILD. */
cloudabi_errno_t processes_fork(uint32_t *fd);

/* Returns only if it fails. */
cloudabi_errno_t processes_exec(cloudabi_fd_t fd, const void *data, size_t len,
				const cloudabi_fd_t *fds, size_t fds_len);

/* Returns if the process is still there. */
cloudabi_errno_t processes_raise(cloudabi_signal_t signal);

/* Looks how the process of a descriptor has ended; EAGAIN if it has not. */
cloudabi_errno_t processes_look(uint32_t fd, struct process_end *end);

#endif
