/* SPDX-License-Identifier: BSD-2-Clause */
/* file_readdir: all names once, in buffers of any size. */

#include "test.h"

#define FILES ROUNDS(700)
#define NAME_LEN 8
#define BUF_LEN (1 << 16)
#define START CLOUDABI_DIRCOOKIE_START

static unsigned char seen[700];
static unsigned others;
static char buf[BUF_LEN];

static void name_of(unsigned number, char *name)
{
	memcpy(name, "entry000", NAME_LEN);
	for (size_t i = NAME_LEN - 1; number > 0; i--, number /= 10)
		name[i] += number % 10;
}

/* All cases look at the same directory. */
static cloudabi_fd_t many_files(void)
{
	static cloudabi_fd_t dir;
	char name[NAME_LEN + 1] = "";

	if (dir != 0)
		return dir;
	dir = new_directory();
	for (unsigned i = 0; i < FILES; i++) {
		name_of(i, name);
		make_file(dir, name, "");
	}
	return dir;
}

static void note(const cloudabi_dirent_t *entry, const char *name)
{
	unsigned number = 0;

	if (entry->d_namlen != NAME_LEN || memcmp(name, "entry", 5) != 0) {
		others++;
		return;
	}
	EQUAL(entry->d_type, CLOUDABI_FILETYPE_REGULAR_FILE);
	CHECK(entry->d_ino != 0);
	for (size_t i = 5; i < NAME_LEN; i++)
		number = number * 10 + (name[i] - '0');
	CHECK(number < FILES);
	seen[number]++;
}

/* Notes whole records; returns the cookie after the last one. */
static cloudabi_dircookie_t note_all(size_t len, cloudabi_dircookie_t cookie)
{
	cloudabi_dirent_t entry;
	size_t at = 0;

	while (len - at >= sizeof(entry)) {
		memcpy(&entry, buf + at, sizeof(entry));
		if (entry.d_namlen > len - at - sizeof(entry))
			break;
		note(&entry, buf + at + sizeof(entry));
		cookie = entry.d_next;
		at += sizeof(entry) + entry.d_namlen;
	}
	return cookie;
}

static cloudabi_dircookie_t read_on(cloudabi_fd_t dir, size_t size,
				    cloudabi_dircookie_t cookie)
{
	size_t used;

	do {
		OK(sys.file_readdir(dir, buf, size, cookie, &used));
		CHECK(used <= size);
		cookie = note_all(used, cookie);
	} while (used == size);
	return cookie;
}

static void expect_all(size_t size)
{
	cloudabi_fd_t dir = many_files();

	memset(seen, 0, sizeof(seen));
	others = 0;
	read_on(dir, size, START);
	for (size_t i = 0; i < FILES; i++)
		EQUAL(seen[i], 1);
	EQUAL(others, 5); /* . .. file sub link */
}

CASE(small_buffer)
{
	expect_all(100);
}

CASE(buffer_of_a_page)
{
	expect_all(4096);
}

CASE(odd_buffer)
{
	expect_all(1021);
}

CASE(large_buffer)
{
	expect_all(BUF_LEN);
}

/* Finds an entry by its name; returns whether it is there. */
static bool find(cloudabi_fd_t dir, const char *name, cloudabi_dirent_t *entry)
{
	size_t used;

	OK(sys.file_readdir(dir, buf, BUF_LEN, START, &used));
	CHECK(used < BUF_LEN);
	for (size_t at = 0; at < used;) {
		memcpy(entry, buf + at, sizeof(*entry));
		at += sizeof(*entry);
		if (entry->d_namlen == strlen(name) &&
		    memcmp(buf + at, name, entry->d_namlen) == 0)
			return true;
		at += entry->d_namlen;
	}
	return false;
}

static void expect_type(const char *name, cloudabi_filetype_t type)
{
	cloudabi_dirent_t entry;

	CHECK(find(DIRECTORY, name, &entry));
	EQUAL(entry.d_type, type);
}

CASE(types)
{
	expect_type("file", CLOUDABI_FILETYPE_REGULAR_FILE);
	expect_type("sub", CLOUDABI_FILETYPE_DIRECTORY);
	expect_type("link", CLOUDABI_FILETYPE_SYMBOLIC_LINK);
	expect_type("fifo", CLOUDABI_FILETYPE_SOCKET_STREAM);
	expect_type("socket", CLOUDABI_FILETYPE_SOCKET_STREAM);
	expect_type(".", CLOUDABI_FILETYPE_DIRECTORY);
	expect_type("..", CLOUDABI_FILETYPE_DIRECTORY);
}

CASE(inode)
{
	cloudabi_dirent_t entry;

	CHECK(find(DIRECTORY, "file", &entry));
	EQUAL(entry.d_ino, stat_at(DIRECTORY, "file").st_ino);
}

CASE(empty_directory)
{
	cloudabi_fd_t dir = new_directory();
	cloudabi_dirent_t entry;

	OK(open_at(dir, "sub", READ, 0, &dir));
	CHECK(find(dir, ".", &entry));
	CHECK(!find(dir, "file", &entry));
}

/* As much of a record as fits, whether it ends in a number or in the name. */
CASE(cut_anywhere)
{
	cloudabi_fd_t dir = new_directory();
	static char whole[BUF_LEN];
	size_t len, used;

	OK(sys.file_readdir(dir, whole, BUF_LEN, START, &len));
	CHECK(len > 5 * sizeof(cloudabi_dirent_t) && len < 300);
	for (size_t size = 0; size <= len; size++) {
		memset(buf, '?', len + 1);
		OK(sys.file_readdir(dir, buf, size, START, &used));
		EQUAL(used, size);
		EQUAL(memcmp(buf, whole, size), 0);
		EQUAL(buf[size], '?');
	}
	OK(sys.file_readdir(dir, buf, len + 1, START, &used));
	EQUAL(used, len);
}

CASE(end)
{
	cloudabi_fd_t dir = many_files();
	cloudabi_dircookie_t end = read_on(dir, BUF_LEN, START);
	size_t used = 5;

	OK(sys.file_readdir(dir, buf, BUF_LEN, end, &used));
	EQUAL(used, 0);
}

CASE(no_room)
{
	size_t used = 5;

	OK(sys.file_readdir(DIRECTORY, buf, 0, START, &used));
	EQUAL(used, 0);
}

CASE(same_cookie_same_place)
{
	cloudabi_fd_t dir = many_files();
	static char first[600];
	cloudabi_dirent_t entry;
	size_t used;

	OK(sys.file_readdir(dir, buf, 400, START, &used));
	memcpy(&entry, buf, sizeof(entry));
	OK(sys.file_readdir(dir, first, 600, entry.d_next, &used));
	EQUAL(used, 600);
	read_on(dir, 4096, START);
	OK(sys.file_readdir(dir, buf, 600, entry.d_next, &used));
	EQUAL(memcmp(buf, first, 600), 0);
}

CASE(duplicates_have_no_place_either)
{
	cloudabi_fd_t dir = many_files();
	static char first[600];
	cloudabi_fd_t copy;
	size_t used;

	OK(sys.fd_dup(dir, &copy));
	OK(sys.file_readdir(dir, first, 600, START, &used));
	OK(sys.file_readdir(copy, buf, 600, START, &used));
	EQUAL(memcmp(buf, first, 600), 0);
}

/* Who is there from first to last is seen once, whatever comes and goes. */
CASE(cookies_survive_changes)
{
	cloudabi_fd_t dir = many_files();
	char name[NAME_LEN + 1] = "";
	cloudabi_dircookie_t cookie;
	size_t used;

	memset(seen, 0, sizeof(seen));
	OK(sys.file_readdir(dir, buf, 1000, START, &used));
	cookie = note_all(used, START);
	for (unsigned i = 0; i < FILES; i += 2) {
		name_of(i, name);
		OK(sys.file_unlink(dir, name, NAME_LEN, 0));
	}
	make_file(dir, "newcomer", "");
	read_on(dir, 1000, cookie);
	for (unsigned i = 1; i < FILES; i += 2)
		EQUAL(seen[i], 1);
	for (unsigned i = 0; i < FILES; i += 2)
		CHECK(seen[i] <= 1);
}

NATIVE(buffer_nowhere, "a bad pointer shortens what is received")
{
	size_t used;

	FAILS(sys.file_readdir(new_directory(), NOWHERE, 4096, START, &used),
	      EFAULT);
}

CASE(missing_right)
{
	size_t used;

	FAILS(sys.file_readdir(without(DIRECTORY, CLOUDABI_RIGHT_FILE_READDIR),
			       buf, BUF_LEN, START, &used),
	      ENOTCAPABLE);
	FAILS(sys.file_readdir(READ_ONLY, buf, BUF_LEN, START, &used),
	      ENOTCAPABLE);
	FAILS(sys.file_readdir(SOCKET, buf, BUF_LEN, START, &used),
	      ENOTCAPABLE);
}

/* A device that was received has the right, whatever it can do. */
CASE(no_directory)
{
	size_t used;

	FAILS(sys.file_readdir(pass(DEVICE), buf, BUF_LEN, START, &used),
	      ENOTDIR);
}

/* Results are stored by calls that succeed only. */
NATIVE(result_stays_after_an_error, "a bad pointer shortens what is received")
{
	size_t used = 77;

	FAILS(sys.file_readdir(new_directory(), NOWHERE, 4096, START, &used),
	      EFAULT);
	FAILS(sys.file_readdir(without(DIRECTORY, CLOUDABI_RIGHT_FILE_READDIR),
			       buf, BUF_LEN, START, &used),
	      ENOTCAPABLE);
	EQUAL(used, 77);
}

CASE(no_descriptor)
{
	size_t used;

	FAILS(sys.file_readdir(NO_FD, buf, BUF_LEN, START, &used), EBADF);
}
