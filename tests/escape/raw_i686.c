/* SPDX-License-Identifier: BSD-2-Clause */
/* How i686 enters the kernel, and the further ways that it has on x86_64. */

#include <asm/ldt.h>

#include "probe.h"

/* Six arguments take all registers, so they come from memory. */
long raw6(long nr, long a, long b, long c, long d, long e, long f)
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

/* Its thread-local storage is none, so clone() gets a segment that is not
 * present. */
long thread_start(long flags, long stack, int *ids, void (*code)(void))
{
	static struct user_desc segment = {
		.entry_number = 12, .read_exec_only = 1, .seg_not_present = 1};
	long *top = (long *)stack;
	long ret;

	*--top = (long)code;
	__asm__ volatile("push %%ebx\n"
			 "	mov %%edi, %%ebx\n"
			 "	mov %%edx, %%edi\n"
			 "	int $0x80\n"
			 "	test %%eax, %%eax\n"
			 "	jnz 1f\n"
			 "	ret\n"
			 "1:	pop %%ebx\n"
			 : "=a"(ret), "+D"(flags)
			 : "a"(__NR_clone), "c"(top), "d"(ids), "S"(&segment)
			 : "memory");
	return ret;
}

/* One of x86_64's own calls: that kernel has a code segment in which any
 * program is one of 64 bits, until it leaves it by a far return. */
long raw_foreign(long nr, long a, long b, long c)
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
			 : "=a"(ret), "+d"(c)
			 : "a"(nr), "D"(a), "S"(b)
			 : "ecx", "memory");
	return ret;
}

/* Intel's and AMD's faster entry. The kernel comes back from either by the end
 * of its __kernel_vsyscall(). */
static long sysenter(long nr, long a, long b)
{
	long ret;

	__asm__ volatile("	push %%ebx\n"
			 "	push %%ebp\n"
			 "	mov %%esi, %%ebx\n"
			 "	call 1f\n"
			 "	jmp 2f\n"
			 "1:	push %%ecx\n"
			 "	push %%edx\n"
			 "	push %%ebp\n"
			 "	mov %%esp, %%ebp\n"
			 "	sysenter\n"
			 "2:	pop %%ebp\n"
			 "	pop %%ebx\n"
			 : "=a"(ret)
			 : "a"(nr), "S"(a), "c"(b)
			 : "edx", "edi", "memory");
	return ret;
}

static long syscall32(long nr, long a, long b)
{
	long ret;

	__asm__ volatile("	push %%ebx\n"
			 "	push %%ebp\n"
			 "	mov %%esi, %%ebx\n"
			 "	call 1f\n"
			 "	jmp 2f\n"
			 "1:	push %%ecx\n"
			 "	push %%edx\n"
			 "	push %%ebp\n"
			 "	mov %%ecx, %%ebp\n"
			 "	syscall\n"
			 "2:	pop %%ebp\n"
			 "	pop %%ebx\n"
			 : "=a"(ret)
			 : "a"(nr), "S"(a), "c"(b)
			 : "edx", "edi", "memory");
	return ret;
}

/* One number for all calls on sockets, with their arguments in memory. */
static long socketcall(long call, long a, long b, long c)
{
	const long arguments[] = {a, b, c};

	return CALL(socketcall, call, arguments);
}

static long shared_memory(void)
{
	long id = CALL(ipc, 23 /* SHMGET */, 0, 4096, 01600);

	CALL(ipc, 24 /* SHMCTL */, id, 0 /* IPC_RMID */, 0);
	return id;
}

static long modify_ldt(void)
{
	const struct user_desc segment = {
		.limit = 0xfffff,
		.seg_32bit = 1,
		.contents = 2, /* code */
		.limit_in_pages = 1,
		.useable = 1,
	};

	return CALL(modify_ldt, 0x11, &segment, sizeof(segment));
}

static long set_thread_area(void)
{
	struct user_desc segment = {
		.entry_number = -1,
		.limit = 0xfffff,
		.seg_32bit = 1,
		.limit_in_pages = 1,
		.useable = 1,
	};

	return CALL(set_thread_area, &segment);
}

void machine_probes(void)
{
	const char *file = at("outside/new");
	int ends[2];

	PROBE(RESULT, 3, "long_mode", raw_foreign(39 /* getpid */, 0, 0, 0));
	PROBE(OUTSIDE, 3, "long_mode_mkdir",
	      raw_foreign(83 /* mkdir */, (long)file, 0700, 0));
	PROBE(OUTSIDE, 3, "long_mode_creat",
	      raw_foreign(85 /* creat */, (long)file, 0600, 0));
	PROBE(OUTSIDE MAYBE, 1, "syscall_mkdir",
	      syscall32(__NR_mkdir, (long)file, 0700));
	PROBE(RESULT MAYBE, 1, "syscall_getpid", syscall32(__NR_getpid, 0, 0));
	PROBE(OUTSIDE MAYBE, 1, "sysenter_mkdir",
	      sysenter(__NR_mkdir, (long)file, 0700));
	PROBE(RESULT MAYBE, 1, "sysenter_getpid", sysenter(__NR_getpid, 0, 0));
	PROBE(RESULT, 32, "socketcall_socket", socketcall(1, 2, 1, 0));
	PROBE(RESULT, 32, "socketcall_socketpair",
	      CALL(socketcall, 8, ((long[]){1, 1, 0, (long)ends})));
	PROBE(RESULT, 34, "ipc_shmget", shared_memory());
	PROBE(RESULT, 16, "modify_ldt", modify_ldt());
	PROBE(RESULT, 16, "set_thread_area", set_thread_area());
	PROBE(RESULT MAYBE, 14, "iopl", CALL(iopl, 0));
	PROBE(RESULT MAYBE, 14, "ioperm", CALL(ioperm, 0x80, 1, 1));
	PROBE(REACHES(14) MAYBE, 14, "vm86old", CALL(vm86old, 1));
}
