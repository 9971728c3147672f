/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine whose kernel is a function of the test. */

#ifndef RUNTIME_ARCH_H
#define RUNTIME_ARCH_H

#include <asm/unistd.h>
#include <linux/elf-em.h>

#define ARCH_ELF_MACHINE EM_X86_64

long arch_call(long nr, unsigned long a, unsigned long b, unsigned long c,
	       unsigned long d, unsigned long e, unsigned long f);

#endif
