/* SPDX-License-Identifier: BSD-2-Clause */
/* The ways into the kernel, without anything in between. */

#ifndef ESCAPE_RAW_H
#define ESCAPE_RAW_H

/* The machine's own entry. */
long raw6(long nr, long a, long b, long c, long d, long e, long f);
/* Those of another one, for x86_64 `int $0x80`, for i686 the 64-bit one: */
long raw_foreign(long nr, long a, long b, long c);

/* A clone() of which the new thread runs `code`. */
long thread_start(long flags, long stack, int *ids, void (*code)(void));

/* Runs start() with the address of argc as its argument. */
#if defined(__x86_64__)
#define START                                                                  \
	".globl _start\n"                                                      \
	"_start:\n"                                                            \
	"	mov %rsp, %rdi\n"                                                    \
	"	and $-16, %rsp\n"                                                    \
	"	call start\n"
#elif defined(__i386__)
#define START                                                                  \
	".globl _start\n"                                                      \
	"_start:\n"                                                            \
	"	mov %esp, %eax\n"                                                    \
	"	and $-16, %esp\n"                                                    \
	"	sub $12, %esp\n"                                                     \
	"	push %eax\n"                                                         \
	"	call start\n"
#endif

#endif
