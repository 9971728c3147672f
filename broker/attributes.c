/* SPDX-License-Identifier: BSD-2-Clause */
/* file_stat_*: reading attributes, and setting times. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "broker.h"
#include "host_errno.h"

#define TIME_FLAGS                                                             \
	(CLOUDABI_FILESTAT_ATIM | CLOUDABI_FILESTAT_ATIM_NOW |                 \
	 CLOUDABI_FILESTAT_MTIM | CLOUDABI_FILESTAT_MTIM_NOW)

cloudabi_errno_t stat_fd(int fd, struct statx *stat)
{
	if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, stat) != 0)
		return last_error();
	return 0;
}

cloudabi_filetype_t filetype_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFBLK:
		return CLOUDABI_FILETYPE_BLOCK_DEVICE;
	case S_IFCHR:
		return CLOUDABI_FILETYPE_CHARACTER_DEVICE;
	case S_IFDIR:
		return CLOUDABI_FILETYPE_DIRECTORY;
	case S_IFREG:
		return CLOUDABI_FILETYPE_REGULAR_FILE;
	case S_IFIFO:
	case S_IFSOCK:
		return CLOUDABI_FILETYPE_SOCKET_STREAM;
	case S_IFLNK:
		return CLOUDABI_FILETYPE_SYMBOLIC_LINK;
	default:
		return CLOUDABI_FILETYPE_UNKNOWN;
	}
}

static cloudabi_timestamp_t timestamp_of(const struct statx_timestamp *time)
{
	if (time->tv_sec < 0)
		return 0;
	if ((uint64_t)time->tv_sec >= UINT64_MAX / NS_PER_S)
		return UINT64_MAX;
	return (uint64_t)time->tv_sec * NS_PER_S + time->tv_nsec;
}

static void reply_stat(struct reply *reply, const struct statx *stat)
{
	cloudabi_filestat_t out = {
		.st_dev = makedev(stat->stx_dev_major, stat->stx_dev_minor),
		.st_ino = stat->stx_ino,
		.st_filetype = filetype_of(stat->stx_mode),
		.st_nlink = stat->stx_nlink,
		.st_size = stat->stx_size,
		.st_atim = timestamp_of(&stat->stx_atime),
		.st_mtim = timestamp_of(&stat->stx_mtime),
		.st_ctim = timestamp_of(&stat->stx_ctime),
	};

	memcpy(reply->data, &out, sizeof(out));
	reply->head.data_len = sizeof(out);
}

static uint64_t nofollow(const struct request *request)
{
	return request->head.lookup_flags & CLOUDABI_LOOKUP_SYMLINK_FOLLOW ?
		       0 :
		       O_NOFOLLOW;
}

/*
 * Saves opening a file that is in the directory itself. A name that leads
 * further (a link that is to be followed, a mount, `..`) is left to the
 * general way.
 */
static bool stat_directly(const struct capability *capability,
			  const struct request *request, struct statx *stat)
{
	const char *name = request->path1;

	return strchr(name, '/') == NULL && strcmp(name, "..") != 0 &&
	       statx(capability->dir, name,
		     AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS,
		     stat) == 0 &&
	       (stat->stx_attributes & STATX_ATTR_MOUNT_ROOT) == 0 &&
	       (!S_ISLNK(stat->stx_mode) || nofollow(request) != 0);
}

cloudabi_errno_t stat_get(struct capability *capability,
			  struct request *request, struct reply *reply)
{
	struct object object;
	cloudabi_errno_t error;

	if (stat_directly(capability, request, &object.stat)) {
		reply_stat(reply, &object.stat);
		return 0;
	}
	error = path_find(capability, request->path1, nofollow(request),
			  &object);
	if (error != 0)
		return error;
	reply_stat(reply, &object.stat);
	close(object.fd);
	return 0;
}

cloudabi_errno_t stat_fget(struct capability *capability,
			   struct request *request, struct reply *reply)
{
	struct statx stat;
	cloudabi_errno_t error = stat_fd(capability->dir, &stat);

	(void)request;
	if (error == 0)
		reply_stat(reply, &stat);
	return error;
}

static struct timespec time_of(uint16_t flags, uint16_t now, uint16_t set,
			       uint64_t time)
{
	struct timespec out = {.tv_nsec = UTIME_OMIT};

	if (flags & now) {
		out.tv_nsec = UTIME_NOW;
	} else if (flags & set) {
		out.tv_sec = (time_t)(time / NS_PER_S);
		out.tv_nsec = (long)(time % NS_PER_S);
	}
	return out;
}

static cloudabi_errno_t set_times(int fd, const struct broker_request *head)
{
	struct timespec times[] = {
		time_of(head->fsflags, CLOUDABI_FILESTAT_ATIM_NOW,
			CLOUDABI_FILESTAT_ATIM, head->atim),
		time_of(head->fsflags, CLOUDABI_FILESTAT_MTIM_NOW,
			CLOUDABI_FILESTAT_MTIM, head->mtim),
	};

	return utimensat(fd, "", times, AT_EMPTY_PATH) == 0 ? 0 : last_error();
}

cloudabi_errno_t stat_fput(struct capability *capability,
			   struct request *request, struct reply *reply)
{
	(void)reply;
	if (request->head.fsflags == 0 ||
	    (request->head.fsflags & ~TIME_FLAGS) != 0)
		return CLOUDABI_EINVAL;
	return set_times(capability->dir, &request->head);
}

cloudabi_errno_t stat_put(struct capability *capability,
			  struct request *request, struct reply *reply)
{
	struct object object;
	cloudabi_errno_t error;

	(void)reply;
	if ((request->head.fsflags & ~TIME_FLAGS) != 0)
		return CLOUDABI_EINVAL;
	error = path_find(capability, request->path1, nofollow(request),
			  &object);
	if (error != 0)
		return error;
	error = set_times(object.fd, &request->head);
	close(object.fd);
	return error;
}
