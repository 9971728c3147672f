/* SPDX-License-Identifier: BSD-2-Clause */
/* What libraries call that know files by names alone, included before all of them.
 *
 * Names are those that the at-functions take: /dev/fd/<n>/..., and relative
 * ones where there is a current directory. */

#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static inline int open(const char *path, int flags, ...)
{
	return openat(AT_FDCWD, path, flags, 0666);
}

static inline int access(const char *path, int mode)
{
	return faccessat(AT_FDCWD, path, mode, 0);
}

static inline int stat(const char *path, struct stat *status)
{
	return fstatat(AT_FDCWD, path, status, 0);
}

static inline int mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

static inline int rmdir(const char *path)
{
	return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

static inline int unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

static inline FILE *fopen(const char *path, const char *mode)
{
	const int creating = O_CREAT | (mode[0] == 'w' ? O_TRUNC : O_APPEND);
	const int ways = strchr(mode, '+') != NULL ? O_RDWR :
			 mode[0] == 'r'            ? O_RDONLY :
						     O_WRONLY;
	int fd = open(path, ways | (mode[0] == 'r' ? 0 : creating));
	FILE *file = fd < 0 ? NULL : fdopen(fd, mode);

	if (fd >= 0 && file == NULL)
		close(fd);
	return file;
}

static inline DIR *opendir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && directory == NULL)
		close(fd);
	return directory;
}

/* There are no variables that could name a file. */
static inline char *getenv(const char *name)
{
	(void)name;
	return NULL;
}
