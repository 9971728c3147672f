/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes a filter of the runtime's to standard output.
 *
 *   dump start STAGE PID    the first one
 *   dump tighten STAGE STAGE PID    the one that leads to another stage
 *
 * It is made of the runtime's own parts, so that it can be built for every
 * machine that the runtime is for, without a C library.
 */

#include <linux/seccomp.h>

#include "../../runtime/base.h"
#include "../../runtime/host.h"
#include "../../runtime/seccomp.h"
#include "../../runtime/thread.h"

static unsigned number(const char *text)
{
	unsigned value = 0;

	for (; *text != '\0'; text++)
		value = value * 10 + (*text - '0');
	return value;
}

static size_t compile(struct sock_filter *program, size_t argc, char **argv)
{
	if (argc == 4 && argv[1][0] == 's')
		return seccomp_compile(program, number(argv[2]),
				       number(argv[3]), SECCOMP_RET_USER_NOTIF);
	if (argc == 5 && argv[1][0] == 't')
		return seccomp_compile_tighter(program, number(argv[2]),
					       number(argv[3]),
					       number(argv[4]));
	return 0;
}

/* From start.S: argc, then argv. */
__attribute__((used)) _Noreturn void runtime_main(const uintptr_t *stack)
{
	static struct sock_filter program[SECCOMP_PROGRAM_MAX];
	size_t len = compile(program, stack[0], (char **)(stack + 1));
	const cloudabi_ciovec_t iov = {program, len * sizeof(program[0])};

	host_exit_group(len == 0 || len > SECCOMP_PROGRAM_MAX ||
			host_writev(1, &iov, 1) != (long)iov.buf_len);
}

/* There are none. */
void thread_start(struct thread *self)
{
	(void)self;
	__builtin_trap();
}
