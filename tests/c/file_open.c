/* SPDX-License-Identifier: BSD-2-Clause */
/* file_open: modes, rights, and the edges of a directory. */

#include "test.h"

static void test_modes(void)
{
	cloudabi_fd_t fd;

	OK(open_at(DIRECTORY, "file", READ, 0, &fd));
	expect_text(fd, "content");
	FAILS(put(fd, "x"), ENOTCAPABLE);
	OK(open_at(DIRECTORY, "new", WRITE, CLOUDABI_O_CREAT | CLOUDABI_O_EXCL,
		   &fd));
	OK(put(fd, "text"));
	OK(open_at(DIRECTORY, "new", READ | WRITE, 0, &fd));
	expect_text(fd, "text");
	OK(open_at(DIRECTORY, "new", WRITE, CLOUDABI_O_TRUNC, &fd));
	OK(open_at(DIRECTORY, "new", READ, 0, &fd));
	expect_text(fd, "");
}

static void test_errors(void)
{
	static char long_path[5000];
	cloudabi_fd_t fd;

	FAILS(open_at(DIRECTORY, "no", READ, 0, &fd), ENOENT);
	FAILS(open_at(DIRECTORY, "", READ, 0, &fd), ENOENT);
	FAILS(open_at(DIRECTORY, "file", WRITE,
		      CLOUDABI_O_CREAT | CLOUDABI_O_EXCL, &fd),
	      EEXIST);
	FAILS(open_at(DIRECTORY, "file", READ, CLOUDABI_O_DIRECTORY, &fd),
	      ENOTDIR);
	FAILS(open_at(DIRECTORY, "file/", READ, 0, &fd), ENOTDIR);
	FAILS(open_at(DIRECTORY, "sub", WRITE, 0, &fd), EISDIR);
	FAILS(open_at(900, "file", READ, 0, &fd), EBADF);
	memset(long_path, 'x', sizeof(long_path) - 1);
	FAILS(open_at(DIRECTORY, long_path, READ, 0, &fd), ENAMETOOLONG);
}

static void test_nul_byte(void)
{
	const cloudabi_lookup_t lookup = {DIRECTORY, 0};
	const cloudabi_fdstat_t wanted = {
		.fs_rights_base = CLOUDABI_RIGHT_FD_READ,
	};
	cloudabi_fd_t fd;

	FAILS(sys.file_open(lookup, "file\0x", 6, 0, &wanted, &fd), EINVAL);
	FAILS(sys.file_open(lookup, (void *)1, 4, 0, &wanted, &fd), EFAULT);
	OK(sys.file_open(lookup, TEXT("file"), 0, &wanted, &fd));
	FAILS(sys.file_open(lookup, TEXT("link"), 0, &wanted, &fd), ELOOP);
}

static void test_confinement(void)
{
	cloudabi_fd_t fd;

	OK(open_at(DIRECTORY, "sub/../file", READ, 0, &fd));
	OK(open_at(DIRECTORY, "link", READ, 0, &fd));
	OK(open_at(DIRECTORY, ".", READ, 0, &fd));
	FAILS(open_at(DIRECTORY, "..", READ, 0, &fd), ENOTCAPABLE);
	FAILS(open_at(DIRECTORY, "sub/../..", READ, 0, &fd), ENOTCAPABLE);
	FAILS(open_at(DIRECTORY, "/", READ, 0, &fd), ENOTCAPABLE);
	FAILS(open_at(DIRECTORY, "/etc/passwd", READ, 0, &fd), ENOTCAPABLE);
	OK(sys.file_symlink(TEXT("/etc"), DIRECTORY, TEXT("away")));
	FAILS(open_at(DIRECTORY, "away/passwd", READ, 0, &fd), ENOTCAPABLE);
}

static void test_rights(void)
{
	const cloudabi_lookup_t lookup = {DIRECTORY, 0};
	cloudabi_fdstat_t stat;
	cloudabi_fd_t sub, fd;

	/* What the directory does not pass on cannot be had. */
	OK(sys.fd_stat_get(DIRECTORY, &stat));
	stat.fs_rights_inheriting &= ~CLOUDABI_RIGHT_FD_WRITE;
	OK(sys.fd_stat_put(DIRECTORY, &stat, CLOUDABI_FDSTAT_RIGHTS));
	stat.fs_flags = 0;
	stat.fs_rights_inheriting = 0;
	stat.fs_rights_base = CLOUDABI_RIGHT_FD_WRITE;
	FAILS(sys.file_open(lookup, TEXT("file"), 0, &stat, &fd), ENOTCAPABLE);
	stat.fs_rights_base = UINT64_C(1) << 40;
	FAILS(sys.file_open(lookup, TEXT("file"), 0, &stat, &fd), ENOTCAPABLE);

	/* Nor by way of a directory below. */
	OK(open_at(DIRECTORY, "sub", READ, CLOUDABI_O_DIRECTORY, &sub));
	OK(sys.fd_stat_get(sub, &stat));
	CHECK(!(stat.fs_rights_inheriting & CLOUDABI_RIGHT_FD_WRITE));

	restrict_rights(DIRECTORY, CLOUDABI_RIGHT_FILE_CREATE_FILE);
	FAILS(open_at(DIRECTORY, "more", READ, CLOUDABI_O_CREAT, &fd),
	      ENOTCAPABLE);
	restrict_rights(DIRECTORY, CLOUDABI_RIGHT_FILE_OPEN);
	FAILS(open_at(DIRECTORY, "file", READ, 0, &fd), ENOTCAPABLE);
	FAILS(open_at(READ_WRITE, "file", READ, 0, &fd), ENOTCAPABLE);
}

void test(void)
{
	test_modes();
	test_errors();
	test_nul_byte();
	test_confinement();
	test_rights();
}
