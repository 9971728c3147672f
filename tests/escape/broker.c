/* SPDX-License-Identifier: BSD-2-Clause */
/* A broker's client that keeps to the protocol, but to no rule beyond that. */

#include "broker.h"

#include "probe.h"

long dir_overwrite(long dir, const char *path)
{
	const struct vector harm = vector_of("harm", 4);
	long fd = dir_open(dir, path, DIR_WRITE);

	return is_error(fd) ? fd : CALL(writev, fd, &harm, 1);
}

#ifdef __CloudABI__

#include <cloudabi.h>
#include <cloudabi_rights.h>

#include "frame.h"

static long two_paths(uint32_t op, long from, const char *path, long to,
		      const char *new_path)
{
	struct frame frame;

	frame_make(&frame, op, path, new_path);
	if (from != to) {
		long r = frame_ticket(to, frame.head.ticket);

		if (r < 0)
			return r;
	}
	return frame_ask(from, &frame);
}

static long one_path(uint32_t op, long dir, const char *path, uint32_t lookup)
{
	struct frame frame;

	frame_make(&frame, op, path, "");
	frame.head.lookup_flags = lookup;
	return frame_ask(dir, &frame);
}

static long open_as(long dir, const char *path, enum dir_mode mode,
		    uint32_t lookup)
{
	struct frame frame;
	struct broker_request *head = &frame.head;

	frame_make(&frame, BROKER_OPEN, path, "");
	head->lookup_flags = lookup;
	head->rights_base = mode == DIR_READ ? CLOUDABI_RIGHT_FD_READ :
					       CLOUDABI_RIGHT_FD_WRITE;
	if (mode == DIR_CREATE)
		head->oflags = CLOUDABI_O_CREAT;
	if (mode == DIR_TRUNCATE)
		head->oflags = CLOUDABI_O_TRUNC;
	if (mode == DIR_FOLDER || mode == DIR_FOLDER_WRITE) {
		head->oflags = CLOUDABI_O_DIRECTORY;
		head->rights_base =
			CLOUDABI_RIGHT_FILE_OPEN | CLOUDABI_RIGHT_FILE_READDIR;
		head->rights_inheriting = CLOUDABI_RIGHT_FD_READ;
	}
	if (mode == DIR_FOLDER_WRITE)
		head->rights_base |= CLOUDABI_RIGHT_FILE_CREATE_DIRECTORY;
	return frame_ask(dir, &frame);
}

long dir_open(long dir, const char *path, enum dir_mode mode)
{
	return open_as(dir, path, mode, CLOUDABI_LOOKUP_SYMLINK_FOLLOW);
}

long dir_open_nofollow(long dir, const char *path, enum dir_mode mode)
{
	return open_as(dir, path, mode, 0);
}

long dir_mkdir(long dir, const char *path)
{
	return one_path(BROKER_CREATE_DIRECTORY, dir, path, 0);
}

long dir_unlink(long dir, const char *path)
{
	return one_path(BROKER_UNLINK, dir, path, 0);
}

long dir_rmdir(long dir, const char *path)
{
	struct frame frame;

	frame_make(&frame, BROKER_UNLINK, path, "");
	frame.head.ulflags = CLOUDABI_UNLINK_REMOVEDIR;
	return frame_ask(dir, &frame);
}

long dir_link(long from, const char *path, long to, const char *new_path)
{
	return two_paths(BROKER_LINK, from, path, to, new_path);
}

long dir_rename(long from, const char *path, long to, const char *new_path)
{
	return two_paths(BROKER_RENAME, from, path, to, new_path);
}

long dir_symlink(const char *target, long dir, const char *path)
{
	return two_paths(BROKER_SYMLINK, dir, target, dir, path);
}

long dir_touch(long dir, const char *path)
{
	struct frame frame;

	frame_make(&frame, BROKER_STAT_PUT, path, "");
	frame.head.lookup_flags = CLOUDABI_LOOKUP_SYMLINK_FOLLOW;
	frame.head.fsflags = CLOUDABI_FILESTAT_MTIM;
	return frame_ask(dir, &frame);
}

static long told(uint32_t op, long dir, const char *path, uint32_t lookup)
{
	struct frame frame;
	long r;

	frame_make(&frame, op, path, "");
	frame.head.lookup_flags = lookup;
	frame.head.data_len = 4096;
	r = frame_ask(dir, &frame);
	if (r >= 0)
		frame_say();
	return r;
}

long dir_readlink(long dir, const char *path)
{
	return told(BROKER_READLINK, dir, path, 0);
}

long dir_stat(long dir, const char *path)
{
	return told(BROKER_STAT_GET, dir, path, CLOUDABI_LOOKUP_SYMLINK_FOLLOW);
}

long dir_list(long dir)
{
	return told(BROKER_READDIR, dir, "", 0);
}

long dir_clone(long dir)
{
	struct frame frame;

	frame_make(&frame, BROKER_CLONE, "", "");
	frame.head.rights_base = CLOUDABI_MAX_BASE_DIRECTORY;
	frame.head.rights_inheriting = CLOUDABI_MAX_INHERITING_DIRECTORY;
	return frame_ask(dir, &frame);
}

#else

static long open_as(long dir, const char *path, enum dir_mode mode, long flags)
{
	static const long flags_of[] = {
		[DIR_READ] = O_RDONLY,
		[DIR_WRITE] = O_WRONLY,
		[DIR_TRUNCATE] = O_WRONLY | O_TRUNC,
		[DIR_CREATE] = O_WRONLY | O_CREAT,
		[DIR_FOLDER] = O_DIRECTORY,
		[DIR_FOLDER_WRITE] = O_DIRECTORY,
	};

	return CALL(openat, dir, path, flags_of[mode] | flags, 0600);
}

long dir_open(long dir, const char *path, enum dir_mode mode)
{
	return open_as(dir, path, mode, 0);
}

long dir_open_nofollow(long dir, const char *path, enum dir_mode mode)
{
	return open_as(dir, path, mode, O_NOFOLLOW);
}

long dir_mkdir(long dir, const char *path)
{
	return CALL(mkdirat, dir, path, 0700);
}

long dir_unlink(long dir, const char *path)
{
	return CALL(unlinkat, dir, path, 0);
}

long dir_rmdir(long dir, const char *path)
{
	return CALL(unlinkat, dir, path, AT_REMOVEDIR);
}

long dir_link(long from, const char *path, long to, const char *new_path)
{
	return CALL(linkat, from, path, to, new_path, 0);
}

long dir_rename(long from, const char *path, long to, const char *new_path)
{
	return CALL(renameat, from, path, to, new_path);
}

long dir_symlink(const char *target, long dir, const char *path)
{
	return CALL(symlinkat, target, dir, path);
}

long dir_touch(long dir, const char *path)
{
	const long times[4] = {1, 0, 1, 0};

	return CALL(utimensat, dir, path, times, 0);
}

long dir_readlink(long dir, const char *path)
{
	char text[256];
	long len = CALL(readlinkat, dir, path, text, sizeof(text));

	return len < 0 ? len : say_memory(text, (size_t)len);
}

long dir_stat(long dir, const char *path)
{
	char stat[256];

	return CALL(statx, dir, path, 0, 0x7ff, stat);
}

long dir_list(long dir)
{
	char buffer[4096];
	long len = CALL(getdents64, dir, buffer, sizeof(buffer));

	return len < 0 ? len : say_memory(buffer, (size_t)len);
}

long dir_clone(long dir)
{
	return CALL(dup, dir);
}

#endif
