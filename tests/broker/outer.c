/* SPDX-License-Identifier: BSD-2-Clause */
/* outer PROGRAM ARGUMENT…: runs a program in a filter that allows everything
 * but has a listener, which somebody else holds. */

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = 1, .filter = code};
	pid_t self = getpid();

	if (argc < 2 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		    SECCOMP_FILTER_FLAG_NEW_LISTENER, &program) < 0)
		return 99;
	if (fork() == 0) {
		close(1);
		close(2);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == self)
			pause();
		return 0;
	}
	execv(argv[1], argv + 1);
	return 99;
}
