/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_seek: from the three places, and the right to ask only. */

#include "test.h"

void test(void)
{
	cloudabi_filesize_t at;

	OK(sys.fd_seek(READ_WRITE, 4, CLOUDABI_WHENCE_SET, &at));
	EQUAL(at, 4);
	OK(sys.fd_seek(READ_WRITE, 3, CLOUDABI_WHENCE_CUR, &at));
	EQUAL(at, 7);
	OK(sys.fd_seek(READ_WRITE, -9, CLOUDABI_WHENCE_END, &at));
	EQUAL(at, 1);
	expect_text(READ_WRITE, "123456789");

	FAILS(sys.fd_seek(READ_WRITE, -1, CLOUDABI_WHENCE_SET, &at), EINVAL);
	FAILS(sys.fd_seek(READ_WRITE, 0, 0, &at), EINVAL);
	FAILS(sys.fd_seek(READ_WRITE, 0, 4, &at), EINVAL);
	FAILS(sys.fd_seek(900, 0, 255, &at), EINVAL);
	FAILS(sys.fd_seek(900, 0, CLOUDABI_WHENCE_SET, &at), EBADF);
	FAILS(sys.fd_seek(SOCKET, 0, CLOUDABI_WHENCE_CUR, &at), ENOTCAPABLE);
	FAILS(sys.fd_seek(DIRECTORY, 0, CLOUDABI_WHENCE_CUR, &at), ENOTCAPABLE);

	restrict_rights(READ_WRITE, CLOUDABI_RIGHT_FD_SEEK);
	OK(sys.fd_seek(READ_WRITE, 0, CLOUDABI_WHENCE_CUR, &at));
	EQUAL(at, 10);
	FAILS(sys.fd_seek(READ_WRITE, 1, CLOUDABI_WHENCE_CUR, &at),
	      ENOTCAPABLE);
	FAILS(sys.fd_seek(READ_WRITE, 0, CLOUDABI_WHENCE_SET, &at),
	      ENOTCAPABLE);
	restrict_rights(READ_WRITE, CLOUDABI_RIGHT_FD_TELL);
	FAILS(sys.fd_seek(READ_WRITE, 0, CLOUDABI_WHENCE_CUR, &at),
	      ENOTCAPABLE);

	/* FD_SEEK implies FD_TELL. */
	restrict_rights(READ_ONLY, CLOUDABI_RIGHT_FD_TELL);
	OK(sys.fd_seek(READ_ONLY, 0, CLOUDABI_WHENCE_CUR, &at));
}
