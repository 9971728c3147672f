/* SPDX-License-Identifier: BSD-2-Clause */
/* As fork_storm.c, with processes that become another program. */

#include "processes.h"

#define CHILDREN 600

static void pause_here(void)
{
	OK(put(SOCKET, "x"));
	expect_text(SOCKET, "x");
}

static void become_another(void)
{
	static const cloudabi_fd_t fds[] = {OUTPUT, DIRECTORY, SOCKET};

	sys.proc_exec(PROGRAM, "\0", 1, fds, ARRAY_LEN(fds));
	sys.proc_exit(1);
}

void test(void)
{
	if (argdata_len == 1)
		sys.proc_exit(9);
	for (int i = 1; i <= CHILDREN; i++) {
		cloudabi_fd_t child;

		if (fork_child(&child))
			become_another();
		EQUAL(await_child(child), 9);
		OK(sys.fd_close(child));
		if (i == CHILDREN / 10 || i == CHILDREN)
			pause_here();
	}
}
