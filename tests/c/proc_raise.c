/* SPDX-License-Identifier: BSD-2-Clause */
/* proc_raise: what is ignored, what is unknown, and what ends the process. */

#include "test.h"

CASE(pipe_is_ignored)
{
	OK(sys.proc_raise(CLOUDABI_SIGPIPE));
}

CASE(chld_is_ignored)
{
	OK(sys.proc_raise(CLOUDABI_SIGCHLD));
}

CASE(urg_is_ignored)
{
	OK(sys.proc_raise(CLOUDABI_SIGURG));
}

CASE(cont_finds_nothing_stopped)
{
	OK(sys.proc_raise(CLOUDABI_SIGCONT));
}

/* A deviation: a file that grows too large gives EFBIG and no signal. */
CASE(xfsz_is_ignored)
{
	OK(sys.proc_raise(CLOUDABI_SIGXFSZ));
}

CASE(unknown_signal)
{
	FAILS(sys.proc_raise(0), EINVAL);
	FAILS(sys.proc_raise(27), EINVAL);
	FAILS(sys.proc_raise(31), EINVAL);
	FAILS(sys.proc_raise(255), EINVAL);
}

ENDS(abrt, -6)
{
	sys.proc_raise(CLOUDABI_SIGABRT);
}

ENDS(alrm, -14)
{
	sys.proc_raise(CLOUDABI_SIGALRM);
}

ENDS(bus, -7)
{
	sys.proc_raise(CLOUDABI_SIGBUS);
}

ENDS(fpe, -8)
{
	sys.proc_raise(CLOUDABI_SIGFPE);
}

ENDS(hup, -1)
{
	sys.proc_raise(CLOUDABI_SIGHUP);
}

ENDS(ill, -4)
{
	sys.proc_raise(CLOUDABI_SIGILL);
}

ENDS(int, -2)
{
	sys.proc_raise(CLOUDABI_SIGINT);
}

ENDS(kill, -9)
{
	sys.proc_raise(CLOUDABI_SIGKILL);
}

ENDS(quit, -3)
{
	sys.proc_raise(CLOUDABI_SIGQUIT);
}

ENDS(segv, -11)
{
	sys.proc_raise(CLOUDABI_SIGSEGV);
}

ENDS(sys, -31)
{
	sys.proc_raise(CLOUDABI_SIGSYS);
}

ENDS(term, -15)
{
	sys.proc_raise(CLOUDABI_SIGTERM);
}

ENDS(trap, -5)
{
	sys.proc_raise(CLOUDABI_SIGTRAP);
}

ENDS(usr1, -10)
{
	sys.proc_raise(CLOUDABI_SIGUSR1);
}

ENDS(usr2, -12)
{
	sys.proc_raise(CLOUDABI_SIGUSR2);
}

ENDS(vtalrm, -26)
{
	sys.proc_raise(CLOUDABI_SIGVTALRM);
}

ENDS(xcpu, -24)
{
	sys.proc_raise(CLOUDABI_SIGXCPU);
}

static void raise_term(cloudabi_tid_t tid, void *argument)
{
	(void)tid;
	(void)argument;
	sys.proc_raise(CLOUDABI_SIGTERM);
}

ENDS(from_another_thread, -15)
{
	spawn(raise_term, NULL);
	park();
}
