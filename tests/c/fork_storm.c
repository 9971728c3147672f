/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes many processes one after the other, and says when it has made a tenth
 * of them and when all; the harness answers, and looks at the broker then.
 */

#include "processes.h"

#define CHILDREN 10000

static void pause_here(void)
{
	OK(put(SOCKET, "x"));
	expect_text(SOCKET, "x");
}

void test(void)
{
	for (int i = 1; i <= CHILDREN; i++) {
		cloudabi_fd_t child;

		if (fork_child(&child))
			sys.proc_exit(i & 127);
		EQUAL(await_child(child), i & 127);
		OK(sys.fd_close(child));
		if (i == CHILDREN / 10 || i == CHILDREN)
			pause_here();
	}
}
