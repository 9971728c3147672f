/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes the place of musl's header of the same name: what a thread is. */

#ifndef _PTHREAD_IMPL_H
#define _PTHREAD_IMPL_H

#include <cloudabi.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "atomic.h"
#include "libc.h"
#include "tls.h"

#define pthread __pthread

struct tsd_slot {
	unsigned generation; /* of the key that stored the value */
	void *value;
};

struct pthread {
#ifndef TLS_ABOVE_TP
	cloudabi_tcb_t tcb;
#endif
	cloudabi_tid_t tid;
	int errno_val;
	locale_t locale;

	/* Held for writing by the thread while it lives. */
	cloudabi_lock_t join;
	int state;           /* enum thread_state */
	unsigned read_locks; /* how many locks it holds for reading */

	char *mapping; /* guard, stack, thread-local storage and this */
	size_t mapping_size;
	char *stack; /* lowest address above the guard */
	size_t stack_size;
	size_t guard_size;

	void *(*start)(void *);
	void *argument;
	void *result;
	struct pthread *next_dead;

	struct __ptcb *cleanup;
	bool tsd_used;
	struct tsd_slot tsd[PTHREAD_KEYS_MAX];
};

enum thread_state {
	THREAD_JOINABLE,
	THREAD_DETACHED,
	THREAD_EXITED, /* and not yet joined or detached */
};

#define __SU (sizeof(size_t) / sizeof(int))

#define _a_stacksize __u.__s[0]
#define _a_guardsize __u.__s[1]
#define _a_stackaddr __u.__s[2] /* the end of the stack */
#define _a_detach __u.__i[3 * __SU + 0]
#define _a_sched __u.__i[3 * __SU + 1]
#define _a_policy __u.__i[3 * __SU + 2]
#define _a_prio __u.__i[3 * __SU + 3]
#define _m_type __u.__i[0]
#define _m_lock __u.__vi[1]
#define _m_count __u.__i[2] /* how often the owner locked it again */
#define _c_word __u.__vi[0]
#define _c_clock __u.__i[1]
#define _rw_lock __u.__vi[0]
#define _b_lock __u.__vi[0]
#define _b_word __u.__vi[1]
#define _b_limit __u.__i[2]
#define _b_count __u.__i[3]
#define _b_round __u.__i[4]

/* The thread pointer designates the thread control block of the ABI. On x86
 * that is the first member, and thread-local variables end there. Elsewhere
 * they start two words above it, and struct pthread precedes it. */
#ifdef TLS_ABOVE_TP
#define TP_ADJ(td) ((char *)((td) + 1))
#define TP_TO_PTHREAD(tp) ((struct pthread *)(tp)-1)
#else
#define TP_ADJ(td) ((char *)(td))
#define TP_TO_PTHREAD(tp) ((struct pthread *)(tp))
#endif
#define __pthread_self() TP_TO_PTHREAD(__get_tp())

/* As much as programs for Linux expect; untouched pages cost nothing. */
#if UINTPTR_MAX > UINT32_MAX
#define DEFAULT_STACK_SIZE ((size_t)8 << 20)
#else
#define DEFAULT_STACK_SIZE ((size_t)1 << 20)
#endif
#define DEFAULT_GUARD_SIZE ((size_t)PAGE_SIZE)

/* Thread-local storage, bottom/thread_tls.c. */
hidden void __tls_describe(const void *image, size_t filesz, size_t memsz,
			   size_t align);
hidden size_t __tls_size(void);
hidden struct pthread *__tls_place(char *block);

hidden int __thread_map(struct pthread **td, size_t stack_size,
			size_t guard_size);

hidden void __tsd_run_destructors(struct pthread *);

#endif
