/* SPDX-License-Identifier: BSD-2-Clause */
/* The steps from _start() to the program. */

#ifndef START_H
#define START_H

#include <cloudabi.h>
#include <features.h>

/* Called by _start() once the program is relocated. */
_Noreturn void __start_program(const cloudabi_auxv_t *auxv);

/* Fills the table of system calls from the vDSO. */
hidden void __syscalls_find(const void *vdso);

#endif
