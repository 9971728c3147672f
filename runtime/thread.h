/* SPDX-License-Identifier: BSD-2-Clause */
/* What the runtime keeps for each thread. */

#ifndef RUNTIME_THREAD_H
#define RUNTIME_THREAD_H

#include "../broker/protocol.h"
#include "base.h"
#include "host.h"
#include "wait.h"

#define THREAD_EXIT_STACK 4096

/*
 * Lives in memory of the runtime's own that is never given back, only used
 * again for a later thread: a thread that is on its way out, or one that
 * wakes it, can still touch it. The first two words are fixed by arch/.
 */
struct thread {
	cloudabi_tcb_t *tcb; /* the program's to change */
	struct thread *self;
	cloudabi_tcb_t first_tcb;
	uint32_t tid;
	uint32_t host_tid; /* 0 once the kernel is done with the thread */
	struct waiter waiter;
	struct thread *next_free;
	struct thread *next; /* of all records */
	cloudabi_threadentry_t *entry;
	void *argument;
	const struct call *call; /* that is at work, if the program is traced */
	bool denied;             /* that call was refused */
	bool telling;            /* the program is being told so */
	unsigned char exit_stack[THREAD_EXIT_STACK];
	/* Room for poll, one place per descriptor. */
	struct pollfd pollfds[START_FDS_MAX];
};

/* Makes the thread that runs the first one. */
long thread_init_main(void);

/* Keeps others from starting and ending. */
void threads_lock(void);
void threads_unlock(void);

/* In a new process: the calling thread is the only one, under its old id.
 * Preconditions: threads are locked. */
void threads_reset(void);

/* Where a new thread arrives, on the program's stack. */
_Noreturn void thread_start(struct thread *self);

/* In arch/<isa>/start.S. */
_Noreturn void arch_enter(void *entry, const cloudabi_auxv_t *auxv);
long arch_clone(unsigned long flags, void *stack, uint32_t *tid,
		struct thread *self);
_Noreturn void arch_switch_stack(void *top, void (*run)(void *), void *arg);

#endif
