/* SPDX-License-Identifier: BSD-2-Clause */
/* The shared object through which the program finds the system calls. */

#ifndef RUNTIME_VDSO_H
#define RUNTIME_VDSO_H

/* Makes the image and returns the address of its ELF header. */
void *vdso_make(void);

#endif
