/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes a filter of the runtime's to standard output.
 *
 *   dump start STAGE PID    the first one
 *   dump tighten STAGE STAGE PID    the one that leads to another stage
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/seccomp.h>

#include "../../runtime/seccomp.h"

static unsigned number(const char *text)
{
	return (unsigned)strtoul(text, NULL, 10);
}

int main(int argc, char **argv)
{
	struct sock_filter program[SECCOMP_PROGRAM_MAX];
	size_t len;

	if (argc == 4 && strcmp(argv[1], "start") == 0)
		len = seccomp_compile(program, number(argv[2]), number(argv[3]),
				      SECCOMP_RET_USER_NOTIF);
	else if (argc == 5 && strcmp(argv[1], "tighten") == 0)
		len = seccomp_compile_tighter(program, number(argv[2]),
					      number(argv[3]), number(argv[4]));
	else
		return 2;
	if (len == 0 || len > SECCOMP_PROGRAM_MAX)
		return 1;
	return fwrite(program, sizeof(program[0]), len, stdout) == len ? 0 : 1;
}
