/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes the place of musl's header of the same name: there are no syscalls. */

#ifndef _INTERNAL_SYSCALL_H
#define _INTERNAL_SYSCALL_H

/*
 * CloudABI has functions instead of numbered system calls. A file of musl
 * that still names a SYS_… constant therefore fails to compile, and belongs
 * into libc/bottom/ instead.
 */
#include <features.h>
#include <errno.h>

#endif
