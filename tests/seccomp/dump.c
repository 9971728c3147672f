/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes the runtime's filter to standard output: dump STAGE PID */

#include <stdio.h>
#include <stdlib.h>

#include "../../runtime/seccomp.h"

int main(int argc, char **argv)
{
	struct sock_filter program[SECCOMP_PROGRAM_MAX];
	size_t len;

	if (argc != 3)
		return 2;
	len = seccomp_compile(program, (unsigned)atoi(argv[1]),
			      (uint32_t)strtoul(argv[2], NULL, 10));
	if (len == 0 || len > SECCOMP_PROGRAM_MAX)
		return 1;
	return fwrite(program, sizeof(program[0]), len, stdout) == len ? 0 : 1;
}
