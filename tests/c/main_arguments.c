/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints what main() gets, to descriptor 0. */

#include <stdio.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv, char **envp)
{
	for (int i = 0; i < argc; ++i)
		dprintf(0, "[%s]", argv[i]);
	dprintf(0, "%d%d%d", argv[argc] == NULL, envp[0] == NULL,
		environ[0] == NULL);
	return 7;
}
