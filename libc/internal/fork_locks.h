/* SPDX-License-Identifier: BSD-2-Clause */
/* The locks of libc/bottom that have to be free in a copy of the process. */

#ifndef FORK_LOCKS_H
#define FORK_LOCKS_H

#include <features.h>

/* NULL where the program does without the file that has the lock. */
extern hidden volatile int *const __children_lockptr;
extern hidden volatile int *const __keys_lockptr;
extern hidden volatile int *const __current_lockptr;
extern hidden volatile int *const __dead_lockptr;
extern hidden volatile int *const __blocks_lockptr;

/* In the copy, where no thread but the calling one exists, and which has no
 * children. */
hidden void __threads_forget(void);
hidden void __children_forget(void);

#endif
