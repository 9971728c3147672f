/* SPDX-License-Identifier: BSD-2-Clause */
/* A callable function per system call on AArch64. */

/* Defines cloudabi_sys_NAME, a jump through the word `slot` beside it, which
 * stays at ENOSYS where the vDSO lacks the call. */
#define SYSCALL_STUB(name)                                                     \
	".globl cloudabi_sys_" #name "\n"                                      \
	".type cloudabi_sys_" #name ",%function\n"                             \
	".p2align 4\n"                                                         \
	"cloudabi_sys_" #name ":\n"                                            \
	"	adrp x16, .Lslot_" #name "\n"                                  \
	"	ldr x16, [x16, :lo12:.Lslot_" #name "]\n"                      \
	"	br x16\n"                                                            \
	".size cloudabi_sys_" #name ", . - cloudabi_sys_" #name "\n"

#define SYSCALL_SLOT(name)                                                     \
	".Lslot_" #name ":\n"                                                  \
	"	.quad __syscall_missing\n"

#define SYSCALL_COMMON ""

/* Continues on another stack; what is on the present one is left behind. */
#define ENTER_STACK(stack, function, argument)                                 \
	do {                                                                   \
		register void *x0 __asm__("x0") = (argument);                  \
                                                                               \
		__asm__ volatile("mov sp, %0\n"                                \
				 "	mov x29, xzr\n"                             \
				 "	mov x30, xzr\n"                             \
				 "	br %1\n"                                    \
				 :                                             \
				 : "r"(stack), "r"(function), "r"(x0)          \
				 : "memory");                                  \
	} while (0)
