/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects that processes share, and descriptors that travel. */

#include "probe.h"
#include "socket.h"

#define CREATE 01600

/* One's own end of a pair sent to the other: a loop that only the kernel's
 * garbage collector can break. */
static long descriptor_loop(void)
{
	int ends[2];
	long r = CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, ends);

	for (int i = 0; i < 16 && !is_error(r); i++)
		r = socket_send_fds(ends[0], "x", 1, ends[1], 8);
	CALL(close, ends[0]);
	CALL(close, ends[1]);
	return r;
}

/* More than any message can carry, and what is none. */
static long descriptors_malformed(void)
{
	struct {
		size_t len;
		int32_t level, type;
		int32_t fds[300];
	} control = {.len = sizeof(control), .level = SOL_SOCKET, .type = 1};
	const struct vector vector = vector_of("x", 1);
	struct message message = {
		.vectors = &vector,
		.vectors_len = 1,
		.control = &control,
		.control_len = sizeof(control),
	};
	long r = CALL(sendmsg, PEER, &message, MSG_NOSIGNAL);

	control.len = 1;
	CALL(sendmsg, PEER, &message, MSG_NOSIGNAL);
	control.len = ~0ul;
	CALL(sendmsg, PEER, &message, MSG_NOSIGNAL);
	return r == -EINVAL ? 0 : -1;
}

static long map_shared(void)
{
	long id = CALL(shmget, 0, 4096, CREATE);
	long r = then(id, made(CALL(shmat, id, 0, 0)));

	CALL(shmctl, id, 0 /* IPC_RMID */, 0);
	return r;
}

static long queue_of_the_host(void)
{
	const long attributes[8] = {0, 4, 16};
	long fd = CALL(mq_open, word(WORD_KEY), 0102, 0600, attributes);

	CALL(mq_unlink, word(WORD_KEY));
	return fd;
}

static long timer(void)
{
	int id;

	return CALL(timer_create, 1, NULL, &id);
}

/* A pair whose signals go to another process. */
static long owned_pair(long by_call)
{
	int ends[2];
	const int owner[2] = {1 /* F_OWNER_PID */, (int)PROCESS};
	long r = CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, ends);

	if (by_call == 0)
		r = then(r, CALL(fcntl, ends[0], F_SETOWN, PROCESS));
	else if (by_call == 1)
		r = then(r, CALL(fcntl, ends[0], 15, owner));
	else
		r = then(r, CALL(ioctl, ends[0], by_call, &owner[1]));
	CALL(fcntl, ends[0], F_SETSIG, 10);
	r = then(r, CALL(fcntl, ends[0], F_SETFL, 020000 /* O_ASYNC */));
	CALL(writev, ends[1], (&(struct vector[]){vector_of("x", 1)}), 1);
	return r;
}

static void objects(void)
{
	const long key = word_number(WORD_KEY);
	char memory[64];

	PROBE(OBJECT, 34, "shmget", CALL(shmget, key, 4096, CREATE));
	PROBE(OBJECT, 34, "msgget", CALL(msgget, key, CREATE));
	PROBE(OBJECT, 34, "semget", CALL(semget, key, 1, CREATE));
	PROBE(RESULT, 34, "shmat", map_shared());
	PROBE(RESULT, 34, "shmctl", CALL(shmctl, 0, 14 /* SHM_INFO */, memory));
	PROBE(RESULT, 34, "mq_open", queue_of_the_host());
	PROBE(RESULT, 34, "pipe2", CALL(pipe2, memory, 0));
	PROBE(RESULT, 34, "eventfd", CALL(eventfd2, 0, 0));
	PROBE(RESULT, 34, "signalfd", CALL(signalfd4, -1, memory, 8, 0));
	PROBE(RESULT, 34, "timerfd", CALL(timerfd_create, 1, 0));
	PROBE(RESULT, 34, "epoll", CALL(epoll_create1, 0));
	PROBE(RESULT, 34, "memfd_create", CALL(memfd_create, "x", 0));
	PROBE(RESULT, 34, "timer_create", timer());
}

static void descriptors(void)
{
	PROBE(WATCHED, 31, "descriptor_loop", descriptor_loop());
	PROBE(WATCHED, 31, "descriptors_malformed", descriptors_malformed());
	PROBE(SIGNAL, 20, "owner", owned_pair(0));
	PROBE(SIGNAL, 20, "owner_ex", owned_pair(1));
	PROBE(SIGNAL, 20, "owner_fiosetown", owned_pair(0x8901));
	PROBE(SIGNAL, 20, "owner_siocspgrp", owned_pair(0x8902));
}

void ipc_probes(void)
{
	objects();
	descriptors();
}
