/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls on processes: this one, and others. */

#include "host.h"

#include "../broker/host_signal.h"
#include "fdtable.h"
#include "process.h"
#include "processes.h"
#include "sys.h"
#include "thread.h"
#include "trace.h"

void sys_proc_exit(cloudabi_exitcode_t rval)
{
	host_exit_group(rval);
}

cloudabi_errno_t sys_proc_raise(cloudabi_signal_t sig)
{
	if (host_signal(sig) == 0)
		return CLOUDABI_EINVAL;
	if (process.control_fd != 0)
		return processes_raise(sig);
	return error_of(host_call(__NR_tgkill, process.pid,
				  arch_thread()->host_tid, host_signal(sig)));
}

/* Tells whether there may be processes besides this one. */
static cloudabi_errno_t check_company(cloudabi_errno_t refusal)
{
	if (process.control_fd != 0)
		return 0;
	trace_limit(CLOUDABI_NOTE_LIMIT_PROCESSES);
	return refusal;
}

/* Where a sandbox around this one has the only listener, nobody can allow what
 * it takes. */
cloudabi_errno_t sys_proc_fork(cloudabi_fd_t *fd, cloudabi_tid_t *tid)
{
	struct fd_entry entry;
	cloudabi_errno_t error = check_company(CLOUDABI_EAGAIN);
	uint32_t child;

	if (error != 0)
		return error;
	if (!process.has_listener)
		return trace_refuse(CLOUDABI_ENOTSUP, CLOUDABI_NOTE_NO_FD, 0);
	error = processes_fork(&child);
	if (error == CLOUDABI_EAGAIN)
		trace_limit(CLOUDABI_NOTE_LIMIT_PROCESSES);
	if (error != 0)
		return error;
	*tid = arch_thread()->tid;
	*fd = child;
	fdtable_maximum(CLOUDABI_FILETYPE_PROCESS, &entry);
	return child == CLOUDABI_PROCESS_CHILD ?
		       0 :
		       fdtable_install(child, &entry, fd);
}

/* Descriptors cannot be passed on where a socket is held that takes addresses:
 * see the table of host calls. */
cloudabi_errno_t sys_proc_exec(cloudabi_fd_t fd, const void *data,
			       size_t data_len, const cloudabi_fd_t *fds,
			       size_t fds_len)
{
	cloudabi_errno_t error = fdtable_check(fd, CLOUDABI_NEEDS_PROC_EXEC);

	if (error == 0)
		error = check_company(CLOUDABI_ENOTSUP);
	if (error != 0)
		return error;
	if (!(process.start_flags & START_ALLOW_SENDMSG))
		return trace_refuse(CLOUDABI_ENOTSUP, fd, 0);
	return processes_exec(fd, data, data_len, fds, fds_len);
}
