/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths given to a directory that is held: every form × every operation. */

#include "broker.h"
#include "probe.h"

static char path[512];

/* The way out, with a name at its end; valid until the next call. */
static const char *out(const char *way, const char *name)
{
	memcpy(path, way, length(way));
	memcpy(path + length(way), name, length(name) + 1);
	return path;
}

static long list_outside(const char *way)
{
	long fd = dir_open(ROOM, out(way, "."), DIR_FOLDER);

	return is_error(fd) ? fd : dir_list(fd);
}

static long open_below(const char *way)
{
	long fd = dir_open(ROOM, out(way, ""), DIR_FOLDER);

	return is_error(fd) ? fd : spill(dir_open(fd, "secret", DIR_READ));
}

/* One way out of ROOM. */
static void operations(const char *group, const char *way)
{
	begin_group(group);
	PROBE(SECRET, 24, "read",
	      spill(dir_open(ROOM, out(way, "secret"), DIR_READ)));
	PROBE(SECRET, 24, "read_nofollow",
	      spill(dir_open_nofollow(ROOM, out(way, "secret"), DIR_READ)));
	PROBE(SECRET, 24, "read_below", open_below(way));
	PROBE(OUTSIDE, 24, "write", dir_overwrite(ROOM, out(way, "target")));
	PROBE(OUTSIDE, 24, "truncate",
	      dir_open(ROOM, out(way, "target"), DIR_TRUNCATE));
	PROBE(OUTSIDE, 24, "create",
	      dir_open(ROOM, out(way, "new"), DIR_CREATE));
	PROBE(OUTSIDE, 24, "mkdir", dir_mkdir(ROOM, out(way, "new")));
	PROBE(OUTSIDE, 24, "symlink", dir_symlink("/", ROOM, out(way, "new")));
	PROBE(OUTSIDE, 24, "unlink", dir_unlink(ROOM, out(way, "target")));
	PROBE(OUTSIDE, 24, "rmdir", dir_rmdir(ROOM, out(way, "folder")));
	PROBE(OUTSIDE, 24, "rename_from",
	      dir_rename(ROOM, out(way, "target"), ROOM, "new"));
	PROBE(OUTSIDE, 24, "rename_to",
	      dir_rename(ROOM, "file", ROOM, out(way, "new")));
	PROBE(OUTSIDE, 24, "link_from",
	      dir_link(ROOM, out(way, "target"), ROOM, "new"));
	PROBE(OUTSIDE, 24, "link_to",
	      dir_link(ROOM, "file", ROOM, out(way, "new")));
	PROBE(OUTSIDE, 27, "touch", dir_touch(ROOM, out(way, "target")));
	PROBE(RESULT, 27, "stat", dir_stat(ROOM, out(way, "secret")));
	PROBE(RESULT, 24, "readlink", dir_readlink(ROOM, out(way, "link")));
	PROBE(RESULT, 24, "list", list_outside(way));
}

/* ROOM/final leads to outside/target, ROOM/dangling to outside/new. */
static void last_component(void)
{
	begin_group("final-");
	PROBE(SECRET, 24, "read",
	      spill(dir_open(ROOM, "final_secret", DIR_READ)));
	PROBE(OUTSIDE, 24, "write", dir_overwrite(ROOM, "final"));
	PROBE(OUTSIDE, 24, "truncate", dir_open(ROOM, "final", DIR_TRUNCATE));
	PROBE(OUTSIDE, 24, "create", dir_open(ROOM, "dangling", DIR_CREATE));
	PROBE(OUTSIDE, 27, "touch", dir_touch(ROOM, "final"));
	PROBE(RESULT, 27, "stat", dir_stat(ROOM, "final"));
	PROBE(RESULT, 24, "open_folder", dir_open(ROOM, "link", DIR_FOLDER));
	PROBE(RESULT, 24, "open_folder_slash",
	      dir_open_nofollow(ROOM, "link/", DIR_FOLDER));
	PROBE(RESULT, 24, "open_folder_dot",
	      dir_open_nofollow(ROOM, "link/.", DIR_FOLDER));
	PROBE(RESULT, 24, "parent", dir_open(ROOM, "..", DIR_FOLDER));
	PROBE(RESULT, 24, "parent_of_parent",
	      dir_open(ROOM, "sub/../..", DIR_FOLDER));
	PROBE(RESULT, 24, "root", dir_open(ROOM, "/", DIR_FOLDER));
	PROBE(RESULT, 24, "roots", dir_open(ROOM, "///", DIR_FOLDER));
	PROBE(RESULT, 11, "proc_link", dir_open(ROOM, "proc", DIR_FOLDER));
	PROBE(RESULT, 11, "proc_link_fd",
	      dir_open(ROOM, "proc/self/fd", DIR_FOLDER));
}

/* A way that the program makes itself, where it may make links. */
static long own_link(const char *target)
{
	long r = dir_symlink(target, ROOM, "own");

	return is_error(r) ? r : spill(dir_open(ROOM, "own/secret", DIR_READ));
}

/* sub goes elsewhere while it is held: what is above it changes. */
static long moved_directory(void)
{
	long fd = dir_open(ROOM, "sub/deep", DIR_FOLDER);

	if (is_error(fd))
		return fd;
	dir_rename(ROOM, "sub/deep", ROOM, "deep");
	return spill(dir_open(fd, "../../../outside/secret", DIR_READ));
}

static long removed_directory(void)
{
	long fd = dir_open(ROOM, "empty", DIR_FOLDER);

	if (is_error(fd))
		return fd;
	dir_rmdir(ROOM, "empty");
	return dir_stat(fd, "../file");
}

/* Whether names that are there and names that are not give other answers. */
static long oracle(const char *there, const char *missing)
{
	return dir_stat(ROOM, there) == dir_stat(ROOM, missing) ? -1 : 0;
}

static void further(void)
{
	begin_group(NULL);
	PROBE(SECRET, 24, "own_link_relative", own_link("../../outside"));
	PROBE(SECRET, 24, "own_link_absolute", own_link(at("outside")));
	PROBE(SECRET, 25, "moved_directory", moved_directory());
	PROBE(RESULT MAYBE, 25, "removed_directory", removed_directory());
	PROBE(RESULT, 52, "oracle_dotdot",
	      oracle("../../outside/secret", "../../outside/missing"));
	PROBE(RESULT, 52, "oracle_link", oracle("link/secret", "link/missing"));
	PROBE(RESULT, 52, "oracle_absolute",
	      oracle("/etc/passwd", "/etc/missing"));
	PROBE(RESULT, 52, "oracle_jump", oracle("jump/secret", "jump/missing"));
}

void paths_probes(void)
{
	static char absolute[512], doubled[512], magic[512];

	memcpy(absolute, at("outside/"), length(at("outside/")) + 1);
	doubled[0] = '/';
	memcpy(doubled + 1, absolute, length(absolute) + 1);
	memcpy(magic, "proc/self/root", 14);
	memcpy(magic + 14, absolute, length(absolute) + 1);

	operations("dotdot-", "../../outside/");
	operations("deep-", "sub/deep/../../../../outside/");
	operations("slashes-", ".//..///.././outside//");
	operations("absolute-", absolute);
	operations("doubled-", doubled);
	operations("link-", "link/");
	operations("jump-", "jump/");
	operations("chain-", "sub/chain/");
	operations("up-", "sub/up/outside/");
	operations("magic-", magic);
	last_component();
	further();
}
