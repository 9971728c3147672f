/* SPDX-License-Identifier: BSD-2-Clause */
/* Grants that overlap: ROOM is below TREE, and only one may be written to. */

#include "broker.h"
#include "probe.h"

static void below_tree(void)
{
	begin_group("tree-");
	PROBE(READONLY, 26, "write", dir_overwrite(TREE, "file"));
	PROBE(READONLY, 26, "truncate", dir_open(TREE, "file", DIR_TRUNCATE));
	PROBE(READONLY, 26, "create", dir_open(TREE, "new", DIR_CREATE));
	PROBE(READONLY, 26, "mkdir", dir_mkdir(TREE, "new"));
	PROBE(READONLY, 26, "symlink", dir_symlink("file", TREE, "new"));
	PROBE(READONLY, 26, "unlink", dir_unlink(TREE, "file"));
	PROBE(READONLY, 26, "rmdir", dir_rmdir(TREE, "empty"));
	PROBE(READONLY, 26, "rename", dir_rename(TREE, "file", TREE, "new"));
	PROBE(READONLY, 26, "link", dir_link(TREE, "file", TREE, "new"));
	PROBE(READONLY, 27, "touch", dir_touch(TREE, "file"));
	PROBE(READONLY, 27, "touch_itself", dir_touch(TREE, "."));
	PROBE(RESULT, 26, "write_in_room", dir_overwrite(TREE, "room/file"));
	PROBE(RESULT, 26, "create_in_room",
	      dir_open(TREE, "room/new", DIR_CREATE));
	PROBE(RESULT, 26, "mkdir_in_room", dir_mkdir(TREE, "room/new"));
	PROBE(RESULT, 26, "unlink_in_room", dir_unlink(TREE, "room/file"));
	PROBE(RESULT, 27, "touch_in_room", dir_touch(TREE, "room/file"));
}

static void between(void)
{
	begin_group("between-");
	PROBE(READONLY, 26, "rename_out",
	      dir_rename(TREE, "file", ROOM, "new"));
	PROBE(READONLY, 26, "rename_in", dir_rename(ROOM, "file", TREE, "new"));
	PROBE(READONLY, 26, "rename_over",
	      dir_rename(ROOM, "file", TREE, "file"));
	PROBE(READONLY, 26, "link_out", dir_link(TREE, "file", ROOM, "new"));
	PROBE(READONLY, 26, "link_in", dir_link(ROOM, "file", TREE, "new"));
	PROBE(READONLY, 26, "rename_room",
	      dir_rename(TREE, "room", TREE, "new"));
	PROBE(READONLY, 26, "create_above",
	      dir_open(ROOM, "../new", DIR_CREATE));
	PROBE(READONLY, 26, "write_above", dir_overwrite(ROOM, "../file"));
	PROBE(READONLY, 26, "unlink_above", dir_unlink(ROOM, "../file"));
	PROBE(READONLY, 26, "link_from_above",
	      dir_link(ROOM, "../file", ROOM, "new"));
	PROBE(READONLY, 26, "write_through_link",
	      dir_overwrite(ROOM, "to_tree/file"));
	PROBE(READONLY, 26, "write_hard_link",
	      then(dir_link(TREE, "file", ROOM, "new"),
		   dir_overwrite(ROOM, "new")));
}

static long in_folder(long fd)
{
	return then(fd, dir_mkdir(fd, "new"));
}

static long over_file(long fd)
{
	return then(fd, dir_overwrite(fd, "file"));
}

/* Rights that the directory never had, in a new capability for it. */
static void growing(void)
{
	begin_group("grow-");
	PROBE(RESULT, 26, "clone_all", dir_clone(TREE));
	PROBE(READONLY, 26, "clone_then_mkdir", in_folder(dir_clone(TREE)));
	PROBE(READONLY, 26, "open_then_mkdir",
	      in_folder(dir_open(TREE, ".", DIR_FOLDER_WRITE)));
	PROBE(RESULT, 26, "open_room_for_writing",
	      dir_open(TREE, "room", DIR_FOLDER_WRITE));
	PROBE(READONLY, 26, "read_only_then_write",
	      over_file(dir_open(TREE, ".", DIR_FOLDER)));
}

/* Whoever opened it for reading would wait for a writer. */
static long open_fifo(void)
{
#ifdef __CloudABI__
	dir_open(TREE, "fifo", DIR_READ);
	return dir_open(TREE, "file", DIR_READ);
#else
	return CALL(openat, TREE, "fifo", O_RDONLY | O_NONBLOCK);
#endif
}

/* Files that are no files; TREE has some if the host could make them. */
static void other_files(void)
{
	begin_group("kind-");
	PROBE(RESULT MAYBE, 23, "device", dir_open(TREE, "null", DIR_READ));
	PROBE(RESULT MAYBE, 23, "device_in_room",
	      dir_open(ROOM, "null", DIR_WRITE));
	PROBE(RESULT MAYBE, 23, "memory_device",
	      dir_open(TREE, "zero", DIR_READ));
	PROBE(REACHES(6), 32, "unix_socket",
	      dir_open(TREE, "socket", DIR_READ));
	PROBE(WATCHED, 36, "fifo", open_fifo());
	PROBE(REACHES(6), 24, "fifo_without_reader",
	      CALL(openat, TREE, "fifo", O_WRONLY | O_NONBLOCK));
}

void rights_probes(void)
{
	below_tree();
	between();
	growing();
	other_files();
}
