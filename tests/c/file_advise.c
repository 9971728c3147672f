/* SPDX-License-Identifier: BSD-2-Clause */
/* file_advise: six kinds of advice, which change nothing. */

#include "test.h"

CASE(every_advice)
{
	cloudabi_fd_t fd = new_file("text");

	for (cloudabi_advice_t advice = CLOUDABI_ADVICE_DONTNEED;
	     advice <= CLOUDABI_ADVICE_WILLNEED; advice++)
		OK(sys.file_advise(fd, 0, 4, advice));
	expect_text(fd, "text");
}

/* 0 means up to the end on hosts; here as well nothing is wrong with it. */
CASE(no_length)
{
	OK(sys.file_advise(READ_ONLY, 0, 0, CLOUDABI_ADVICE_NORMAL));
}

CASE(beyond_the_end)
{
	OK(sys.file_advise(READ_ONLY, UINT64_C(5) << 30, 1,
			   CLOUDABI_ADVICE_WILLNEED));
}

CASE(directory)
{
	OK(sys.file_advise(DIRECTORY, 0, 0, CLOUDABI_ADVICE_SEQUENTIAL));
}

CASE(unknown_advice)
{
	FAILS(sys.file_advise(READ_ONLY, 0, 4, 0), EINVAL);
	FAILS(sys.file_advise(READ_ONLY, 0, 4, 7), EINVAL);
	FAILS(sys.file_advise(READ_ONLY, 0, 4, 255), EINVAL);
	FAILS(sys.file_advise(DIRECTORY, 0, 4, 0), EINVAL);
}

CASE(missing_right)
{
	FAILS(sys.file_advise(without(READ_ONLY, CLOUDABI_RIGHT_FILE_ADVISE), 0,
			      4, CLOUDABI_ADVICE_NORMAL),
	      ENOTCAPABLE);
	FAILS(sys.file_advise(without(DIRECTORY, CLOUDABI_RIGHT_FILE_ADVISE), 0,
			      4, CLOUDABI_ADVICE_NORMAL),
	      ENOTCAPABLE);
}

CASE(socket_and_memory)
{
	FAILS(sys.file_advise(SOCKET, 0, 4, CLOUDABI_ADVICE_NORMAL),
	      ENOTCAPABLE);
	FAILS(sys.file_advise(make_memory(4), 0, 4, CLOUDABI_ADVICE_NORMAL),
	      ENOTCAPABLE);
}

CASE(no_descriptor)
{
	FAILS(sys.file_advise(NO_FD, 0, 4, CLOUDABI_ADVICE_NORMAL), EBADF);
}
