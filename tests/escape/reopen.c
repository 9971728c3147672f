/* SPDX-License-Identifier: BSD-2-Clause */
/* More rights to what is held, by another door. */

#include "probe.h"
#include "socket.h"

static long harm(long fd)
{
	const struct vector vector = vector_of("harm", 4);

	return then(fd, CALL(writev, fd, &vector, 1));
}

static long reopen(const char *path, long flags)
{
	return harm(CALL(openat, AT_FDCWD, path, flags));
}

/* /proc/self/fd/NUMBER and the like. */
static const char *numbered(const char *folder, long fd)
{
	static char path[64];
	size_t len = length(folder);

	memcpy(path, folder, len);
	path[len] = (char)('0' + fd);
	path[len + 1] = '\0';
	return path;
}

/* From a descriptor without any right to one with all. */
static long upgrade_path_only(void)
{
	long fd = CALL(openat, TREE, "file", O_PATH);

	return then(fd, reopen(numbered("/proc/self/fd/", fd), O_WRONLY));
}

static long open_in_root(void)
{
	const uint64_t how[3] = {O_WRONLY, 0, 0x10 /* RESOLVE_IN_ROOT */};

	return harm(CALL(openat2, TREE, "/file", how, sizeof(how)));
}

static long link_held(long flags, const char *path)
{
	return CALL(linkat, path[0] == '\0' ? FILE_FD : AT_FDCWD, path,
		    AT_FDCWD, at("outside/new"), flags);
}

static long execute_held(void)
{
	const char *argv[] = {word(WORD_NAME), NULL};
	const char *envp[] = {NULL};

	return CALL(execveat, FILE_FD, "", argv, envp, AT_EMPTY_PATH);
}

/* A file in memory with an ELF header's first bytes, then an exec of it. */
static long execute_memory(void)
{
	const char *argv[] = {word(WORD_NAME), NULL};
	const char *envp[] = {NULL};
	long fd = CALL(memfd_create, "x", 0);

	return then(harm(fd),
		    CALL(execveat, fd, "", argv, envp, AT_EMPTY_PATH));
}

static long splice_between(void)
{
	int ends[2];
	long r = CALL(pipe2, ends, 0);

	r = then(r, CALL(splice, FILE_FD, NULL, ends[1], NULL, 16, 0));
	return then(r, CALL(splice, ends[0], NULL, OUTPUT, NULL, 16, 0));
}

static long tee_between(void)
{
	int from[2], to[2];

	CALL(pipe2, from, 0);
	CALL(pipe2, to, 0);
	harm(from[1]);
	return CALL(tee, from[0], to[1], 4, 0);
}

static long vmsplice_into(void)
{
	int ends[2];
	const struct vector vector = vector_of("harm", 4);

	CALL(pipe2, ends, 0);
	return CALL(vmsplice, ends[1], &vector, 1, 0);
}

static void opening(void)
{
	const long rw = O_RDWR;

	PROBE(READONLY, 12, "proc_self_fd",
	      reopen(numbered("/proc/self/fd/", FILE_FD), rw));
	PROBE(READONLY, 12, "proc_thread_self_fd",
	      reopen(numbered("/proc/thread-self/fd/", FILE_FD), O_WRONLY));
	PROBE(READONLY, 12, "dev_fd",
	      reopen(numbered("/dev/fd/", FILE_FD), O_WRONLY));
	PROBE(READONLY, 12, "truncate_proc_self_fd",
	      CALL(truncate, numbered("/proc/self/fd/", FILE_FD), 0));
	PROBE(READONLY, 12, "chmod_proc_self_fd",
	      CALL(chmod, numbered("/proc/self/fd/", FILE_FD), 0777));
	PROBE(READONLY, 12, "path_only_upgrade", upgrade_path_only());
	PROBE(READONLY, 12, "openat_held",
	      harm(CALL(openat, TREE, "file", O_WRONLY)));
	PROBE(READONLY, 12, "openat_below_room",
	      harm(CALL(openat, ROOM, "../file", O_WRONLY)));
	PROBE(READONLY, 12, "openat2_in_root", open_in_root());
	PROBE(READONLY, 12, "absolute", reopen(at("tree/file"), O_WRONLY));
	PROBE(READONLY, 12, "append",
	      reopen(at("tree/file"), O_WRONLY | O_APPEND));
	PROBE(READONLY, 12, "truncating",
	      CALL(openat, TREE, "file", O_WRONLY | O_TRUNC));
	PROBE(RESULT, 12, "temporary_file",
	      CALL(openat, TREE, ".", O_RDWR | O_TMPFILE, 0600));
	PROBE(SECRET, 11, "proc_self_cwd",
	      then(CALL(fchdir, TREE),
		   spill(CALL(openat, AT_FDCWD,
			      "/proc/self/cwd/../outside/secret", 0))));
	PROBE(RESULT, 11, "proc_self_root",
	      CALL(openat, AT_FDCWD, "/proc/self/root", O_DIRECTORY));
	PROBE(RESULT, 11, "proc_self_exe",
	      CALL(openat, AT_FDCWD, "/proc/self/exe", O_RDONLY));
	PROBE(RESULT, 11, "proc_self_mem",
	      CALL(openat, AT_FDCWD, "/proc/self/mem", O_RDWR));
	PROBE(RESULT, 11, "proc_self_maps",
	      spill(CALL(openat, AT_FDCWD, "/proc/self/maps", O_RDONLY)));
	PROBE(RESULT MAYBE, 11, "proc_1_root",
	      CALL(openat, AT_FDCWD, "/proc/1/root", O_DIRECTORY));
	PROBE(RESULT MAYBE, 11, "proc_sysrq",
	      CALL(openat, AT_FDCWD, "/proc/sysrq-trigger", O_WRONLY));
	PROBE(RESULT MAYBE, 11, "proc_core_pattern",
	      CALL(openat, AT_FDCWD, "/proc/sys/kernel/core_pattern",
		   O_WRONLY));
	PROBE(RESULT, 11, "sysfs", CALL(openat, AT_FDCWD, "/sys", O_DIRECTORY));
	PROBE(RESULT, 23, "device_null",
	      CALL(openat, AT_FDCWD, "/dev/null", O_RDWR));
	PROBE(RESULT MAYBE, 23, "device_mem",
	      CALL(openat, AT_FDCWD, "/dev/mem", O_RDONLY));
	PROBE(RESULT MAYBE, 23, "device_kmsg",
	      CALL(openat, AT_FDCWD, "/dev/kmsg", O_RDONLY));
	PROBE(RESULT MAYBE, 23, "device_fuse",
	      CALL(openat, AT_FDCWD, "/dev/fuse", O_RDWR));
	PROBE(RESULT MAYBE, 23, "device_tun",
	      CALL(openat, AT_FDCWD, "/dev/net/tun", O_RDWR));
	PROBE(RESULT MAYBE, 23, "device_kvm",
	      CALL(openat, AT_FDCWD, "/dev/kvm", O_RDWR));
	PROBE(RESULT MAYBE, 23, "device_ptmx",
	      CALL(openat, AT_FDCWD, "/dev/ptmx", O_RDWR));
}

static void doors(void)
{
	PROBE(OUTSIDE MAYBE, 12, "link_empty_path",
	      link_held(AT_EMPTY_PATH, ""));
	PROBE(OUTSIDE, 12, "link_proc_self_fd",
	      link_held(AT_SYMLINK_FOLLOW,
			numbered("/proc/self/fd/", FILE_FD)));
	PROBE(REACHES(13), 15, "execute_held", execute_held());
	PROBE(REACHES(8), 15, "execute_memory", execute_memory());
	PROBE(RESULT, 28, "sendfile", CALL(sendfile, OUTPUT, FILE_FD, NULL, 4));
	PROBE(RESULT, 28, "splice", splice_between());
	PROBE(RESULT, 28, "tee", tee_between());
	PROBE(RESULT, 28, "vmsplice", vmsplice_into());
	PROBE(RESULT, 28, "copy_file_range",
	      CALL(copy_file_range, FILE_FD, NULL,
		   CALL(openat, ROOM, "file", O_WRONLY), NULL, 4, 0));
	PROBE(RESULT, 29, "fcntl_lease", CALL(fcntl, FILE_FD, 1024, 0));
	PROBE(RESULT, 29, "fcntl_notify", CALL(fcntl, TREE, 1026, 4));
	PROBE(RESULT, 29, "fcntl_dupfd", CALL(fcntl, FILE_FD, F_DUPFD, 0));
	PROBE(RESULT, 29, "fcntl_setfd", CALL(fcntl, FILE_FD, F_SETFD, 1));
	PROBE(RESULT, 29, "fcntl_getown", CALL(fcntl, PEER, F_GETOWN, 0));
	PROBE(RESULT, 29, "fcntl_async", CALL(fcntl, PEER, F_SETFL, 020000));
	PROBE(RESULT, 29, "fcntl_noatime",
	      CALL(fcntl, FILE_FD, F_SETFL, 01000000));
	PROBE(RESULT, 29, "fcntl_seals",
	      CALL(fcntl, CALL(memfd_create, "x", 2), 1033, 1));
	PROBE(RESULT, 29, "fcntl_pipe_size", CALL(fcntl, OUTPUT, 1031, 4096));
	PROBE(RESULT, 29, "flock", CALL(flock, FILE_FD, 2));
	PROBE(RESULT, 29, "readahead", CALL(readahead, FILE_FD, 0, 16));
	PROBE(RESULT, 29, "syncfs", CALL(syncfs, FILE_FD));
	PROBE(RESULT, 29, "close_range", CALL(close_range, 500, 600, 0));
	PROBE(RESULT, 29, "dup2", CALL(dup2, FILE_FD, 100));
}

void reopen_probes(void)
{
	opening();
	doors();
}
