/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes processes for ever: some end, some stay, some become this program. */

#include "processes.h"

static void become_another(void)
{
	static const cloudabi_fd_t fds[] = {OUTPUT,    DIRECTORY, READ_WRITE,
					    READ_ONLY, SOCKET,    LISTENER,
					    PROGRAM};

	sys.proc_exec(PROGRAM, "\0", 1, fds, ARRAY_LEN(fds));
}

static void be_child(int i)
{
	if (i % 3 == 0)
		become_another();
	while (i % 3 == 1)
		sleep_ns(1000000000);
	sys.proc_exit(0);
}

void test(void)
{
	if (argdata_len == 1)
		sys.proc_exit(0);
	OK(put(SOCKET, "x"));
	expect_text(SOCKET, "x");
	for (int i = 0;; i++) {
		cloudabi_fd_t fd;
		cloudabi_tid_t tid;

		if (sys.proc_fork(&fd, &tid) != 0)
			continue;
		if (fd == CLOUDABI_PROCESS_CHILD)
			be_child(i);
		if (i % 3 == 1)
			sleep_ns(1000000);
		OK(sys.fd_close(fd));
	}
}
