/* SPDX-License-Identifier: BSD-2-Clause */
/* The thread pointer on x86-64. */

#include <stdint.h>

/* The base of fs is the system's and never changes. The word there is the
 * thread pointer, and nothing else behind fs may be touched. */

static inline uintptr_t __get_tp(void)
{
	uintptr_t tp;

	__asm__("mov %%fs:0,%0" : "=r"(tp));
	return tp;
}

static inline void __set_tp(void *tp)
{
	__asm__ volatile("mov %0,%%fs:0" : : "r"(tp) : "memory");
}
