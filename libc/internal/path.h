/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the path of an *at() function leads. */

#ifndef PATH_H
#define PATH_H

#include <cloudabi.h>
#include <features.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "notes.h"

/*
 * The ABI takes a directory descriptor and a relative path. Programs may also
 * write /dev/fd/NUMBER/PATH, or a path below the current directory.
 */
struct path {
	int fd;
	const char *text; /* not terminated */
	size_t len;
	bool is_fd; /* /dev/fd/NUMBER alone; text is "." then */
	char joined[PATH_MAX];
};

/* Finds what to pass to a call. */
hidden cloudabi_errno_t __path_resolve(enum abi_call call, int dirfd,
				       const char *name, struct path *path);

/* ENOTCAPABLE, or ENOTDIR if the descriptor is not a directory. */
hidden cloudabi_errno_t __path_error(const struct path *path,
				     cloudabi_errno_t error);

static inline cloudabi_lookup_t __path_lookup(const struct path *path,
					      bool follow)
{
	return (cloudabi_lookup_t){
		.fd = (cloudabi_fd_t)path->fd,
		.flags = follow ? CLOUDABI_LOOKUP_SYMLINK_FOLLOW : 0,
	};
}

#endif
