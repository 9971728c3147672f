/* SPDX-License-Identifier: BSD-2-Clause */
/* What compilers call for the thread pointer on ARM: only r0 may change. */

	.syntax unified
	.arm
	.text
	.globl	__aeabi_read_tp
	.type	__aeabi_read_tp, %function
__aeabi_read_tp:
	mrc	p15, 0, r0, c13, c0, 2
	bx	lr
	.size	__aeabi_read_tp, . - __aeabi_read_tp

	.section .note.GNU-stack, "", %progbits
