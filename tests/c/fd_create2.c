/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_create2: pairs that keep messages apart, or not. */

#include "test.h"

static void check_rights(cloudabi_fd_t fd, cloudabi_filetype_t type)
{
	cloudabi_fdstat_t stat;

	OK(sys.fd_stat_get(fd, &stat));
	EQUAL(stat.fs_filetype, type);
	EQUAL(stat.fs_rights_base, CLOUDABI_MAX_BASE_SOCKET);
	EQUAL(stat.fs_rights_inheriting, CLOUDABI_RIGHTS_ALL);
}

static void test_pair(cloudabi_filetype_t type, const char *first_read)
{
	cloudabi_fd_t a, b;

	OK(sys.fd_create2(type, &a, &b));
	check_rights(a, type);
	check_rights(b, type);
	OK(put(a, "one"));
	OK(put(a, "two"));
	expect_text(b, first_read);
	OK(put(b, "back"));
	expect_text(a, "back");
}

void test(void)
{
	cloudabi_fd_t a, b;

	test_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, "onetwo");
	test_pair(CLOUDABI_FILETYPE_SOCKET_DGRAM, "one");
	FAILS(sys.fd_create2(CLOUDABI_FILETYPE_SHARED_MEMORY, &a, &b), EINVAL);
	FAILS(sys.fd_create2(0, &a, &b), EINVAL);
	FAILS(sys.fd_create2(0x81, &a, &b), EINVAL);
}
