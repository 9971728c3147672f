/* SPDX-License-Identifier: BSD-2-Clause */
/* file_stat_fget: attributes of files, directories and others. */

#include "test.h"

CASE(file)
{
	cloudabi_filestat_t stat = stat_of(READ_WRITE);

	EQUAL(stat.st_filetype, CLOUDABI_FILETYPE_REGULAR_FILE);
	EQUAL(stat.st_size, 10);
	EQUAL(stat.st_nlink, 1);
	CHECK(stat.st_dev != 0);
	CHECK(stat.st_ino != 0);
}

CASE(directory)
{
	cloudabi_filestat_t stat = stat_of(DIRECTORY);

	EQUAL(stat.st_filetype, CLOUDABI_FILETYPE_DIRECTORY);
	CHECK(stat.st_ino != 0);
	EQUAL(stat.st_ino, stat_at(DIRECTORY, ".").st_ino);
}

CASE(socket)
{
	cloudabi_fd_t a, b;

	EQUAL(stat_of(SOCKET).st_filetype, CLOUDABI_FILETYPE_SOCKET_STREAM);
	make_pair(CLOUDABI_FILETYPE_SOCKET_DGRAM, &a, &b);
	EQUAL(stat_of(a).st_filetype, CLOUDABI_FILETYPE_SOCKET_DGRAM);
}

CASE(pipe)
{
	EQUAL(stat_of(OUTPUT).st_filetype, CLOUDABI_FILETYPE_SOCKET_STREAM);
}

CASE(device)
{
	EQUAL(stat_of(DEVICE).st_filetype, CLOUDABI_FILETYPE_CHARACTER_DEVICE);
}

CASE(shared_memory)
{
	cloudabi_filestat_t stat = stat_of(make_memory(12345));

	EQUAL(stat.st_filetype, CLOUDABI_FILETYPE_SHARED_MEMORY);
	EQUAL(stat.st_size, 12345);
}

CASE(same_file)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_filestat_t by_name = stat_at(dir, "file");
	cloudabi_filestat_t stat;
	cloudabi_fd_t fd;

	OK(open_at(dir, "file", READ, 0, &fd));
	stat = stat_of(fd);
	EQUAL(stat.st_dev, by_name.st_dev);
	EQUAL(stat.st_ino, by_name.st_ino);
	EQUAL(stat.st_mtim, by_name.st_mtim);
	EQUAL(stat.st_ctim, by_name.st_ctim);
	EQUAL(stat.st_size, by_name.st_size);
}

CASE(other_file)
{
	CHECK(stat_of(READ_WRITE).st_ino != stat_of(READ_ONLY).st_ino);
	CHECK(stat_of(DIRECTORY).st_dev != stat_of(ELSEWHERE).st_dev);
}

CASE(times_are_of_now)
{
	cloudabi_timestamp_t time = now(CLOUDABI_CLOCK_REALTIME);
	cloudabi_filestat_t stat = stat_of(new_file("text"));

	/* File systems use a clock that ticks slowly. */
	CHECK(stat.st_mtim > time - SECOND &&
	      stat.st_mtim < time + 60 * SECOND);
	CHECK(stat.st_ctim > time - SECOND &&
	      stat.st_ctim < time + 60 * SECOND);
	CHECK(stat.st_atim > time - SECOND &&
	      stat.st_atim < time + 60 * SECOND);
}

CASE(size_follows_writing)
{
	cloudabi_fd_t fd = new_file("");
	cloudabi_filesize_t at;

	OK(put(fd, "text"));
	EQUAL(stat_of(fd).st_size, 4);
	OK(sys.fd_seek(fd, INT64_C(5) << 30, CLOUDABI_WHENCE_SET, &at));
	OK(put(fd, "x"));
	EQUAL(stat_of(fd).st_size, (UINT64_C(5) << 30) + 1);
}

CASE(links_are_counted)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t fd;

	OK(open_at(dir, "file", READ, 0, &fd));
	OK(sys.file_link((cloudabi_lookup_t){dir, 0}, TEXT("file"), dir,
			 TEXT("name")));
	EQUAL(stat_of(fd).st_nlink, 2);
	OK(sys.file_unlink(dir, TEXT("file"), 0));
	OK(sys.file_unlink(dir, TEXT("name"), 0));
	EQUAL(stat_of(fd).st_nlink, 0);
}

CASE(missing_right)
{
	cloudabi_filestat_t stat;

	FAILS(sys.file_stat_fget(
		      without(READ_ONLY, CLOUDABI_RIGHT_FILE_STAT_FGET), &stat),
	      ENOTCAPABLE);
	FAILS(sys.file_stat_fget(
		      without(DIRECTORY, CLOUDABI_RIGHT_FILE_STAT_FGET), &stat),
	      ENOTCAPABLE);
	FAILS(sys.file_stat_fget(without(SOCKET, CLOUDABI_RIGHT_FILE_STAT_FGET),
				 &stat),
	      ENOTCAPABLE);
}

CASE(no_descriptor)
{
	cloudabi_filestat_t stat;

	FAILS(sys.file_stat_fget(NO_FD, &stat), EBADF);
	FAILS(sys.file_stat_fget(UINT32_MAX, &stat), EBADF);
}

ENDS(result_to_nowhere, -11)
{
	sys.file_stat_fget(READ_ONLY, NOWHERE);
}
