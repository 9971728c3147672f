/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * proc_exec: what the new program gets, and what makes it fail. The program
 * that is started is this one; its argument data says what it is to do.
 */

#include "processes.h"

#define DATA_MAX (1 << 20)

/* What a program that replaces this one is to do, after a NUL. */
enum part {
	LEAVE = 'l',    /* exit with 44 */
	SHOW = 's',     /* check its descriptors */
	STAY = 'w',     /* wait until it is killed */
	COUNT = 'c',    /* check how long its argument data are */
	AGAIN = 'a',    /* become another one that leaves */
	FORK = 'f',     /* make a process and wait for it */
	RESTRICT = 'r', /* check that rights were left behind */
};

static cloudabi_errno_t become(enum part part, const cloudabi_fd_t *fds,
			       size_t fds_len)
{
	const char data[] = {0, (char)part};

	return sys.proc_exec(PROGRAM, data, sizeof(data), fds, fds_len);
}

/* The same in a process of its own; returns what comes of it. */
static uint32_t result_of(enum part part, const cloudabi_fd_t *fds,
			  size_t fds_len)
{
	cloudabi_fd_t child;
	uint32_t result;

	if (fork_child(&child)) {
		become(part, fds, fds_len);
		sys.proc_exit(99);
	}
	result = await_child(child);
	OK(sys.fd_close(child));
	return result;
}

static const cloudabi_fd_t usual[] = {OUTPUT,    DIRECTORY, READ_WRITE,
				      READ_ONLY, SOCKET,    LISTENER,
				      ELSEWHERE, DEVICE,    PROGRAM};

/* Descriptors as their numbers were, and one more that is there twice. */
static void show(void)
{
	cloudabi_fdstat_t stat;
	cloudabi_fd_t fd;

	OK(open_at(DIRECTORY, "file", READ, 0, &fd));
	expect_text(fd, "content");
	OK(sys.fd_close(fd));
	OK(sys.fd_stat_get(READ_ONLY, &stat));
	CHECK(!(stat.fs_rights_base & CLOUDABI_RIGHT_FD_WRITE));
	OK(sys.fd_stat_get(SOCKET, &stat));
	EQUAL(stat.fs_filetype, CLOUDABI_FILETYPE_SOCKET_STREAM);
	/* Closing one of two leaves the other. */
	OK(sys.fd_close(PROGRAM + 1));
	OK(open_at(DIRECTORY, "file", READ, 0, &fd));
	OK(sys.fd_close(fd));
	/* The runtime's own come next; nothing is above. */
	for (fd = PROGRAM + 2; fd < 1100; fd++)
		FAILS(sys.fd_stat_get(fd, &stat), EBADF);
	sys.proc_exit(45);
}

NATIVE(descriptors, "nobody lets processes be made")
{
	cloudabi_fd_t fds[ARRAY_LEN(usual) + 1];
	cloudabi_fd_t a, b;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	memcpy(fds, usual, sizeof(usual));
	fds[ARRAY_LEN(usual)] = DIRECTORY;
	EQUAL(result_of(SHOW, fds, ARRAY_LEN(fds)), 45);
	EQUAL(result_of(LEAVE, NULL, 0), 44);
	OK(sys.fd_close(a));
	OK(sys.fd_close(b));
}

NATIVE(rights, "nobody lets processes be made")
{
	cloudabi_fd_t fds[ARRAY_LEN(usual)];

	memcpy(fds, usual, sizeof(usual));
	OK(sys.fd_dup(READ_WRITE, &fds[READ_WRITE]));
	restrict_rights(fds[READ_WRITE], CLOUDABI_RIGHT_FD_SEEK);
	EQUAL(result_of(RESTRICT, fds, ARRAY_LEN(fds)), 46);
	OK(sys.fd_close(fds[READ_WRITE]));
}

/* More descriptors than fit into one message. */
NATIVE(many, "nobody lets processes be made")
{
	static cloudabi_fd_t fds[300];

	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		fds[i] = i < ARRAY_LEN(usual) ? i : (cloudabi_fd_t)READ_ONLY;
	EQUAL(result_of(LEAVE, fds, ARRAY_LEN(fds)), 44);
}

NATIVE(data, "nobody lets processes be made")
{
	char *data = allocate(DATA_MAX + 1);
	cloudabi_fd_t child;

	data[1] = COUNT;
	data[DATA_MAX - 1] = 77;
	FAILS(sys.proc_exec(PROGRAM, data, DATA_MAX + 1, NULL, 0), E2BIG);
	FAILS(sys.proc_exec(PROGRAM, (void *)16, 10, NULL, 0), EFAULT);
	if (fork_child(&child)) {
		sys.proc_exec(PROGRAM, data, DATA_MAX, NULL, 0);
		sys.proc_exit(99);
	}
	EQUAL(await_child(child), 77);
	OK(sys.fd_close(child));
}

/* Who waits for a process waits for what it becomes. */
NATIVE(identity, "nobody lets processes be made")
{
	cloudabi_fd_t child;

	EQUAL(result_of(AGAIN, usual, ARRAY_LEN(usual)), 44);
	EQUAL(result_of(FORK, usual, ARRAY_LEN(usual)), 47);
	if (fork_child(&child)) {
		become(STAY, NULL, 0);
		sys.proc_exit(99);
	}
	OK(sys.fd_close(child));
}

CASE(errors)
{
	const cloudabi_fd_t wrong[] = {OUTPUT, 900};
	cloudabi_fd_t copy, memory;

	FAILS(become(LEAVE, wrong, ARRAY_LEN(wrong)), EBADF);
	FAILS(sys.proc_exec(900, NULL, 0, NULL, 0), EBADF);
	FAILS(sys.proc_exec(READ_ONLY, NULL, 0, NULL, 0), EACCES);
	FAILS(sys.proc_exec(READ_WRITE, NULL, 0, NULL, 0), EACCES);
	FAILS(sys.proc_exec(SOCKET, NULL, 0, NULL, 0), ENOTCAPABLE);
	OK(sys.fd_dup(PROGRAM, &copy));
	restrict_rights(copy, CLOUDABI_RIGHT_PROC_EXEC);
	FAILS(sys.proc_exec(copy, NULL, 0, NULL, 0), ENOTCAPABLE);
	OK(sys.fd_close(copy));
	/* What a program writes itself is no program. */
	memory = make_memory(4096);
	CHECK(sys.proc_exec(memory, NULL, 0, NULL, 0) != 0);
	OK(sys.fd_close(memory));
	OK(open_at(DIRECTORY, "script", READ, 0, &copy));
	FAILS(sys.proc_exec(copy, NULL, 0, NULL, 0), ENOEXEC);
	OK(sys.fd_close(copy));
	/* All of that has done no harm. */
	OK(open_at(DIRECTORY, "file", READ, 0, &copy));
	expect_text(copy, "content");
	OK(sys.fd_close(copy));
}

void be_started(unsigned char part)
{
	cloudabi_fd_t child;

	switch (part) {
	case SHOW:
		show();
		break;
	case STAY:
		for (;;)
			sleep_ns(1000000000);
	case COUNT:
		EQUAL(argdata_len, DATA_MAX);
		sys.proc_exit((unsigned char)argdata[DATA_MAX - 1]);
	case AGAIN:
		become(LEAVE, NULL, 0);
		break;
	case FORK:
		if (fork_child(&child))
			sys.proc_exit(47);
		sys.proc_exit(await_child(child));
	case RESTRICT:
		CHECK(!(rights_of(READ_WRITE) & CLOUDABI_RIGHT_FD_SEEK));
		sys.proc_exit(46);
	case LEAVE:
		sys.proc_exit(44);
	}
	sys.proc_exit(98);
	__builtin_trap();
}

/* The main program of the run becomes another one. */
ENDS(becomes_another, 44)
{
	become(LEAVE, NULL, 0);
}
