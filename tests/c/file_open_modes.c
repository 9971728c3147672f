/* SPDX-License-Identifier: BSD-2-Clause */
/* file_open: the modes that a descriptor starts with. */

#include "test.h"

#define WRITING (CLOUDABI_RIGHT_FD_WRITE | CLOUDABI_RIGHT_FD_SEEK)

static cloudabi_errno_t open_mode(cloudabi_fd_t dir, const char *path,
				  cloudabi_fdflags_t flags,
				  cloudabi_rights_t base, cloudabi_fd_t *fd)
{
	const cloudabi_lookup_t lookup = {dir, 0};
	const cloudabi_fdstat_t wanted = {
		.fs_flags = flags,
		.fs_rights_base = base,
	};

	return sys.file_open(lookup, path, strlen(path), 0, &wanted, fd);
}

CASE(none)
{
	cloudabi_fd_t fd;

	OK(open_mode(new_directory(), "file", 0, WRITING, &fd));
	EQUAL(fdstat_of(fd).fs_flags, 0);
}

CASE(append)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t fd;

	OK(open_mode(dir, "file", CLOUDABI_FDFLAG_APPEND,
		     CLOUDABI_RIGHT_FD_WRITE, &fd));
	EQUAL(fdstat_of(fd).fs_flags, CLOUDABI_FDFLAG_APPEND);
	OK(put(fd, "1"));
	OK(put(fd, "2"));
	expect_file(dir, "file", "content12");
}

CASE(nonblock)
{
	cloudabi_fd_t fd;

	OK(open_mode(new_directory(), "file", CLOUDABI_FDFLAG_NONBLOCK, WRITING,
		     &fd));
	EQUAL(fdstat_of(fd).fs_flags, CLOUDABI_FDFLAG_NONBLOCK);
}

CASE(fifo_blocks_only_if_asked)
{
	cloudabi_fd_t fd;
	char buf[4];
	size_t n;

	OK(open_mode(DIRECTORY, "fifo", CLOUDABI_FDFLAG_NONBLOCK,
		     CLOUDABI_RIGHT_FD_READ, &fd));
	EQUAL(fdstat_of(fd).fs_flags, CLOUDABI_FDFLAG_NONBLOCK);
	OK(get(fd, buf, sizeof(buf), &n));
	EQUAL(n, 0);
	OK(sys.fd_close(fd));
	OK(open_mode(DIRECTORY, "fifo", 0, CLOUDABI_RIGHT_FD_READ, &fd));
	EQUAL(fdstat_of(fd).fs_flags, 0);
}

CASE(sync)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t fd;

	OK(open_mode(dir, "file", CLOUDABI_FDFLAG_SYNC, WRITING, &fd));
	EQUAL(fdstat_of(fd).fs_flags, CLOUDABI_FDFLAG_SYNC);
	OK(put(fd, "C"));
	expect_file(dir, "file", "Content");
}

CASE(dsync)
{
	cloudabi_fd_t fd;

	OK(open_mode(new_directory(), "file", CLOUDABI_FDFLAG_DSYNC, WRITING,
		     &fd));
	EQUAL(fdstat_of(fd).fs_flags, CLOUDABI_FDFLAG_DSYNC);
	OK(put(fd, "C"));
}

/* Linux knows no such mode but the stronger one. */
CASE(rsync)
{
	cloudabi_fd_t fd;

	OK(open_mode(new_directory(), "file", CLOUDABI_FDFLAG_RSYNC,
		     CLOUDABI_RIGHT_FD_READ, &fd));
	EQUAL(fdstat_of(fd).fs_flags, CLOUDABI_FDFLAG_SYNC);
	expect_text(fd, "content");
}

CASE(all_at_once)
{
	cloudabi_fdflags_t all = CLOUDABI_FDFLAG_APPEND |
				 CLOUDABI_FDFLAG_DSYNC |
				 CLOUDABI_FDFLAG_NONBLOCK |
				 CLOUDABI_FDFLAG_RSYNC | CLOUDABI_FDFLAG_SYNC;
	cloudabi_fd_t fd;

	OK(open_mode(new_directory(), "file", all, WRITING, &fd));
	EQUAL(fdstat_of(fd).fs_flags, CLOUDABI_FDFLAG_APPEND |
					      CLOUDABI_FDFLAG_NONBLOCK |
					      CLOUDABI_FDFLAG_SYNC);
}

CASE(unknown)
{
	cloudabi_fd_t fd;

	FAILS(open_mode(DIRECTORY, "file", 0x20, CLOUDABI_RIGHT_FD_READ, &fd),
	      EINVAL);
	FAILS(open_mode(DIRECTORY, "file", 0x8000, CLOUDABI_RIGHT_FD_READ, &fd),
	      EINVAL);
}

CASE(directory)
{
	cloudabi_fd_t fd;

	OK(open_mode(new_directory(), "sub", CLOUDABI_FDFLAG_NONBLOCK,
		     CLOUDABI_RIGHT_FILE_READDIR, &fd));
	EQUAL(fdstat_of(fd).fs_filetype, CLOUDABI_FILETYPE_DIRECTORY);
}

CASE(dsync_takes_its_right)
{
	cloudabi_fd_t dir = limited(new_directory(), UINT64_MAX,
				    ~CLOUDABI_RIGHT_FD_DATASYNC);
	cloudabi_fd_t fd;

	FAILS(open_mode(dir, "file", CLOUDABI_FDFLAG_DSYNC, WRITING, &fd),
	      ENOTCAPABLE);
	OK(open_mode(dir, "file", CLOUDABI_FDFLAG_SYNC, WRITING, &fd));
}

CASE(sync_takes_its_right)
{
	cloudabi_fd_t dir =
		limited(new_directory(), UINT64_MAX, ~CLOUDABI_RIGHT_FD_SYNC);
	cloudabi_fd_t fd;

	FAILS(open_mode(dir, "file", CLOUDABI_FDFLAG_SYNC, WRITING, &fd),
	      ENOTCAPABLE);
	FAILS(open_mode(dir, "file", CLOUDABI_FDFLAG_RSYNC, WRITING, &fd),
	      ENOTCAPABLE);
	OK(open_mode(dir, "file", CLOUDABI_FDFLAG_DSYNC, WRITING, &fd));
}

CASE(appending_takes_no_fd_seek)
{
	cloudabi_fd_t dir = limited(new_directory(), UINT64_MAX,
				    CLOUDABI_RIGHT_FD_WRITE |
					    CLOUDABI_RIGHT_FILE_STAT_FPUT_SIZE);
	const cloudabi_lookup_t lookup = {dir, 0};
	cloudabi_fdstat_t wanted = {
		.fs_rights_base = CLOUDABI_RIGHT_FD_WRITE,
	};
	cloudabi_fd_t fd;

	FAILS(sys.file_open(lookup, TEXT("file"), 0, &wanted, &fd),
	      ENOTCAPABLE);
	OK(sys.file_open(lookup, TEXT("file"), CLOUDABI_O_TRUNC, &wanted, &fd));
	wanted.fs_flags = CLOUDABI_FDFLAG_APPEND;
	OK(sys.file_open(lookup, TEXT("file"), 0, &wanted, &fd));
}
