/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * As mutation_storm.c, with processes that become another program: threads
 * write other numbers of descriptors, and other argument data, while the
 * runtime hands these over. Argument: how many processes to make.
 */

#include "processes.h"

#define MUTATORS 2
#define FDS 6
#define TRIES 4

enum {
	GOOD = 9,
	BAD,
	REFUSED,
};

static volatile cloudabi_fd_t fds[FDS];
/* No argument data of a test's begins with that. */
#define MARK 'm'
static char data[4] = {MARK};

static void mutator(cloudabi_tid_t tid, void *argument)
{
	static const cloudabi_fd_t numbers[] = {
		READ_ONLY, READ_ONLY, DIRECTORY,  READ_ONLY, READ_ONLY, NO_FD,
		READ_ONLY, DIRECTORY, UINT32_MAX, READ_ONLY, READ_ONLY, 1 << 30,
	};
	uint32_t state = tid * 2654435761u | 1;

	(void)argument;
	for (;;) {
		state = state * 1664525 + 1013904223;
		fds[state >> 8 & 3] =
			numbers[(state >> 16) % ARRAY_LEN(numbers)];
		data[1 + (state >> 24 & 1)] = (char)(state >> 4);
		if ((state >> 20 & 15) == 0)
			sys.thread_yield();
	}
}

static void become_another(void)
{
	for (int i = 0; i < FDS; i++)
		fds[i] = READ_ONLY;
	for (int i = 0; i < MUTATORS; i++)
		spawn(mutator, NULL);
	for (int i = 0; i < TRIES; i++) {
		cloudabi_errno_t error =
			sys.proc_exec(PROGRAM, data, sizeof(data),
				      (const cloudabi_fd_t *)fds, FDS);

		if (error != CLOUDABI_EBADF)
			sys.proc_exit(BAD);
	}
	sys.proc_exit(REFUSED);
}

/* Two kinds of descriptors could be handed over, with the rights that they
 * had, and there is nothing else here. */
static bool is_right(cloudabi_fd_t fd)
{
	const cloudabi_ciovec_t iov = {"x", 1};
	cloudabi_fdstat_t stat;
	size_t n;

	if (sys.fd_stat_get(fd, &stat) != 0)
		return false;
	if (stat.fs_filetype == CLOUDABI_FILETYPE_DIRECTORY)
		return exists(fd, "file");
	return stat.fs_filetype == CLOUDABI_FILETYPE_REGULAR_FILE &&
	       !(stat.fs_rights_base & CLOUDABI_RIGHT_FD_WRITE) &&
	       sys.fd_pwrite(fd, &iov, 1, 0, &n) == CLOUDABI_ENOTCAPABLE;
}

static _Noreturn void be_another(void)
{
	cloudabi_fdstat_t stat;

	for (cloudabi_fd_t fd = 0; fd < FDS; fd++)
		if (!is_right(fd))
			sys.proc_exit(BAD);
	if (sys.fd_stat_get(FDS, &stat) != CLOUDABI_EBADF)
		sys.proc_exit(BAD);
	sys.proc_exit(GOOD);
	__builtin_unreachable();
}

static uint32_t parse(const char *text)
{
	uint32_t number = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		number = number * 10 + (uint32_t)(*text - '0');
	return number;
}

void test(void)
{
	uint32_t started = 0, refused = 0;

	if (argdata_len == sizeof(data) && argdata[0] == MARK)
		be_another();
	for (uint32_t i = parse(argdata + 1); i > 0; i--) {
		cloudabi_fd_t child;
		uint32_t end;

		if (fork_child(&child))
			become_another();
		end = await_child(child);
		CHECK(end == GOOD || end == REFUSED);
		started += end == GOOD;
		refused += end == REFUSED;
		OK(sys.fd_close(child));
	}
	say_number(started);
	say(" ");
	say_number(refused);
}
