/* SPDX-License-Identifier: BSD-2-Clause */
/* What a file can do that has a single right: what this is for, nothing else. */

#include "capability.h"

static char buf[16];
static const cloudabi_iovec_t in = {buf, sizeof(buf)};
static const cloudabi_ciovec_t out = {"x", 1};
static size_t n;

static cloudabi_errno_t read(cloudabi_fd_t fd)
{
	return sys.fd_read(fd, &in, 1, &n);
}

static cloudabi_errno_t write(cloudabi_fd_t fd)
{
	return sys.fd_write(fd, &out, 1, &n);
}

static cloudabi_errno_t pread(cloudabi_fd_t fd)
{
	return sys.fd_pread(fd, &in, 1, 0, &n);
}

static cloudabi_errno_t pwrite(cloudabi_fd_t fd)
{
	return sys.fd_pwrite(fd, &out, 1, 0, &n);
}

static cloudabi_errno_t tell(cloudabi_fd_t fd)
{
	return sys.fd_seek(fd, 0, CLOUDABI_WHENCE_CUR, &(uint64_t){0});
}

static cloudabi_errno_t seek(cloudabi_fd_t fd)
{
	return sys.fd_seek(fd, 0, CLOUDABI_WHENCE_SET, &(uint64_t){0});
}

static cloudabi_errno_t set_flags(cloudabi_fd_t fd)
{
	return put_flags(fd, 0);
}

static cloudabi_errno_t datasync(cloudabi_fd_t fd)
{
	return sys.fd_datasync(fd);
}

static cloudabi_errno_t sync(cloudabi_fd_t fd)
{
	return sys.fd_sync(fd);
}

static cloudabi_errno_t advise(cloudabi_fd_t fd)
{
	return sys.file_advise(fd, 0, 4, CLOUDABI_ADVICE_NORMAL);
}

static cloudabi_errno_t allocate_room(cloudabi_fd_t fd)
{
	return sys.file_allocate(fd, 0, 4);
}

static cloudabi_errno_t stat(cloudabi_fd_t fd)
{
	cloudabi_filestat_t st;

	return sys.file_stat_fget(fd, &st);
}

static cloudabi_errno_t set_size(cloudabi_fd_t fd)
{
	const cloudabi_filestat_t st = {.st_size = 4};

	return sys.file_stat_fput(fd, &st, CLOUDABI_FILESTAT_SIZE);
}

/* With the right it is ENOTSUP for files, which is no lack of a right. */
static cloudabi_errno_t set_times(cloudabi_fd_t fd)
{
	const cloudabi_filestat_t st = {.st_mtim = SECOND};
	cloudabi_errno_t error =
		sys.file_stat_fput(fd, &st, CLOUDABI_FILESTAT_MTIM);

	return error == CLOUDABI_ENOTSUP ? 0 : error;
}

static cloudabi_errno_t map(cloudabi_fd_t fd)
{
	void *memory;

	return sys.mem_map(NULL, page_size, 0, CLOUDABI_MAP_PRIVATE, fd, 0,
			   &memory);
}

static cloudabi_errno_t map_to_read(cloudabi_fd_t fd)
{
	void *memory;

	return sys.mem_map(NULL, page_size, CLOUDABI_PROT_READ,
			   CLOUDABI_MAP_PRIVATE, fd, 0, &memory);
}

static cloudabi_errno_t map_to_write(cloudabi_fd_t fd)
{
	void *memory;

	return sys.mem_map(NULL, page_size, CLOUDABI_PROT_WRITE,
			   CLOUDABI_MAP_SHARED, fd, 0, &memory);
}

static cloudabi_errno_t poll_to_read(cloudabi_fd_t fd)
{
	return poll_fd(CLOUDABI_EVENTTYPE_FD_READ, fd);
}

static cloudabi_errno_t poll_to_write(cloudabi_fd_t fd)
{
	return poll_fd(CLOUDABI_EVENTTYPE_FD_WRITE, fd);
}

static cloudabi_errno_t open_below(cloudabi_fd_t fd)
{
	return open_with(fd, ".", 0, 0, &(cloudabi_fd_t){0});
}

static cloudabi_errno_t list(cloudabi_fd_t fd)
{
	return sys.file_readdir(fd, buf, sizeof(buf), 0, &n);
}

static cloudabi_errno_t shut_down(cloudabi_fd_t fd)
{
	return sys.sock_shutdown(fd, CLOUDABI_SHUT_WR);
}

/* The last three are nothing for files, whatever their rights. */
static const struct {
	cloudabi_errno_t (*call)(cloudabi_fd_t fd);
	cloudabi_rights_t needs;
} calls[] = {
	{read, RIGHT(FD_READ)},
	{write, RIGHT(FD_WRITE)},
	{pread, RIGHT(FD_READ) | RIGHT(FD_SEEK)},
	{pwrite, RIGHT(FD_WRITE) | RIGHT(FD_SEEK)},
	{seek, RIGHT(FD_SEEK)},
	{set_flags, RIGHT(FD_STAT_PUT_FLAGS)},
	{datasync, RIGHT(FD_DATASYNC)},
	{sync, RIGHT(FD_SYNC)},
	{advise, RIGHT(FILE_ADVISE)},
	{allocate_room, RIGHT(FILE_ALLOCATE)},
	{stat, RIGHT(FILE_STAT_FGET)},
	{set_size, RIGHT(FILE_STAT_FPUT_SIZE)},
	{set_times, RIGHT(FILE_STAT_FPUT_TIMES)},
	{map, RIGHT(MEM_MAP)},
	{map_to_read, RIGHT(MEM_MAP) | RIGHT(FD_READ)},
	{map_to_write, RIGHT(MEM_MAP) | RIGHT(FD_WRITE)},
	{poll_to_read, RIGHT(POLL_FD_READWRITE) | RIGHT(FD_READ)},
	{poll_to_write, RIGHT(POLL_FD_READWRITE) | RIGHT(FD_WRITE)},
	{open_below, RIGHT(FILE_OPEN)},
	{list, RIGHT(FILE_READDIR)},
	{shut_down, RIGHT(SOCK_SHUTDOWN)},
};

static void expect_only(cloudabi_rights_t right)
{
	cloudabi_fd_t fd = limited(new_file("text"), right, 0);
	cloudabi_rights_t may_tell = RIGHT(FD_TELL) | RIGHT(FD_SEEK);

	EQUAL(rights_of(fd), right);
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		if ((calls[i].needs & ~right) == 0)
			OK(calls[i].call(fd));
		else
			FAILS(calls[i].call(fd), ENOTCAPABLE);
	}
	if (right & may_tell)
		OK(tell(fd));
	else
		FAILS(tell(fd), ENOTCAPABLE);
}

CASE(nothing)
{
	expect_only(0);
}

CASE(fd_datasync)
{
	expect_only(RIGHT(FD_DATASYNC));
}

CASE(fd_read)
{
	expect_only(RIGHT(FD_READ));
}

CASE(fd_seek)
{
	expect_only(RIGHT(FD_SEEK));
}

CASE(fd_stat_put_flags)
{
	expect_only(RIGHT(FD_STAT_PUT_FLAGS));
}

CASE(fd_sync)
{
	expect_only(RIGHT(FD_SYNC));
}

CASE(fd_tell)
{
	expect_only(RIGHT(FD_TELL));
}

CASE(fd_write)
{
	expect_only(RIGHT(FD_WRITE));
}

CASE(file_advise)
{
	expect_only(RIGHT(FILE_ADVISE));
}

CASE(file_allocate)
{
	expect_only(RIGHT(FILE_ALLOCATE));
}

CASE(file_stat_fget)
{
	expect_only(RIGHT(FILE_STAT_FGET));
}

CASE(file_stat_fput_size)
{
	expect_only(RIGHT(FILE_STAT_FPUT_SIZE));
}

CASE(file_stat_fput_times)
{
	expect_only(RIGHT(FILE_STAT_FPUT_TIMES));
}

CASE(mem_map)
{
	expect_only(RIGHT(MEM_MAP));
}

CASE(mem_map_exec)
{
	expect_only(RIGHT(MEM_MAP_EXEC));
}

CASE(poll_fd_readwrite)
{
	expect_only(RIGHT(POLL_FD_READWRITE));
}

CASE(proc_exec)
{
	expect_only(RIGHT(PROC_EXEC));
}
