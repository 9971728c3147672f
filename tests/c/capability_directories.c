/* SPDX-License-Identifier: BSD-2-Clause */
/* What each call asks of a directory. */

#include "capability.h"

#define NEW TEXT("new")

static size_t n;

static cloudabi_errno_t link_between(cloudabi_fd_t from, cloudabi_fd_t to)
{
	return sys.file_link((cloudabi_lookup_t){from, 0}, TEXT("file"), to,
			     NEW);
}

static cloudabi_errno_t rename_between(cloudabi_fd_t from, cloudabi_fd_t to)
{
	return sys.file_rename(from, TEXT("file"), to, NEW);
}

/* Without asking for any right. */
static cloudabi_errno_t open_file(cloudabi_fd_t dir, const char *path,
				  cloudabi_oflags_t oflags)
{
	cloudabi_fd_t fd;

	return open_with(dir, path, oflags, 0, &fd);
}

static cloudabi_errno_t put_times(cloudabi_fd_t dir)
{
	const cloudabi_filestat_t stat = {.st_mtim = SECOND};

	return sys.file_stat_put((cloudabi_lookup_t){dir, 0}, TEXT("file"),
				 &stat, CLOUDABI_FILESTAT_MTIM);
}

static cloudabi_errno_t put_own_times(cloudabi_fd_t dir)
{
	const cloudabi_filestat_t stat = {.st_mtim = SECOND};

	return sys.file_stat_fput(dir, &stat, CLOUDABI_FILESTAT_MTIM);
}

static cloudabi_errno_t get_stat(cloudabi_fd_t dir)
{
	cloudabi_filestat_t stat;

	return sys.file_stat_get((cloudabi_lookup_t){dir, 0}, TEXT("file"),
				 &stat);
}

static cloudabi_errno_t get_own_stat(cloudabi_fd_t dir)
{
	cloudabi_filestat_t stat;

	return sys.file_stat_fget(dir, &stat);
}

static cloudabi_errno_t list(cloudabi_fd_t dir)
{
	char buf[100];

	return sys.file_readdir(dir, buf, sizeof(buf), 0, &n);
}

static cloudabi_errno_t read_link(cloudabi_fd_t dir)
{
	char buf[10];

	return sys.file_readlink(dir, TEXT("link"), buf, sizeof(buf), &n);
}

CASE(fd_stat_put_of_a_directory_without_fd_stat_put_flags)
{
	NEEDS(new_directory(), RIGHT(FD_STAT_PUT_FLAGS),
	      RIGHT(FD_STAT_PUT_FLAGS), put_flags(fd, 0));
}

CASE(fd_sync_of_a_directory_without_fd_sync)
{
	NEEDS(new_directory(), RIGHT(FD_SYNC), RIGHT(FD_SYNC), sys.fd_sync(fd));
}

CASE(file_advise_of_a_directory_without_file_advise)
{
	NEEDS(new_directory(), RIGHT(FILE_ADVISE), RIGHT(FILE_ADVISE),
	      sys.file_advise(fd, 0, 0, CLOUDABI_ADVICE_NORMAL));
}

CASE(file_create_without_file_create_directory)
{
	NEEDS(new_directory(), RIGHT(FILE_CREATE_DIRECTORY),
	      RIGHT(FILE_CREATE_DIRECTORY),
	      sys.file_create(fd, NEW, CLOUDABI_FILETYPE_DIRECTORY));
}

CASE(file_link_without_file_link_source)
{
	NEEDS(new_directory(), RIGHT(FILE_LINK_SOURCE), RIGHT(FILE_LINK_SOURCE),
	      link_between(fd, whole));
}

CASE(file_link_without_file_link_target)
{
	NEEDS(new_directory(), RIGHT(FILE_LINK_TARGET), RIGHT(FILE_LINK_TARGET),
	      link_between(whole, fd));
}

/* One descriptor in both places needs both. */
CASE(file_link_with_one_of_its_rights)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t source = limited(dir, RIGHT(FILE_LINK_SOURCE), 0);
	cloudabi_fd_t target = limited(dir, RIGHT(FILE_LINK_TARGET), 0);

	FAILS(link_between(source, source), ENOTCAPABLE);
	FAILS(link_between(target, target), ENOTCAPABLE);
	FAILS(link_between(target, source), ENOTCAPABLE);
	CHECK(!exists(dir, "new"));
	OK(link_between(source, target));
}

CASE(file_open_without_file_open)
{
	NEEDS(new_directory(), RIGHT(FILE_OPEN), RIGHT(FILE_OPEN),
	      open_file(fd, "file", 0));
}

CASE(file_open_without_file_create_file)
{
	NEEDS(new_directory(), RIGHT(FILE_OPEN) | RIGHT(FILE_CREATE_FILE),
	      RIGHT(FILE_CREATE_FILE),
	      open_file(fd, "new", CLOUDABI_O_CREAT | CLOUDABI_O_EXCL));
}

CASE(file_open_of_a_new_file_without_file_open)
{
	NEEDS(new_directory(), RIGHT(FILE_OPEN) | RIGHT(FILE_CREATE_FILE),
	      RIGHT(FILE_OPEN),
	      open_file(fd, "new", CLOUDABI_O_CREAT | CLOUDABI_O_EXCL));
}

CASE(file_readdir_without_file_readdir)
{
	NEEDS(new_directory(), RIGHT(FILE_READDIR), RIGHT(FILE_READDIR),
	      list(fd));
}

CASE(file_readlink_without_file_readlink)
{
	NEEDS(new_directory(), RIGHT(FILE_READLINK), RIGHT(FILE_READLINK),
	      read_link(fd));
}

CASE(file_rename_without_file_rename_source)
{
	NEEDS(new_directory(), RIGHT(FILE_RENAME_SOURCE),
	      RIGHT(FILE_RENAME_SOURCE), rename_between(fd, whole));
}

CASE(file_rename_without_file_rename_target)
{
	NEEDS(new_directory(), RIGHT(FILE_RENAME_TARGET),
	      RIGHT(FILE_RENAME_TARGET), rename_between(whole, fd));
}

CASE(file_rename_with_one_of_its_rights)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t source = limited(dir, RIGHT(FILE_RENAME_SOURCE), 0);
	cloudabi_fd_t target = limited(dir, RIGHT(FILE_RENAME_TARGET), 0);

	FAILS(rename_between(source, source), ENOTCAPABLE);
	FAILS(rename_between(target, target), ENOTCAPABLE);
	FAILS(rename_between(target, source), ENOTCAPABLE);
	CHECK(exists(dir, "file"));
	OK(rename_between(source, target));
}

CASE(file_stat_fget_of_a_directory_without_file_stat_fget)
{
	NEEDS(new_directory(), RIGHT(FILE_STAT_FGET), RIGHT(FILE_STAT_FGET),
	      get_own_stat(fd));
}

CASE(file_stat_fput_without_file_stat_fput_times)
{
	NEEDS(new_directory(), RIGHT(FILE_STAT_FPUT_TIMES),
	      RIGHT(FILE_STAT_FPUT_TIMES), put_own_times(fd));
}

CASE(file_stat_get_without_file_stat_get)
{
	NEEDS(new_directory(), RIGHT(FILE_STAT_GET), RIGHT(FILE_STAT_GET),
	      get_stat(fd));
}

CASE(file_stat_put_without_file_stat_put_times)
{
	NEEDS(new_directory(), RIGHT(FILE_STAT_PUT_TIMES),
	      RIGHT(FILE_STAT_PUT_TIMES), put_times(fd));
}

CASE(file_symlink_without_file_symlink)
{
	NEEDS(new_directory(), RIGHT(FILE_SYMLINK), RIGHT(FILE_SYMLINK),
	      sys.file_symlink(TEXT("file"), fd, NEW));
}

CASE(file_unlink_without_file_unlink)
{
	NEEDS(new_directory(), RIGHT(FILE_UNLINK), RIGHT(FILE_UNLINK),
	      sys.file_unlink(fd, TEXT("file"), 0));
}

CASE(file_unlink_of_a_directory_without_file_unlink)
{
	NEEDS(new_directory(), RIGHT(FILE_UNLINK), RIGHT(FILE_UNLINK),
	      sys.file_unlink(fd, TEXT("sub"), CLOUDABI_UNLINK_REMOVEDIR));
}

/* What follows is about the inheriting set. */

/* Opens the file below a directory that passes on all rights but one. */
static cloudabi_errno_t open_below(cloudabi_rights_t lost,
				   cloudabi_oflags_t oflags,
				   cloudabi_fdflags_t flags,
				   cloudabi_rights_t base)
{
	cloudabi_fd_t dir = limited(new_directory(), UINT64_MAX, ~lost);
	const cloudabi_fdstat_t wanted = {
		.fs_flags = flags,
		.fs_rights_base = base,
	};
	cloudabi_fd_t fd;

	return sys.file_open((cloudabi_lookup_t){dir, 0}, TEXT("file"), oflags,
			     &wanted, &fd);
}

CASE(file_open_without_file_stat_fput_size)
{
	FAILS(open_below(RIGHT(FILE_STAT_FPUT_SIZE), CLOUDABI_O_TRUNC, 0,
			 RIGHT(FD_WRITE)),
	      ENOTCAPABLE);
	OK(open_below(0, CLOUDABI_O_TRUNC, 0, RIGHT(FD_WRITE)));
}

CASE(file_open_without_fd_datasync)
{
	FAILS(open_below(RIGHT(FD_DATASYNC), 0, CLOUDABI_FDFLAG_DSYNC,
			 RIGHT(FD_READ)),
	      ENOTCAPABLE);
	OK(open_below(0, 0, CLOUDABI_FDFLAG_DSYNC, RIGHT(FD_READ)));
}

CASE(file_open_without_fd_sync)
{
	FAILS(open_below(RIGHT(FD_SYNC), 0, CLOUDABI_FDFLAG_SYNC,
			 RIGHT(FD_READ)),
	      ENOTCAPABLE);
	FAILS(open_below(RIGHT(FD_SYNC), 0, CLOUDABI_FDFLAG_RSYNC,
			 RIGHT(FD_READ)),
	      ENOTCAPABLE);
	OK(open_below(0, 0, CLOUDABI_FDFLAG_SYNC, RIGHT(FD_READ)));
}

CASE(file_open_without_fd_seek)
{
	FAILS(open_below(RIGHT(FD_SEEK), 0, 0, RIGHT(FD_WRITE)), ENOTCAPABLE);
	OK(open_below(RIGHT(FD_SEEK), 0, CLOUDABI_FDFLAG_APPEND,
		      RIGHT(FD_WRITE)));
	OK(open_below(RIGHT(FD_SEEK), CLOUDABI_O_TRUNC, 0, RIGHT(FD_WRITE)));
	OK(open_below(0, 0, 0, RIGHT(FD_WRITE)));
}
