/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors: reading, writing, copying, modes. */

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "cloudabi_impl.h"

_Static_assert(sizeof(struct iovec) == sizeof(cloudabi_iovec_t), "iovec");

cloudabi_filetype_t __fd_type(int fd)
{
	cloudabi_fdstat_t stat;

	if (cloudabi_sys_fd_stat_get((cloudabi_fd_t)fd, &stat) != 0)
		return CLOUDABI_FILETYPE_UNKNOWN;
	return stat.fs_filetype;
}

bool __is_socket(cloudabi_filetype_t type)
{
	return type == CLOUDABI_FILETYPE_SOCKET_DGRAM ||
	       type == CLOUDABI_FILETYPE_SOCKET_STREAM;
}

/* A call that a kind of descriptor never allows fails for want of a right.
 * What programs expect then is an error that names the kind. */
cloudabi_errno_t __fd_unless_capable(int fd, cloudabi_errno_t error,
				     cloudabi_filetype_t wanted,
				     cloudabi_errno_t otherwise)
{
	if (error == ENOTCAPABLE && __fd_type(fd) != wanted)
		return otherwise;
	return error;
}

static ssize_t transferred(int fd, cloudabi_errno_t error, size_t count)
{
	if (error == ENOTCAPABLE)
		error = __fd_type(fd) == CLOUDABI_FILETYPE_DIRECTORY ? EISDIR :
								       EBADF;
	return error == 0 ? (ssize_t)count : __result(error);
}

ssize_t readv(int fd, const struct iovec *iov, int count)
{
	size_t len;
	cloudabi_errno_t error = cloudabi_sys_fd_read(
		(cloudabi_fd_t)fd, (const cloudabi_iovec_t *)iov, (size_t)count,
		&len);

	return transferred(fd, error, len);
}

ssize_t writev(int fd, const struct iovec *iov, int count)
{
	size_t len;
	cloudabi_errno_t error = cloudabi_sys_fd_write(
		(cloudabi_fd_t)fd, (const cloudabi_ciovec_t *)iov,
		(size_t)count, &len);

	return transferred(fd, error, len);
}

ssize_t read(int fd, void *buf, size_t len)
{
	return readv(fd, &(struct iovec){buf, len}, 1);
}

ssize_t write(int fd, const void *buf, size_t len)
{
	return writev(fd, &(struct iovec){(void *)buf, len}, 1);
}

/* Whether it is reading or seeking that the descriptor does not allow. */
static ssize_t transferred_at(int fd, cloudabi_errno_t error, size_t count,
			      cloudabi_rights_t right)
{
	cloudabi_fdstat_t stat;

	if (error == ENOTCAPABLE &&
	    cloudabi_sys_fd_stat_get((cloudabi_fd_t)fd, &stat) == 0 &&
	    (stat.fs_rights_base & right) != 0)
		error = ESPIPE;
	return transferred(fd, error, count);
}

ssize_t preadv(int fd, const struct iovec *iov, int count, off_t offset)
{
	size_t len;
	cloudabi_errno_t error = cloudabi_sys_fd_pread(
		(cloudabi_fd_t)fd, (const cloudabi_iovec_t *)iov, (size_t)count,
		(cloudabi_filesize_t)offset, &len);

	return transferred_at(fd, error, len, CLOUDABI_RIGHT_FD_READ);
}

ssize_t pwritev(int fd, const struct iovec *iov, int count, off_t offset)
{
	size_t len;
	cloudabi_errno_t error = cloudabi_sys_fd_pwrite(
		(cloudabi_fd_t)fd, (const cloudabi_ciovec_t *)iov,
		(size_t)count, (cloudabi_filesize_t)offset, &len);

	return transferred_at(fd, error, len, CLOUDABI_RIGHT_FD_WRITE);
}

ssize_t pread(int fd, void *buf, size_t len, off_t offset)
{
	return preadv(fd, &(struct iovec){buf, len}, 1, offset);
}

ssize_t pwrite(int fd, const void *buf, size_t len, off_t offset)
{
	return pwritev(fd, &(struct iovec){(void *)buf, len}, 1, offset);
}

/* SEEK_SET is zero because too much code, Python's io among it, writes zero
 * for it; the ABI counts from one, with "set" last. */
off_t __lseek(int fd, off_t offset, int whence)
{
	static const cloudabi_whence_t whences[] = {
		[SEEK_SET] = CLOUDABI_WHENCE_SET,
		[SEEK_CUR] = CLOUDABI_WHENCE_CUR,
		[SEEK_END] = CLOUDABI_WHENCE_END,
	};
	cloudabi_filesize_t result;
	cloudabi_errno_t error;

	if ((unsigned)whence >= sizeof(whences) / sizeof(*whences))
		return __result(EINVAL);
	error = cloudabi_sys_fd_seek((cloudabi_fd_t)fd, offset, whences[whence],
				     &result);
	if (error == ENOTCAPABLE)
		error = ESPIPE;
	return error == 0 ? (off_t)result : __result(error);
}

weak_alias(__lseek, lseek);

int close(int fd)
{
	return __result(cloudabi_sys_fd_close((cloudabi_fd_t)fd));
}

int fsync(int fd)
{
	return __result(cloudabi_sys_fd_sync((cloudabi_fd_t)fd));
}

int fdatasync(int fd)
{
	return __result(cloudabi_sys_fd_datasync((cloudabi_fd_t)fd));
}

int dup(int fd)
{
	cloudabi_fd_t copy;
	cloudabi_errno_t error = cloudabi_sys_fd_dup((cloudabi_fd_t)fd, &copy);

	return error == 0 ? (int)copy : __result(error);
}

/* Only a descriptor that is in use can be replaced. */
int dup2(int from, int to)
{
	cloudabi_errno_t error =
		cloudabi_sys_fd_replace((cloudabi_fd_t)from, (cloudabi_fd_t)to);

	return error == 0 ? to : __result(error);
}

int dup3(int from, int to, int flags)
{
	if (from == to || (flags & ~O_CLOEXEC) != 0)
		return __result(EINVAL);
	return dup2(from, to);
}

/* The system chooses numbers; those that are too low are given back. */
static int dup_from(int fd, int lowest)
{
	int copy = dup(fd);
	int result = copy;
	int error;

	if (copy >= 0 && copy < lowest) {
		result = dup_from(fd, lowest);
		error = errno;
		close(copy);
		errno = error;
	}
	return result;
}

static const cloudabi_fdflags_t all_modes =
	CLOUDABI_FDFLAG_APPEND | CLOUDABI_FDFLAG_DSYNC |
	CLOUDABI_FDFLAG_NONBLOCK | CLOUDABI_FDFLAG_RSYNC | CLOUDABI_FDFLAG_SYNC;

static int access_mode(cloudabi_rights_t rights)
{
	bool reads = (rights & (CLOUDABI_RIGHT_FD_READ |
				CLOUDABI_RIGHT_FILE_READDIR)) != 0;
	bool writes = (rights & CLOUDABI_RIGHT_FD_WRITE) != 0;

	if (reads)
		return writes ? O_RDWR : O_RDONLY;
	return writes ? O_WRONLY : O_PATH;
}

static int get_modes(int fd)
{
	cloudabi_fdstat_t stat;
	cloudabi_errno_t error =
		cloudabi_sys_fd_stat_get((cloudabi_fd_t)fd, &stat);

	if (error != 0)
		return __result(error);
	return access_mode(stat.fs_rights_base) |
	       __FDFLAGS_TO_O(stat.fs_flags & all_modes);
}

static int set_modes(int fd, int flags)
{
	cloudabi_fdstat_t stat = {.fs_flags = __O_TO_FDFLAGS(flags)};

	return __result(cloudabi_sys_fd_stat_put((cloudabi_fd_t)fd, &stat,
						 CLOUDABI_FDSTAT_FLAGS));
}

/* Every descriptor is closed by execution; only whether it exists matters. */
static int get_close_on_exec(int fd)
{
	return get_modes(fd) < 0 ? -1 : FD_CLOEXEC;
}

int fcntl(int fd, int command, ...)
{
	va_list arguments;
	int argument;

	va_start(arguments, command);
	argument = va_arg(arguments, int);
	va_end(arguments);
	switch (command) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		return dup_from(fd, argument);
	case F_GETFD:
		return get_close_on_exec(fd);
	case F_SETFD:
		return get_close_on_exec(fd) < 0 ? -1 : 0;
	case F_GETFL:
		return get_modes(fd);
	case F_SETFL:
		return set_modes(fd, argument);
	default:
		return __result(EINVAL);
	}
}

/* Nothing that a program holds is treated as a terminal. */
int isatty(int fd)
{
	errno = get_modes(fd) < 0 ? errno : ENOTTY;
	return 0;
}

static int create_pair(cloudabi_filetype_t type, int fds[2], bool nonblocking)
{
	cloudabi_fd_t pair[2];
	cloudabi_errno_t error =
		cloudabi_sys_fd_create2(type, &pair[0], &pair[1]);

	if (error != 0)
		return __result(error);
	for (int i = 0; i < 2; ++i) {
		fds[i] = (int)pair[i];
		if (nonblocking)
			set_modes(fds[i], O_NONBLOCK);
	}
	return 0;
}

int socketpair(int family, int type, int protocol, int fds[2])
{
	bool nonblocking = (type & SOCK_NONBLOCK) != 0;

	if (family != AF_UNIX || protocol != 0)
		return __result(EAFNOSUPPORT);
	switch (type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) {
	case SOCK_STREAM:
		return create_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, fds,
				   nonblocking);
	case SOCK_DGRAM:
		return create_pair(CLOUDABI_FILETYPE_SOCKET_DGRAM, fds,
				   nonblocking);
	default:
		return __result(EPROTONOSUPPORT);
	}
}

static void give_up(int fd, cloudabi_rights_t right)
{
	cloudabi_fdstat_t stat;

	if (cloudabi_sys_fd_stat_get((cloudabi_fd_t)fd, &stat) != 0)
		return;
	stat.fs_rights_base &= ~right;
	cloudabi_sys_fd_stat_put((cloudabi_fd_t)fd, &stat,
				 CLOUDABI_FDSTAT_RIGHTS);
}

/* A pair of sockets of which each end keeps one direction. */
int pipe2(int fds[2], int flags)
{
	if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) != 0)
		return __result(EINVAL);
	if (create_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, fds,
			(flags & O_NONBLOCK) != 0) != 0)
		return -1;
	give_up(fds[0], CLOUDABI_RIGHT_FD_WRITE);
	give_up(fds[1], CLOUDABI_RIGHT_FD_READ);
	return 0;
}

int pipe(int fds[2])
{
	return pipe2(fds, 0);
}
