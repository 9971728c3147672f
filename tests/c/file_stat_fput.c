/* SPDX-License-Identifier: BSD-2-Clause */
/* file_stat_fput: the size of files, the times of directories. */

#include "test.h"

#define ATIM CLOUDABI_FILESTAT_ATIM
#define ATIM_NOW CLOUDABI_FILESTAT_ATIM_NOW
#define MTIM CLOUDABI_FILESTAT_MTIM
#define MTIM_NOW CLOUDABI_FILESTAT_MTIM_NOW
#define SIZE CLOUDABI_FILESTAT_SIZE

/* A time in the year 2001, and one that has a fraction. */
#define THEN (1000000000 * SECOND)
#define LATER (1234567890 * SECOND + 123456789)

static cloudabi_errno_t put_size(cloudabi_fd_t fd, cloudabi_filesize_t size)
{
	const cloudabi_filestat_t stat = {.st_size = size};

	return sys.file_stat_fput(fd, &stat, SIZE);
}

static cloudabi_errno_t put_times(cloudabi_fd_t fd, cloudabi_fsflags_t flags)
{
	const cloudabi_filestat_t stat = {.st_atim = THEN, .st_mtim = LATER};

	return sys.file_stat_fput(fd, &stat, flags);
}

CASE(shrinks)
{
	cloudabi_fd_t fd = new_file("0123456789");

	OK(put_size(fd, 4));
	EQUAL(stat_of(fd).st_size, 4);
	expect_text(fd, "0123");
}

CASE(grows_with_zeros)
{
	cloudabi_fd_t fd = new_file("ab");
	char buf[8];
	size_t n;

	OK(put_size(fd, 4));
	OK(get(fd, buf, sizeof(buf), &n));
	EQUAL(n, 4);
	EQUAL(memcmp(buf, "ab\0\0", 4), 0);
}

CASE(grows_above_4_gib)
{
	cloudabi_fd_t fd = new_file("ab");

	OK(put_size(fd, UINT64_C(5) << 30));
	EQUAL(stat_of(fd).st_size, UINT64_C(5) << 30);
	OK(put_size(fd, 0));
	EQUAL(stat_of(fd).st_size, 0);
}

CASE(what_was_cut_off_is_gone)
{
	cloudabi_fd_t fd = new_file("0123456789");
	char buf[16];
	size_t n;

	OK(put_size(fd, 2));
	OK(put_size(fd, 10));
	OK(get(fd, buf, sizeof(buf), &n));
	EQUAL(memcmp(buf, "01\0\0\0\0\0\0\0\0", 10), 0);
}

CASE(position_stays)
{
	cloudabi_fd_t fd = new_file("0123456789");
	cloudabi_filesize_t at;

	OK(sys.fd_seek(fd, 8, CLOUDABI_WHENCE_SET, &at));
	OK(put_size(fd, 2));
	OK(sys.fd_seek(fd, 0, CLOUDABI_WHENCE_CUR, &at));
	EQUAL(at, 8);
}

CASE(shared_memory)
{
	cloudabi_fd_t fd = make_memory(100);

	OK(put_size(fd, 5000));
	EQUAL(stat_of(fd).st_size, 5000);
}

CASE(size_out_of_range)
{
	cloudabi_fd_t fd = new_file("text");

	FAILS(put_size(fd, UINT64_C(1) << 63), EINVAL);
	FAILS(put_size(fd, UINT64_MAX), EINVAL);
	EQUAL(stat_of(fd).st_size, 4);
}

CASE(times_of_a_directory)
{
	cloudabi_fd_t dir = new_directory();

	OK(put_times(dir, ATIM | MTIM));
	EQUAL(stat_of(dir).st_atim, THEN);
	EQUAL(stat_of(dir).st_mtim, LATER);
}

CASE(one_time_alone)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_filestat_t before = stat_of(dir);

	OK(put_times(dir, ATIM));
	EQUAL(stat_of(dir).st_atim, THEN);
	EQUAL(stat_of(dir).st_mtim, before.st_mtim);
	OK(put_times(dir, MTIM));
	EQUAL(stat_of(dir).st_mtim, LATER);
}

CASE(present_time_wins)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_timestamp_t time = now(CLOUDABI_CLOCK_REALTIME);

	OK(put_times(dir, ATIM | MTIM));
	OK(put_times(dir, ATIM | ATIM_NOW | MTIM | MTIM_NOW));
	CHECK(stat_of(dir).st_atim > time - SECOND);
	CHECK(stat_of(dir).st_mtim > time - SECOND);
}

/* A deviation: the guest has no host call for that. */
CASE(times_of_a_file)
{
	FAILS(put_times(new_file("text"), MTIM), ENOTSUP);
	FAILS(put_times(new_file("text"), ATIM_NOW | MTIM_NOW), ENOTSUP);
}

CASE(bad_flags)
{
	cloudabi_fd_t fd = new_file("text");

	FAILS(put_times(fd, 0), EINVAL);
	FAILS(put_times(fd, SIZE | ATIM), EINVAL);
	FAILS(put_times(fd, SIZE | MTIM_NOW), EINVAL);
	FAILS(put_times(fd, 0x20), EINVAL);
	FAILS(put_times(fd, SIZE | 0x8000), EINVAL);
	FAILS(put_times(DIRECTORY, MTIM | 0x20), EINVAL);
	EQUAL(stat_of(fd).st_size, 4);
}

CASE(missing_right_to_the_size)
{
	cloudabi_fd_t fd = new_file("text");

	FAILS(put_size(without(fd, CLOUDABI_RIGHT_FILE_STAT_FPUT_SIZE), 0),
	      ENOTCAPABLE);
	EQUAL(stat_of(fd).st_size, 4);
	FAILS(put_size(DIRECTORY, 0), ENOTCAPABLE);
	FAILS(put_size(SOCKET, 0), ENOTCAPABLE);
}

CASE(missing_right_to_the_times)
{
	FAILS(put_times(without(new_directory(),
				CLOUDABI_RIGHT_FILE_STAT_FPUT_TIMES),
			MTIM),
	      ENOTCAPABLE);
	FAILS(put_times(without(new_file(""),
				CLOUDABI_RIGHT_FILE_STAT_FPUT_TIMES),
			MTIM),
	      ENOTCAPABLE);
	FAILS(put_times(SOCKET, MTIM), ENOTCAPABLE);
	FAILS(put_times(make_memory(1), MTIM), ENOTCAPABLE);
}

CASE(no_descriptor)
{
	FAILS(put_size(NO_FD, 0), EBADF);
	FAILS(put_times(NO_FD, MTIM), EBADF);
}

ENDS(attributes_nowhere, -11)
{
	sys.file_stat_fput(READ_WRITE, NOWHERE, SIZE);
}
