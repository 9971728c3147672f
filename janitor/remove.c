/* SPDX-License-Identifier: BSD-2-Clause */
/* Removes a tree, however deep and large, while others may still change it. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "janitor.h"

/*
 * There are never more than two directories open: the top, and one of those in
 * it. What is in the latter and is a directory with something in it moves up
 * to the top, where its turn comes. So depth costs nothing, no path is ever
 * followed for more than one name, and nobody can lead us out by moving what
 * is above us: there is no way back up to go wrong.
 */

/* Not by a link, and not into what is mounted there. */
static int open_name(int folder, const char *name, uint64_t flags)
{
	const struct open_how how = {
		.flags = flags | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve =
			RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};

	return (int)syscall(SYS_openat2, folder, name, &how, sizeof(how));
}

/* Lets us into a directory that does not let in anybody. What /proc leads to
 * is what is open, whatever has its name by now. */
static bool permit(int folder, const char *name)
{
	char path[32];
	int fd = open_name(folder, name, O_PATH);
	bool is_done;

	if (fd < 0)
		return false;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	is_done = chmod(path, 0700) == 0;
	close(fd);
	return is_done;
}

static DIR *enter(int folder, const char *name)
{
	int fd = open_name(folder, name, O_RDONLY);
	DIR *dir;

	if (fd < 0 && errno == EACCES && permit(folder, name))
		fd = open_name(folder, name, O_RDONLY);
	if (fd < 0)
		return NULL;
	fchmod(fd, 0700);
	dir = fdopendir(fd);
	if (dir == NULL)
		close(fd);
	return dir;
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* The next name in a directory; NULL at its end. */
static const char *next(DIR *dir)
{
	struct dirent *entry;

	do {
		entry = readdir(dir);
	} while (entry != NULL && is_dots(entry->d_name));
	return entry != NULL ? entry->d_name : NULL;
}

static bool is_taken(int error)
{
	return error == ENOTEMPTY || error == EEXIST || error == ENOTDIR;
}

/* Under a number that is free. An empty directory may have to make room. */
static bool move_up(int from, const char *name, int top)
{
	static unsigned long long number;
	char new_name[32];
	int error;

	do {
		snprintf(new_name, sizeof(new_name), "%llu", number++);
		error = renameat(from, name, top, new_name) == 0 ? 0 : errno;
	} while (is_taken(error));
	if (error == EACCES && permit(from, name))
		error = renameat(from, name, top, new_name);
	return error == 0;
}

/* Removes what is not a directory, or is an empty one. */
static bool remove_simply(int folder, const char *name)
{
	return unlinkat(folder, name, 0) == 0 ||
	       unlinkat(folder, name, AT_REMOVEDIR) == 0;
}

/* Leaves a directory in the top empty, unless others fill it meanwhile. */
static bool empty_into(DIR *dir, int top)
{
	bool has_changed = false;
	const char *name;

	while ((name = next(dir)) != NULL)
		has_changed |= remove_simply(dirfd(dir), name) ||
			       move_up(dirfd(dir), name, top);
	return has_changed;
}

static bool remove_folder(int top, const char *name)
{
	DIR *dir = enter(top, name);
	bool has_changed;

	if (dir == NULL)
		return false;
	has_changed = empty_into(dir, top);
	closedir(dir);
	return unlinkat(top, name, AT_REMOVEDIR) == 0 || has_changed;
}

/* One look at everything in the top. Whether anything came of it. */
static bool sweep(DIR *top)
{
	bool has_changed = false;
	const char *name;

	rewinddir(top);
	while ((name = next(top)) != NULL)
		has_changed |= remove_simply(dirfd(top), name) ||
			       remove_folder(dirfd(top), name);
	return has_changed;
}

static bool is_gone(const struct entry *entry)
{
	return unlinkat(entry->folder, entry->name, AT_REMOVEDIR) == 0 ||
	       errno == ENOENT;
}

static bool remove_tree(const struct entry *entry)
{
	DIR *top = enter(entry->folder, entry->name);

	while (top != NULL && !is_gone(entry) && sweep(top))
		;
	if (top != NULL)
		closedir(top);
	return is_gone(entry);
}

bool entry_is_proper(const struct entry *entry)
{
	return entry->name[0] != '\0' && strchr(entry->name, '/') == NULL &&
	       !is_dots(entry->name);
}

bool entry_remove(const struct entry *entry)
{
	struct stat stat;

	if (fstatat(entry->folder, entry->name, &stat, AT_SYMLINK_NOFOLLOW) !=
	    0)
		return errno == ENOENT;
	if (entry->is_directory)
		return !S_ISDIR(stat.st_mode) || remove_tree(entry);
	return !S_ISSOCK(stat.st_mode) ||
	       unlinkat(entry->folder, entry->name, 0) == 0 || errno == ENOENT;
}
