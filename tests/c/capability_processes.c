/* SPDX-License-Identifier: BSD-2-Clause */
/* Executing takes a right of its own, which other rights are no substitute for. */

#include "capability.h"

CASE(proc_exec_without_proc_exec)
{
	const cloudabi_fd_t fd = without(PROGRAM, CLOUDABI_RIGHT_PROC_EXEC);

	FAILS(sys.proc_exec(fd, NULL, 0, NULL, 0), ENOTCAPABLE);
	OK(sys.fd_close(fd));
}

CASE(proc_exec_of_a_directory)
{
	FAILS(sys.proc_exec(DIRECTORY, NULL, 0, NULL, 0), ENOTCAPABLE);
}

CASE(proc_exec_of_a_socket)
{
	FAILS(sys.proc_exec(SOCKET, NULL, 0, NULL, 0), ENOTCAPABLE);
}

/* Having been made with the right, or found with it, is not having it. */
CASE(proc_exec_of_a_file_opened_without)
{
	const cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t fd;

	make_file(dir, "program", "#!/bin/sh\n");
	OK(open_with(dir, "program", 0, CLOUDABI_RIGHT_FD_READ, &fd));
	FAILS(sys.proc_exec(fd, NULL, 0, NULL, 0), ENOTCAPABLE);
	OK(sys.fd_close(fd));
}
