/* SPDX-License-Identifier: BSD-2-Clause */
/* The thread pointer on AArch64. */

#include <stdint.h>

/* The system finds itself by the word that the thread pointer leads to. */

#define TLS_ABOVE_TP
#define GAP_ABOVE_TP 16

static inline uintptr_t __get_tp(void)
{
	uintptr_t tp;

	__asm__("mrs %0, tpidr_el0" : "=r"(tp));
	return tp;
}

static inline void __set_tp(void *tp)
{
	__asm__ volatile("msr tpidr_el0, %0" : : "r"(tp) : "memory");
}
