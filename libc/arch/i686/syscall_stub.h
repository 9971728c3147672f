/* SPDX-License-Identifier: BSD-2-Clause */
/* A callable function per system call on i686. */

/* Defines cloudabi_sys_NAME, a jump through the word `slot` beside it, which
 * stays at ENOSYS where the vDSO lacks the call. Addresses relative to the
 * program counter take a call to find that out. */
#define SYSCALL_STUB(name)                                                     \
	".globl cloudabi_sys_" #name "\n"                                      \
	".type cloudabi_sys_" #name ",@function\n"                             \
	".p2align 4\n"                                                         \
	"cloudabi_sys_" #name ":\n"                                            \
	"	call .Lsyscall_here\n"                                               \
	".Lafter_" #name ":\n"                                                 \
	"	jmp *.Lslot_" #name "-.Lafter_" #name "(%eax)\n"               \
	".size cloudabi_sys_" #name ", . - cloudabi_sys_" #name "\n"

#define SYSCALL_SLOT(name)                                                     \
	".Lslot_" #name ":\n"                                                  \
	"	.long __syscall_missing\n"

/* Beside the stubs. */
#define SYSCALL_COMMON                                                         \
	".p2align 4\n"                                                         \
	".Lsyscall_here:\n"                                                    \
	"	mov (%esp),%eax\n"                                                   \
	"	ret\n"

/* Continues on another stack; what is on the present one is left behind. */
#define ENTER_STACK(stack, function, argument)                                 \
	__asm__ volatile("mov %0,%%esp\n"                                      \
			 "	xor %%ebp,%%ebp\n"                                  \
			 "	sub $12,%%esp\n"                                    \
			 "	push %2\n"                                          \
			 "	call *%1\n"                                         \
			 "	ud2\n"                                              \
			 :                                                     \
			 : "r"(stack), "r"(function), "r"(argument)            \
			 : "memory")
