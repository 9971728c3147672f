/* SPDX-License-Identifier: BSD-2-Clause */
/* Directory streams. */

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cloudabi_impl.h"
#include "file_type.h"
#include "lock.h"

/* One request's worth; a record always fits. */
enum {
	BUFFER_BYTES = 32768
};

struct __dirstream {
	int fd;
	volatile int lock[1];
	bool ended;                  /* nothing follows what is in the buffer */
	cloudabi_dircookie_t cookie; /* behind the last record given out */
	size_t start;
	size_t end;
	struct dirent entry;
	cloudabi_dircookie_t *told; /* see telldir() */
	size_t told_len;
	char buffer[BUFFER_BYTES];
};

enum {
	COOKIES_FIT = sizeof(long) >= sizeof(cloudabi_dircookie_t)
};

DIR *fdopendir(int fd)
{
	cloudabi_fdstat_t stat;
	cloudabi_errno_t error =
		cloudabi_sys_fd_stat_get((cloudabi_fd_t)fd, &stat);
	size_t none;
	DIR *dir;

	if (error == 0 && stat.fs_filetype != CLOUDABI_FILETYPE_DIRECTORY)
		error = ENOTDIR;
	if (error == 0 &&
	    (stat.fs_rights_base & CLOUDABI_RIGHT_FILE_READDIR) == 0)
		error = cloudabi_sys_file_readdir((cloudabi_fd_t)fd, NULL, 0,
						  CLOUDABI_DIRCOOKIE_START,
						  &none);
	if (error != 0) {
		errno = error;
		return NULL;
	}
	dir = malloc(sizeof(*dir));
	if (dir == NULL)
		return NULL;
	memset(dir, 0, offsetof(DIR, buffer));
	dir->fd = fd;
	return dir;
}

DIR *opendirat(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && dir == NULL)
		close(fd);
	return dir;
}

int closedir(DIR *dir)
{
	int fd = dir->fd;

	free(dir->told);
	free(dir);
	return close(fd);
}

int dirfd(DIR *dir)
{
	return dir->fd;
}

/* Copies the next record's fixed part, if all of the record is there. */
static bool has_record(const DIR *dir, cloudabi_dirent_t *record)
{
	size_t left = dir->end - dir->start;

	if (left < sizeof(*record))
		return false;
	memcpy(record, dir->buffer + dir->start, sizeof(*record));
	return left - sizeof(*record) >= record->d_namlen;
}

static cloudabi_errno_t fill(DIR *dir)
{
	size_t used;
	cloudabi_errno_t error = cloudabi_sys_file_readdir(
		(cloudabi_fd_t)dir->fd, dir->buffer, sizeof(dir->buffer),
		dir->cookie, &used);

	if (error != 0)
		return error;
	dir->start = 0;
	dir->end = used;
	dir->ended = used < sizeof(dir->buffer);
	return 0;
}

static struct dirent *take(DIR *dir, const cloudabi_dirent_t *record)
{
	struct dirent *entry = &dir->entry;
	const char *name = dir->buffer + dir->start + sizeof(*record);
	size_t len = record->d_namlen;

	dir->start += sizeof(*record) + len;
	dir->cookie = record->d_next;
	if (len >= sizeof(entry->d_name))
		return NULL;
	entry->d_ino = record->d_ino;
	entry->d_off = (off_t)record->d_next;
	entry->d_type =
		(unsigned char)(__filetype_to_mode(record->d_type) >> 12);
	entry->d_reclen = sizeof(*entry);
	memcpy(entry->d_name, name, len);
	entry->d_name[len] = '\0';
	return entry;
}

static struct dirent *read_entry(DIR *dir)
{
	cloudabi_dirent_t record;
	struct dirent *entry = NULL;
	cloudabi_errno_t error;

	while (entry == NULL) {
		if (has_record(dir, &record)) {
			entry = take(dir, &record);
		} else {
			if (dir->ended)
				return NULL;
			error = fill(dir);
			if (error != 0) {
				errno = error;
				return NULL;
			}
		}
	}
	return entry;
}

struct dirent *readdir(DIR *dir)
{
	struct dirent *entry;

	LOCK(dir->lock);
	entry = read_entry(dir);
	UNLOCK(dir->lock);
	return entry;
}

/* Where a number cannot hold a cookie, it counts those that were asked for. */
static long note(DIR *dir)
{
	size_t len = dir->told_len;
	cloudabi_dircookie_t *told = dir->told;

	if (len > 0 && told[len - 1] == dir->cookie)
		return (long)len;
	/* Twice as many whenever there is a power of two of them. */
	if ((len & (len - 1)) == 0) {
		told = reallocarray(told, len == 0 ? 1 : len * 2,
				    sizeof(*told));
		if (told == NULL)
			return -1;
		dir->told = told;
	}
	told[len] = dir->cookie;
	dir->told_len = len + 1;
	return (long)dir->told_len;
}

long telldir(DIR *dir)
{
	long position = (long)dir->cookie;

	if (!COOKIES_FIT && dir->cookie != CLOUDABI_DIRCOOKIE_START) {
		LOCK(dir->lock);
		position = note(dir);
		UNLOCK(dir->lock);
	}
	return position;
}

/* Preconditions: the stream is locked. */
static void go_to(DIR *dir, cloudabi_dircookie_t cookie)
{
	dir->cookie = cookie;
	dir->start = 0;
	dir->end = 0;
	dir->ended = false;
}

void seekdir(DIR *dir, long position)
{
	size_t number = (size_t)position;

	LOCK(dir->lock);
	if (COOKIES_FIT || number == 0)
		go_to(dir, (cloudabi_dircookie_t)position);
	else if (number <= dir->told_len)
		go_to(dir, dir->told[number - 1]);
	UNLOCK(dir->lock);
}

/* After this nobody may seek what was told before. */
void rewinddir(DIR *dir)
{
	LOCK(dir->lock);
	dir->told_len = 0;
	go_to(dir, CLOUDABI_DIRCOOKIE_START);
	UNLOCK(dir->lock);
}
