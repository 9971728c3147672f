/* SPDX-License-Identifier: BSD-2-Clause */
/* Landlock: the second wall around the guest. */

#ifndef RUNTIME_LANDLOCK_H
#define RUNTIME_LANDLOCK_H

/*
 * Puts the process into a domain without any right. Returns 0 or a negative
 * host errno; -ENOSYS or -EOPNOTSUPP if the kernel has no Landlock.
 * Preconditions: no_new_privs is set.
 */
long landlock_enter(void);

#endif
