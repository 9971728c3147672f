/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Declares sys_NAME, with the type of cloudabi_sys_NAME, for each call.
 *
 * A pointer that leads nowhere gives EFAULT where the host's kernel follows
 * it. Where the runtime itself does, the process ends as it would for any
 * other wild access.
 */

#ifndef RUNTIME_SYS_H
#define RUNTIME_SYS_H

#include <cloudabi_rights.h>
#include <cloudabi_syscalls.h>

#include "base.h"

#define DISPATCH(number, name) __typeof__(cloudabi_sys_##name) sys_##name;
#define DISPATCH_NONE(number, name)
#include "dispatch.inc"

#endif
