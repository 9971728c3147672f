/* SPDX-License-Identifier: BSD-2-Clause */
/* Landlock: the second wall around the guest. */

#ifndef RUNTIME_LANDLOCK_H
#define RUNTIME_LANDLOCK_H

/* What the kernel has, from 1 on; or a negative errno, of the kernel's or of
 * whoever keeps it from us. */
long landlock_version(void);

/*
 * Puts the process into a domain without any right. Returns 0 or a negative
 * host errno.
 * Preconditions: no_new_privs is set, and there is Landlock.
 */
long landlock_enter(void);

#endif
