/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls on files, by descriptor and by path. */

#include "clock.h"
#include "dirs.h"
#include "fdtable.h"
#include "host.h"
#include "sys.h"

#define TIMES                                                                  \
	(CLOUDABI_FILESTAT_ATIM | CLOUDABI_FILESTAT_ATIM_NOW |                 \
	 CLOUDABI_FILESTAT_MTIM | CLOUDABI_FILESTAT_MTIM_NOW)

/* Checks a descriptor below which something is to be done. */
static cloudabi_errno_t check_directory(cloudabi_fd_t fd,
					cloudabi_rights_t rights)
{
	cloudabi_errno_t error = fdtable_check(fd, rights);

	if (error == 0 && !fdtable_is_directory(fd))
		return CLOUDABI_ENOTDIR;
	return error;
}

cloudabi_errno_t sys_file_advise(cloudabi_fd_t fd, cloudabi_filesize_t offset,
				 cloudabi_filesize_t len,
				 cloudabi_advice_t advice)
{
	static const uint8_t advices[] = {
		[CLOUDABI_ADVICE_DONTNEED] = HOST_FADV_DONTNEED,
		[CLOUDABI_ADVICE_NOREUSE] = HOST_FADV_NOREUSE,
		[CLOUDABI_ADVICE_NORMAL] = HOST_FADV_NORMAL,
		[CLOUDABI_ADVICE_RANDOM] = HOST_FADV_RANDOM,
		[CLOUDABI_ADVICE_SEQUENTIAL] = HOST_FADV_SEQUENTIAL,
		[CLOUDABI_ADVICE_WILLNEED] = HOST_FADV_WILLNEED,
	};
	cloudabi_errno_t error = fdtable_check(fd, CLOUDABI_NEEDS_FILE_ADVISE);

	if (error != 0)
		return error;
	if (advice < CLOUDABI_ADVICE_DONTNEED || advice >= ARRAY_LEN(advices))
		return CLOUDABI_EINVAL;
	if (fdtable_is_directory(fd))
		return 0;
	return error_of(host_fadvise(fd, offset, len, advices[advice]));
}

cloudabi_errno_t sys_file_allocate(cloudabi_fd_t fd, cloudabi_filesize_t offset,
				   cloudabi_filesize_t len)
{
	cloudabi_errno_t error =
		fdtable_check(fd, CLOUDABI_NEEDS_FILE_ALLOCATE);

	if (error != 0)
		return error;
	return error_of(host_fallocate(fd, offset, len));
}

static cloudabi_timestamp_t timestamp(unsigned long seconds,
				      unsigned long nanoseconds)
{
	struct __kernel_timespec ts = {seconds, nanoseconds};

	return clock_nanoseconds(&ts);
}

static cloudabi_errno_t stat_object(cloudabi_fd_t fd,
				    cloudabi_filetype_t filetype,
				    cloudabi_filestat_t *buf)
{
	host_stat st;
	long r = host_fstat(fd, &st);

	if (r < 0)
		return error_of(r);
	*buf = (cloudabi_filestat_t){
		.st_dev = st.st_dev,
		.st_ino = st.st_ino,
		.st_filetype = filetype,
		.st_nlink = st.st_nlink,
		.st_size = st.st_size,
		.st_atim = timestamp(st.st_atime, st.st_atime_nsec),
		.st_mtim = timestamp(st.st_mtime, st.st_mtime_nsec),
		.st_ctim = timestamp(st.st_ctime, st.st_ctime_nsec),
	};
	return 0;
}

cloudabi_errno_t sys_file_stat_fget(cloudabi_fd_t fd, cloudabi_filestat_t *buf)
{
	struct fd_entry entry;
	cloudabi_errno_t error =
		fdtable_get(fd, CLOUDABI_NEEDS_FILE_STAT_FGET, &entry);

	if (error != 0)
		return error;
	if (entry.filetype == CLOUDABI_FILETYPE_DIRECTORY)
		return dirs_stat_fget(fd, buf);
	return stat_object(fd, entry.filetype, buf);
}

static cloudabi_errno_t put_size(cloudabi_fd_t fd, cloudabi_filesize_t size)
{
	cloudabi_errno_t error =
		fdtable_check(fd, CLOUDABI_NEEDS_FILE_STAT_FPUT_SIZE);

	if (error != 0)
		return error;
	return error_of(host_ftruncate(fd, size));
}

/*
 * Linux lets the owner of a file set its times through any descriptor, even
 * one that is for reading only, so the guest has no call for that.
 */
static cloudabi_errno_t put_times(cloudabi_fd_t fd,
				  const cloudabi_filestat_t *buf,
				  cloudabi_fsflags_t flags)
{
	cloudabi_errno_t error =
		fdtable_check(fd, CLOUDABI_NEEDS_FILE_STAT_FPUT_TIMES);

	if (error != 0)
		return error;
	if (!fdtable_is_directory(fd))
		return CLOUDABI_ENOTSUP;
	return dirs_stat_fput(fd, buf, flags);
}

cloudabi_errno_t sys_file_stat_fput(cloudabi_fd_t fd,
				    const cloudabi_filestat_t *buf,
				    cloudabi_fsflags_t flags)
{
	if (flags == CLOUDABI_FILESTAT_SIZE)
		return put_size(fd, buf->st_size);
	if (flags == 0 || (flags & ~TIMES) != 0)
		return CLOUDABI_EINVAL;
	return put_times(fd, buf, flags);
}

cloudabi_errno_t sys_file_create(cloudabi_fd_t fd, const char *path,
				 size_t path_len, cloudabi_filetype_t type)
{
	cloudabi_errno_t error;

	if (type != CLOUDABI_FILETYPE_DIRECTORY)
		return CLOUDABI_EINVAL;
	error = check_directory(fd, CLOUDABI_NEEDS_FILE_CREATE);
	if (error != 0)
		return error;
	return dirs_create_directory(fd, (struct path){path, path_len});
}

cloudabi_errno_t sys_file_link(cloudabi_lookup_t fd1, const char *path1,
			       size_t path1_len, cloudabi_fd_t fd2,
			       const char *path2, size_t path2_len)
{
	cloudabi_errno_t error =
		check_directory(fd1.fd, CLOUDABI_NEEDS_FILE_LINK_SOURCE);

	if (error == 0)
		error = check_directory(fd2, CLOUDABI_NEEDS_FILE_LINK_TARGET);
	if (error != 0)
		return error;
	return dirs_link(fd1, (struct path){path1, path1_len}, fd2,
			 (struct path){path2, path2_len});
}

cloudabi_errno_t sys_file_open(cloudabi_lookup_t dirfd, const char *path,
			       size_t path_len, cloudabi_oflags_t oflags,
			       const cloudabi_fdstat_t *fds, cloudabi_fd_t *fd)
{
	cloudabi_rights_t rights = CLOUDABI_NEEDS_FILE_OPEN;
	cloudabi_errno_t error;

	if (oflags & CLOUDABI_O_CREAT)
		rights |= CLOUDABI_NEEDS_FILE_OPEN_CREAT;
	error = check_directory(dirfd.fd, rights);
	if (error != 0)
		return error;
	return dirs_open(dirfd, (struct path){path, path_len}, oflags, fds, fd);
}

cloudabi_errno_t sys_file_readdir(cloudabi_fd_t fd, void *buf, size_t buf_len,
				  cloudabi_dircookie_t cookie, size_t *bufused)
{
	cloudabi_errno_t error =
		check_directory(fd, CLOUDABI_NEEDS_FILE_READDIR);

	if (error != 0)
		return error;
	return dirs_readdir(fd, buf, buf_len, cookie, bufused);
}

cloudabi_errno_t sys_file_readlink(cloudabi_fd_t fd, const char *path,
				   size_t path_len, char *buf, size_t buf_len,
				   size_t *bufused)
{
	cloudabi_errno_t error =
		check_directory(fd, CLOUDABI_NEEDS_FILE_READLINK);

	if (error != 0)
		return error;
	return dirs_readlink(fd, (struct path){path, path_len}, buf, buf_len,
			     bufused);
}

cloudabi_errno_t sys_file_rename(cloudabi_fd_t fd1, const char *path1,
				 size_t path1_len, cloudabi_fd_t fd2,
				 const char *path2, size_t path2_len)
{
	cloudabi_errno_t error =
		check_directory(fd1, CLOUDABI_NEEDS_FILE_RENAME_SOURCE);

	if (error == 0)
		error = check_directory(fd2, CLOUDABI_NEEDS_FILE_RENAME_TARGET);
	if (error != 0)
		return error;
	return dirs_rename(fd1, (struct path){path1, path1_len}, fd2,
			   (struct path){path2, path2_len});
}

cloudabi_errno_t sys_file_stat_get(cloudabi_lookup_t fd, const char *path,
				   size_t path_len, cloudabi_filestat_t *buf)
{
	cloudabi_errno_t error =
		check_directory(fd.fd, CLOUDABI_NEEDS_FILE_STAT_GET);

	if (error != 0)
		return error;
	return dirs_stat_get(fd, (struct path){path, path_len}, buf);
}

cloudabi_errno_t sys_file_stat_put(cloudabi_lookup_t fd, const char *path,
				   size_t path_len,
				   const cloudabi_filestat_t *buf,
				   cloudabi_fsflags_t flags)
{
	cloudabi_errno_t error =
		check_directory(fd.fd, CLOUDABI_NEEDS_FILE_STAT_PUT);

	if (error != 0)
		return error;
	if (flags & ~TIMES)
		return CLOUDABI_EINVAL;
	return dirs_stat_put(fd, (struct path){path, path_len}, buf, flags);
}

cloudabi_errno_t sys_file_symlink(const char *path1, size_t path1_len,
				  cloudabi_fd_t fd, const char *path2,
				  size_t path2_len)
{
	cloudabi_errno_t error =
		check_directory(fd, CLOUDABI_NEEDS_FILE_SYMLINK);

	if (error != 0)
		return error;
	return dirs_symlink((struct path){path1, path1_len}, fd,
			    (struct path){path2, path2_len});
}

cloudabi_errno_t sys_file_unlink(cloudabi_fd_t fd, const char *path,
				 size_t path_len, cloudabi_ulflags_t flags)
{
	cloudabi_errno_t error =
		check_directory(fd, CLOUDABI_NEEDS_FILE_UNLINK);

	if (error != 0)
		return error;
	if (flags & ~CLOUDABI_UNLINK_REMOVEDIR)
		return CLOUDABI_EINVAL;
	return dirs_unlink(fd, (struct path){path, path_len}, flags);
}
