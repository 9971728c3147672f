/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything that is done to or below a directory.
 *
 * The rest of the runtime does not know what stands behind a directory
 * descriptor. Here it is a capability of the broker (dirs.c).
 *
 * Callers have checked the rights in fdtable; the other side checks those
 * that count.
 */

#ifndef RUNTIME_DIRS_H
#define RUNTIME_DIRS_H

#include "fdtable.h"

/* Text without terminator, in the program's memory. */
struct path {
	const char *text;
	size_t len;
};

cloudabi_errno_t dirs_open(cloudabi_lookup_t dir, struct path path,
			   cloudabi_oflags_t oflags,
			   const cloudabi_fdstat_t *wanted, cloudabi_fd_t *fd);
cloudabi_errno_t dirs_create_directory(cloudabi_fd_t dir, struct path path);
cloudabi_errno_t dirs_link(cloudabi_lookup_t dir1, struct path path1,
			   cloudabi_fd_t dir2, struct path path2);
cloudabi_errno_t dirs_rename(cloudabi_fd_t dir1, struct path path1,
			     cloudabi_fd_t dir2, struct path path2);
cloudabi_errno_t dirs_readdir(cloudabi_fd_t dir, void *buf, size_t len,
			      cloudabi_dircookie_t cookie, size_t *used);
cloudabi_errno_t dirs_readlink(cloudabi_fd_t dir, struct path path, char *buf,
			       size_t len, size_t *used);
cloudabi_errno_t dirs_stat_fget(cloudabi_fd_t dir, cloudabi_filestat_t *stat);
cloudabi_errno_t dirs_stat_fput(cloudabi_fd_t dir,
				const cloudabi_filestat_t *stat,
				cloudabi_fsflags_t flags);
cloudabi_errno_t dirs_stat_get(cloudabi_lookup_t dir, struct path path,
			       cloudabi_filestat_t *stat);
cloudabi_errno_t dirs_stat_put(cloudabi_lookup_t dir, struct path path,
			       const cloudabi_filestat_t *stat,
			       cloudabi_fsflags_t flags);
cloudabi_errno_t dirs_symlink(struct path target, cloudabi_fd_t dir,
			      struct path path);
cloudabi_errno_t dirs_unlink(cloudabi_fd_t dir, struct path path,
			     cloudabi_ulflags_t flags);
cloudabi_errno_t dirs_sync(cloudabi_fd_t dir);

/*
 * Makes a second descriptor for the same directory with these rights, which
 * is not in fdtable yet.
 */
cloudabi_errno_t dirs_clone(cloudabi_fd_t dir, cloudabi_rights_t base,
			    cloudabi_rights_t inheriting, uint32_t *fd);

/* Keeps others from using directories. */
void dirs_lock(void);
void dirs_unlock(void);

/* As dirs_clone(). Preconditions: directories are locked. */
cloudabi_errno_t dirs_clone_locked(cloudabi_fd_t dir, cloudabi_rights_t base,
				   cloudabi_rights_t inheriting, uint32_t *fd);

/* As fd_close and fdtable_replace, while no other thread is using `dir`. */
cloudabi_errno_t dirs_close(cloudabi_fd_t dir);
cloudabi_errno_t dirs_replace(uint32_t from, cloudabi_fd_t dir,
			      const struct fd_entry *entry);

#endif
