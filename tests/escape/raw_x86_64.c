/* SPDX-License-Identifier: BSD-2-Clause */
/* How x86_64 enters the kernel, and the further ways that it has. */

#include "probe.h"

#define X32_BIT 0x40000000

long raw6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
			   "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

/* The 32-bit entry into the kernel; pointers must lie below 4 GiB. */
long raw_foreign(long nr, long a, long b, long c)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(nr), "b"(a), "c"(b), "d"(c)
			 : "r8", "r9", "r10", "r11", "memory");
	return ret;
}

long thread_start(long flags, long stack, int *ids, void (*code)(void))
{
	register int *r10 __asm__("r10") = ids + 1;
	register long r8 __asm__("r8") = (long)ids;
	long ret;

	__asm__ volatile("syscall\n"
			 "	test %%rax, %%rax\n"
			 "	jnz 1f\n"
			 "	xor %%ebp, %%ebp\n"
			 "	call *%6\n"
			 "1:\n"
			 : "=a"(ret)
			 : "a"(__NR_clone), "D"(flags), "S"(stack), "d"(ids),
			   "r"(r10), "r"(code), "r"(r8)
			 : "rcx", "r11", "memory");
	return ret;
}

/* A text where a 32-bit pointer reaches it. */
static long low(const char *string)
{
	long page = MMAP(0x10000000, 4096, PROT_READ | PROT_WRITE,
			 ANONYMOUS | MAP_FIXED, -1);

	memcpy((char *)page, string, length(string) + 1);
	return page;
}

#define VSYSCALL(offset)                                                       \
	((long (*)(void *, void *))(0xffffffffff600000 + (offset)))

/* Any program can leave for the segment of 32-bit code and come back, by a far
 * pointer in low(): the page has what 32-bit code can name. */
static long in_compatibility_mode(long nr, long a, long b)
{
	long ret;

	__asm__ volatile("	mov %%rsp, 0x10000e10\n"
			 "	lea 3f(%%rip), %%r9\n"
			 "	mov %%r9d, 0x10000e00\n"
			 "	movl $0x33, 0x10000e04\n"
			 "	lea 2f(%%rip), %%r8\n"
			 "	mov $0x10000d00, %%esp\n"
			 "	push $0x23\n"
			 "	push %%r8\n"
			 "	lretq\n"
			 "	.code32\n"
			 "2:	int $0x80\n"
			 "	ljmp *0x10000e00\n"
			 "	.code64\n"
			 "3:	mov 0x10000e10, %%rsp\n"
			 : "=a"(ret)
			 : "a"(nr), "b"(a), "c"(b)
			 : "r8", "r9", "r10", "r11", "memory");
	return ret;
}

void machine_probes(void)
{
	const char *file = at("outside/new");
	const int create = O_WRONLY | O_CREAT;
	long time[2];

	PROBE(RESULT MAYBE, 3, "int80", raw_foreign(20 /* getpid */, 0, 0, 0));
	PROBE(OUTSIDE MAYBE, 3, "int80_creat",
	      raw_foreign(8 /* creat */, low(file), 0600, 0));
	PROBE(OUTSIDE MAYBE, 3, "int80_mkdir",
	      raw_foreign(39 /* mkdir */, low(file), 0700, 0));
	PROBE(OUTSIDE MAYBE, 3, "far_jump_mkdir",
	      in_compatibility_mode(39 /* mkdir */, low(file), 0700));
	PROBE(OUTSIDE MAYBE, 4, "x32_openat",
	      raw6(X32_BIT | __NR_openat, AT_FDCWD, (long)file, create, 0600, 0,
		   0));
	PROBE(OUTSIDE MAYBE, 4, "x32_mkdir",
	      raw6(X32_BIT | __NR_mkdir, (long)file, 0700, 0, 0, 0, 0));
	PROBE(RESULT MAYBE, 4, "x32_getpid",
	      raw6(X32_BIT | __NR_getpid, 0, 0, 0, 0, 0, 0));
	PROBE(RESULT MAYBE, 4, "x32_allowed_call",
	      raw6(X32_BIT | __NR_sched_yield, 0, 0, 0, 0, 0, 0));
	PROBE(RESULT, 4, "number_high_bits",
	      raw6(__NR_getpid | 1L << 32, 0, 0, 0, 0, 0, 0));
	PROBE(OUTSIDE, 4, "number_sign_bits",
	      raw6(__NR_mkdir | ~0xffffffffL, (long)file, 0700, 0, 0, 0, 0));
	PROBE(RESULT MAYBE, 5, "vsyscall_time", VSYSCALL(0x400)(time, NULL));
	PROBE(RESULT MAYBE, 5, "vsyscall_gettimeofday",
	      VSYSCALL(0)(time, NULL));
	PROBE(RESULT MAYBE, 5, "vsyscall_getcpu", VSYSCALL(0x800)(time, NULL));
	PROBE(RESULT MAYBE, 14, "iopl", CALL(iopl, 0));
	PROBE(RESULT MAYBE, 14, "ioperm", CALL(ioperm, 0x80, 1, 1));
	PROBE(RESULT, 16, "arch_prctl_set_gs",
	      CALL(arch_prctl, 0x1001, 0x10000000));
}
