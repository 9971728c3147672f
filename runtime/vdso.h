/* SPDX-License-Identifier: BSD-2-Clause */
/* The shared object through which the program finds the system calls. */

#ifndef RUNTIME_VDSO_H
#define RUNTIME_VDSO_H

#include "base.h"

/* Makes the image and returns the address of its ELF header. The calls of a
 * traced program are those of trace.h. */
void *vdso_make(bool traced);

#endif
