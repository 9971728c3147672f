/* SPDX-License-Identifier: BSD-2-Clause */
/* Resources taken and held, while run.py looks after the neighbours. */

#include "broker.h"
#include "frame.h"
#include "probe.h"
#include "socket.h"

#define THREAD_FLAGS                                                           \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |    \
	 CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID |                  \
	 CLONE_CHILD_CLEARTID)

/* What the kernel counts for all of a user's processes is not used up where
 * nothing keeps an attempt from doing so: others are at work there. */
#ifdef __CloudABI__
#define USERS_MOST(most, few) (most)
#else
#define USERS_MOST(most, few) (few)
#endif

/* Holds on until run.py has looked, which says so by a byte or by leaving. */
static long hold(void)
{
	char byte;
	const struct vector vector = vector_of(&byte, 1);

	say("\narmed\n");
	CALL(readv, PEER, &vector, 1);
	return 0;
}

static long fill_memory(unsigned long most)
{
	for (unsigned long size = 0; size < most; size += 1 << 20) {
		long place =
			MMAP(0, 1 << 20, PROT_READ | PROT_WRITE, ANONYMOUS, -1);

		if (is_error(place))
			break;
		for (int i = 0; i < 1 << 20; i += 4096)
			*(volatile char *)(place + i) = 1;
	}
	return hold();
}

/* Every second page, so that no two mappings become one. */
static long fill_mappings(void)
{
	for (int i = 0; i < 70000; i++) {
		long place =
			MMAP(0, 8192, PROT_READ, ANONYMOUS | MAP_NORESERVE, -1);

		if (is_error(place))
			break;
		CALL(munmap, place, 4096);
	}
	return hold();
}

static long fill_descriptors(void)
{
	while (CALL(dup, FILE_FD) >= 0)
		;
	return hold();
}

/* As much as the pairs take; a send that would wait ends it. */
static long fill_sockets(void)
{
	static char bytes[65536];
	int ends[2];

	for (int i = 0; i < 600; i++) {
		const struct vector vector = vector_of(bytes, sizeof(bytes));

		if (CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, ends) != 0)
			break;
		CALL(fcntl, ends[0], F_SETFL, O_NONBLOCK);
		while (CALL(writev, ends[0], &vector, 1) > 0)
			;
	}
	return hold();
}

/* Descriptors that are on their way count for the user, not for us. */
static long fill_in_flight(void)
{
	int ends[2], failures = 0;

	for (int i = 0; i < USERS_MOST(400, 2) && failures < 3; i++) {
		if (CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, ends) != 0)
			break;
		CALL(fcntl, ends[0], F_SETFL, O_NONBLOCK);
		if (socket_send_fds(ends[0], "x", 1, ends[1], 253) < 0)
			failures++;
	}
	return hold();
}

/* Pairs that hold each other and nobody else: garbage. */
static long fill_with_garbage(void)
{
	int ends[2], others[2];

	for (int i = 0; i < 3000; i++) {
		if (CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, ends) != 0 ||
		    CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, others) != 0)
			break;
		socket_send_fds(ends[0], "x", 1, others[1], 1);
		socket_send_fds(others[0], "x", 1, ends[1], 1);
		for (int j = 0; j < 2; j++) {
			CALL(close, ends[j]);
			CALL(close, others[j]);
		}
	}
	return hold();
}

/* Replies with descriptors that nobody takes out of the broker's hand. */
static long fill_replies(void)
{
	static long clones[1100];
	struct frame frame;
	int count = 0;

	while (count < 1100 &&
	       (clones[count] = dir_open(ROOM, ".", DIR_FOLDER)) > 0)
		count++;
	frame_make(&frame, BROKER_OPEN, "file", "");
	frame.head.rights_base = 2; /* FD_READ */
	for (int i = 0; i < count; i++)
		CALL(sendto, clones[i], &frame, frame_len(&frame), MSG_NOSIGNAL,
		     0, 0);
	return hold();
}

static long fill_capabilities(void)
{
	for (int i = 0; i < 1100; i++)
		dir_open(ROOM, ".", DIR_FOLDER);
	return hold();
}

static int32_t ids[2]; /* of the latest thread */

/* Runs on a stack of its own and never returns. */
static long start_thread(void (*code)(void))
{
	long stack = MMAP(0, 16384, PROT_READ | PROT_WRITE, ANONYMOUS, -1);

	if (is_error(stack))
		return stack;
	return thread_start(THREAD_FLAGS, stack + 16384, ids, code);
}

static void sleep_forever(void)
{
	for (;;)
		CALL(ppoll, 0, 0, 0, 0, 0);
}

static void burn(void)
{
	for (volatile unsigned i = 0;; i++)
		;
}

static void yield(void)
{
	for (;;)
		CALL(sched_yield);
}

static void ask(void)
{
	for (;;)
		dir_stat(ROOM, "file");
}

static void sleep_deaf(void)
{
	const uint64_t all = ~0ull;

	for (;;)
		CALL(ppoll, 0, 0, 0, &all, 8, 0);
}

/* Signals that wait are counted for the user as well. */
static long fill_signals(void)
{
	long r = start_thread(sleep_deaf);

	wait(-1, 300); /* until it is deaf */
	for (int i = 0; i < USERS_MOST(200000, 9) && !is_error(r); i++)
		r = CALL(tgkill, own_id(), ids[0], 64);
	return hold();
}

static long threads(int most, void (*code)(void))
{
	for (int i = 0; i < most; i++)
		if (is_error(start_thread(code)))
			break;
	return hold();
}

/* What is written goes to run.py, which reads until there is no more. */
static long flood_output(void)
{
	static char bytes[65536];
	const struct vector vector = vector_of(bytes, sizeof(bytes));

	memset(bytes, 'x', sizeof(bytes));
	for (int i = 0; i < 256; i++)
		CALL(writev, OUTPUT, &vector, 1);
	return hold();
}

static long flood_terminal(void)
{
	const struct vector vector = vector_of("\033[c\033]0;x\007\n", 10);

	CALL(fcntl, TERMINAL, F_SETFL, O_NONBLOCK);
	for (int i = 0; i < 10000; i++)
		CALL(writev, TERMINAL, &vector, 1);
	return hold();
}

/* Many names in a directory, one of which nests. */
static long fill_directory(void)
{
	char name[3] = "aa";

	for (int i = 0; i < 400; i++) {
		long fd;

		name[0] = (char)('a' + i / 20);
		name[1] = (char)('a' + i % 20);
		fd = dir_open(ROOM, name, DIR_CREATE);
		if (fd >= 0)
			CALL(close, fd);
	}
	return hold();
}

static long fill_file(void)
{
	const long fd = dir_open(ROOM, "new", DIR_CREATE);

	if (fd >= 0)
		CALL(ftruncate, fd, 1l << 30);
	return hold();
}

static void kernels(void)
{
	PROBE(WATCHED, 44, "memory", fill_memory(96ul << 20));
	PROBE(WATCHED, 44, "mappings", fill_mappings());
	PROBE(WATCHED, 46, "descriptors", fill_descriptors());
	PROBE(WATCHED, 46, "sockets", fill_sockets());
	PROBE(WATCHED, 46, "in_flight", fill_in_flight());
	PROBE(WATCHED, 46, "signals", fill_signals());
	PROBE(WATCHED, 46, "garbage", fill_with_garbage());
	PROBE(WATCHED, 46, "file_size", fill_file());
	PROBE(WATCHED, 45, "threads_sleeping",
	      threads(USERS_MOST(4000, 400), sleep_forever));
	PROBE(WATCHED, 45, "threads_computing", threads(8, burn));
	PROBE(WATCHED, 45, "threads_yielding", threads(8, yield));
}

static void brokers(void)
{
	PROBE(WATCHED, 46, "replies", fill_replies());
	PROBE(WATCHED, 46, "capabilities", fill_capabilities());
	PROBE(WATCHED, 46, "names", fill_directory());
	PROBE(WATCHED, 45, "requests", threads(4, ask));
	PROBE(WATCHED, 47, "output", flood_output());
	PROBE(WATCHED, 50, "terminal", flood_terminal());
	PROBE(WATCHED, 48, "holding", hold());
}

void bombs_probes(void)
{
	begin_group("bomb-");
	kernels();
	brokers();
}
