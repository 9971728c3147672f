/* SPDX-License-Identifier: BSD-2-Clause */
/* The host kernel's own vDSO. */

#ifndef RUNTIME_HOSTVDSO_H
#define RUNTIME_HOSTVDSO_H

#include "base.h"

/* Finds a function in the shared object at `image`, or returns NULL. */
void *hostvdso_find(const void *image, const char *name);

#endif
