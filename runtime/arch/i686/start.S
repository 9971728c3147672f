/* SPDX-License-Identifier: BSD-2-Clause */
/* The runtime's entry point, system calls, and the ways onto another stack. */

/* Of struct user_desc: seg_32bit, limit_in_pages, useable. */
#define SEGMENT_FLAGS 0x51

	.section .text.start, "ax", @progbits

/* The kernel enters here; %esp points at argc. */
	.globl	_start
	.hidden	_start
	.type	_start, @function
_start:
	xorl	%ebp, %ebp
	movl	%esp, %eax
	andl	$-16, %esp
	subl	$12, %esp
	pushl	%eax
	call	runtime_main
	ud2
	.size	_start, . - _start

/* long arch_call(long nr, unsigned long a, b, c, d, e, f) */
	.globl	arch_call
	.hidden	arch_call
	.type	arch_call, @function
arch_call:
	pushl	%ebp
	pushl	%ebx
	pushl	%esi
	pushl	%edi
	call	here
1:	addl	$arch_sysinfo - 1b, %eax
	pushl	(%eax)
	movl	24(%esp), %eax
	movl	28(%esp), %ebx
	movl	32(%esp), %ecx
	movl	36(%esp), %edx
	movl	40(%esp), %esi
	movl	44(%esp), %edi
	movl	48(%esp), %ebp
	cmpl	$0, (%esp)
	je	2f
	call	*(%esp)
3:	addl	$4, %esp
	popl	%edi
	popl	%esi
	popl	%ebx
	popl	%ebp
	ret
2:	int	$0x80
	jmp	3b
	.size	arch_call, . - arch_call

here:
	movl	(%esp), %eax
	ret

/* _Noreturn void arch_enter(void *entry, const cloudabi_auxv_t *auxv) */
	.globl	arch_enter
	.hidden	arch_enter
	.type	arch_enter, @function
arch_enter:
	movl	4(%esp), %eax
	movl	8(%esp), %ecx
	xorl	%ebp, %ebp
	andl	$-16, %esp
	subl	$12, %esp
	pushl	%ecx
	cld
	call	*%eax
	ud2
	.size	arch_enter, . - arch_enter

/*
 * long arch_clone(unsigned long flags, void *stack, uint32_t *tid,
 *     struct thread *self)
 *
 * Returns in the parent only. The kernel writes and clears *tid. The child
 * starts on the other stack, so nothing of this frame exists for it: it goes
 * straight to thread_start(). Its segment has the number of the parent's.
 */
	.globl	arch_clone
	.hidden	arch_clone
	.type	arch_clone, @function
arch_clone:
	pushl	%ebx
	pushl	%esi
	pushl	%edi
	movl	16(%esp), %ebx
	movl	20(%esp), %ecx
	movl	24(%esp), %edx
	movl	28(%esp), %edi
	andl	$-16, %ecx
	movl	%gs, %eax
	shrl	$3, %eax
	pushl	$SEGMENT_FLAGS
	pushl	$0xfffff
	pushl	%edi
	pushl	%eax
	movl	%esp, %esi		/* struct user_desc */
	movl	%edx, %edi
	movl	$120, %eax		/* clone */
	int	$0x80
	testl	%eax, %eax
	jz	1f
	addl	$16, %esp
	popl	%edi
	popl	%esi
	popl	%ebx
	ret
1:	xorl	%ebp, %ebp
	subl	$12, %esp
	pushl	%gs:4
	call	thread_start
	ud2
	.size	arch_clone, . - arch_clone

/* _Noreturn void arch_switch_stack(void *top, void (*run)(void *), void *arg) */
	.globl	arch_switch_stack
	.hidden	arch_switch_stack
	.type	arch_switch_stack, @function
arch_switch_stack:
	movl	8(%esp), %eax
	movl	12(%esp), %ecx
	movl	4(%esp), %esp
	andl	$-16, %esp
	xorl	%ebp, %ebp
	subl	$12, %esp
	pushl	%ecx
	call	*%eax
	ud2
	.size	arch_switch_stack, . - arch_switch_stack

	.bss
	.p2align 2
	.globl	arch_sysinfo
	.hidden	arch_sysinfo
arch_sysinfo:
	.long	0

	.section .note.GNU-stack, "", @progbits
