/* SPDX-License-Identifier: BSD-2-Clause */
/* Removing sockets, and directories of any depth. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "janitor.h"

#define DIRECTORY (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* How many names to try for a directory that is moved. */
#define NAMES_MAX 1000

#define PAUSE_MS 10

/* What was removed or moved so far. */
static unsigned long long progress;

int remove_socket(int folder, const char *name)
{
	struct stat stat;

	if (fstatat(folder, name, &stat, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : errno;
	if (!S_ISSOCK(stat.st_mode) || unlinkat(folder, name, 0) == 0)
		return 0;
	return errno == ENOENT ? 0 : errno;
}

static bool remove_as(int directory, const char *name, int flags)
{
	if (unlinkat(directory, name, flags) != 0)
		return errno == ENOENT;
	progress++;
	return true;
}

/* A file, or a directory that is empty. */
static bool remove_one(int directory, const char *name)
{
	return remove_as(directory, name, 0) ||
	       remove_as(directory, name, AT_REMOVEDIR);
}

typedef void entry_function(int directory, const char *name, int top);

/* Goes through the entries of a directory. */
static void sweep(int directory, int top, entry_function *treat)
{
	int fd = openat(directory, ".", DIRECTORY);
	DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (list == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(list)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			treat(directory, entry->d_name, top);
	}
	closedir(list);
}

/* Below the top: what is not empty moves there, to be treated in its turn. An
 * empty directory that has the new name already is replaced. */
static void treat_inner(int directory, const char *name, int top)
{
	static unsigned long long count;

	if (remove_one(directory, name))
		return;
	for (int i = 0; i < NAMES_MAX; i++) {
		char moved[32];

		snprintf(moved, sizeof(moved), "%llu", count++);
		if (renameat(directory, name, top, moved) == 0) {
			progress++;
			return;
		}
	}
}

static void treat_outer(int directory, const char *name, int top)
{
	int inner;

	if (remove_one(directory, name))
		return;
	inner = openat(directory, name, DIRECTORY);
	if (inner < 0)
		return;
	sweep(inner, top, treat_inner);
	close(inner);
	remove_as(directory, name, AT_REMOVEDIR);
}

int remove_directory(int folder, const char *name)
{
	unsigned long long last = progress;
	int idle_ms = 0, error;

	for (;;) {
		int top = openat(folder, name, DIRECTORY);

		if (top >= 0) {
			sweep(top, top, treat_outer);
			close(top);
		}
		if (unlinkat(folder, name, AT_REMOVEDIR) == 0 ||
		    errno == ENOENT)
			return 0;
		error = errno;
		idle_ms = progress == last ? idle_ms + PAUSE_MS : 0;
		last = progress;
		if (idle_ms >= PATIENCE_MS)
			return error;
		if (idle_ms > 0)
			usleep(PAUSE_MS * 1000);
	}
}
