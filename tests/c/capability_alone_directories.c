/* SPDX-License-Identifier: BSD-2-Clause */
/* What a directory can do that has a single right, and nothing else. */

#include "capability.h"

static cloudabi_errno_t set_flags(cloudabi_fd_t fd)
{
	return put_flags(fd, 0);
}

static cloudabi_errno_t sync(cloudabi_fd_t fd)
{
	return sys.fd_sync(fd);
}

static cloudabi_errno_t advise(cloudabi_fd_t fd)
{
	return sys.file_advise(fd, 0, 0, CLOUDABI_ADVICE_NORMAL);
}

static cloudabi_errno_t create(cloudabi_fd_t fd)
{
	return sys.file_create(fd, TEXT("new"), CLOUDABI_FILETYPE_DIRECTORY);
}

static cloudabi_errno_t create_file(cloudabi_fd_t fd)
{
	return open_with(fd, "created", CLOUDABI_O_CREAT, 0,
			 &(cloudabi_fd_t){0});
}

static cloudabi_errno_t link_file(cloudabi_fd_t fd)
{
	return sys.file_link((cloudabi_lookup_t){fd, 0}, TEXT("file"), fd,
			     TEXT("linked"));
}

static cloudabi_errno_t open_file(cloudabi_fd_t fd)
{
	return open_with(fd, "file", 0, 0, &(cloudabi_fd_t){0});
}

static cloudabi_errno_t list(cloudabi_fd_t fd)
{
	char buf[16];

	return sys.file_readdir(fd, buf, sizeof(buf), 0, &(size_t){0});
}

static cloudabi_errno_t read_link(cloudabi_fd_t fd)
{
	char buf[16];

	return sys.file_readlink(fd, TEXT("link"), buf, sizeof(buf),
				 &(size_t){0});
}

static cloudabi_errno_t rename_file(cloudabi_fd_t fd)
{
	return sys.file_rename(fd, TEXT("file"), fd, TEXT("renamed"));
}

static cloudabi_errno_t stat_itself(cloudabi_fd_t fd)
{
	return sys.file_stat_fget(fd, &(cloudabi_filestat_t){0});
}

static cloudabi_errno_t set_own_times(cloudabi_fd_t fd)
{
	return sys.file_stat_fput(fd, &(cloudabi_filestat_t){0},
				  CLOUDABI_FILESTAT_MTIM_NOW);
}

static cloudabi_errno_t stat_file(cloudabi_fd_t fd)
{
	return sys.file_stat_get((cloudabi_lookup_t){fd, 0}, TEXT("file"),
				 &(cloudabi_filestat_t){0});
}

static cloudabi_errno_t set_times(cloudabi_fd_t fd)
{
	return sys.file_stat_put((cloudabi_lookup_t){fd, 0}, TEXT("file"),
				 &(cloudabi_filestat_t){0},
				 CLOUDABI_FILESTAT_MTIM_NOW);
}

static cloudabi_errno_t make_symlink(cloudabi_fd_t fd)
{
	return sys.file_symlink(TEXT("file"), fd, TEXT("symlink"));
}

static cloudabi_errno_t unlink_file(cloudabi_fd_t fd)
{
	return sys.file_unlink(fd, TEXT("file"), 0);
}

/* Those that take a name away come last. */
static const struct {
	cloudabi_errno_t (*call)(cloudabi_fd_t fd);
	cloudabi_rights_t needs;
} calls[] = {
	{set_flags, RIGHT(FD_STAT_PUT_FLAGS)},
	{sync, RIGHT(FD_SYNC)},
	{advise, RIGHT(FILE_ADVISE)},
	{create, RIGHT(FILE_CREATE_DIRECTORY)},
	{create_file, RIGHT(FILE_OPEN) | RIGHT(FILE_CREATE_FILE)},
	{link_file, RIGHT(FILE_LINK_SOURCE) | RIGHT(FILE_LINK_TARGET)},
	{open_file, RIGHT(FILE_OPEN)},
	{list, RIGHT(FILE_READDIR)},
	{read_link, RIGHT(FILE_READLINK)},
	{stat_itself, RIGHT(FILE_STAT_FGET)},
	{set_own_times, RIGHT(FILE_STAT_FPUT_TIMES)},
	{stat_file, RIGHT(FILE_STAT_GET)},
	{set_times, RIGHT(FILE_STAT_PUT_TIMES)},
	{make_symlink, RIGHT(FILE_SYMLINK)},
	{rename_file, RIGHT(FILE_RENAME_SOURCE) | RIGHT(FILE_RENAME_TARGET)},
	{unlink_file, RIGHT(FILE_UNLINK)},
};

/* What was refused must have left no trace. */
static void expect_names(cloudabi_fd_t dir, cloudabi_rights_t right)
{
	EQUAL(exists(dir, "new"), right == RIGHT(FILE_CREATE_DIRECTORY));
	EQUAL(exists(dir, "symlink"), right == RIGHT(FILE_SYMLINK));
	EQUAL(exists(dir, "file"), right != RIGHT(FILE_UNLINK));
	CHECK(!exists(dir, "created"));
	CHECK(!exists(dir, "linked"));
	CHECK(!exists(dir, "renamed"));
}

static void expect_only(cloudabi_rights_t right)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t fd = limited(dir, right, UINT64_MAX);

	EQUAL(rights_of(fd), right);
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		if ((calls[i].needs & ~right) == 0)
			OK(calls[i].call(fd));
		else
			FAILS(calls[i].call(fd), ENOTCAPABLE);
	}
	expect_names(dir, right);
}

CASE(nothing)
{
	expect_only(0);
}

CASE(fd_stat_put_flags)
{
	expect_only(RIGHT(FD_STAT_PUT_FLAGS));
}

CASE(fd_sync)
{
	expect_only(RIGHT(FD_SYNC));
}

CASE(file_advise)
{
	expect_only(RIGHT(FILE_ADVISE));
}

CASE(file_create_directory)
{
	expect_only(RIGHT(FILE_CREATE_DIRECTORY));
}

CASE(file_create_file)
{
	expect_only(RIGHT(FILE_CREATE_FILE));
}

CASE(file_link_source)
{
	expect_only(RIGHT(FILE_LINK_SOURCE));
}

CASE(file_link_target)
{
	expect_only(RIGHT(FILE_LINK_TARGET));
}

CASE(file_open)
{
	expect_only(RIGHT(FILE_OPEN));
}

CASE(file_readdir)
{
	expect_only(RIGHT(FILE_READDIR));
}

CASE(file_readlink)
{
	expect_only(RIGHT(FILE_READLINK));
}

CASE(file_rename_source)
{
	expect_only(RIGHT(FILE_RENAME_SOURCE));
}

CASE(file_rename_target)
{
	expect_only(RIGHT(FILE_RENAME_TARGET));
}

CASE(file_stat_fget)
{
	expect_only(RIGHT(FILE_STAT_FGET));
}

CASE(file_stat_fput_times)
{
	expect_only(RIGHT(FILE_STAT_FPUT_TIMES));
}

CASE(file_stat_get)
{
	expect_only(RIGHT(FILE_STAT_GET));
}

CASE(file_stat_put_times)
{
	expect_only(RIGHT(FILE_STAT_PUT_TIMES));
}

CASE(file_symlink)
{
	expect_only(RIGHT(FILE_SYMLINK));
}

CASE(file_unlink)
{
	expect_only(RIGHT(FILE_UNLINK));
}

CASE(poll_fd_readwrite)
{
	expect_only(RIGHT(POLL_FD_READWRITE));
}
