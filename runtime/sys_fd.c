/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls on descriptors of any kind. */

#include "dirs.h"
#include "fdtable.h"
#include "host.h"
#include "process.h"
#include "sys.h"
#include "trace.h"

_Static_assert(sizeof(cloudabi_iovec_t) == sizeof(struct iovec), "iovec");

/* Stores the count that a call for reading or writing has returned. */
static cloudabi_errno_t count_of(long result, size_t *count)
{
	if (result < 0)
		return error_of(result);
	*count = result;
	return 0;
}

cloudabi_errno_t sys_fd_read(cloudabi_fd_t fd, const cloudabi_iovec_t *iovs,
			     size_t iovs_len, size_t *nread)
{
	cloudabi_errno_t error = fdtable_check(fd, CLOUDABI_NEEDS_FD_READ);

	if (error != 0)
		return error;
	return count_of(host_readv(fd, iovs, iovs_len), nread);
}

cloudabi_errno_t sys_fd_write(cloudabi_fd_t fd, const cloudabi_ciovec_t *iovs,
			      size_t iovs_len, size_t *nwritten)
{
	cloudabi_errno_t error = fdtable_check(fd, CLOUDABI_NEEDS_FD_WRITE);

	if (error != 0)
		return error;
	return count_of(host_writev(fd, iovs, iovs_len), nwritten);
}

static cloudabi_errno_t check_positioned(cloudabi_fd_t fd,
					 cloudabi_rights_t rights,
					 size_t iovs_len,
					 cloudabi_filesize_t offset)
{
	cloudabi_errno_t error = fdtable_check(fd, rights);

	if (error != 0)
		return error;
	return iovs_len == 0 || offset > INT64_MAX ? CLOUDABI_EINVAL : 0;
}

cloudabi_errno_t sys_fd_pread(cloudabi_fd_t fd, const cloudabi_iovec_t *iovs,
			      size_t iovs_len, cloudabi_filesize_t offset,
			      size_t *nread)
{
	cloudabi_errno_t error =
		check_positioned(fd, CLOUDABI_NEEDS_FD_PREAD, iovs_len, offset);

	if (error != 0)
		return error;
	return count_of(host_preadv(fd, iovs, iovs_len, offset), nread);
}

cloudabi_errno_t sys_fd_pwrite(cloudabi_fd_t fd, const cloudabi_ciovec_t *iovs,
			       size_t iovs_len, cloudabi_filesize_t offset,
			       size_t *nwritten)
{
	cloudabi_errno_t error = check_positioned(fd, CLOUDABI_NEEDS_FD_PWRITE,
						  iovs_len, offset);

	if (error != 0)
		return error;
	return count_of(host_pwritev(fd, iovs, iovs_len, offset), nwritten);
}

cloudabi_errno_t sys_fd_seek(cloudabi_fd_t fd, cloudabi_filedelta_t offset,
			     cloudabi_whence_t whence,
			     cloudabi_filesize_t *newoffset)
{
	static const uint8_t whences[] = {
		[CLOUDABI_WHENCE_CUR] = HOST_SEEK_CUR,
		[CLOUDABI_WHENCE_END] = HOST_SEEK_END,
		[CLOUDABI_WHENCE_SET] = HOST_SEEK_SET,
	};
	cloudabi_rights_t rights = CLOUDABI_NEEDS_FD_SEEK_MOVE;
	cloudabi_errno_t error;

	if (whence < CLOUDABI_WHENCE_CUR || whence > CLOUDABI_WHENCE_SET)
		return CLOUDABI_EINVAL;
	if (whence == CLOUDABI_WHENCE_CUR && offset == 0 &&
	    !fdtable_has(fd, rights))
		rights = CLOUDABI_NEEDS_FD_SEEK;
	error = fdtable_check(fd, rights);
	if (error != 0)
		return error;
	return error_of(host_lseek(fd, offset, whences[whence], newoffset));
}

cloudabi_errno_t sys_fd_sync(cloudabi_fd_t fd)
{
	cloudabi_errno_t error = fdtable_check(fd, CLOUDABI_NEEDS_FD_SYNC);

	if (error != 0)
		return error;
	if (fdtable_is_directory(fd))
		return dirs_sync(fd);
	return error_of(host_call(__NR_fsync, fd));
}

cloudabi_errno_t sys_fd_datasync(cloudabi_fd_t fd)
{
	cloudabi_errno_t error = fdtable_check(fd, CLOUDABI_NEEDS_FD_DATASYNC);

	if (error != 0)
		return error;
	return error_of(host_call(__NR_fdatasync, fd));
}

cloudabi_errno_t sys_fd_close(cloudabi_fd_t fd)
{
	struct fd_entry entry;
	cloudabi_errno_t error;

	if (fdtable_is_directory(fd))
		return dirs_close(fd);
	error = fdtable_remove(fd, &entry);
	/* Whatever the host says, the number is free afterwards. */
	if (error == 0)
		host_close(fd);
	return error;
}

cloudabi_errno_t sys_fd_dup(cloudabi_fd_t from, cloudabi_fd_t *fd)
{
	struct fd_entry entry;
	uint32_t copy;
	cloudabi_errno_t error = fdtable_get(from, 0, &entry);

	if (error != 0)
		return error;
	entry.keeps_number = false;
	if (entry.filetype != CLOUDABI_FILETYPE_DIRECTORY)
		return fdtable_install(host_call(__NR_dup, from), &entry, fd);
	error = dirs_clone(from, entry.base, entry.inheriting, &copy);
	return error != 0 ? error : fdtable_install(copy, &entry, fd);
}

static cloudabi_errno_t replace(uint32_t from, cloudabi_fd_t to,
				const struct fd_entry *entry)
{
	if (fdtable_is_directory(to))
		return dirs_replace(from, to, entry);
	return fdtable_replace(from, to, entry);
}

/* Puts a new capability for the directory `from` in the place of `to`. */
static cloudabi_errno_t replace_by_clone(cloudabi_fd_t from, cloudabi_fd_t to,
					 const struct fd_entry *entry)
{
	uint32_t copy;
	cloudabi_errno_t error =
		dirs_clone(from, entry->base, entry->inheriting, &copy);

	if (error != 0)
		return error;
	error = replace(copy, to, entry);
	host_close(copy);
	return error;
}

cloudabi_errno_t sys_fd_replace(cloudabi_fd_t from, cloudabi_fd_t to)
{
	struct fd_entry entry;
	cloudabi_errno_t error = fdtable_check(to, 0);

	if (error == 0)
		error = fdtable_get(from, 0, &entry);
	if (error != 0 || from == to)
		return error;
	entry.keeps_number = false;
	if (entry.filetype == CLOUDABI_FILETYPE_DIRECTORY)
		return replace_by_clone(from, to, &entry);
	return replace(from, to, &entry);
}

static cloudabi_fdflags_t flags_of(long host_flags)
{
	cloudabi_fdflags_t flags = 0;

	if (host_flags & O_APPEND)
		flags |= CLOUDABI_FDFLAG_APPEND;
	if (host_flags & O_NONBLOCK)
		flags |= CLOUDABI_FDFLAG_NONBLOCK;
	if ((host_flags & O_SYNC) == O_SYNC)
		flags |= CLOUDABI_FDFLAG_SYNC;
	else if (host_flags & O_DSYNC)
		flags |= CLOUDABI_FDFLAG_DSYNC;
	return flags;
}

cloudabi_errno_t sys_fd_stat_get(cloudabi_fd_t fd, cloudabi_fdstat_t *buf)
{
	struct fd_entry entry;
	long host_flags = 0;
	cloudabi_errno_t error = fdtable_get(fd, 0, &entry);

	if (error != 0)
		return error;
	/* The modes of a directory's socket are the runtime's affair. */
	if (entry.filetype != CLOUDABI_FILETYPE_DIRECTORY)
		host_flags = host_call(__NR_fcntl, fd, F_GETFL);
	if (host_flags < 0)
		return error_of(host_flags);
	*buf = (cloudabi_fdstat_t){
		.fs_filetype = entry.filetype,
		.fs_flags = flags_of(host_flags),
		.fs_rights_base = entry.base,
		.fs_rights_inheriting = entry.inheriting,
	};
	return 0;
}

#define ALL_FDFLAGS                                                            \
	(CLOUDABI_FDFLAG_APPEND | CLOUDABI_FDFLAG_DSYNC |                      \
	 CLOUDABI_FDFLAG_NONBLOCK | CLOUDABI_FDFLAG_RSYNC |                    \
	 CLOUDABI_FDFLAG_SYNC)

/* Linux settles how to synchronise when a file is opened. */
static cloudabi_errno_t put_flags(cloudabi_fd_t fd, cloudabi_fdflags_t flags)
{
	uint32_t host_flags =
		(flags & CLOUDABI_FDFLAG_APPEND ? O_APPEND : 0) |
		(flags & CLOUDABI_FDFLAG_NONBLOCK ? O_NONBLOCK : 0);
	cloudabi_errno_t error =
		fdtable_check(fd, CLOUDABI_NEEDS_FD_STAT_PUT_FLAGS);

	if (error != 0)
		return error;
	if (flags & ~ALL_FDFLAGS)
		return CLOUDABI_EINVAL;
	if (fdtable_is_directory(fd))
		return 0;
	return error_of(host_call(__NR_fcntl, fd, F_SETFL, host_flags));
}

/* A directory with fewer rights is another capability at the same number. */
static cloudabi_errno_t put_rights(cloudabi_fd_t fd, cloudabi_rights_t base,
				   cloudabi_rights_t inheriting)
{
	struct fd_entry entry;
	cloudabi_rights_t excess;
	cloudabi_errno_t error = fdtable_get(fd, 0, &entry);

	if (error != 0)
		return error;
	if (entry.filetype != CLOUDABI_FILETYPE_DIRECTORY)
		return fdtable_restrict(fd, base, inheriting);
	excess = fdtable_excess(&entry, base, inheriting);
	if (excess != 0)
		return trace_refuse(CLOUDABI_ENOTCAPABLE, fd, excess);
	entry.base = base;
	entry.inheriting = inheriting;
	return replace_by_clone(fd, fd, &entry);
}

cloudabi_errno_t sys_fd_stat_put(cloudabi_fd_t fd, const cloudabi_fdstat_t *buf,
				 cloudabi_fdsflags_t flags)
{
	switch (flags) {
	case CLOUDABI_FDSTAT_FLAGS:
		return put_flags(fd, buf->fs_flags);
	case CLOUDABI_FDSTAT_RIGHTS:
		return put_rights(fd, buf->fs_rights_base,
				  buf->fs_rights_inheriting);
	default:
		return CLOUDABI_EINVAL;
	}
}

cloudabi_errno_t sys_fd_create1(cloudabi_filetype_t type, cloudabi_fd_t *fd)
{
	struct fd_entry entry;
	long r;

	if (type != CLOUDABI_FILETYPE_SHARED_MEMORY)
		return CLOUDABI_EINVAL;
	if (process.start_flags & START_NO_MEMORY_FILES)
		return trace_refuse(CLOUDABI_ENOTSUP, CLOUDABI_NOTE_NO_FD, 0);
	r = host_call(__NR_memfd_create, "cloudabi", HOST_MEMFD_FLAGS);
	if (r == -EINVAL) /* Linux before 6.3 */
		r = host_call(__NR_memfd_create, "cloudabi",
			      HOST_MEMFD_CLOEXEC);
	fdtable_maximum(type, &entry);
	return fdtable_install(r, &entry, fd);
}

static cloudabi_errno_t install_pair(const int32_t *pair,
				     const struct fd_entry *entry,
				     cloudabi_fd_t *fd1, cloudabi_fd_t *fd2)
{
	struct fd_entry removed;
	cloudabi_fd_t first;
	cloudabi_errno_t error = fdtable_install(pair[0], entry, &first);

	if (error != 0) {
		host_close(pair[1]);
		return error;
	}
	error = fdtable_install(pair[1], entry, fd2);
	if (error == 0)
		*fd1 = first;
	else if (fdtable_remove(first, &removed) == 0)
		host_close(first);
	return error;
}

/* Why not SOCK_DGRAM: a datagram socket can be sent to any address. */
cloudabi_errno_t sys_fd_create2(cloudabi_filetype_t type, cloudabi_fd_t *fd1,
				cloudabi_fd_t *fd2)
{
	struct fd_entry entry;
	uint32_t host_type;
	int32_t pair[2];
	long r;

	if (type == CLOUDABI_FILETYPE_SOCKET_STREAM)
		host_type = HOST_SOCK_STREAM;
	else if (type == CLOUDABI_FILETYPE_SOCKET_DGRAM)
		host_type = HOST_SOCK_SEQPACKET;
	else
		return CLOUDABI_EINVAL;
	r = host_call(__NR_socketpair, HOST_AF_UNIX, host_type, 0, pair);
	if (r < 0)
		return error_of(r);
	fdtable_maximum(type, &entry);
	return install_pair(pair, &entry, fd1, fd2);
}
