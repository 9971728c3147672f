/* SPDX-License-Identifier: BSD-2-Clause */
/* How i686 enters the kernel, and the further ways that it has on x86_64. */

#include <asm/ldt.h>

#define NR_MMAP __NR_mmap2

/* Six arguments take all registers, so they come from memory. */
static long raw6(long nr, long a, long b, long c, long d, long e, long f)
{
	const long list[] = {a, b, c, d, e, f};
	const long *arguments = list;
	long ret;

	__asm__ volatile("push %%ebx\n"
			 "	push %%ebp\n"
			 "	mov (%%esi),%%ebx\n"
			 "	mov 4(%%esi),%%ecx\n"
			 "	mov 8(%%esi),%%edx\n"
			 "	mov 16(%%esi),%%edi\n"
			 "	mov 20(%%esi),%%ebp\n"
			 "	mov 12(%%esi),%%esi\n"
			 "	int $0x80\n"
			 "	pop %%ebp\n"
			 "	pop %%ebx\n"
			 : "=a"(ret), "+S"(arguments)
			 : "a"(nr)
			 : "ecx", "edx", "edi", "memory");
	return ret;
}

#define RAW(nr, a, b, c, d)                                                    \
	raw6(nr, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

/* One of x86_64's own calls: that kernel has a code segment in which any
 * program is one of 64 bits, until it leaves it by a far return. */
static long raw_long_mode(long nr, const void *a, long b)
{
	long ret;

	__asm__ volatile("push %%cs\n"
			 "	call 1f\n"
			 "	jmp 3f\n"
			 "1:	push $0x33\n"
			 "	call 2f\n"
			 "	.byte 0x0f, 0x05\n" /* syscall */
			 "	.byte 0xcb\n"       /* lret, of 32 bits */
			 "2:	lret\n"
			 "3:\n"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b)
			 : "ecx", "edx", "memory");
	return ret;
}

static long probe_long_mode(void)
{
	return raw_long_mode(39 /* getpid */, NULL, 0);
}

static long probe_long_mode_mkdir(void)
{
	return raw_long_mode(83 /* mkdir */, canary_file, 0700);
}

/* One number for all calls on sockets, with their arguments in memory. */
static long probe_socketcall(void)
{
	const long arguments[] = {2, 1, 0};

	return RAW(__NR_socketcall, 1 /* socket */, arguments, 0, 0);
}

static long probe_modify_ldt(void)
{
	const struct user_desc segment = {
		.limit = 0xfffff,
		.seg_32bit = 1,
		.contents = 2, /* code */
		.limit_in_pages = 1,
		.useable = 1,
	};

	return RAW(__NR_modify_ldt, 0x11, &segment, sizeof(segment), 0);
}

#define MACHINE_PROBES(X)                                                      \
	X(long_mode)                                                           \
	X(long_mode_mkdir)                                                     \
	X(socketcall)                                                          \
	X(modify_ldt)

/* Calls start() with the address of argc. */
#define START                                                                  \
	".globl _start\n"                                                      \
	"_start:\n"                                                            \
	"	mov %esp, %eax\n"                                                    \
	"	and $-16, %esp\n"                                                    \
	"	sub $12, %esp\n"                                                     \
	"	push %eax\n"                                                         \
	"	call start\n"
