/* SPDX-License-Identifier: BSD-2-Clause */
/* What SQLite calls and CloudABI has not, included before all of it. */

#include <stdarg.h>
#include <sys/time.h>

#include "../names.h"

/* Files have no permissions of their own, so a new one has the right ones. */
static inline int fchmod(int fd, mode_t mode)
{
	(void)fd;
	(void)mode;
	return 0;
}

/* The time of a lock is for people to look at. */
static inline int utimes(const char *path, const struct timeval *times)
{
	(void)times;
	return utimensat(AT_FDCWD, path, 0, 0);
}

/* What locks of files are called where there are some. */
#define F_GETLK 5
#define F_SETLK 6
#define F_SETLKW 7
#define F_RDLCK 0
#define F_WRLCK 1
#define F_UNLCK 2

/* There are no locks of files. Who asks for the way that has one process own the
 * database, `vfs=unix-excl`, finds each lock free: SQLite itself keeps apart
 * what connections of the process do. */
static inline int lock_file(int command, struct flock *lock)
{
	if (command == F_GETLK)
		lock->l_type = F_UNLCK;
	return 0;
}

static inline int fcntl_or_lock(int fd, int command, ...)
{
	va_list arguments;

	va_start(arguments, command);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	if (command == F_GETLK || command == F_SETLK || command == F_SETLKW)
		return lock_file(command, argument);
	return fcntl(fd, command, argument);
}

#define fcntl fcntl_or_lock
