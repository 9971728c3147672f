/* SPDX-License-Identifier: BSD-2-Clause */
/* What x86-64 does in its own way: system calls and the thread pointer. */

#ifndef RUNTIME_ARCH_H
#define RUNTIME_ARCH_H

#include <asm/prctl.h>
#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/elf-em.h>

#define ARCH_AUDIT AUDIT_ARCH_X86_64
#define ARCH_ELF_MACHINE EM_X86_64
#define ARCH_VDSO_CLOCK_GETTIME "__vdso_clock_gettime"
/* System call numbers from here on belong to the x32 ABI. */
#define ARCH_FOREIGN_CALLS 0x40000000u

static inline long arch_call(long nr, unsigned long a, unsigned long b,
			     unsigned long c, unsigned long d, unsigned long e,
			     unsigned long f)
{
	register unsigned long r10 __asm__("r10") = d;
	register unsigned long r8 __asm__("r8") = e;
	register unsigned long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
			   "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

/* Beside the system's vDSO there is nothing to be known for it. */
static inline void arch_init(const void *sysinfo)
{
	(void)sysinfo;
}

struct thread;

/*
 * FS points at struct thread in every thread. The program may replace word 0,
 * the address of its TCB; word 1 is the structure's own address.
 */
static inline struct thread *arch_thread(void)
{
	struct thread *self;

	__asm__("movq %%fs:8, %0" : "=r"(self));
	return self;
}

static inline long arch_set_thread(struct thread *self)
{
	return arch_call(__NR_arch_prctl, ARCH_SET_FS, (unsigned long)self, 0,
			 0, 0, 0);
}

#endif
