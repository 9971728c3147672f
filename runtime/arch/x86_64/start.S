/* SPDX-License-Identifier: BSD-2-Clause */
/* The runtime's entry point, and the three ways onto another stack. */

	.section .text.start, "ax", @progbits

/* The kernel enters here; %rsp points at argc. */
	.globl	_start
	.hidden	_start
	.type	_start, @function
_start:
	xorl	%ebp, %ebp
	movq	%rsp, %rdi
	andq	$-16, %rsp
	call	runtime_main
	ud2
	.size	_start, . - _start

/* _Noreturn void arch_enter(void *entry, const cloudabi_auxv_t *auxv) */
	.globl	arch_enter
	.hidden	arch_enter
	.type	arch_enter, @function
arch_enter:
	movq	%rdi, %rax
	movq	%rsi, %rdi
	xorl	%ebp, %ebp
	andq	$-16, %rsp
	cld
	call	*%rax
	ud2
	.size	arch_enter, . - arch_enter

/*
 * long arch_clone(unsigned long flags, void *stack, uint32_t *tid,
 *     struct thread *self)
 *
 * Returns in the parent only. The kernel writes and clears *tid. The child starts on the other stack, so nothing
 * of this frame exists for it: it goes straight to thread_start().
 */
	.globl	arch_clone
	.hidden	arch_clone
	.type	arch_clone, @function
arch_clone:
	movl	$56, %eax		/* clone */
	andq	$-16, %rsi
	movq	%rcx, %r8
	movq	%rdx, %r10
	syscall
	testq	%rax, %rax
	jz	1f
	ret
1:	xorl	%ebp, %ebp
	movq	%fs:8, %rdi
	call	thread_start
	ud2
	.size	arch_clone, . - arch_clone

/* _Noreturn void arch_switch_stack(void *top, void (*run)(void *), void *arg) */
	.globl	arch_switch_stack
	.hidden	arch_switch_stack
	.type	arch_switch_stack, @function
arch_switch_stack:
	movq	%rdi, %rsp
	andq	$-16, %rsp
	movq	%rdx, %rdi
	xorl	%ebp, %ebp
	call	*%rsi
	ud2
	.size	arch_switch_stack, . - arch_switch_stack

	.section .note.GNU-stack, "", @progbits
