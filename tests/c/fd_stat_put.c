/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_stat_put: modes come and go, rights only go. */

#include "test.h"

static cloudabi_errno_t put_flags(cloudabi_fd_t fd, cloudabi_fdflags_t flags)
{
	return sys.fd_stat_put(fd, &(cloudabi_fdstat_t){.fs_flags = flags},
			       CLOUDABI_FDSTAT_FLAGS);
}

static cloudabi_fdflags_t flags_of(cloudabi_fd_t fd)
{
	cloudabi_fdstat_t stat;

	OK(sys.fd_stat_get(fd, &stat));
	return stat.fs_flags;
}

static void test_flags(void)
{
	OK(put_flags(READ_WRITE, CLOUDABI_FDFLAG_APPEND));
	EQUAL(flags_of(READ_WRITE), CLOUDABI_FDFLAG_APPEND);
	OK(put(READ_WRITE, "end"));
	OK(put_flags(READ_WRITE, 0));
	EQUAL(flags_of(READ_WRITE), 0);
	OK(put_flags(SOCKET, CLOUDABI_FDFLAG_NONBLOCK));
	EQUAL(flags_of(SOCKET), CLOUDABI_FDFLAG_NONBLOCK);
	OK(put_flags(DIRECTORY, CLOUDABI_FDFLAG_NONBLOCK));

	FAILS(put_flags(READ_WRITE, 0x20), EINVAL);
	FAILS(put_flags(900, 0), EBADF);
	restrict_rights(READ_WRITE, CLOUDABI_RIGHT_FD_STAT_PUT_FLAGS);
	FAILS(put_flags(READ_WRITE, 0), ENOTCAPABLE);
}

static void test_rights(cloudabi_fd_t fd, cloudabi_rights_t lost)
{
	cloudabi_fdstat_t stat;
	cloudabi_rights_t before;

	OK(sys.fd_stat_get(fd, &stat));
	before = stat.fs_rights_base;
	CHECK(before & lost);
	stat.fs_rights_base &= ~lost;
	OK(sys.fd_stat_put(fd, &stat, CLOUDABI_FDSTAT_RIGHTS));
	EQUAL(rights_of(fd), before & ~lost);

	stat.fs_rights_base = before;
	FAILS(sys.fd_stat_put(fd, &stat, CLOUDABI_FDSTAT_RIGHTS), ENOTCAPABLE);
	EQUAL(rights_of(fd), before & ~lost);

	stat.fs_rights_base = 0;
	stat.fs_rights_inheriting = 0;
	OK(sys.fd_stat_put(fd, &stat, CLOUDABI_FDSTAT_RIGHTS));
	stat.fs_rights_inheriting = CLOUDABI_RIGHT_FD_READ;
	FAILS(sys.fd_stat_put(fd, &stat, CLOUDABI_FDSTAT_RIGHTS), ENOTCAPABLE);
}

static void test_other_flags(void)
{
	cloudabi_fdstat_t stat = {0};

	FAILS(sys.fd_stat_put(READ_ONLY, &stat, 0), EINVAL);
	FAILS(sys.fd_stat_put(READ_ONLY, &stat,
			      CLOUDABI_FDSTAT_FLAGS | CLOUDABI_FDSTAT_RIGHTS),
	      EINVAL);
	FAILS(sys.fd_stat_put(READ_ONLY, &stat, 4), EINVAL);
	FAILS(sys.fd_stat_put(900, &stat, CLOUDABI_FDSTAT_RIGHTS), EBADF);
}

void test(void)
{
	test_flags();
	test_other_flags();
	test_rights(READ_ONLY, CLOUDABI_RIGHT_FD_SEEK);
	test_rights(DIRECTORY, CLOUDABI_RIGHT_FILE_UNLINK);
	test_rights(SOCKET, CLOUDABI_RIGHT_SOCK_SHUTDOWN);
}
