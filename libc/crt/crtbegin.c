/* SPDX-License-Identifier: BSD-2-Clause */
/* What C++ programs pass to __cxa_atexit() to name themselves. */

#include <features.h>
#include <stddef.h>

hidden void *__dso_handle = NULL;
