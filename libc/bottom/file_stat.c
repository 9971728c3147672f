/* SPDX-License-Identifier: BSD-2-Clause */
/* Attributes of files. */

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cloudabi_impl.h"
#include "file_type.h"
#include "path.h"

enum {
	BLOCK_BYTES = 4096,
	STAT_BLOCK_BYTES = 512
};

/* FIFOs are stream sockets to the ABI. */
mode_t __filetype_to_mode(cloudabi_filetype_t type)
{
	switch (type) {
	case CLOUDABI_FILETYPE_BLOCK_DEVICE:
		return S_IFBLK;
	case CLOUDABI_FILETYPE_CHARACTER_DEVICE:
		return S_IFCHR;
	case CLOUDABI_FILETYPE_DIRECTORY:
		return S_IFDIR;
	case CLOUDABI_FILETYPE_REGULAR_FILE:
	case CLOUDABI_FILETYPE_SHARED_MEMORY:
		return S_IFREG;
	case CLOUDABI_FILETYPE_SOCKET_DGRAM:
	case CLOUDABI_FILETYPE_SOCKET_STREAM:
		return S_IFSOCK;
	case CLOUDABI_FILETYPE_SYMBOLIC_LINK:
		return S_IFLNK;
	default:
		return 0;
	}
}

/* The ABI has no owners and no permission bits: what may be done with a file
 * is a matter of descriptors. Both are zero here. */
static void convert(const cloudabi_filestat_t *from, struct stat *to)
{
	*to = (struct stat){
		.st_dev = from->st_dev,
		.st_ino = from->st_ino,
		.st_mode = __filetype_to_mode(from->st_filetype),
		.st_nlink = from->st_nlink,
		.st_size = (off_t)from->st_size,
		.st_blksize = BLOCK_BYTES,
		.st_blocks = (blkcnt_t)((from->st_size + STAT_BLOCK_BYTES - 1) /
					STAT_BLOCK_BYTES),
	};
	__timespec_from_abi(from->st_atim, &to->st_atim);
	__timespec_from_abi(from->st_mtim, &to->st_mtim);
	__timespec_from_abi(from->st_ctim, &to->st_ctim);
}

int fstat(int fd, struct stat *stat)
{
	cloudabi_filestat_t result;
	cloudabi_errno_t error =
		cloudabi_sys_file_stat_fget((cloudabi_fd_t)fd, &result);

	if (error == 0)
		convert(&result, stat);
	return __result(error);
}

static cloudabi_errno_t stat_path(const struct path *path, bool follow,
				  cloudabi_filestat_t *result)
{
	if (path->is_fd)
		return cloudabi_sys_file_stat_fget((cloudabi_fd_t)path->fd,
						   result);
	return __path_error(path, cloudabi_sys_file_stat_get(
					  __path_lookup(path, follow),
					  path->text, path->len, result));
}

int fstatat(int dirfd, const char *restrict name, struct stat *restrict stat,
	    int flags)
{
	struct path path;
	cloudabi_filestat_t result;
	bool follow = (flags & AT_SYMLINK_NOFOLLOW) == 0;
	cloudabi_errno_t error =
		__path_resolve(CALL_file_stat_get, dirfd, name, &path);

	if ((flags & ~AT_SYMLINK_NOFOLLOW) != 0)
		error = EINVAL;
	if (error == 0)
		error = stat_path(&path, follow, &result);
	if (error == 0)
		convert(&result, stat);
	return __result(error);
}

/* Whatever may be opened for execution counts as executable, and a directory
 * is always searchable. */
static cloudabi_rights_t access_rights(int mode, bool directory)
{
	cloudabi_rights_t rights = 0;

	if ((mode & R_OK) != 0)
		rights |= directory ? CLOUDABI_RIGHT_FILE_READDIR :
				      CLOUDABI_RIGHT_FD_READ;
	if ((mode & W_OK) != 0)
		rights |= directory ? CLOUDABI_RIGHT_FILE_CREATE_FILE :
				      CLOUDABI_RIGHT_FD_WRITE;
	if ((mode & X_OK) != 0 && !directory)
		rights |= CLOUDABI_RIGHT_PROC_EXEC;
	return rights;
}

static cloudabi_errno_t check_access(const struct path *path, bool directory,
				     int mode)
{
	cloudabi_fdstat_t stat;
	cloudabi_rights_t rights;
	cloudabi_errno_t error =
		cloudabi_sys_fd_stat_get((cloudabi_fd_t)path->fd, &stat);

	if (error != 0)
		return error;
	rights = path->is_fd ? stat.fs_rights_base : stat.fs_rights_inheriting;
	return (access_rights(mode, directory) & ~rights) == 0 ? 0 : EACCES;
}

/* Existence, and what the descriptor would allow to be opened: the host may
 * still refuse that for reasons of its own. */
int faccessat(int dirfd, const char *name, int mode, int flags)
{
	struct path path;
	cloudabi_filestat_t stat;
	bool follow = (flags & AT_SYMLINK_NOFOLLOW) == 0;
	cloudabi_errno_t error =
		__path_resolve(CALL_file_stat_get, dirfd, name, &path);

	if ((flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW)) != 0 ||
	    (mode & ~(R_OK | W_OK | X_OK)) != 0)
		error = EINVAL;
	if (error == 0)
		error = stat_path(&path, follow, &stat);
	if (error == 0)
		error = check_access(
			&path, stat.st_filetype == CLOUDABI_FILETYPE_DIRECTORY,
			mode);
	return __result(error);
}

static cloudabi_errno_t convert_time(const struct timespec *time,
				     cloudabi_fsflags_t set,
				     cloudabi_fsflags_t now,
				     cloudabi_timestamp_t *timestamp,
				     cloudabi_fsflags_t *flags)
{
	*timestamp = 0;
	if (time == NULL || time->tv_nsec == UTIME_NOW) {
		*flags |= now;
		return 0;
	}
	if (time->tv_nsec == UTIME_OMIT)
		return 0;
	*flags |= set;
	return __timespec_to_abi(time, timestamp);
}

static cloudabi_errno_t convert_times(const struct timespec times[2],
				      cloudabi_filestat_t *stat,
				      cloudabi_fsflags_t *flags)
{
	cloudabi_errno_t error;

	*flags = 0;
	error = convert_time(times == NULL ? NULL : &times[0],
			     CLOUDABI_FILESTAT_ATIM, CLOUDABI_FILESTAT_ATIM_NOW,
			     &stat->st_atim, flags);
	if (error != 0)
		return error;
	return convert_time(times == NULL ? NULL : &times[1],
			    CLOUDABI_FILESTAT_MTIM, CLOUDABI_FILESTAT_MTIM_NOW,
			    &stat->st_mtim, flags);
}

int futimens(int fd, const struct timespec times[2])
{
	cloudabi_filestat_t stat;
	cloudabi_fsflags_t flags;
	cloudabi_errno_t error = convert_times(times, &stat, &flags);

	if (error == 0 && flags != 0)
		error = cloudabi_sys_file_stat_fput((cloudabi_fd_t)fd, &stat,
						    flags);
	return __result(error);
}

static cloudabi_errno_t put_times(const struct path *path, bool follow,
				  const cloudabi_filestat_t *stat,
				  cloudabi_fsflags_t flags)
{
	if (path->is_fd)
		return cloudabi_sys_file_stat_fput((cloudabi_fd_t)path->fd,
						   stat, flags);
	return __path_error(path, cloudabi_sys_file_stat_put(
					  __path_lookup(path, follow),
					  path->text, path->len, stat, flags));
}

int utimensat(int dirfd, const char *name, const struct timespec times[2],
	      int at_flags)
{
	struct path path;
	cloudabi_filestat_t stat;
	cloudabi_fsflags_t flags;
	bool follow = (at_flags & AT_SYMLINK_NOFOLLOW) == 0;
	cloudabi_errno_t error;

	if ((at_flags & ~AT_SYMLINK_NOFOLLOW) != 0)
		return __result(EINVAL);
	error = __path_resolve(CALL_file_stat_put, dirfd, name, &path);
	if (error == 0)
		error = convert_times(times, &stat, &flags);
	if (error == 0 && flags != 0)
		error = put_times(&path, follow, &stat, flags);
	return __result(error);
}

int ftruncate(int fd, off_t size)
{
	cloudabi_filestat_t stat = {.st_size = (cloudabi_filesize_t)size};

	if (size < 0)
		return __result(EINVAL);
	return __result(cloudabi_sys_file_stat_fput((cloudabi_fd_t)fd, &stat,
						    CLOUDABI_FILESTAT_SIZE));
}

int posix_fallocate(int fd, off_t offset, off_t len)
{
	if (offset < 0 || len <= 0)
		return EINVAL;
	return cloudabi_sys_file_allocate((cloudabi_fd_t)fd,
					  (cloudabi_filesize_t)offset,
					  (cloudabi_filesize_t)len);
}

int posix_fadvise(int fd, off_t offset, off_t len, int advice)
{
	static const cloudabi_advice_t advices[] = {
		[POSIX_FADV_NORMAL] = CLOUDABI_ADVICE_NORMAL,
		[POSIX_FADV_RANDOM] = CLOUDABI_ADVICE_RANDOM,
		[POSIX_FADV_SEQUENTIAL] = CLOUDABI_ADVICE_SEQUENTIAL,
		[POSIX_FADV_WILLNEED] = CLOUDABI_ADVICE_WILLNEED,
		[POSIX_FADV_DONTNEED] = CLOUDABI_ADVICE_DONTNEED,
		[POSIX_FADV_NOREUSE] = CLOUDABI_ADVICE_NOREUSE,
	};

	if (offset < 0 || len < 0 ||
	    (unsigned)advice >= sizeof(advices) / sizeof(*advices))
		return EINVAL;
	return cloudabi_sys_file_advise(
		(cloudabi_fd_t)fd, (cloudabi_filesize_t)offset,
		(cloudabi_filesize_t)len, advices[advice]);
}
