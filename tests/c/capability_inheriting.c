/* SPDX-License-Identifier: BSD-2-Clause */
/* Rights that are gone stay gone: on the way down, on the way back, in copies. */

#include "capability.h"

#define CREAT CLOUDABI_O_CREAT

static cloudabi_fd_t fd;

/* A directory whose files can be read, and nothing else. */
static cloudabi_fd_t read_only(void)
{
	return limited(new_directory(), UINT64_MAX,
		       RIGHT(FD_READ) | RIGHT(FILE_OPEN) | RIGHT(FILE_READDIR));
}

static cloudabi_errno_t open_rights(cloudabi_fd_t dir, const char *path,
				    cloudabi_rights_t base,
				    cloudabi_rights_t inheriting,
				    cloudabi_fd_t *result)
{
	const cloudabi_fdstat_t wanted = {
		.fs_rights_base = base,
		.fs_rights_inheriting = inheriting,
	};

	return sys.file_open((cloudabi_lookup_t){dir, 0}, path, strlen(path), 0,
			     &wanted, result);
}

static void expect_read_only(cloudabi_fd_t dir, const char *path)
{
	FAILS(open_with(dir, path, 0, RIGHT(FD_WRITE), &fd), ENOTCAPABLE);
	FAILS(open_with(dir, path, 0, RIGHT(FILE_ALLOCATE), &fd), ENOTCAPABLE);
	FAILS(open_with(dir, path, 0, RIGHT(FILE_STAT_FPUT_SIZE), &fd),
	      ENOTCAPABLE);
	FAILS(open_with(dir, path, CLOUDABI_O_TRUNC, RIGHT(FD_READ), &fd),
	      ENOTCAPABLE);
	OK(open_with(dir, path, 0, RIGHT(FD_READ), &fd));
	FAILS(put(fd, "x"), ENOTCAPABLE);
}

/* Comes first: so far there are those of the start alone. */
CASE(numbers_are_no_rights)
{
	cloudabi_fdstat_t stat;

	for (cloudabi_fd_t number = 0; number < FDS_LEN; number++)
		OK(sys.fd_stat_get(number, &stat));
	for (cloudabi_fd_t number = FDS_LEN; number < 2048; number++) {
		FAILS(sys.fd_stat_get(number, &stat), EBADF);
		FAILS(sys.fd_close(number), EBADF);
		FAILS(put(number, "x"), EBADF);
		FAILS(open_with(number, "file", 0, 0, &fd), EBADF);
	}
}

CASE(file)
{
	expect_read_only(read_only(), "file");
}

CASE(file_below_a_directory)
{
	cloudabi_fd_t dir = read_only();
	cloudabi_fd_t sub;

	OK(open_rights(dir, "sub", RIGHT(FILE_OPEN),
		       RIGHT(FD_READ) | RIGHT(FILE_OPEN), &sub));
	FAILS(open_with(sub, "new", CREAT, RIGHT(FD_READ), &fd), ENOTCAPABLE);
	FAILS(open_with(sub, "..", 0, 0, &fd), ENOTCAPABLE);
}

CASE(same_directory_opened_again)
{
	cloudabi_fd_t dir = read_only();
	cloudabi_fd_t again;

	FAILS(open_rights(dir, ".", RIGHT(FILE_UNLINK), 0, &again),
	      ENOTCAPABLE);
	FAILS(open_rights(dir, ".", 0, RIGHT(FD_WRITE), &again), ENOTCAPABLE);
	OK(open_rights(dir, ".", RIGHT(FILE_OPEN),
		       RIGHT(FD_READ) | RIGHT(FILE_OPEN), &again));
	expect_read_only(again, "file");
	FAILS(sys.file_unlink(again, TEXT("file"), 0), ENOTCAPABLE);
}

CASE(same_directory_by_way_of_another)
{
	cloudabi_fd_t dir = read_only();
	cloudabi_fd_t again;

	FAILS(open_rights(dir, "sub/..", RIGHT(FILE_UNLINK), 0, &again),
	      ENOTCAPABLE);
	OK(open_rights(dir, "sub/..", RIGHT(FILE_OPEN), RIGHT(FD_READ),
		       &again));
	expect_read_only(again, "file");
}

/* Each step drops one more. */
CASE(three_steps_down)
{
	cloudabi_rights_t some = RIGHT(FD_READ) | RIGHT(FILE_OPEN);
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t a, b;

	make_directory(dir, "sub/a");
	make_directory(dir, "sub/a/b");
	make_file(dir, "sub/a/b/file", "text");
	OK(open_rights(dir, "sub", RIGHT(FILE_OPEN), some | RIGHT(FD_SEEK),
		       &a));
	OK(open_rights(a, "a", RIGHT(FILE_OPEN), some, &b));
	FAILS(open_rights(b, "b", RIGHT(FILE_OPEN), some | RIGHT(FD_SEEK), &a),
	      ENOTCAPABLE);
	OK(open_rights(b, "b", RIGHT(FILE_OPEN), RIGHT(FD_READ), &a));
	FAILS(open_rights(a, "file", RIGHT(FD_READ) | RIGHT(FD_SEEK), 0, &fd),
	      ENOTCAPABLE);
	OK(open_rights(a, "file", RIGHT(FD_READ), 0, &fd));
	EQUAL(rights_of(fd), RIGHT(FD_READ));
	FAILS(open_rights(a, ".", RIGHT(FILE_OPEN), 0, &b), ENOTCAPABLE);
}

CASE(duplicate_of_a_file)
{
	cloudabi_fd_t copy;

	OK(sys.fd_dup(without(new_file("text"), RIGHT(FD_WRITE)), &copy));
	FAILS(put(copy, "x"), ENOTCAPABLE);
	expect_text(copy, "text");
}

CASE(duplicate_of_a_directory)
{
	cloudabi_fd_t copy;

	OK(sys.fd_dup(read_only(), &copy));
	expect_read_only(copy, "file");
}

CASE(replacement)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t file = new_file("text");

	OK(sys.fd_replace(read_only(), dir));
	expect_read_only(dir, "file");
	OK(sys.fd_replace(without(new_file("text"), RIGHT(FD_WRITE)), file));
	FAILS(put(file, "x"), ENOTCAPABLE);
}

CASE(replacement_of_itself)
{
	cloudabi_fd_t dir = read_only();

	OK(sys.fd_replace(dir, dir));
	expect_read_only(dir, "file");
}

static cloudabi_errno_t put_rights(cloudabi_fd_t object, cloudabi_rights_t base,
				   cloudabi_rights_t inheriting)
{
	const cloudabi_fdstat_t stat = {
		.fs_rights_base = base,
		.fs_rights_inheriting = inheriting,
	};

	return sys.fd_stat_put(object, &stat, CLOUDABI_FDSTAT_RIGHTS);
}

CASE(asking_for_them_back)
{
	cloudabi_fd_t dir = read_only();
	cloudabi_rights_t base = rights_of(dir);

	FAILS(put_rights(dir, base, CLOUDABI_RIGHTS_ALL), ENOTCAPABLE);
	FAILS(put_rights(dir, UINT64_MAX, UINT64_MAX), ENOTCAPABLE);
	FAILS(put_rights(dir, base, RIGHT(FD_WRITE)), ENOTCAPABLE);
	expect_read_only(dir, "file");
}

CASE(asking_for_each_of_them_back)
{
	cloudabi_fd_t file = limited(new_file("text"), 0, 0);
	cloudabi_fd_t dir = limited(new_directory(), 0, 0);

	for (int bit = 0; bit < 64; bit++) {
		FAILS(put_rights(file, UINT64_C(1) << bit, 0), ENOTCAPABLE);
		FAILS(put_rights(file, 0, UINT64_C(1) << bit), ENOTCAPABLE);
		FAILS(put_rights(dir, UINT64_C(1) << bit, 0), ENOTCAPABLE);
		FAILS(put_rights(dir, 0, UINT64_C(1) << bit), ENOTCAPABLE);
	}
	EQUAL(rights_of(file), 0);
	EQUAL(rights_of(dir), 0);
}

CASE(opening_with_each_that_is_not_passed_on)
{
	cloudabi_fd_t dir = limited(new_directory(), UINT64_MAX, 0);

	for (int bit = 0; bit < 64; bit++) {
		FAILS(open_rights(dir, "file", UINT64_C(1) << bit, 0, &fd),
		      ENOTCAPABLE);
		FAILS(open_rights(dir, "sub", 0, UINT64_C(1) << bit, &fd),
		      ENOTCAPABLE);
	}
	OK(open_rights(dir, "file", 0, 0, &fd));
	EQUAL(rights_of(fd), 0);
}

/* Opening a file that may be neither read nor written gives no more. */
CASE(file_without_rights)
{
	cloudabi_fd_t dir = limited(new_directory(), UINT64_MAX, 0);
	char buf[4];
	size_t n;

	OK(open_rights(dir, "file", 0, 0, &fd));
	FAILS(get(fd, buf, sizeof(buf), &n), ENOTCAPABLE);
	FAILS(put(fd, "x"), ENOTCAPABLE);
	FAILS(put_rights(fd, RIGHT(FD_READ), 0), ENOTCAPABLE);
}

/* A name in a directory with more rights would lend those to the file. */
CASE(link_into_a_stronger_directory)
{
	cloudabi_fd_t weak = without(read_only(), RIGHT(FILE_LINK_SOURCE));
	cloudabi_fd_t strong = new_directory();

	FAILS(sys.file_link((cloudabi_lookup_t){weak, 0}, TEXT("file"), strong,
			    TEXT("mine")),
	      ENOTCAPABLE);
	CHECK(!exists(strong, "mine"));
}

CASE(rename_into_a_stronger_directory)
{
	cloudabi_fd_t weak = without(read_only(), RIGHT(FILE_RENAME_SOURCE));
	cloudabi_fd_t strong = new_directory();

	FAILS(sys.file_rename(weak, TEXT("file"), strong, TEXT("mine")),
	      ENOTCAPABLE);
	CHECK(!exists(strong, "mine"));
	CHECK(exists(weak, "file"));
}

CASE(rename_over_a_file_of_a_weaker_directory)
{
	cloudabi_fd_t weak = without(read_only(), RIGHT(FILE_RENAME_TARGET));
	cloudabi_fd_t strong = new_directory();

	FAILS(sys.file_rename(strong, TEXT("file"), weak, TEXT("file")),
	      ENOTCAPABLE);
	CHECK(exists(strong, "file"));
}

/* What the new file is may be anything; that it is there needs a right. */
CASE(creation_by_somebody_who_may_not)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t weak =
		without(dir, RIGHT(FILE_CREATE_FILE) | RIGHT(FILE_SYMLINK) |
				     RIGHT(FILE_LINK_TARGET) |
				     RIGHT(FILE_RENAME_TARGET) |
				     RIGHT(FILE_CREATE_DIRECTORY));

	FAILS(open_at(weak, "new", WRITE, CREAT, &fd), ENOTCAPABLE);
	FAILS(open_at(weak, "new", READ, CREAT | CLOUDABI_O_EXCL, &fd),
	      ENOTCAPABLE);
	FAILS(sys.file_symlink(TEXT("file"), weak, TEXT("new")), ENOTCAPABLE);
	FAILS(sys.file_create(weak, TEXT("new"), CLOUDABI_FILETYPE_DIRECTORY),
	      ENOTCAPABLE);
	FAILS(sys.file_link((cloudabi_lookup_t){dir, 0}, TEXT("file"), weak,
			    TEXT("new")),
	      ENOTCAPABLE);
	FAILS(sys.file_rename(dir, TEXT("file"), weak, TEXT("new")),
	      ENOTCAPABLE);
	CHECK(!exists(dir, "new"));
	CHECK(exists(dir, "file"));
}

/* A link cannot lead to more than the directory that it is followed from. */
CASE(link_followed_from_a_weaker_directory)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_fd_t weak =
		limited(dir, UINT64_MAX, RIGHT(FD_READ) | RIGHT(FILE_OPEN));

	make_link(dir, "sub/back", "../file");
	expect_read_only(weak, "link");
	expect_read_only(weak, "sub/back");
}
