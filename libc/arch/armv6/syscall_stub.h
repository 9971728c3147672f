/* SPDX-License-Identifier: BSD-2-Clause */
/* A callable function per system call on ARM. */

/* Defines cloudabi_sys_NAME, a jump through the word `slot` beside it, which
 * stays at ENOSYS where the vDSO lacks the call. The program counter reads as
 * the address of the instruction after the next one. */
#define SYSCALL_STUB(name)                                                     \
	".globl cloudabi_sys_" #name "\n"                                      \
	".type cloudabi_sys_" #name ",%function\n"                             \
	".p2align 2\n"                                                         \
	"cloudabi_sys_" #name ":\n"                                            \
	"	ldr ip, .Ldistance_" #name "\n"                                \
	".Lhere_" #name ":\n"                                                  \
	"	ldr pc, [pc, ip]\n"                                                  \
	".Ldistance_" #name ":\n"                                              \
	"	.word .Lslot_" #name " - .Lhere_" #name " - 8\n"               \
	".size cloudabi_sys_" #name ", . - cloudabi_sys_" #name "\n"

#define SYSCALL_SLOT(name)                                                     \
	".Lslot_" #name ":\n"                                                  \
	"	.long __syscall_missing\n"

#define SYSCALL_COMMON ""

/* Continues on another stack; what is on the present one is left behind. */
#define ENTER_STACK(stack, function, argument)                                 \
	do {                                                                   \
		register void *r0 __asm__("r0") = (argument);                  \
                                                                               \
		__asm__ volatile("mov sp, %0\n"                                \
				 "	mov fp, #0\n"                               \
				 "	mov lr, #0\n"                               \
				 "	bx %1\n"                                    \
				 :                                             \
				 : "r"(stack), "r"(function), "r"(r0)          \
				 : "memory");                                  \
	} while (0)
