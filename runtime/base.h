/* SPDX-License-Identifier: BSD-2-Clause */
/* What every part of the runtime uses: memory functions and small macros. */

#ifndef RUNTIME_BASE_H
#define RUNTIME_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cloudabi.h>

/* Nobody relocates the runtime, so all that its files have of each other must
 * be within reach of the program counter; see runtime.ld. */
#pragma GCC visibility push(hidden)

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* What the program has in memory can change at any time: whatever is judged is a
 * copy first, and after it the compiler has to take the original for changed. */
#define TAKE(copy, from)                                                       \
	do {                                                                   \
		*(copy) = *(from);                                             \
		__asm__ volatile("" : : : "memory");                           \
	} while (0)

/* The compiler expects these even without a C library. */
int memcmp(const void *a, const void *b, size_t len);
void *memcpy(void *restrict to, const void *restrict from, size_t len);
void *memset(void *to, int value, size_t len);

/* Translates a host call's result: 0 if it is not negative. */
cloudabi_errno_t error_of(long result);

#endif
