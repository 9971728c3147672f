/* SPDX-License-Identifier: BSD-2-Clause */
/* file_readdir: all names once, in buffers of any size. */

#include "test.h"

#define FILES 700
#define NAME_LEN 8

static unsigned char seen[FILES];
static unsigned others;

static void name_of(unsigned number, char *name)
{
	memcpy(name, "entry000", NAME_LEN);
	for (size_t i = NAME_LEN - 1; number > 0; i--, number /= 10)
		name[i] += number % 10;
}

static void make_files(void)
{
	char name[NAME_LEN + 1] = "";
	cloudabi_fd_t fd;

	for (unsigned i = 0; i < FILES; i++) {
		name_of(i, name);
		OK(open_at(DIRECTORY, name, WRITE, CLOUDABI_O_CREAT, &fd));
		OK(sys.fd_close(fd));
	}
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

/* Returns the cookie after the last whole record. */
static cloudabi_dircookie_t note_all(const char *buf, size_t len,
				     cloudabi_dircookie_t cookie)
{
	cloudabi_dirent_t entry;

	while (len >= sizeof(entry)) {
		memcpy(&entry, buf, sizeof(entry));
		if (entry.d_namlen > len - sizeof(entry))
			break;
		note(&entry, buf + sizeof(entry));
		cookie = entry.d_next;
		buf += sizeof(entry) + entry.d_namlen;
		len -= sizeof(entry) + entry.d_namlen;
	}
	return cookie;
}

static void test_size(char *buf, size_t size)
{
	cloudabi_dircookie_t cookie = CLOUDABI_DIRCOOKIE_START;
	size_t used;

	memset(seen, 0, sizeof(seen));
	others = 0;
	do {
		OK(sys.file_readdir(DIRECTORY, buf, size, cookie, &used));
		CHECK(used <= size);
		cookie = note_all(buf, used, cookie);
	} while (used == size);
	for (size_t i = 0; i < FILES; i++)
		EQUAL(seen[i], 1);
	EQUAL(others, 5); /* . .. file sub link */
}

void test(void)
{
	char *buf = allocate(1 << 20);
	size_t used;

	make_files();
	test_size(buf, 100);
	test_size(buf, 4096);
	test_size(buf, 32768);
	test_size(buf, 1 << 20);

	OK(sys.file_readdir(DIRECTORY, buf, 10, 0, &used));
	EQUAL(used, 10);
	OK(sys.file_readdir(DIRECTORY, buf, 0, 0, &used));
	EQUAL(used, 0);
	FAILS(sys.file_readdir(READ_ONLY, buf, 4096, 0, &used), ENOTCAPABLE);
	FAILS(sys.file_readdir(900, buf, 4096, 0, &used), EBADF);
	restrict_rights(DIRECTORY, CLOUDABI_RIGHT_FILE_READDIR);
	FAILS(sys.file_readdir(DIRECTORY, buf, 4096, 0, &used), ENOTCAPABLE);
}
