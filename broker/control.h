/* SPDX-License-Identifier: BSD-2-Clause */
/* What a process and the broker say to each other about processes. */

#ifndef BROKER_CONTROL_H
#define BROKER_CONTROL_H

#include <linux/sched.h>
#include <stdint.h>

#include "protocol.h"

/*
 * Where a run may have several processes, each of them has a SOCK_SEQPACKET
 * socket of its own, its control socket. It sends one request there and then
 * reads one reply. A request is struct control_request, then what is said
 * below; it has descriptors attached only where that is said. Whatever else
 * comes ends the socket.
 */
enum control_op {
	/* A process to come, with a copy of the calling thread. Reply: its
	 * process descriptor, then its control socket, and a number. From then
	 * on one clone() with the flags below, and with that number in the
	 * place of parent_tid, is let through for it. */
	CONTROL_FORK = 1,
	/* The first request on a new process's socket, by itself. */
	CONTROL_HELLO,
	/* number: CLOUDABI_SIG*, for the process that asks. There is no reply
	 * to a signal that ends it. */
	CONTROL_RAISE,
	/* Another program in place of this one, which is attached. number:
	 * bytes of its argument data; fds_len: its descriptors. */
	CONTROL_EXEC,
	/* Some more bytes of the argument data, at most BROKER_DATA_MAX. */
	CONTROL_EXEC_DATA,
	/* The next descriptors, at most CONTROL_FDS_MAX, attached, and one
	 * struct start_fd for each of them. */
	CONTROL_EXEC_FDS,
	/* All has been said. The reply is the reason why not; if there is none
	 * this process has ended instead. */
	CONTROL_EXEC_START,
};

#define CONTROL_FDS_MAX 128
#define CONTROL_ARGDATA_MAX (1 << 20)

struct control_request {
	uint32_t op; /* enum control_op */
	uint32_t number;
	uint32_t fds_len;
	uint32_t padding;
};

struct control_reply {
	uint32_t error; /* CLOUDABI_E*; 0 on success */
	uint32_t number;
};

/*
 * How a process is made: as a child of the broker's, for which a clone() with
 * these very flags is judged like a request (broker/policy.c).
 */
#define CONTROL_SIGCHLD 17
#define CONTROL_CLONE_FLAGS                                                    \
	(CLONE_PARENT | CLONE_CHILD_CLEARTID | CONTROL_SIGCHLD)

/*
 * A process descriptor is one end of a SOCK_SEQPACKET pair whose other end,
 * the broker's, is bound to an address like that of a directory (protocol.h).
 * It becomes readable when the process has ended, and says how; that stays
 * there for everybody who looks with MSG_PEEK. When nobody holds it any more
 * the process is killed.
 */
#define BROKER_PROCESS_TAG "\0cloudabi-process"

struct process_end {
	uint32_t signal; /* CLOUDABI_SIG*, 0 if it exited */
	uint32_t exitcode;
};

_Static_assert(sizeof(struct control_request) == 16, "control_request");
_Static_assert(sizeof(struct control_reply) == 8, "control_reply");
_Static_assert(sizeof(struct process_end) == 8, "process_end");

#endif
