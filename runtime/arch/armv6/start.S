/* SPDX-License-Identifier: BSD-2-Clause */
/* The runtime's entry point, and the three ways onto another stack. */

	.syntax	unified
	.arm
	.section .text.start, "ax", %progbits

/* The kernel enters here; sp points at argc. */
	.globl	_start
	.hidden	_start
	.type	_start, %function
_start:
	mov	fp, #0
	mov	lr, #0
	mov	r0, sp
	bic	sp, sp, #7
	bl	runtime_main
	udf	#0
	.size	_start, . - _start

/* _Noreturn void arch_enter(void *entry, const cloudabi_auxv_t *auxv) */
	.globl	arch_enter
	.hidden	arch_enter
	.type	arch_enter, %function
arch_enter:
	mov	ip, r0
	mov	r0, r1
	mov	fp, #0
	bic	sp, sp, #7
	blx	ip
	udf	#0
	.size	arch_enter, . - arch_enter

/*
 * long arch_clone(unsigned long flags, void *stack, uint32_t *tid,
 *     struct thread *self)
 *
 * Returns in the parent only. The kernel writes and clears *tid. The child
 * starts on the other stack, so nothing of this frame exists for it: it sets
 * its thread pointer and goes straight to thread_start().
 */
	.globl	arch_clone
	.hidden	arch_clone
	.type	arch_clone, %function
arch_clone:
	push	{r4, r5, r7, lr}
	mov	r5, r3
	ldr	r3, [r5]		/* its first word: the TCB */
	mov	r4, r2
	bic	r1, r1, #7
	mov	r7, #120		/* clone */
	svc	#0
	cmp	r0, #0
	popne	{r4, r5, r7, pc}
	ldr	r3, [r5]
	mcr	p15, 0, r3, c13, c0, 2
	mov	fp, #0
	mov	r0, r5
	bl	thread_start
	udf	#0
	.size	arch_clone, . - arch_clone

/* _Noreturn void arch_switch_stack(void *top, void (*run)(void *), void *arg) */
	.globl	arch_switch_stack
	.hidden	arch_switch_stack
	.type	arch_switch_stack, %function
arch_switch_stack:
	bic	sp, r0, #7
	mov	r0, r2
	mov	fp, #0
	blx	r1
	udf	#0
	.size	arch_switch_stack, . - arch_switch_stack

	.section .note.GNU-stack, "", %progbits
