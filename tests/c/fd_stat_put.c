/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_stat_put: modes come and go, rights only go. */

#include "test.h"

static cloudabi_errno_t put_rights(cloudabi_fd_t fd, cloudabi_rights_t base,
				   cloudabi_rights_t inheriting)
{
	const cloudabi_fdstat_t stat = {
		.fs_rights_base = base,
		.fs_rights_inheriting = inheriting,
	};

	return sys.fd_stat_put(fd, &stat, CLOUDABI_FDSTAT_RIGHTS);
}

CASE(append)
{
	cloudabi_fd_t fd = new_file("0123456789");

	OK(put_flags(fd, CLOUDABI_FDFLAG_APPEND));
	EQUAL(fdstat_of(fd).fs_flags, CLOUDABI_FDFLAG_APPEND);
	OK(put(fd, "end"));
	EQUAL(stat_of(fd).st_size, 13);
	OK(put_flags(fd, 0));
	EQUAL(fdstat_of(fd).fs_flags, 0);
}

CASE(nonblock)
{
	cloudabi_fd_t a, b;
	char buf[4];
	size_t n;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	OK(put_flags(a, CLOUDABI_FDFLAG_NONBLOCK));
	EQUAL(fdstat_of(a).fs_flags, CLOUDABI_FDFLAG_NONBLOCK);
	FAILS(get(a, buf, 4, &n), EAGAIN);
}

CASE(replaces_all_modes)
{
	cloudabi_fd_t fd = new_file("");

	OK(put_flags(fd, CLOUDABI_FDFLAG_APPEND));
	OK(put_flags(fd, CLOUDABI_FDFLAG_NONBLOCK));
	EQUAL(fdstat_of(fd).fs_flags, CLOUDABI_FDFLAG_NONBLOCK);
}

/* The host may ignore changes of these, but not refuse them. */
CASE(synchronization)
{
	cloudabi_fd_t fd = new_file("");

	OK(put_flags(fd, CLOUDABI_FDFLAG_SYNC));
	OK(put_flags(fd, CLOUDABI_FDFLAG_DSYNC | CLOUDABI_FDFLAG_RSYNC));
	OK(put(fd, "x"));
}

CASE(modes_of_directories)
{
	OK(put_flags(new_directory(), CLOUDABI_FDFLAG_NONBLOCK));
}

CASE(unknown_modes)
{
	cloudabi_fd_t fd = new_file("");

	FAILS(put_flags(fd, 0x20), EINVAL);
	FAILS(put_flags(fd, 0x8000 | CLOUDABI_FDFLAG_APPEND), EINVAL);
	EQUAL(fdstat_of(fd).fs_flags, 0);
}

CASE(rights_go)
{
	cloudabi_fd_t fd = new_file("text");
	cloudabi_rights_t rights = rights_of(fd) & ~CLOUDABI_RIGHT_FD_SEEK;

	OK(put_rights(fd, rights, 0));
	EQUAL(rights_of(fd), rights);
	OK(put_rights(fd, 0, 0));
	EQUAL(rights_of(fd), 0);
}

CASE(rights_do_not_come)
{
	cloudabi_fd_t fd = new_file("text");
	cloudabi_rights_t before = rights_of(fd);
	cloudabi_rights_t after = before & ~CLOUDABI_RIGHT_FD_READ;

	OK(put_rights(fd, after, 0));
	FAILS(put_rights(fd, before, 0), ENOTCAPABLE);
	FAILS(put_rights(fd, CLOUDABI_RIGHT_FD_READ, 0), ENOTCAPABLE);
	FAILS(put_rights(fd, after, CLOUDABI_RIGHT_FD_READ), ENOTCAPABLE);
	EQUAL(rights_of(fd), after);
}

CASE(rights_that_do_not_exist)
{
	cloudabi_fd_t fd = new_file("text");

	FAILS(put_rights(fd, UINT64_C(1) << 11, 0), ENOTCAPABLE);
	FAILS(put_rights(fd, UINT64_C(1) << 63, 0), ENOTCAPABLE);
	FAILS(put_rights(SOCKET, 0, UINT64_C(1) << 40), ENOTCAPABLE);
	FAILS(put_rights(DIRECTORY, 0, UINT64_C(1) << 40), ENOTCAPABLE);
}

CASE(rights_of_directories)
{
	cloudabi_fd_t fd = new_directory();
	cloudabi_fdstat_t stat = fdstat_of(fd);
	cloudabi_rights_t base =
		stat.fs_rights_base & ~CLOUDABI_RIGHT_FILE_UNLINK;
	cloudabi_rights_t inheriting =
		stat.fs_rights_inheriting & ~CLOUDABI_RIGHT_FD_WRITE;

	OK(put_rights(fd, base, inheriting));
	FAILS(put_rights(fd, stat.fs_rights_base, inheriting), ENOTCAPABLE);
	FAILS(put_rights(fd, base, stat.fs_rights_inheriting), ENOTCAPABLE);
	EQUAL(fdstat_of(fd).fs_rights_base, base);
	EQUAL(fdstat_of(fd).fs_rights_inheriting, inheriting);
	expect_file(fd, "file", "content");
	FAILS(sys.file_unlink(fd, TEXT("file"), 0), ENOTCAPABLE);
}

/* One set can stay while the other shrinks. */
CASE(sets_are_independent)
{
	cloudabi_fd_t a, b;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	OK(put_rights(a, 0, CLOUDABI_RIGHT_FD_READ));
	EQUAL(fdstat_of(a).fs_rights_inheriting, CLOUDABI_RIGHT_FD_READ);
	OK(put_rights(b, CLOUDABI_RIGHT_FD_READ, 0));
	EQUAL(rights_of(b), CLOUDABI_RIGHT_FD_READ);
}

CASE(same_rights_again)
{
	cloudabi_fd_t fd = new_directory();
	cloudabi_fdstat_t stat = fdstat_of(fd);

	OK(put_rights(fd, stat.fs_rights_base, stat.fs_rights_inheriting));
	EQUAL(rights_of(fd), stat.fs_rights_base);
}

CASE(modes_stay_when_rights_change)
{
	cloudabi_fd_t fd = new_file("");

	OK(put_flags(fd, CLOUDABI_FDFLAG_APPEND));
	OK(put_rights(fd, CLOUDABI_RIGHT_FD_WRITE, 0));
	EQUAL(fdstat_of(fd).fs_flags, CLOUDABI_FDFLAG_APPEND);
}

CASE(neither_or_both)
{
	const cloudabi_fdstat_t stat = {0};
	cloudabi_fd_t fd = new_file("");
	cloudabi_rights_t rights = rights_of(fd);

	FAILS(sys.fd_stat_put(fd, &stat, 0), EINVAL);
	FAILS(sys.fd_stat_put(fd, &stat,
			      CLOUDABI_FDSTAT_FLAGS | CLOUDABI_FDSTAT_RIGHTS),
	      EINVAL);
	FAILS(sys.fd_stat_put(fd, &stat, 4), EINVAL);
	FAILS(sys.fd_stat_put(fd, &stat, 0x8000 | CLOUDABI_FDSTAT_RIGHTS),
	      EINVAL);
	EQUAL(rights_of(fd), rights);
}

CASE(missing_right)
{
	FAILS(put_flags(without(new_file(""), CLOUDABI_RIGHT_FD_STAT_PUT_FLAGS),
			0),
	      ENOTCAPABLE);
	FAILS(put_flags(without(DIRECTORY, CLOUDABI_RIGHT_FD_STAT_PUT_FLAGS),
			0),
	      ENOTCAPABLE);
	FAILS(put_flags(make_memory(1), 0), ENOTCAPABLE);
}

CASE(no_descriptor)
{
	FAILS(put_flags(NO_FD, 0), EBADF);
	FAILS(put_rights(NO_FD, 0, 0), EBADF);
	FAILS(put_rights(UINT32_MAX, 0, 0), EBADF);
}

ENDS(attributes_nowhere, -11)
{
	sys.fd_stat_put(READ_ONLY, NOWHERE, CLOUDABI_FDSTAT_RIGHTS);
}
