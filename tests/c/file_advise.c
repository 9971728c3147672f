/* SPDX-License-Identifier: BSD-2-Clause */
/* file_advise: every advice is taken. */

#include "test.h"

void test(void)
{
	for (cloudabi_advice_t advice = CLOUDABI_ADVICE_DONTNEED;
	     advice <= CLOUDABI_ADVICE_WILLNEED; advice++) {
		OK(sys.file_advise(READ_ONLY, 0, 10, advice));
		OK(sys.file_advise(READ_ONLY, 0, 0, advice));
		OK(sys.file_advise(DIRECTORY, 0, 0, advice));
	}
	FAILS(sys.file_advise(READ_ONLY, 0, 10, 0), EINVAL);
	FAILS(sys.file_advise(READ_ONLY, 0, 10, 7), EINVAL);
	FAILS(sys.file_advise(SOCKET, 0, 10, CLOUDABI_ADVICE_NORMAL),
	      ENOTCAPABLE);
	FAILS(sys.file_advise(900, 0, 10, CLOUDABI_ADVICE_NORMAL), EBADF);
}
