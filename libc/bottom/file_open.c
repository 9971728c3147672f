/* SPDX-License-Identifier: BSD-2-Clause */
/* openat(): which rights the flags ask for, and descriptors opened by number. */

#include <fcntl.h>
#include <unistd.h>

#include "cloudabi_impl.h"
#include "path.h"

static bool reads(int flags)
{
	int mode = flags & O_ACCMODE;

	return mode == O_RDONLY || mode == O_RDWR;
}

static bool writes(int flags)
{
	int mode = flags & O_ACCMODE;

	return mode == O_WRONLY || mode == O_RDWR;
}

/* Everything that does not decide about the access mode is asked for as far as
 * the directory passes it on. */
static cloudabi_rights_t wanted_rights(int flags)
{
	cloudabi_rights_t rights =
		CLOUDABI_RIGHTS_ALL &
		~(CLOUDABI_RIGHTS_READING | CLOUDABI_RIGHTS_WRITING);

	if (reads(flags))
		rights |= CLOUDABI_RIGHTS_READING;
	if (writes(flags))
		rights |= CLOUDABI_RIGHTS_WRITING;
	return rights;
}

/* Without these, a descriptor would not be what the flags promise. They are
 * asked for in any case, so that it is the system that refuses. */
static cloudabi_rights_t needed_rights(int flags)
{
	cloudabi_rights_t rights = 0;

	if (reads(flags))
		rights |= (flags & O_DIRECTORY) != 0 ?
				  CLOUDABI_RIGHT_FILE_READDIR :
				  CLOUDABI_RIGHT_FD_READ;
	if (writes(flags))
		rights |= CLOUDABI_RIGHT_FD_WRITE;
	if (writes(flags) && (flags & O_APPEND) == 0)
		rights |= CLOUDABI_RIGHT_FD_SEEK;
	return rights;
}

static cloudabi_errno_t open_below(const struct path *path, int flags, int *fd)
{
	cloudabi_fdstat_t dir;
	cloudabi_fdstat_t wanted;
	cloudabi_fd_t result;
	cloudabi_errno_t error;

	error = cloudabi_sys_fd_stat_get((cloudabi_fd_t)path->fd, &dir);
	if (error != 0)
		return error;
	if (dir.fs_filetype != CLOUDABI_FILETYPE_DIRECTORY)
		return ENOTDIR;
	wanted = (cloudabi_fdstat_t){
		.fs_flags = (cloudabi_fdflags_t)__O_TO_FDFLAGS(flags),
		.fs_rights_base =
			(wanted_rights(flags) & dir.fs_rights_inheriting) |
			needed_rights(flags),
		.fs_rights_inheriting = dir.fs_rights_inheriting,
	};
	error = cloudabi_sys_file_open(
		__path_lookup(path, (flags & O_NOFOLLOW) == 0), path->text,
		path->len, (cloudabi_oflags_t)__O_TO_OFLAGS(flags), &wanted,
		&result);
	*fd = (int)result;
	return error;
}

/* The flags of the open file are shared with the descriptor that was copied:
 * appending, once asked for, holds for both. */
static cloudabi_errno_t apply_modes(int fd, const cloudabi_fdstat_t *stat,
				    int flags)
{
	const cloudabi_fdflags_t modes =
		(cloudabi_fdflags_t)__O_TO_FDFLAGS(flags);
	cloudabi_fdstat_t changed = *stat;

	changed.fs_flags |= modes;
	if (changed.fs_flags == stat->fs_flags)
		return 0;
	return cloudabi_sys_fd_stat_put((cloudabi_fd_t)fd, &changed,
					CLOUDABI_FDSTAT_FLAGS);
}

/* What is opened anew starts at its beginning, so the copy does as well; the
 * position too is shared with the descriptor that was copied. */
static cloudabi_errno_t prepare_copy(int fd, const cloudabi_fdstat_t *stat,
				     int flags)
{
	cloudabi_fdstat_t kept = *stat;
	cloudabi_errno_t error;

	if ((flags & O_TRUNC) != 0 && writes(flags) && ftruncate(fd, 0) != 0)
		return (cloudabi_errno_t)errno;
	if (stat->fs_filetype == CLOUDABI_FILETYPE_REGULAR_FILE)
		lseek(fd, 0, SEEK_SET);
	error = apply_modes(fd, stat, flags);
	if (error != 0)
		return error;
	kept.fs_rights_base &= wanted_rights(flags);
	return cloudabi_sys_fd_stat_put((cloudabi_fd_t)fd, &kept,
					CLOUDABI_FDSTAT_RIGHTS);
}

/* Asks for more rights than there are: that is a refusal as any other, and the
 * system's to give. */
static cloudabi_errno_t refuse_rights(int fd, const cloudabi_fdstat_t *stat,
				      cloudabi_rights_t needed)
{
	cloudabi_fdstat_t more = *stat;

	more.fs_rights_base |= needed;
	return cloudabi_sys_fd_stat_put((cloudabi_fd_t)fd, &more,
					CLOUDABI_FDSTAT_RIGHTS);
}

static cloudabi_errno_t copy_number(int number, const cloudabi_fdstat_t *stat,
				    int flags, int *fd)
{
	cloudabi_rights_t needed =
		needed_rights(flags) & ~CLOUDABI_RIGHT_FD_SEEK;
	cloudabi_errno_t error;

	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return EEXIST;
	if ((flags & O_DIRECTORY) != 0)
		return ENOTDIR;
	if ((needed & ~stat->fs_rights_base) != 0)
		return refuse_rights(number, stat, needed);
	*fd = dup(number);
	if (*fd < 0)
		return (cloudabi_errno_t)errno;
	error = prepare_copy(*fd, stat, flags);
	if (error != 0)
		close(*fd);
	return error;
}

static cloudabi_errno_t open_resolved(const struct path *path, int flags,
				      int *fd)
{
	cloudabi_fdstat_t stat;
	cloudabi_errno_t error;

	if (!path->is_fd)
		return open_below(path, flags, fd);
	error = cloudabi_sys_fd_stat_get((cloudabi_fd_t)path->fd, &stat);
	if (error != 0)
		return error;
	if (stat.fs_filetype == CLOUDABI_FILETYPE_DIRECTORY)
		return open_below(path, flags, fd);
	return copy_number(path->fd, &stat, flags, fd);
}

/* There are no permission bits, so the mode of a new file is not looked at. */
int openat(int dirfd, const char *name, int flags, ...)
{
	struct path path;
	int fd;
	cloudabi_errno_t error =
		__path_resolve(CALL_file_open, dirfd, name, &path);

	if (error == 0 && (flags & O_ACCMODE) == (O_WRONLY | O_RDWR))
		error = EINVAL;
	if (error == 0)
		error = open_resolved(&path, flags, &fd);
	return error == 0 ? fd : __result(error);
}
