/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals: raising them, and their texts. */

#include <signal.h>
#include <string.h>

#include "cloudabi_impl.h"

int raise(int signal)
{
	return __result(cloudabi_sys_proc_raise((cloudabi_signal_t)signal));
}

char *strsignal(int signal)
{
	static const char texts[_NSIG][28] = {
		[0] = "Unknown signal",
		[SIGABRT] = "Aborted",
		[SIGALRM] = "Alarm clock",
		[SIGBUS] = "Bus error",
		[SIGCHLD] = "Child process status",
		[SIGCONT] = "Continued",
		[SIGFPE] = "Arithmetic exception",
		[SIGHUP] = "Hangup",
		[SIGILL] = "Illegal instruction",
		[SIGINT] = "Interrupt",
		[SIGKILL] = "Killed",
		[SIGPIPE] = "Broken pipe",
		[SIGQUIT] = "Quit",
		[SIGSEGV] = "Segmentation fault",
		[SIGSTOP] = "Stopped (signal)",
		[SIGSYS] = "Bad system call",
		[SIGTERM] = "Terminated",
		[SIGTRAP] = "Trace/breakpoint trap",
		[SIGTSTP] = "Stopped",
		[SIGTTIN] = "Stopped (terminal input)",
		[SIGTTOU] = "Stopped (terminal output)",
		[SIGURG] = "Urgent I/O condition",
		[SIGUSR1] = "User defined signal 1",
		[SIGUSR2] = "User defined signal 2",
		[SIGVTALRM] = "Virtual timer expired",
		[SIGXCPU] = "CPU time limit exceeded",
		[SIGXFSZ] = "File size limit exceeded",
	};

	return (char *)texts[(unsigned)signal < _NSIG ? signal : 0];
}
