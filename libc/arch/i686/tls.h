/* SPDX-License-Identifier: BSD-2-Clause */
/* The thread pointer on i686. */

#include <stdint.h>

/* The base of gs is the system's and never changes. The word there is the
 * thread pointer, and nothing else behind gs may be touched. */

static inline uintptr_t __get_tp(void)
{
	uintptr_t tp;

	__asm__("mov %%gs:0,%0" : "=r"(tp));
	return tp;
}

static inline void __set_tp(void *tp)
{
	__asm__ volatile("mov %0,%%gs:0" : : "r"(tp) : "memory");
}
