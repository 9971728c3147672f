/* SPDX-License-Identifier: BSD-2-Clause */
/* What i686 does in its own way: system calls and the thread pointer. */

#ifndef RUNTIME_ARCH_H
#define RUNTIME_ARCH_H

#include <stdint.h>

#include <asm/ldt.h>
#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/elf-em.h>

#define ARCH_AUDIT AUDIT_ARCH_I386
#define ARCH_ELF_MACHINE EM_386
#define ARCH_VDSO_CLOCK_GETTIME "__vdso_clock_gettime64"
#define ARCH_ALIGNS_HALVES 0
#define ARCH_NR_FADVISE __NR_fadvise64_64

/* In start.S: six arguments take all the registers that there are. */
long arch_call(long nr, unsigned long a, unsigned long b, unsigned long c,
	       unsigned long d, unsigned long e, unsigned long f);

/* Where the kernel lets itself be called, which takes a twentieth of the time
 * of the interrupt that works without it. */
extern const void *arch_sysinfo __attribute__((visibility("hidden")));

static inline void arch_init(const void *sysinfo)
{
	arch_sysinfo = sysinfo;
}

struct thread;

/*
 * GS points at struct thread in every thread. The program may replace word 0,
 * the address of its TCB; word 1 is the structure's own address.
 */
static inline struct thread *arch_thread(void)
{
	struct thread *self;

	__asm__("movl %%gs:4, %0" : "=r"(self));
	return self;
}

/* The lowest two bits of a selector mean a program, the third one a table. */
static inline long arch_set_thread(struct thread *self)
{
	struct user_desc segment = {
		.entry_number = -1,
		.base_addr = (uintptr_t)self,
		.limit = 0xfffff,
		.seg_32bit = 1,
		.limit_in_pages = 1,
		.useable = 1,
	};
	long r = arch_call(__NR_set_thread_area, (uintptr_t)&segment, 0, 0, 0,
			   0, 0);

	if (r == 0)
		__asm__ volatile("movw %w0, %%gs"
				 :
				 : "r"(segment.entry_number << 3 | 3));
	return r;
}

#endif
