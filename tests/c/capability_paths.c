/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ways out of a directory, for each call that takes a path. What is outside is
 * there and within reach of the host's user, so that getting out would show.
 */

#include "capability.h"

#define CREAT CLOUDABI_O_CREAT

/* Forms of `..`, each of which leads out to where `victim` is a file. */
static const char *const ways_to_a_file[] = {
	"../victim",
	"./../victim",
	".//..//victim",
	"sub/../../victim",
	"sub/./../../victim",
	"sub/deep/../../../victim",
	"../inside/../victim",
	"../../../../../../../../../../etc/passwd",
	"up/victim",
	"sub/up/victim",
	"sub/../up/victim",
	"up/./victim",
	"up/inside/../victim",
	"root/etc/passwd",
	"/etc/passwd",
	"//etc/passwd",
	"/proc/self/root/etc/passwd",
};

/* And forms that lead to a directory outside. */
static const char *const ways_to_a_directory[] = {
	"..",        "../",        "../.",     "./..",
	"sub/../..", "sub/../../", "../sub",   "up",
	"up/",       "up/.",       "sub/up",   "up/../inside/..",
	"root",      "root/",      "root/etc", "/",
	"//",        "/etc",       "/.",       "../inside",
};

static cloudabi_fd_t outside;
static cloudabi_fd_t inside;

/* All cases use the same place; none may change what is outside. */
static cloudabi_fd_t place(void)
{
	if (inside != 0)
		return inside;
	outside = new_directory();
	make_file(outside, "victim", "out of reach");
	make_directory(outside, "inside");
	OK(open_at(outside, "inside", READ, 0, &inside));
	make_directory(inside, "sub");
	make_directory(inside, "sub/deep");
	make_file(inside, "mine", "mine");
	make_link(inside, "up", "..");
	make_link(inside, "sub/up", "../..");
	make_link(inside, "root", "/");
	return inside;
}

static void expect_untouched(void)
{
	expect_file(outside, "victim", "out of reach");
	expect_file(inside, "mine", "mine");
	CHECK(!exists(outside, "new"));
	CHECK(exists(outside, "sub"));
	EQUAL(stat_at(outside, "victim").st_nlink, 1);
}

typedef cloudabi_errno_t attempt_t(cloudabi_fd_t dir, const char *path);

/* Tries all ways out. */
static void confine(attempt_t *attempt)
{
	cloudabi_fd_t dir = place();

	for (size_t i = 0; i < ARRAY_LEN(ways_to_a_file); i++)
		FAILS(attempt(dir, ways_to_a_file[i]), ENOTCAPABLE);
	for (size_t i = 0; i < ARRAY_LEN(ways_to_a_directory); i++)
		FAILS(attempt(dir, ways_to_a_directory[i]), ENOTCAPABLE);
	expect_untouched();
}

/* For calls that are about a name: one that ends in a link is inside. */
static const char *const ways_to_a_name[] = {
	"../new",           "./../new",         ".//..//new",
	"sub/../../new",    "up/new",           "sub/up/new",
	"root/new",         "/tmp/new",         "//tmp/new",
	"../inside/../new", "up/inside/../new", "sub/deep/../../../new",
};

static void confine_names(attempt_t *attempt)
{
	cloudabi_fd_t dir = place();

	for (size_t i = 0; i < ARRAY_LEN(ways_to_a_name); i++)
		FAILS(attempt(dir, ways_to_a_name[i]), ENOTCAPABLE);
	FAILS(attempt(dir, ".."), ENOTCAPABLE);
	FAILS(attempt(dir, "sub/../.."), ENOTCAPABLE);
	FAILS(attempt(dir, "up/.."), ENOTCAPABLE);
	FAILS(attempt(dir, "/"), ENOTCAPABLE);
	expect_untouched();
}

static cloudabi_errno_t open_to_read(cloudabi_fd_t dir, const char *path)
{
	return open_at(dir, path, READ, 0, &(cloudabi_fd_t){0});
}

static cloudabi_errno_t open_to_write(cloudabi_fd_t dir, const char *path)
{
	return open_at(dir, path, WRITE, 0, &(cloudabi_fd_t){0});
}

static cloudabi_errno_t open_for_nothing(cloudabi_fd_t dir, const char *path)
{
	return open_with(dir, path, 0, 0, &(cloudabi_fd_t){0});
}

static cloudabi_errno_t open_directory(cloudabi_fd_t dir, const char *path)
{
	return open_at(dir, path, READ, CLOUDABI_O_DIRECTORY,
		       &(cloudabi_fd_t){0});
}

static cloudabi_errno_t open_and_truncate(cloudabi_fd_t dir, const char *path)
{
	return open_at(dir, path, WRITE, CLOUDABI_O_TRUNC, &(cloudabi_fd_t){0});
}

static cloudabi_errno_t open_and_create(cloudabi_fd_t dir, const char *path)
{
	return open_at(dir, path, WRITE, CREAT, &(cloudabi_fd_t){0});
}

static cloudabi_errno_t create_directory(cloudabi_fd_t dir, const char *path)
{
	return sys.file_create(dir, path, strlen(path),
			       CLOUDABI_FILETYPE_DIRECTORY);
}

static cloudabi_errno_t link_here(cloudabi_fd_t dir, const char *path)
{
	const cloudabi_lookup_t lookup = {dir, CLOUDABI_LOOKUP_SYMLINK_FOLLOW};

	return sys.file_link(lookup, path, strlen(path), dir, TEXT("got"));
}

static cloudabi_errno_t link_there(cloudabi_fd_t dir, const char *path)
{
	return sys.file_link((cloudabi_lookup_t){dir, 0}, TEXT("mine"), dir,
			     path, strlen(path));
}

static cloudabi_errno_t rename_here(cloudabi_fd_t dir, const char *path)
{
	return sys.file_rename(dir, path, strlen(path), dir, TEXT("got"));
}

static cloudabi_errno_t rename_there(cloudabi_fd_t dir, const char *path)
{
	return sys.file_rename(dir, TEXT("mine"), dir, path, strlen(path));
}

static cloudabi_errno_t make_symlink(cloudabi_fd_t dir, const char *path)
{
	return sys.file_symlink(TEXT("x"), dir, path, strlen(path));
}

static cloudabi_errno_t get_stat(cloudabi_fd_t dir, const char *path)
{
	const cloudabi_lookup_t lookup = {dir, CLOUDABI_LOOKUP_SYMLINK_FOLLOW};

	return sys.file_stat_get(lookup, path, strlen(path),
				 &(cloudabi_filestat_t){0});
}

static cloudabi_errno_t put_times(cloudabi_fd_t dir, const char *path)
{
	const cloudabi_lookup_t lookup = {dir, CLOUDABI_LOOKUP_SYMLINK_FOLLOW};

	return sys.file_stat_put(lookup, path, strlen(path),
				 &(cloudabi_filestat_t){0},
				 CLOUDABI_FILESTAT_MTIM_NOW);
}

static cloudabi_errno_t read_link(cloudabi_fd_t dir, const char *path)
{
	char buf[16];

	return sys.file_readlink(dir, path, strlen(path), buf, sizeof(buf),
				 &(size_t){0});
}

static cloudabi_errno_t remove_file(cloudabi_fd_t dir, const char *path)
{
	return sys.file_unlink(dir, path, strlen(path), 0);
}

static cloudabi_errno_t remove_directory(cloudabi_fd_t dir, const char *path)
{
	return sys.file_unlink(dir, path, strlen(path),
			       CLOUDABI_UNLINK_REMOVEDIR);
}

CASE(file_open_for_reading)
{
	confine(open_to_read);
}

CASE(file_open_for_writing)
{
	confine(open_to_write);
}

CASE(file_open_without_rights)
{
	confine(open_for_nothing);
}

CASE(file_open_of_a_directory)
{
	confine(open_directory);
}

CASE(file_open_with_truncation)
{
	confine(open_and_truncate);
}

CASE(file_open_with_creation)
{
	confine_names(open_and_create);
}

CASE(file_create)
{
	confine_names(create_directory);
}

CASE(file_link_from_outside)
{
	confine(link_here);
	CHECK(!exists(inside, "got"));
}

CASE(file_link_to_outside)
{
	confine_names(link_there);
}

CASE(file_rename_from_outside)
{
	confine_names(rename_here);
	CHECK(!exists(inside, "got"));
}

CASE(file_rename_to_outside)
{
	confine_names(rename_there);
}

CASE(file_symlink)
{
	confine_names(make_symlink);
}

CASE(file_stat_get)
{
	confine(get_stat);
}

CASE(file_stat_put)
{
	cloudabi_filestat_t before;

	place();
	before = stat_at(outside, "victim");
	confine(put_times);
	EQUAL(stat_at(outside, "victim").st_mtim, before.st_mtim);
	EQUAL(stat_of(outside).st_mtim, stat_at(outside, ".").st_mtim);
}

CASE(file_readlink)
{
	confine_names(read_link);
}

CASE(file_unlink)
{
	confine_names(remove_file);
}

CASE(file_unlink_of_a_directory)
{
	confine_names(remove_directory);
}
