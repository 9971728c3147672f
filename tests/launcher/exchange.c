/* SPDX-License-Identifier: BSD-2-Clause */
/* A host program: exchanges a directory and a link all the time, and sometimes
 * moves the directory away and back. Arguments: directory, link, elsewhere. */

#define _GNU_SOURCE

#include <fcntl.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	unsigned rounds = 0;

	if (argc != 4)
		return 2;
	for (;;) {
		const char *directory = argv[1], *link = argv[2];

		renameat2(AT_FDCWD, directory, AT_FDCWD, link, RENAME_EXCHANGE);
		renameat2(AT_FDCWD, directory, AT_FDCWD, link, RENAME_EXCHANGE);
		if (++rounds % 16 != 0)
			continue;
		rename(directory, argv[3]);
		rename(argv[3], directory);
	}
}
