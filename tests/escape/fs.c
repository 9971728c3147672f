/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths given to the kernel directly. */

#include "probe.h"

/* The structure is that of openat2(). */
static long openat2(const char *path, uint64_t flags, uint64_t resolve)
{
	const uint64_t how[3] = {flags, flags & O_CREAT ? 0600 : 0, resolve};

	return CALL(openat2, AT_FDCWD, path, how, sizeof(how));
}

static long execute(const char *path, bool at_call)
{
	const char *argv[] = {path, at("outside/new"), NULL};
	const char *envp[] = {NULL};

	if (at_call)
		return CALL(execveat, AT_FDCWD, path, argv, envp, 0);
	return CALL(execve, path, argv, envp);
}

static long open_by_handle(const char *path)
{
	struct {
		uint32_t len;
		int32_t type;
		char bytes[128];
	} handle = {.len = 128};
	int mount;
	long fd = CALL(openat, TREE, ".", O_DIRECTORY);
	long r = CALL(name_to_handle_at, AT_FDCWD, path, &handle, &mount, 0);

	return then(r, spill(CALL(open_by_handle_at, fd, &handle, O_RDONLY)));
}

static long write_to(long fd, const char *text)
{
	const struct vector vector = vector_of(text, length(text));

	return then(fd, CALL(writev, fd, &vector, 1));
}

static long change_folder(const char *path)
{
	return then(CALL(chdir, path),
		    spill(CALL(openat, AT_FDCWD, "secret", O_RDONLY)));
}

/* What is below a new root is called as before. */
static long change_root(const char *path)
{
	return then(CALL(chroot, path),
		    spill(CALL(openat, AT_FDCWD, "/secret", O_RDONLY)));
}

static long bind_mount(const char *from, const char *to)
{
	return CALL(mount, from, to, NULL, 4096 /* MS_BIND */, NULL);
}

static long watch(const char *path)
{
	return CALL(inotify_add_watch, CALL(inotify_init1, 0), path, 2);
}

static long clone_tree(const char *path)
{
	return CALL(open_tree, AT_FDCWD, path, 1 /* OPEN_TREE_CLONE */);
}

static void creating(void)
{
	const char *new = at("outside/new"), *old = at("outside/target");
	const int create = O_WRONLY | O_CREAT;

	PROBE(OUTSIDE, 24, "open_create", CALL(open, new, create, 0600));
	PROBE(OUTSIDE, 24, "creat", CALL(creat, new, 0600));
	PROBE(OUTSIDE, 24, "openat_create",
	      CALL(openat, AT_FDCWD, new, create, 0600));
	PROBE(OUTSIDE, 24, "openat_held_create",
	      CALL(openat, TREE, new, create, 0600));
	PROBE(OUTSIDE, 24, "openat2_create", openat2(new, create, 0));
	PROBE(OUTSIDE, 24, "mkdir", CALL(mkdir, new, 0700));
	PROBE(OUTSIDE, 24, "mkdirat", CALL(mkdirat, AT_FDCWD, new, 0700));
	PROBE(OUTSIDE, 24, "symlink", CALL(symlink, "/", new));
	PROBE(OUTSIDE, 24, "symlinkat", CALL(symlinkat, "/", AT_FDCWD, new));
	PROBE(OUTSIDE, 24, "link", CALL(link, old, new));
	PROBE(OUTSIDE, 24, "linkat",
	      CALL(linkat, AT_FDCWD, old, AT_FDCWD, new, 0));
	PROBE(OUTSIDE, 24, "rename", CALL(rename, old, new));
	PROBE(OUTSIDE, 24, "renameat",
	      CALL(renameat, AT_FDCWD, old, AT_FDCWD, new));
	PROBE(OUTSIDE, 24, "renameat2",
	      CALL(renameat2, AT_FDCWD, old, AT_FDCWD, new, 0));
	PROBE(OUTSIDE, 24, "unlink", CALL(unlink, old));
	PROBE(OUTSIDE, 24, "unlinkat", CALL(unlinkat, AT_FDCWD, old, 0));
	PROBE(OUTSIDE, 24, "rmdir", CALL(rmdir, at("outside/folder")));
	PROBE(OUTSIDE, 24, "overwrite",
	      write_to(CALL(openat, AT_FDCWD, old, O_WRONLY), "harm"));
	PROBE(OUTSIDE, 28, "truncate", CALL(truncate, old, 0));
	PROBE(OUTSIDE, 24, "fifo", CALL(mknod, new, 0010600, 0));
	PROBE(OUTSIDE, 24, "mknodat", CALL(mknodat, AT_FDCWD, new, 0100600, 0));
	PROBE(OUTSIDE MAYBE, 23, "device", CALL(mknod, new, 0020600, 0x103));
	PROBE(OUTSIDE MAYBE, 23, "block_device",
	      CALL(mknod, new, 0060600, 0x700));
}

static void reading(void)
{
	const char *secret = at("outside/secret");
	char buffer[512];

	PROBE(SECRET, 24, "open", spill(CALL(open, secret, O_RDONLY)));
	PROBE(SECRET, 24, "openat",
	      spill(CALL(openat, AT_FDCWD, secret, O_RDONLY)));
	PROBE(SECRET, 24, "openat_dotdot",
	      spill(CALL(openat, TREE, "../outside/secret", O_RDONLY)));
	PROBE(SECRET, 24, "openat2", spill(openat2(secret, O_RDONLY, 0)));
	PROBE(RESULT, 24, "open_path_only", openat2(secret, O_PATH, 0));
	PROBE(SECRET MAYBE, 24, "open_by_handle", open_by_handle(secret));
	PROBE(SECRET, 24, "chdir", change_folder(at("outside")));
	PROBE(SECRET MAYBE, 9, "chroot", change_root(at("outside")));
	PROBE(RESULT, 24, "fchdir", CALL(fchdir, TREE));
	PROBE(RESULT, 24, "getcwd", CALL(getcwd, buffer, sizeof(buffer)));
	PROBE(RESULT, 24, "readlink",
	      CALL(readlink, at("tree/link"), buffer, sizeof(buffer)));
	PROBE(RESULT, 24, "readlinkat",
	      CALL(readlinkat, TREE, "link", buffer, sizeof(buffer)));
	PROBE(RESULT, 27, "stat", CALL(stat, secret, buffer));
	PROBE(RESULT, 27, "lstat", CALL(lstat, secret, buffer));
	PROBE(RESULT, 27, "statx",
	      CALL(statx, AT_FDCWD, secret, 0, 0x7ff, buffer));
	PROBE(RESULT, 27, "statfs", CALL(statfs, secret, buffer));
	PROBE(RESULT, 27, "fstatfs", CALL(fstatfs, FILE_FD, buffer));
	PROBE(RESULT, 27, "access", CALL(access, secret, 0));
	PROBE(RESULT, 27, "faccessat", CALL(faccessat, AT_FDCWD, secret, 0));
	PROBE(RESULT, 27, "faccessat2",
	      CALL(faccessat2, AT_FDCWD, secret, 0, 0));
	PROBE(RESULT, 27, "listxattr",
	      CALL(listxattr, secret, buffer, sizeof(buffer)));
	PROBE(RESULT, 24, "getdents",
	      CALL(getdents64, CALL(open, "/", O_DIRECTORY), buffer,
		   sizeof(buffer)));
	PROBE(RESULT, 24, "inotify", watch(at("outside")));
	PROBE(OUTSIDE, 15, "execve", execute("/usr/bin/touch", false));
	PROBE(OUTSIDE, 15, "execveat", execute("/usr/bin/touch", true));
}

static void attributes(void)
{
	const char *file = at("outside/target");
	const long times[4] = {1, 0, 1, 0};
	const int here = AT_FDCWD;

	PROBE(OUTSIDE, 27, "chmod", CALL(chmod, file, 0777));
	PROBE(OUTSIDE, 27, "fchmodat", CALL(fchmodat, here, file, 0777));
	PROBE(OUTSIDE MAYBE, 27, "fchmodat2",
	      raw6(452, here, (long)file, 0777, 0, 0, 0));
	PROBE(OUTSIDE MAYBE, 27, "chown", CALL(chown, file, 1, 1));
	PROBE(OUTSIDE MAYBE, 27, "lchown", CALL(lchown, file, 1, 1));
	PROBE(OUTSIDE MAYBE, 27, "fchownat",
	      CALL(fchownat, here, file, 1, 1, 0));
	PROBE(OUTSIDE, 27, "utime", CALL(utime, file, times));
	PROBE(OUTSIDE, 27, "utimes", CALL(utimes, file, times));
	PROBE(OUTSIDE, 27, "futimesat", CALL(futimesat, here, file, times));
	PROBE(OUTSIDE, 27, "utimensat", CALL(utimensat, here, file, times, 0));
	PROBE(OUTSIDE MAYBE, 27, "setxattr",
	      CALL(setxattr, file, "user.x", "y", 1, 0));
	PROBE(OUTSIDE MAYBE, 27, "lsetxattr",
	      CALL(lsetxattr, file, "user.x", "y", 1, 0));
	PROBE(READONLY, 27, "fchmod_held", CALL(fchmod, FILE_FD, 0777));
	PROBE(READONLY MAYBE, 27, "fchown_held", CALL(fchown, FILE_FD, 1, 1));
	PROBE(READONLY, 27, "futimens_held",
	      CALL(utimensat, FILE_FD, NULL, times, 0));
	PROBE(READONLY MAYBE, 27, "fsetxattr_held",
	      CALL(fsetxattr, FILE_FD, "user.x", "y", 1, 0));
	PROBE(READONLY, 27, "fchmodat_held",
	      CALL(fchmodat, TREE, "file", 0777));
}

static void mounts(void)
{
	const char *from = at("outside"), *to = at("tree/room");
	uint64_t attributes[4] = {1 /* MOUNT_ATTR_RDONLY */};
	uint64_t request[3] = {24, ~0ull, 0};
	uint64_t list[16];

	PROBE(MOUNTED MAYBE, 9, "bind_mount", bind_mount(from, to));
	PROBE(MOUNTED MAYBE, 9, "mount_tmpfs",
	      CALL(mount, "none", to, "tmpfs", 0, NULL));
	PROBE(MOUNTED MAYBE, 9, "mount_proc",
	      CALL(mount, "none", to, "proc", 0, NULL));
	PROBE(REACHES(22) MAYBE, 9, "umount", CALL(umount2, from, 0));
	PROBE(RESULT MAYBE, 9, "fsopen", CALL(fsopen, "tmpfs", 0));
	PROBE(RESULT MAYBE, 9, "fspick", CALL(fspick, AT_FDCWD, "/", 0));
	PROBE(RESULT MAYBE, 9, "open_tree", clone_tree(from));
	PROBE(MOUNTED MAYBE, 9, "move_mount",
	      CALL(move_mount, clone_tree(from), "", AT_FDCWD, to, 4));
	PROBE(RESULT MAYBE, 9, "mount_setattr",
	      CALL(mount_setattr, clone_tree(from), "", AT_EMPTY_PATH,
		   attributes, sizeof(attributes)));
	PROBE(REACHES(14) MAYBE, 9, "pivot_root", CALL(pivot_root, 1, 1));
	PROBE(RESULT MAYBE, 9, "listmount",
	      raw6(458, (long)request, (long)list, 16, 0, 0, 0));
}

void fs_probes(void)
{
	creating();
	reading();
	attributes();
	mounts();
}
