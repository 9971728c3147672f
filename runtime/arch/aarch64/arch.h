/* SPDX-License-Identifier: BSD-2-Clause */
/* What AArch64 does in its own way: system calls and the thread pointer. */

#ifndef RUNTIME_ARCH_H
#define RUNTIME_ARCH_H

#include <stdint.h>

#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/elf-em.h>

#define ARCH_AUDIT AUDIT_ARCH_AARCH64
#define ARCH_ELF_MACHINE EM_AARCH64
#define ARCH_VDSO_CLOCK_GETTIME "__kernel_clock_gettime"

static inline long arch_call(long nr, unsigned long a, unsigned long b,
			     unsigned long c, unsigned long d, unsigned long e,
			     unsigned long f)
{
	register long x8 __asm__("x8") = nr;
	register unsigned long x0 __asm__("x0") = a;
	register unsigned long x1 __asm__("x1") = b;
	register unsigned long x2 __asm__("x2") = c;
	register unsigned long x3 __asm__("x3") = d;
	register unsigned long x4 __asm__("x4") = e;
	register unsigned long x5 __asm__("x5") = f;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return (long)x0;
}

/* Beside the system's vDSO there is nothing to be known for it. */
static inline void arch_init(const void *sysinfo)
{
	(void)sysinfo;
}

struct thread;

/*
 * The thread pointer is the program's, but the word that it leads to is not:
 * a program keeps it whenever it moves its TCB.
 */
static inline struct thread *arch_thread(void)
{
	struct thread **tcb;

	__asm__("mrs %0, tpidr_el0" : "=r"(tcb));
	return *tcb;
}

/* The first word of the structure is the address of a TCB. */
static inline long arch_set_thread(struct thread *self)
{
	__asm__ volatile("msr tpidr_el0, %0" : : "r"(*(void **)self));
	return 0;
}

#endif
