/* SPDX-License-Identifier: BSD-2-Clause */
/* file_open: which rights the new descriptor has, and which are refused. */

#include "test.h"

#define BASE_DIRECTORY UINT64_C(0x13eff698)
#define INHERITING_DIRECTORY UINT64_C(0x11ffff7ff)
#define BASE_FILE UINT64_C(0x11c3801ff)

static cloudabi_errno_t open_rights(cloudabi_fd_t dir, const char *path,
				    cloudabi_rights_t base,
				    cloudabi_rights_t inheriting,
				    cloudabi_fd_t *fd)
{
	const cloudabi_fdstat_t wanted = {
		.fs_rights_base = base,
		.fs_rights_inheriting = inheriting,
	};

	return sys.file_open((cloudabi_lookup_t){dir, 0}, path, strlen(path), 0,
			     &wanted, fd);
}

static void expect(cloudabi_fd_t fd, cloudabi_rights_t base,
		   cloudabi_rights_t inheriting)
{
	cloudabi_fdstat_t stat = fdstat_of(fd);

	EQUAL(stat.fs_rights_base, base);
	EQUAL(stat.fs_rights_inheriting, inheriting);
}

CASE(what_was_asked_for)
{
	cloudabi_fd_t fd;

	OK(open_rights(DIRECTORY, "file", CLOUDABI_RIGHT_FD_READ, 0, &fd));
	expect(fd, CLOUDABI_RIGHT_FD_READ, 0);
	expect_text(fd, "content");
}

CASE(nothing)
{
	cloudabi_fd_t fd;
	size_t n;

	OK(open_rights(DIRECTORY, "file", 0, 0, &fd));
	expect(fd, 0, 0);
	FAILS(sys.fd_read(fd, NULL, 0, &n), ENOTCAPABLE);
}

CASE(everything_of_a_file)
{
	cloudabi_fd_t fd;

	OK(open_rights(DIRECTORY, "file", INHERITING_DIRECTORY,
		       INHERITING_DIRECTORY, &fd));
	expect(fd, BASE_FILE, 0);
}

CASE(everything_of_a_directory)
{
	cloudabi_rights_t writing = CLOUDABI_RIGHT_FD_DATASYNC |
				    CLOUDABI_RIGHT_FD_WRITE |
				    CLOUDABI_RIGHT_FILE_ALLOCATE |
				    CLOUDABI_RIGHT_FILE_STAT_FPUT_SIZE;
	cloudabi_fd_t fd;

	OK(open_rights(DIRECTORY, "sub", INHERITING_DIRECTORY & ~writing,
		       INHERITING_DIRECTORY, &fd));
	expect(fd, BASE_DIRECTORY, INHERITING_DIRECTORY);
}

CASE(senseless_rights_vanish)
{
	cloudabi_fd_t fd;

	OK(open_rights(DIRECTORY, "file",
		       CLOUDABI_RIGHT_FD_READ | CLOUDABI_RIGHT_FILE_READDIR,
		       CLOUDABI_RIGHT_FD_READ, &fd));
	expect(fd, CLOUDABI_RIGHT_FD_READ, 0);
	OK(open_rights(DIRECTORY, "sub",
		       CLOUDABI_RIGHT_FD_READ | CLOUDABI_RIGHT_FILE_READDIR, 0,
		       &fd));
	expect(fd, CLOUDABI_RIGHT_FILE_READDIR, 0);
}

CASE(what_is_not_passed_on)
{
	cloudabi_fd_t dir =
		limited(new_directory(), UINT64_MAX, ~CLOUDABI_RIGHT_FD_WRITE);
	cloudabi_fd_t fd;

	FAILS(open_rights(dir, "file",
			  CLOUDABI_RIGHT_FD_READ | CLOUDABI_RIGHT_FD_WRITE, 0,
			  &fd),
	      ENOTCAPABLE);
	FAILS(open_rights(dir, "sub", CLOUDABI_RIGHT_FILE_READDIR,
			  CLOUDABI_RIGHT_FD_WRITE, &fd),
	      ENOTCAPABLE);
	OK(open_rights(dir, "file", CLOUDABI_RIGHT_FD_READ, 0, &fd));
}

/* A right that makes no sense for the file is refused all the same. */
CASE(refusal_is_independent_of_the_type)
{
	cloudabi_fd_t dir =
		limited(new_directory(), UINT64_MAX, CLOUDABI_RIGHT_FD_READ);
	cloudabi_fd_t fd;

	FAILS(open_rights(dir, "file",
			  CLOUDABI_RIGHT_FD_READ | CLOUDABI_RIGHT_FILE_READDIR,
			  0, &fd),
	      ENOTCAPABLE);
	FAILS(open_rights(dir, "no", CLOUDABI_RIGHT_FD_SYNC, 0, &fd),
	      ENOTCAPABLE);
}

CASE(rights_that_do_not_exist)
{
	cloudabi_fd_t fd;

	FAILS(open_rights(DIRECTORY, "file", UINT64_C(1) << 11, 0, &fd),
	      ENOTCAPABLE);
	FAILS(open_rights(DIRECTORY, "file", UINT64_C(1) << 40, 0, &fd),
	      ENOTCAPABLE);
	FAILS(open_rights(DIRECTORY, "sub", 0, UINT64_C(1) << 63, &fd),
	      ENOTCAPABLE);
}

/* These belong to sockets and processes, which no directory has. */
CASE(rights_that_no_directory_passes_on)
{
	cloudabi_fd_t fd;

	FAILS(open_rights(DIRECTORY, "file", CLOUDABI_RIGHT_SOCK_SHUTDOWN, 0,
			  &fd),
	      ENOTCAPABLE);
	FAILS(open_rights(DIRECTORY, "file", CLOUDABI_RIGHT_POLL_PROC_TERMINATE,
			  0, &fd),
	      ENOTCAPABLE);
}

/* The base set says nothing of what can be obtained, and the other way. */
CASE(base_set_of_the_directory_does_not_matter)
{
	cloudabi_fd_t dir =
		limited(new_directory(), CLOUDABI_RIGHT_FILE_OPEN, UINT64_MAX);
	cloudabi_fd_t fd;

	OK(open_at(dir, "file", READ | WRITE, 0, &fd));
	OK(put(fd, "C"));
	OK(open_at(dir, "sub", READ, 0, &fd));
	make_file(fd, "new", "text");
}

CASE(inheriting_set_shrinks_on_the_way_down)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t sub, fd;

	make_file(dir, "sub/inner", "text");
	OK(open_rights(dir, "sub", CLOUDABI_RIGHT_FILE_OPEN,
		       CLOUDABI_RIGHT_FD_READ, &sub));
	expect(sub, CLOUDABI_RIGHT_FILE_OPEN, CLOUDABI_RIGHT_FD_READ);
	OK(open_rights(sub, "inner", CLOUDABI_RIGHT_FD_READ, 0, &fd));
	expect_text(fd, "text");
	FAILS(open_rights(sub, "inner",
			  CLOUDABI_RIGHT_FD_READ | CLOUDABI_RIGHT_FD_SEEK, 0,
			  &fd),
	      ENOTCAPABLE);
	FAILS(open_rights(sub, ".", CLOUDABI_RIGHT_FILE_OPEN, 0, &fd),
	      ENOTCAPABLE);
}

CASE(truncation_takes_its_right)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t fd;

	FAILS(open_with(limited(dir, UINT64_MAX,
				~CLOUDABI_RIGHT_FILE_STAT_FPUT_SIZE),
			"file", CLOUDABI_O_TRUNC, CLOUDABI_RIGHT_FD_WRITE, &fd),
	      ENOTCAPABLE);
	expect_file(dir, "file", "content");
	OK(open_with(dir, "file", CLOUDABI_O_TRUNC, CLOUDABI_RIGHT_FD_WRITE,
		     &fd));
}

CASE(overwriting_takes_fd_seek)
{
	cloudabi_fd_t dir =
		limited(new_directory(), UINT64_MAX, ~CLOUDABI_RIGHT_FD_SEEK);
	cloudabi_fd_t fd;

	FAILS(open_rights(dir, "file", CLOUDABI_RIGHT_FD_WRITE, 0, &fd),
	      ENOTCAPABLE);
	OK(open_rights(dir, "file", CLOUDABI_RIGHT_FD_READ, 0, &fd));
}

/* On Linux they need a descriptor that could also write. */
CASE(other_ways_of_writing_take_fd_write)
{
	cloudabi_fd_t dir =
		limited(new_directory(), UINT64_MAX, ~CLOUDABI_RIGHT_FD_WRITE);
	cloudabi_fd_t fd;

	FAILS(open_rights(dir, "file", CLOUDABI_RIGHT_FILE_ALLOCATE, 0, &fd),
	      ENOTCAPABLE);
	FAILS(open_rights(dir, "file", CLOUDABI_RIGHT_FILE_STAT_FPUT_SIZE, 0,
			  &fd),
	      ENOTCAPABLE);
	FAILS(open_rights(dir, "file", CLOUDABI_RIGHT_FD_DATASYNC, 0, &fd),
	      ENOTCAPABLE);
}

CASE(each_writing_right_alone)
{
	cloudabi_fd_t dir = new_directory();
	const cloudabi_filestat_t size = {.st_size = 3};
	cloudabi_fd_t fd;

	OK(open_rights(dir, "file", CLOUDABI_RIGHT_FILE_ALLOCATE, 0, &fd));
	OK(sys.file_allocate(fd, 0, 100));
	OK(open_rights(dir, "file", CLOUDABI_RIGHT_FD_DATASYNC, 0, &fd));
	OK(sys.fd_datasync(fd));
	OK(open_rights(dir, "file", CLOUDABI_RIGHT_FILE_STAT_FPUT_SIZE, 0,
		       &fd));
	OK(sys.file_stat_fput(fd, &size, CLOUDABI_FILESTAT_SIZE));
	expect_file(dir, "file", "con");
}
