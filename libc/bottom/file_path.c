/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths of the form /dev/fd/NUMBER/…, and the current directory. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cloudabi_impl.h"
#include "fork_locks.h"
#include "lock.h"
#include "path.h"

#define PREFIX "/dev/fd/"

/* The current directory is a text: a descriptor that the program holds and a
 * path below it. It grants nothing and keeps nothing open. */
static struct {
	int fd;
	size_t len;
	char below[PATH_MAX];
} current = {.fd = -1};

static volatile int current_lock[1];

volatile int *const __current_lockptr = current_lock;

/* Returns what follows the number, or NULL. */
static const char *read_number(const char *text, int *number)
{
	const char *digits = text;
	int value = 0;

	for (; *text >= '0' && *text <= '9'; ++text)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, *text - '0', &value))
			return NULL;
	*number = value;
	return text == digits ? NULL : text;
}

static void set_text(struct path *path, int fd, const char *text)
{
	path->fd = fd;
	path->text = text;
	path->len = strlen(text);
	path->is_fd = false;
}

static cloudabi_errno_t resolve_absolute(const char *name, struct path *path)
{
	int fd;

	if (strncmp(name, PREFIX, sizeof(PREFIX) - 1) != 0)
		return ENOTCAPABLE;
	name = read_number(name + sizeof(PREFIX) - 1, &fd);
	if (name == NULL || (*name != '/' && *name != '\0'))
		return ENOTCAPABLE;
	if (*name == '\0') {
		set_text(path, fd, ".");
		path->is_fd = true;
		return 0;
	}
	while (*name == '/')
		++name;
	set_text(path, fd, *name == '\0' ? "." : name);
	return 0;
}

static cloudabi_errno_t join_current(const char *name, struct path *path)
{
	size_t len = strlen(name);

	if (current.fd < 0)
		return ENOTCAPABLE;
	if (current.len == 0 || len == 0) {
		set_text(path, current.fd, name);
		return 0;
	}
	if (current.len + 1 + len >= sizeof(path->joined))
		return ENAMETOOLONG;
	memcpy(path->joined, current.below, current.len);
	path->joined[current.len] = '/';
	memcpy(path->joined + current.len + 1, name, len + 1);
	set_text(path, current.fd, path->joined);
	return 0;
}

static cloudabi_errno_t resolve(int dirfd, const char *name, struct path *path)
{
	cloudabi_errno_t error;

	if (*name == '/')
		return resolve_absolute(name, path);
	if (dirfd != AT_FDCWD) {
		set_text(path, dirfd, name);
		return 0;
	}
	LOCK(current_lock);
	error = join_current(name, path);
	UNLOCK(current_lock);
	return error;
}

cloudabi_errno_t __path_resolve(enum abi_call call, int dirfd, const char *name,
				struct path *path)
{
	cloudabi_errno_t error = resolve(dirfd, name, path);

	return error == ENOTCAPABLE ? __refuse(call, name) : error;
}

cloudabi_errno_t __path_error(const struct path *path, cloudabi_errno_t error)
{
	return __fd_unless_capable(path->fd, error, CLOUDABI_FILETYPE_DIRECTORY,
				   ENOTDIR);
}

static cloudabi_filetype_t type_of(const struct path *path, const char *text,
				   size_t len, bool follow)
{
	cloudabi_filestat_t stat;

	if (cloudabi_sys_file_stat_get(__path_lookup(path, follow), text, len,
				       &stat) != 0)
		return CLOUDABI_FILETYPE_UNKNOWN;
	return stat.st_filetype;
}

static size_t last_component(const char *text, size_t len)
{
	while (len > 0 && text[len - 1] != '/')
		--len;
	return len;
}

/* Whether ".." after `text` leads to what precedes its last component: not
 * after another "..", and not after a symbolic link. */
static bool can_go_back(const struct path *path, const char *text, size_t len)
{
	size_t last = last_component(text, len);

	if (len == 0 || (len - last == 2 && memcmp(text + last, "..", 2) == 0))
		return false;
	return type_of(path, text, len, false) == CLOUDABI_FILETYPE_DIRECTORY;
}

static size_t append(char *text, size_t len, const char *name, size_t name_len)
{
	if (len > 0)
		text[len++] = '/';
	memcpy(text + len, name, name_len);
	return len + name_len;
}

/* Writes the path without ".", empty components, and ".." where it can go.
 * The result is not longer than the path. */
static size_t normalize(const struct path *path, char *text)
{
	const char *end = path->text + path->len;
	size_t len = 0;

	for (const char *name = path->text; name < end;) {
		size_t name_len = strcspn(name, "/");
		bool parent = name_len == 2 && memcmp(name, "..", 2) == 0;

		if (parent && can_go_back(path, text, len)) {
			len = last_component(text, len);
			len -= len > 0;
		} else if (name_len > 0 && !(name_len == 1 && *name == '.')) {
			len = append(text, len, name, name_len);
		}
		name += name_len + 1;
	}
	return len;
}

static cloudabi_errno_t check_directory(const struct path *path)
{
	cloudabi_filestat_t stat;
	cloudabi_errno_t error = cloudabi_sys_file_stat_get(
		__path_lookup(path, true), path->text, path->len, &stat);

	if (error != 0)
		return __path_error(path, error);
	return stat.st_filetype == CLOUDABI_FILETYPE_DIRECTORY ? 0 : ENOTDIR;
}

int fchdirat(int dirfd, const char *name)
{
	struct path path;
	char text[PATH_MAX];
	size_t len = 0;
	cloudabi_errno_t error =
		__path_resolve(CALL_file_stat_get, dirfd, name, &path);

	if (error == 0)
		error = check_directory(&path);
	if (error == 0 && path.len >= sizeof(text))
		error = ENAMETOOLONG;
	if (error != 0)
		return __result(error);
	len = normalize(&path, text);
	LOCK(current_lock);
	current.fd = path.fd;
	current.len = len;
	memcpy(current.below, text, len);
	UNLOCK(current_lock);
	return 0;
}

int fchdir(int fd)
{
	return fchdirat(fd, ".");
}

static char *format_current(char *buf, size_t size)
{
	int len = snprintf(buf, size, PREFIX "%d%s%.*s", current.fd,
			   current.len > 0 ? "/" : "", (int)current.len,
			   current.below);

	if ((size_t)len < size)
		return buf;
	errno = ERANGE;
	return NULL;
}

char *getcwd(char *buf, size_t size)
{
	char text[sizeof(PREFIX) + 3 * sizeof(int) + PATH_MAX];
	char *result = buf == NULL ? text : buf;
	bool held;

	if (buf != NULL && size == 0) {
		errno = EINVAL;
		return NULL;
	}
	LOCK(current_lock);
	held = current.fd >= 0;
	if (held)
		result = format_current(result,
					buf == NULL ? sizeof(text) : size);
	UNLOCK(current_lock);
	if (!held) {
		errno = __refuse(CALL_file_stat_get, ".");
		return NULL;
	}
	return result != text ? result : strdup(text);
}
