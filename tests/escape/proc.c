/* SPDX-License-Identifier: BSD-2-Clause */
/* Other processes: signals, memory, descriptors; and new ones. */

#include "probe.h"

#define SIGUSR1 10

static const char *of_process(const char *name, enum word who)
{
	static char path[64];
	size_t len = length(word(who));

	memcpy(path, "/proc/", 6);
	memcpy(path + 6, word(who), len);
	memcpy(path + 6 + len, name, length(name) + 1);
	return path;
}

static long read_memory(long pid)
{
	char secret[SECRET_LEN];
	const struct vector local = vector_of(secret, sizeof(secret));
	const struct vector remote =
		vector_of((void *)SECRET_AT, sizeof(secret));
	long r = CALL(process_vm_readv, pid, &local, 1, &remote, 1, 0);

	return then(r, say_memory(secret, sizeof(secret)));
}

static long write_memory(long pid)
{
	const struct vector local = vector_of("harm", 4);
	const struct vector remote = vector_of((void *)(SECRET_AT + 8), 4);

	return CALL(process_vm_writev, pid, &local, 1, &remote, 1, 0);
}

static long open_memory(enum word who, long flags)
{
	return CALL(openat, AT_FDCWD, of_process("/mem", who), flags);
}

static long read_memory_file(enum word who)
{
	char secret[SECRET_LEN];
	const struct vector vector = vector_of(secret, sizeof(secret));
	long fd = open_memory(who, O_RDONLY);
	long r = then(fd, CALL(preadv, fd, &vector, 1, SECRET_AT, 0));

	return then(r, say_memory(secret, sizeof(secret)));
}

static long write_memory_file(enum word who)
{
	const struct vector vector = vector_of("harm", 4);
	long fd = open_memory(who, O_WRONLY);

	return then(fd, CALL(pwritev, fd, &vector, 1, SECRET_AT + 8, 0));
}

/* PTRACE_SEIZE does not stop anybody. */
static long peek(long pid)
{
	return then(CALL(ptrace, 0x4206, pid, 0, 0),
		    CALL(ptrace, 17 /* PTRACE_DETACH */, pid, 0, 0) == -ESRCH ?
			    0 :
			    -1);
}

static long queue_info(int32_t *info)
{
	memset(info, 0, 128);
	info[0] = SIGUSR1;
	info[2] = -1; /* SI_QUEUE */
	return (long)info;
}

static long signal_by_pidfd(long pid)
{
	long fd = CALL(pidfd_open, pid, 0);

	return then(fd, CALL(pidfd_send_signal, fd, SIGUSR1, NULL, 0));
}

static long steal_descriptor(long pid)
{
	long fd = CALL(pidfd_open, pid, 0);

	return then(fd, CALL(pidfd_getfd, fd, 0, 0));
}

static long enter_namespace(long pid, long type)
{
	long fd = CALL(pidfd_open, pid, 0);

	return then(fd, CALL(setns, fd, type));
}

static long clone3(uint64_t flags)
{
	uint64_t args[11] = {flags, [4] = 17 /* SIGCHLD */};

	return leave_child(CALL(clone3, args, sizeof(args)));
}

static long clone_with(long flags)
{
	return leave_child(CALL(clone, flags | 17, 0, 0, 0, 0));
}

static void signals(void)
{
	int32_t info[32];
	const long pid = PROCESS;

	PROBE(SIGNAL, 20, "kill", CALL(kill, pid, SIGUSR1));
	PROBE(SIGNAL, 20, "kill_group", CALL(kill, -pid, SIGUSR1));
	PROBE(SIGNAL, 20, "tkill", CALL(tkill, pid, SIGUSR1));
	PROBE(SIGNAL, 20, "tgkill", CALL(tgkill, pid, pid, SIGUSR1));
	PROBE(SIGNAL, 20, "rt_sigqueueinfo",
	      CALL(rt_sigqueueinfo, pid, SIGUSR1, queue_info(info)));
	PROBE(SIGNAL, 20, "rt_tgsigqueueinfo",
	      CALL(rt_tgsigqueueinfo, pid, pid, SIGUSR1, queue_info(info)));
	PROBE(SIGNAL, 20, "pidfd_send_signal", signal_by_pidfd(pid));
	PROBE(NEIGHBOUR, 20, "kill_neighbour",
	      CALL(kill, NEIGHBOUR_PID, SIGUSR1));
	PROBE(NEIGHBOUR, 20, "tgkill_neighbour",
	      CALL(tgkill, NEIGHBOUR_PID, NEIGHBOUR_PID, SIGUSR1));
	PROBE(NEIGHBOUR, 20, "pidfd_neighbour", signal_by_pidfd(NEIGHBOUR_PID));
	/* Without a signal nobody comes to harm. */
	PROBE(RESULT, 20, "kill_everybody", CALL(kill, -1, 0));
	PROBE(RESULT, 20, "kill_own_group", CALL(kill, 0, 0));
	PROBE(RESULT, 20, "setitimer", CALL(setitimer, 0, NULL, NULL));
	PROBE(RESULT, 20, "alarm", CALL(alarm, 0));
	PROBE(RESULT, 21, "rt_sigaction", CALL(rt_sigaction, 12, 0, 0, 8));
	PROBE(RESULT, 21, "sigaltstack", CALL(sigaltstack, 0, 0));
	PROBE(RESULT, 21, "rt_sigprocmask", CALL(rt_sigprocmask, 0, 0, 0, 8));
	PROBE(RESULT, 21, "rt_sigpending", CALL(rt_sigpending, info, 8));
}

static void memories(const char *group, enum word who)
{
	const long pid = word_number(who);

	begin_group(group);
	PROBE(SECRET MAYBE, 10, "process_vm_readv", read_memory(pid));
	PROBE(SECRET MAYBE, 10, "proc_mem", read_memory_file(who));
	PROBE(RESULT MAYBE, 10, "ptrace_seize", peek(pid));
	PROBE(RESULT MAYBE, 10, "pidfd_getfd", steal_descriptor(pid));
	PROBE(RESULT, 10, "pidfd_open", CALL(pidfd_open, pid, 0));
	PROBE(RESULT MAYBE, 10, "kcmp", CALL(kcmp, pid, pid, 0, 0, 0));
	PROBE(RESULT MAYBE, 11, "proc_maps",
	      spill(CALL(openat, AT_FDCWD, of_process("/maps", who), 0)));
	PROBE(RESULT, 11, "proc_status",
	      spill(CALL(openat, AT_FDCWD, of_process("/status", who), 0)));
	PROBE(RESULT MAYBE, 11, "proc_root",
	      CALL(openat, AT_FDCWD, of_process("/root", who), O_DIRECTORY));
	PROBE(RESULT MAYBE, 11, "proc_fd",
	      CALL(openat, AT_FDCWD, of_process("/fd", who), O_DIRECTORY));
	PROBE(RESULT MAYBE, 10, "move_pages",
	      CALL(move_pages, pid, 0, 0, 0, 0, 0));
	PROBE(RESULT, 19, "prlimit", CALL(prlimit64, pid, 7, 0, 0));
	PROBE(RESULT, 20, "getpgid", CALL(getpgid, pid));
	PROBE(RESULT, 20, "sched_getscheduler", CALL(sched_getscheduler, pid));
	PROBE(RESULT MAYBE, 19, "setpriority", CALL(setpriority, 0, pid, 1));
	PROBE(RESULT MAYBE, 14, "perf_event_open",
	      CALL(perf_event_open, (&(uint64_t[16]){1ull | 128ull << 32}), pid,
		   -1, -1, 0));
}

static void writing(void)
{
	begin_group(NULL);
	PROBE(MEMORY MAYBE, 10, "process_vm_writev", write_memory(PROCESS));
	PROBE(MEMORY MAYBE, 10, "proc_mem_write",
	      write_memory_file(WORD_PROCESS));
	PROBE(NEIGHBOUR MAYBE, 10, "process_vm_writev_neighbour",
	      write_memory(NEIGHBOUR_PID));
	PROBE(NEIGHBOUR MAYBE, 10, "proc_mem_write_neighbour",
	      write_memory_file(WORD_NEIGHBOUR));
	PROBE(RESULT, 10, "ptrace_traceme", CALL(ptrace, 0, 0, 0, 0));
	PROBE(SECRET MAYBE, 11, "proc_environ",
	      spill(CALL(openat, AT_FDCWD, of_process("/environ", WORD_PROCESS),
			 0)));
}

static void children(void)
{
	begin_group("child-");
	PROBE(RESULT, 7, "fork", leave_child(CALL(fork)));
	PROBE(RESULT, 7, "clone_vfork", clone_with(CLONE_VFORK));
	PROBE(RESULT, 7, "clone", clone_with(0));
	PROBE(RESULT, 7, "clone_parent", clone_with(CLONE_PARENT));
	PROBE(RESULT, 7, "clone_files", clone_with(CLONE_FILES | CLONE_FS));
	PROBE(RESULT, 7, "clone_untraced", clone_with(CLONE_UNTRACED));
	PROBE(RESULT, 7, "clone3", clone3(0));
	PROBE(RESULT MAYBE, 7, "clone3_namespace", clone3(CLONE_NEWUSER));
	PROBE(RESULT, 7, "clone3_pidfd", clone3(CLONE_CLEAR_SIGHAND));
	PROBE(REACHES(10), 7, "wait4", CALL(wait4, -1, 0, 1, 0));
	PROBE(REACHES(10), 7, "waitid", CALL(waitid, 0, 0, 0, 5, 0));
}

/* In a name space of users anybody can make the others. */
static void namespaces(const char *group, long flag)
{
	const long with_user = flag | CLONE_NEWUSER;

	begin_group(group);
	PROBE(RESULT MAYBE, 8, "unshare", CALL(unshare, with_user));
	PROBE(RESULT MAYBE, 8, "clone", clone_with(with_user));
	PROBE(RESULT MAYBE, 8, "setns", enter_namespace(PROCESS, flag));
}

static void own_powers(void)
{
	const uint64_t limits[2] = {16, 16};
	const uint32_t header[2] = {0x20080522, 0};
	uint32_t sets[6] = {0};
	uint64_t schedule[6] = {48};

	begin_group(NULL);
	PROBE(RESULT, 19, "setrlimit", CALL(prlimit64, 0, 7, limits, 0));
	PROBE(RESULT, 19, "getrlimit", CALL(getrlimit, 7, sets));
	PROBE(RESULT, 19, "nice", CALL(setpriority, 0, 0, 1));
	PROBE(RESULT MAYBE, 19, "ioprio_set", CALL(ioprio_set, 1, 0, 0x4000));
	PROBE(RESULT, 19, "sched_setattr", CALL(sched_setattr, 0, schedule, 0));
	PROBE(RESULT MAYBE, 19, "sched_setscheduler",
	      CALL(sched_setscheduler, 0, 1, (&(int){1})));
	PROBE(RESULT, 19, "sched_setaffinity",
	      CALL(sched_setaffinity, 0, 8, (&(long){1})));
	PROBE(REACHES(1), 41, "setsid", CALL(setpgid, 1, 1) == -ESRCH ? -1 : 0);
	PROBE(RESULT MAYBE, 41, "setuid", CALL(setuid, 0));
	PROBE(RESULT MAYBE, 41, "setgroups", CALL(setgroups, 0, 0));
	PROBE(RESULT, 41, "capset", CALL(capset, header, sets));
	PROBE(RESULT, 41, "umask", CALL(umask, 0));
	PROBE(RESULT, 17, "prctl_dumpable", CALL(prctl, 4, 1, 0, 0, 0));
	PROBE(RESULT, 17, "prctl_death_signal", CALL(prctl, 1, 0, 0, 0, 0));
	PROBE(RESULT, 17, "prctl_subreaper", CALL(prctl, 36, 1, 0, 0, 0));
	PROBE(RESULT, 17, "prctl_name", CALL(prctl, 15, "x", 0, 0, 0));
	PROBE(RESULT, 17, "prctl_tsc", CALL(prctl, 26, 1, 0, 0, 0));
	PROBE(RESULT, 17, "prctl_ptracer", CALL(prctl, 39, 0, 0, 0, 0));
	PROBE(REACHES(14), 18, "seccomp", CALL(seccomp, 1, 0, 0));
	PROBE(RESULT, 18, "seccomp_action",
	      CALL(seccomp, 2, 0, (&(uint32_t){0x7fff0000})));
	PROBE(RESULT MAYBE, 18, "landlock_create",
	      CALL(landlock_create_ruleset, 0, 0, 1));
	PROBE(RESULT MAYBE, 18, "landlock_layers",
	      CALL(landlock_create_ruleset, (&(uint64_t){1}), 8, 0));
}

void proc_probes(void)
{
	signals();
	memories("process-", WORD_PROCESS);
	memories("neighbour-", WORD_NEIGHBOUR);
	writing();
	children();
	namespaces("user-", CLONE_NEWUSER);
	namespaces("mount-", CLONE_NEWNS);
	namespaces("pid-", CLONE_NEWPID);
	namespaces("net-", CLONE_NEWNET);
	namespaces("ipc-", CLONE_NEWIPC);
	namespaces("uts-", CLONE_NEWUTS);
	namespaces("cgroup-", CLONE_NEWCGROUP);
	own_powers();
}
