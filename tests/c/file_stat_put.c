/* SPDX-License-Identifier: BSD-2-Clause */
/* file_stat_put: times by name. */

#include "test.h"

#define FOLLOW CLOUDABI_LOOKUP_SYMLINK_FOLLOW
#define ATIM CLOUDABI_FILESTAT_ATIM
#define ATIM_NOW CLOUDABI_FILESTAT_ATIM_NOW
#define MTIM CLOUDABI_FILESTAT_MTIM
#define MTIM_NOW CLOUDABI_FILESTAT_MTIM_NOW

/* A time in the year 2001, and one that has a fraction. */
#define THEN (1000000000 * SECOND)
#define LATER (1234567890 * SECOND + 123456789)

static cloudabi_errno_t put_times(cloudabi_fd_t dir, const char *path,
				  cloudabi_lookupflags_t lookup_flags,
				  cloudabi_fsflags_t flags)
{
	const cloudabi_filestat_t stat = {.st_atim = THEN, .st_mtim = LATER};

	return sys.file_stat_put((cloudabi_lookup_t){dir, lookup_flags}, path,
				 strlen(path), &stat, flags);
}

CASE(both)
{
	cloudabi_fd_t dir = new_directory();

	OK(put_times(dir, "file", 0, ATIM | MTIM));
	EQUAL(stat_at(dir, "file").st_atim, THEN);
	EQUAL(stat_at(dir, "file").st_mtim, LATER);
}

CASE(one_alone)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_filestat_t before = stat_at(dir, "file");

	OK(put_times(dir, "file", 0, MTIM));
	EQUAL(stat_at(dir, "file").st_atim, before.st_atim);
	EQUAL(stat_at(dir, "file").st_mtim, LATER);
	OK(put_times(dir, "file", 0, ATIM));
	EQUAL(stat_at(dir, "file").st_atim, THEN);
	EQUAL(stat_at(dir, "file").st_mtim, LATER);
}

CASE(present_time)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_timestamp_t time = now(CLOUDABI_CLOCK_REALTIME);

	OK(put_times(dir, "file", 0, ATIM | MTIM));
	OK(put_times(dir, "file", 0, ATIM_NOW));
	CHECK(stat_at(dir, "file").st_atim > time - SECOND);
	EQUAL(stat_at(dir, "file").st_mtim, LATER);
	OK(put_times(dir, "file", 0, ATIM | MTIM_NOW));
	EQUAL(stat_at(dir, "file").st_atim, THEN);
	CHECK(stat_at(dir, "file").st_mtim > time - SECOND);
}

CASE(present_time_wins)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_timestamp_t time = now(CLOUDABI_CLOCK_REALTIME);

	OK(put_times(dir, "file", 0, ATIM | ATIM_NOW | MTIM | MTIM_NOW));
	CHECK(stat_at(dir, "file").st_atim > time - SECOND);
	CHECK(stat_at(dir, "file").st_mtim > time - SECOND);
}

CASE(no_flags)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_filestat_t before = stat_at(dir, "file");

	OK(put_times(dir, "file", 0, 0));
	EQUAL(stat_at(dir, "file").st_mtim, before.st_mtim);
	FAILS(put_times(dir, "no", 0, 0), ENOENT);
}

CASE(directory)
{
	cloudabi_fd_t dir = new_directory();

	OK(put_times(dir, "sub", 0, MTIM));
	EQUAL(stat_at(dir, "sub").st_mtim, LATER);
	OK(put_times(dir, ".", 0, MTIM));
	EQUAL(stat_of(dir).st_mtim, LATER);
}

CASE(link_itself)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_filestat_t before = stat_at(dir, "file");

	OK(put_times(dir, "link", 0, MTIM));
	EQUAL(stat_at(dir, "link").st_mtim, LATER);
	EQUAL(stat_at(dir, "file").st_mtim, before.st_mtim);
}

CASE(what_a_link_leads_to)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_filestat_t before = stat_at(dir, "link");

	OK(put_times(dir, "link", FOLLOW, MTIM));
	EQUAL(stat_at(dir, "file").st_mtim, LATER);
	EQUAL(stat_at(dir, "link").st_mtim, before.st_mtim);
}

CASE(links_that_lead_nowhere)
{
	cloudabi_fd_t dir = new_directory();

	make_link(dir, "dangling", "nowhere");
	make_link(dir, "away", "/etc/passwd");
	OK(put_times(dir, "dangling", 0, MTIM));
	FAILS(put_times(dir, "dangling", FOLLOW, MTIM), ENOENT);
	FAILS(put_times(dir, "away", FOLLOW, MTIM), ENOTCAPABLE);
}

CASE(bad_flags)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_filestat_t before = stat_at(dir, "file");

	FAILS(put_times(dir, "file", 0, CLOUDABI_FILESTAT_SIZE), EINVAL);
	FAILS(put_times(dir, "file", 0, MTIM | CLOUDABI_FILESTAT_SIZE), EINVAL);
	FAILS(put_times(dir, "file", 0, MTIM | 0x20), EINVAL);
	FAILS(put_times(dir, "file", 0, 0x8000), EINVAL);
	FAILS(put_times(dir, "file", 2, MTIM), EINVAL);
	EQUAL(stat_at(dir, "file").st_mtim, before.st_mtim);
}

CASE(no_way)
{
	FAILS(put_times(DIRECTORY, "no", 0, MTIM), ENOENT);
	FAILS(put_times(DIRECTORY, "", 0, MTIM), ENOENT);
	FAILS(put_times(DIRECTORY, "file/", 0, MTIM), ENOTDIR);
	FAILS(put_times(DIRECTORY, "file/x", 0, MTIM), ENOTDIR);
}

NATIVE(bad_paths, "a bad pointer shortens what is written")
{
	const cloudabi_lookup_t lookup = {DIRECTORY, 0};
	const cloudabi_filestat_t stat = {0};

	FAILS(sys.file_stat_put(lookup, "fi\0le", 5, &stat, MTIM), EINVAL);
	FAILS(sys.file_stat_put(lookup, NOWHERE, 4, &stat, MTIM), EFAULT);
}

CASE(missing_right)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_filestat_t before = stat_at(dir, "file");

	FAILS(put_times(without(dir, CLOUDABI_RIGHT_FILE_STAT_PUT_TIMES),
			"file", 0, MTIM),
	      ENOTCAPABLE);
	EQUAL(stat_at(dir, "file").st_mtim, before.st_mtim);
	FAILS(put_times(READ_WRITE, "file", 0, MTIM), ENOTCAPABLE);
}

CASE(no_descriptor)
{
	FAILS(put_times(NO_FD, "file", 0, MTIM), EBADF);
}

ENDS(attributes_nowhere, -11)
{
	sys.file_stat_put((cloudabi_lookup_t){DIRECTORY, 0}, TEXT("file"),
			  NOWHERE, MTIM);
}
