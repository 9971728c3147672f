/* SPDX-License-Identifier: BSD-2-Clause */
/* What ARM does in its own way: system calls and the thread pointer. */

#ifndef RUNTIME_ARCH_H
#define RUNTIME_ARCH_H

#include <stdint.h>

#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/elf-em.h>

#define ARCH_AUDIT AUDIT_ARCH_ARM
#define ARCH_ELF_MACHINE EM_ARM
#define ARCH_VDSO_CLOCK_GETTIME "__vdso_clock_gettime64"
/* A 64-bit value takes two registers of which the first has an even number. */
#define ARCH_ALIGNS_HALVES 1
#define ARCH_NR_FADVISE __NR_arm_fadvise64_64

static inline long arch_call(long nr, unsigned long a, unsigned long b,
			     unsigned long c, unsigned long d, unsigned long e,
			     unsigned long f)
{
	register long r7 __asm__("r7") = nr;
	register unsigned long r0 __asm__("r0") = a;
	register unsigned long r1 __asm__("r1") = b;
	register unsigned long r2 __asm__("r2") = c;
	register unsigned long r3 __asm__("r3") = d;
	register unsigned long r4 __asm__("r4") = e;
	register unsigned long r5 __asm__("r5") = f;

	__asm__ volatile("svc #0"
			 : "+r"(r0)
			 : "r"(r7), "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5)
			 : "memory");
	return (long)r0;
}

/* Beside the system's vDSO there is nothing to be known for it. */
static inline void arch_init(const void *sysinfo)
{
	(void)sysinfo;
}

struct thread;

/*
 * The thread pointer is the program's, but the word that it leads to is not:
 * a program keeps it whenever it moves its TCB. The register is not the one
 * that the kernel sets, but the one that programs can write.
 */
static inline struct thread *arch_thread(void)
{
	struct thread **tcb;

	__asm__("mrc p15, 0, %0, c13, c0, 2" : "=r"(tcb));
	return *tcb;
}

/* The first word of the structure is the address of a TCB. */
static inline long arch_set_thread(struct thread *self)
{
	__asm__ volatile("mcr p15, 0, %0, c13, c0, 2" : : "r"(*(void **)self));
	return 0;
}

#endif
