/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests as they come from the guest: nothing in them is to be trusted. */

#include <string.h>

#include "broker.h"

#define OFLAGS                                                                 \
	(CLOUDABI_O_CREAT | CLOUDABI_O_DIRECTORY | CLOUDABI_O_EXCL |           \
	 CLOUDABI_O_TRUNC)
#define FDFLAGS                                                                \
	(CLOUDABI_FDFLAG_APPEND | CLOUDABI_FDFLAG_DSYNC |                      \
	 CLOUDABI_FDFLAG_NONBLOCK | CLOUDABI_FDFLAG_RSYNC |                    \
	 CLOUDABI_FDFLAG_SYNC)
#define FSFLAGS                                                                \
	(CLOUDABI_FILESTAT_ATIM | CLOUDABI_FILESTAT_ATIM_NOW |                 \
	 CLOUDABI_FILESTAT_MTIM | CLOUDABI_FILESTAT_MTIM_NOW |                 \
	 CLOUDABI_FILESTAT_SIZE)

static bool are_flags_known(const struct broker_request *head)
{
	return (head->lookup_flags & ~CLOUDABI_LOOKUP_SYMLINK_FOLLOW) == 0 &&
	       (head->oflags & ~OFLAGS) == 0 &&
	       (head->fdflags & ~FDFLAGS) == 0 &&
	       (head->fsflags & ~FSFLAGS) == 0 &&
	       (head->ulflags & ~CLOUDABI_UNLINK_REMOVEDIR) == 0 &&
	       head->padding == 0;
}

/* Each length is bounded first, so that their sum cannot wrap. */
static bool are_lengths_right(const struct broker_request *head, size_t len)
{
	return head->data_len <= BROKER_DATA_MAX &&
	       head->path1_len <= BROKER_PATH_MAX &&
	       head->path2_len <= BROKER_PATH_MAX &&
	       len == sizeof(*head) + head->path1_len + head->path2_len;
}

static bool copy_path(char *path, const unsigned char *bytes, size_t len)
{
	memcpy(path, bytes, len);
	path[len] = '\0';
	return memchr(path, '\0', len) == NULL;
}

bool request_parse(const unsigned char *frame, size_t len,
		   struct request *request)
{
	struct broker_request *head = &request->head;
	const unsigned char *paths = frame + sizeof(*head);

	if (len < sizeof(*head))
		return false;
	memcpy(head, frame, sizeof(*head));
	return are_flags_known(head) && are_lengths_right(head, len) &&
	       copy_path(request->path1, paths, head->path1_len) &&
	       copy_path(request->path2, paths + head->path1_len,
			 head->path2_len);
}
