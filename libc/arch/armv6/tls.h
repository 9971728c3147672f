/* SPDX-License-Identifier: BSD-2-Clause */
/* The thread pointer on ARM. */

#include <stdint.h>

/* The system finds itself by the word that the thread pointer leads to. The
 * register is the one of the two for this that programs can write. */

#define TLS_ABOVE_TP
#define GAP_ABOVE_TP 8

static inline uintptr_t __get_tp(void)
{
	uintptr_t tp;

	__asm__("mrc p15, 0, %0, c13, c0, 2" : "=r"(tp));
	return tp;
}

static inline void __set_tp(void *tp)
{
	__asm__ volatile("mcr p15, 0, %0, c13, c0, 2" : : "r"(tp) : "memory");
}
