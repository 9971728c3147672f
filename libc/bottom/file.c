/* SPDX-License-Identifier: BSD-2-Clause */
/* Names in directories: made, moved, removed. */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cloudabi_impl.h"
#include "path.h"

/* The mode is not looked at: there are no permission bits. */
int mkdirat(int dirfd, const char *name, mode_t mode)
{
	struct path path;
	cloudabi_errno_t error =
		__path_resolve(CALL_file_create, dirfd, name, &path);

	(void)mode;
	if (error == 0)
		error = __path_error(
			&path, cloudabi_sys_file_create(
				       (cloudabi_fd_t)path.fd, path.text,
				       path.len, CLOUDABI_FILETYPE_DIRECTORY));
	return __result(error);
}

int unlinkat(int dirfd, const char *name, int flags)
{
	struct path path;
	cloudabi_ulflags_t how =
		(flags & AT_REMOVEDIR) != 0 ? CLOUDABI_UNLINK_REMOVEDIR : 0;
	cloudabi_errno_t error =
		__path_resolve(CALL_file_unlink, dirfd, name, &path);

	if ((flags & ~AT_REMOVEDIR) != 0)
		return __result(EINVAL);
	if (error == 0)
		error = __path_error(&path, cloudabi_sys_file_unlink(
						    (cloudabi_fd_t)path.fd,
						    path.text, path.len, how));
	return __result(error);
}

static cloudabi_errno_t resolve_both(enum abi_call call, int dirfd1,
				     const char *name1, struct path *path1,
				     int dirfd2, const char *name2,
				     struct path *path2)
{
	cloudabi_errno_t error = __path_resolve(call, dirfd1, name1, path1);

	return error != 0 ? error : __path_resolve(call, dirfd2, name2, path2);
}

static int result_of_both(const struct path *path1, const struct path *path2,
			  cloudabi_errno_t error)
{
	if (__path_error(path1, error) == ENOTDIR)
		error = ENOTDIR;
	return __result(__path_error(path2, error));
}

int renameat(int dirfd1, const char *name1, int dirfd2, const char *name2)
{
	struct path path1;
	struct path path2;
	cloudabi_errno_t error = resolve_both(CALL_file_rename, dirfd1, name1,
					      &path1, dirfd2, name2, &path2);

	if (error != 0)
		return __result(error);
	error = cloudabi_sys_file_rename((cloudabi_fd_t)path1.fd, path1.text,
					 path1.len, (cloudabi_fd_t)path2.fd,
					 path2.text, path2.len);
	return result_of_both(&path1, &path2, error);
}

int linkat(int dirfd1, const char *name1, int dirfd2, const char *name2,
	   int flags)
{
	struct path path1;
	struct path path2;
	bool follow = (flags & AT_SYMLINK_FOLLOW) != 0;
	cloudabi_errno_t error = resolve_both(CALL_file_link, dirfd1, name1,
					      &path1, dirfd2, name2, &path2);

	if ((flags & ~AT_SYMLINK_FOLLOW) != 0)
		error = EINVAL;
	if (error != 0)
		return __result(error);
	error = cloudabi_sys_file_link(
		__path_lookup(&path1, follow), path1.text, path1.len,
		(cloudabi_fd_t)path2.fd, path2.text, path2.len);
	return result_of_both(&path1, &path2, error);
}

int symlinkat(const char *target, int dirfd, const char *name)
{
	struct path path;
	cloudabi_errno_t error =
		__path_resolve(CALL_file_symlink, dirfd, name, &path);

	if (error == 0)
		error = __path_error(
			&path, cloudabi_sys_file_symlink(target, strlen(target),
							 (cloudabi_fd_t)path.fd,
							 path.text, path.len));
	return __result(error);
}

ssize_t readlinkat(int dirfd, const char *restrict name, char *restrict buf,
		   size_t size)
{
	struct path path;
	size_t len;
	cloudabi_errno_t error =
		__path_resolve(CALL_file_readlink, dirfd, name, &path);

	/* What a number leads to is the thing itself, not a link to it. */
	if (error == 0 && path.is_fd)
		error = EINVAL;
	if (error == 0)
		error = __path_error(&path,
				     cloudabi_sys_file_readlink(
					     (cloudabi_fd_t)path.fd, path.text,
					     path.len, buf, size, &len));
	return error == 0 ? (ssize_t)len : __result(error);
}
