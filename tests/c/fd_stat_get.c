/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_stat_get: kinds, modes and rights of what a program can hold. */

#include "test.h"

static void check(cloudabi_fd_t fd, cloudabi_filetype_t type,
		  cloudabi_fdflags_t flags, cloudabi_rights_t base)
{
	cloudabi_fdstat_t stat;

	OK(sys.fd_stat_get(fd, &stat));
	EQUAL(stat.fs_filetype, type);
	EQUAL(stat.fs_flags, flags);
	EQUAL(stat.fs_rights_base, base);
}

static void test_flags(cloudabi_fdflags_t flags)
{
	const cloudabi_lookup_t lookup = {DIRECTORY, 0};
	const cloudabi_fdstat_t wanted = {
		.fs_flags = flags,
		.fs_rights_base = CLOUDABI_RIGHT_FD_WRITE,
	};
	cloudabi_fd_t fd;

	OK(sys.file_open(lookup, TEXT("file"), 0, &wanted, &fd));
	check(fd, CLOUDABI_FILETYPE_REGULAR_FILE, flags,
	      CLOUDABI_RIGHT_FD_WRITE);
	OK(sys.fd_close(fd));
}

void test(void)
{
	cloudabi_fdstat_t stat;

	check(DIRECTORY, CLOUDABI_FILETYPE_DIRECTORY, 0,
	      CLOUDABI_MAX_BASE_DIRECTORY);
	check(READ_WRITE, CLOUDABI_FILETYPE_REGULAR_FILE, 0,
	      CLOUDABI_MAX_BASE_REGULAR_FILE);
	check(READ_ONLY, CLOUDABI_FILETYPE_REGULAR_FILE, 0,
	      CLOUDABI_MAX_BASE_REGULAR_FILE & ~CLOUDABI_RIGHT_FD_WRITE);
	check(OUTPUT, CLOUDABI_FILETYPE_SOCKET_STREAM, 0,
	      CLOUDABI_MAX_BASE_SOCKET & ~CLOUDABI_RIGHT_FD_READ);
	check(SOCKET, CLOUDABI_FILETYPE_SOCKET_STREAM, 0,
	      CLOUDABI_MAX_BASE_SOCKET);
	check(LISTENER, CLOUDABI_FILETYPE_SOCKET_STREAM, 0,
	      CLOUDABI_MAX_BASE_SOCKET);

	test_flags(CLOUDABI_FDFLAG_APPEND);
	test_flags(CLOUDABI_FDFLAG_DSYNC);
	test_flags(CLOUDABI_FDFLAG_SYNC);
	test_flags(CLOUDABI_FDFLAG_NONBLOCK | CLOUDABI_FDFLAG_APPEND);

	FAILS(sys.fd_stat_get(FDS_LEN + 2, &stat), EBADF);
	FAILS(sys.fd_stat_get(UINT32_MAX, &stat), EBADF);
}
