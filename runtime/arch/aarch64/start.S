/* SPDX-License-Identifier: BSD-2-Clause */
/* The runtime's entry point, and the three ways onto another stack. */

	.section .text.start, "ax", @progbits

/* The kernel enters here; sp points at argc. */
	.globl	_start
	.hidden	_start
	.type	_start, @function
_start:
	mov	x29, xzr
	mov	x30, xzr
	mov	x0, sp
	and	sp, x0, #-16
	bl	runtime_main
	brk	#0
	.size	_start, . - _start

/* _Noreturn void arch_enter(void *entry, const cloudabi_auxv_t *auxv) */
	.globl	arch_enter
	.hidden	arch_enter
	.type	arch_enter, @function
arch_enter:
	mov	x16, x0
	mov	x0, x1
	mov	x29, xzr
	mov	x30, xzr
	blr	x16
	brk	#0
	.size	arch_enter, . - arch_enter

/*
 * long arch_clone(unsigned long flags, void *stack, uint32_t *tid,
 *     struct thread *self)
 *
 * Returns in the parent only. The kernel writes and clears *tid. The child
 * starts on the other stack, so nothing of this frame exists for it: it goes
 * straight to thread_start().
 */
	.globl	arch_clone
	.hidden	arch_clone
	.type	arch_clone, @function
arch_clone:
	mov	x5, x3
	ldr	x3, [x5]		/* its first word: the TCB */
	mov	x4, x2
	and	x1, x1, #-16
	mov	x8, #220		/* clone */
	svc	#0
	cbz	x0, 1f
	ret
1:	mov	x29, xzr
	mov	x30, xzr
	mov	x0, x5
	bl	thread_start
	brk	#0
	.size	arch_clone, . - arch_clone

/* _Noreturn void arch_switch_stack(void *top, void (*run)(void *), void *arg) */
	.globl	arch_switch_stack
	.hidden	arch_switch_stack
	.type	arch_switch_stack, @function
arch_switch_stack:
	and	sp, x0, #-16
	mov	x0, x2
	mov	x29, xzr
	mov	x30, xzr
	blr	x1
	brk	#0
	.size	arch_switch_stack, . - arch_switch_stack

	.section .note.GNU-stack, "", @progbits
