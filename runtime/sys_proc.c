/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls on the process itself. */

#include "host.h"
#include "process.h"
#include "sys.h"
#include "thread.h"

static const uint8_t signals[] = {
	[CLOUDABI_SIGABRT] = SIGABRT, [CLOUDABI_SIGALRM] = SIGALRM,
	[CLOUDABI_SIGBUS] = SIGBUS,   [CLOUDABI_SIGCHLD] = SIGCHLD,
	[CLOUDABI_SIGCONT] = SIGCONT, [CLOUDABI_SIGFPE] = SIGFPE,
	[CLOUDABI_SIGHUP] = SIGHUP,   [CLOUDABI_SIGILL] = SIGILL,
	[CLOUDABI_SIGINT] = SIGINT,   [CLOUDABI_SIGKILL] = SIGKILL,
	[CLOUDABI_SIGPIPE] = SIGPIPE, [CLOUDABI_SIGQUIT] = SIGQUIT,
	[CLOUDABI_SIGSEGV] = SIGSEGV, [CLOUDABI_SIGSTOP] = SIGSTOP,
	[CLOUDABI_SIGSYS] = SIGSYS,   [CLOUDABI_SIGTERM] = SIGTERM,
	[CLOUDABI_SIGTRAP] = SIGTRAP, [CLOUDABI_SIGTSTP] = SIGTSTP,
	[CLOUDABI_SIGTTIN] = SIGTTIN, [CLOUDABI_SIGTTOU] = SIGTTOU,
	[CLOUDABI_SIGURG] = SIGURG,   [CLOUDABI_SIGUSR1] = SIGUSR1,
	[CLOUDABI_SIGUSR2] = SIGUSR2, [CLOUDABI_SIGVTALRM] = SIGVTALRM,
	[CLOUDABI_SIGXCPU] = SIGXCPU, [CLOUDABI_SIGXFSZ] = SIGXFSZ,
};

void sys_proc_exit(cloudabi_exitcode_t rval)
{
	host_exit_group(rval);
}

cloudabi_errno_t sys_proc_raise(cloudabi_signal_t sig)
{
	if (sig >= ARRAY_LEN(signals) || signals[sig] == 0)
		return CLOUDABI_EINVAL;
	return error_of(host_call(__NR_tgkill, process.pid, arch_thread()->tid,
				  signals[sig]));
}
