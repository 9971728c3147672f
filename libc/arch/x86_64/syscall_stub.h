/* SPDX-License-Identifier: BSD-2-Clause */
/* A callable function per system call on x86-64. */

/* Defines cloudabi_sys_NAME, a jump through the word `slot` beside it, which
 * stays at ENOSYS where the vDSO lacks the call. */
#define SYSCALL_STUB(name)                                                     \
	".globl cloudabi_sys_" #name "\n"                                      \
	".type cloudabi_sys_" #name ",@function\n"                             \
	".p2align 4\n"                                                         \
	"cloudabi_sys_" #name ":\n"                                            \
	"	jmp *.Lslot_" #name "(%rip)\n"                                 \
	".size cloudabi_sys_" #name ", . - cloudabi_sys_" #name "\n"

#define SYSCALL_SLOT(name)                                                     \
	".Lslot_" #name ":\n"                                                  \
	"	.quad __syscall_missing\n"

#define SYSCALL_COMMON ""

/* Continues on another stack; what is on the present one is left behind. */
#define ENTER_STACK(stack, function, argument)                                 \
	__asm__ volatile("mov %0,%%rsp\n"                                      \
			 "	xor %%ebp,%%ebp\n"                                  \
			 "	call *%1\n"                                         \
			 "	ud2\n"                                              \
			 :                                                     \
			 : "r"(stack), "r"(function), "D"(argument)            \
			 : "memory")
