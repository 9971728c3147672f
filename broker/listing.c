/* SPDX-License-Identifier: BSD-2-Clause */
/* file_readdir: from the host's directory entries to CloudABI's. */

#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"
#include "host_errno.h"

/* Enough for any entry, so that a small rest of the reply can be filled. */
#define ENTRY_MAX 1024

/* As much as there is room for; the ABI wants the last entry cut. */
static void append(struct reply *reply, uint32_t limit, const void *bytes,
		   size_t len)
{
	size_t room = limit - reply->head.data_len;

	if (len > room)
		len = room;
	memcpy(reply->data + reply->head.data_len, bytes, len);
	reply->head.data_len += (uint32_t)len;
}

static void append_entry(struct reply *reply, uint32_t limit,
			 const struct dirent64 *entry)
{
	size_t len = strlen(entry->d_name);
	cloudabi_dirent_t dirent = {
		.d_next = (cloudabi_dircookie_t)entry->d_off,
		.d_ino = entry->d_ino,
		.d_namlen = (uint32_t)len,
		.d_type = filetype_of(DTTOIF(entry->d_type)),
	};

	append(reply, limit, &dirent, sizeof(dirent));
	append(reply, limit, entry->d_name, len);
}

static size_t bytes_to_read(const struct reply *reply, uint32_t limit,
			    size_t room)
{
	size_t wanted = limit - reply->head.data_len + ENTRY_MAX;

	return wanted < room ? wanted : room;
}

cloudabi_errno_t dir_list(struct capability *capability,
			  struct request *request, struct reply *reply)
{
	static _Alignas(struct dirent64) char buf[BROKER_DATA_MAX];
	uint32_t limit = request->head.data_len;

	if (lseek(capability->dir, (off_t)request->head.cookie, SEEK_SET) < 0)
		return last_error();
	while (reply->head.data_len < limit) {
		ssize_t len =
			getdents64(capability->dir, buf,
				   bytes_to_read(reply, limit, sizeof(buf)));

		if (len < 0)
			return last_error();
		if (len == 0)
			return 0;
		for (ssize_t at = 0; at < len;) {
			struct dirent64 *entry = (void *)(buf + at);

			append_entry(reply, limit, entry);
			at += entry->d_reclen;
		}
	}
	return 0;
}
