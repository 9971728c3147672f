/* SPDX-License-Identifier: BSD-2-Clause */
/* file_readlink: the text, cut where the buffer ends. */

#include "test.h"

void test(void)
{
	char buf[16];
	size_t used;

	OK(sys.file_readlink(DIRECTORY, TEXT("link"), buf, sizeof(buf), &used));
	EQUAL(used, 4);
	EQUAL(memcmp(buf, "file", 4), 0);
	OK(sys.file_readlink(DIRECTORY, TEXT("link"), buf, 2, &used));
	EQUAL(used, 2);
	OK(sys.file_readlink(DIRECTORY, TEXT("link"), NULL, 0, &used));
	EQUAL(used, 0);

	FAILS(sys.file_readlink(DIRECTORY, TEXT("file"), buf, 16, &used),
	      EINVAL);
	FAILS(sys.file_readlink(DIRECTORY, TEXT("no"), buf, 16, &used), ENOENT);
	FAILS(sys.file_readlink(READ_ONLY, TEXT("link"), buf, 16, &used),
	      ENOTCAPABLE);
	FAILS(sys.file_readlink(900, TEXT("link"), buf, 16, &used), EBADF);
	restrict_rights(DIRECTORY, CLOUDABI_RIGHT_FILE_READLINK);
	FAILS(sys.file_readlink(DIRECTORY, TEXT("link"), buf, 16, &used),
	      ENOTCAPABLE);
}
