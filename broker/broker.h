/* SPDX-License-Identifier: BSD-2-Clause */
/* The broker's parts, in the order in which a run passes through them. */

#ifndef BROKER_BROKER_H
#define BROKER_BROKER_H

#include <linux/openat2.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <cloudabi.h>
#include <cloudabi_rights.h>
#include <cloudabi_syscalls.h>

#include "protocol.h"

#define NS_PER_S 1000000000
#define MIN(a, b) ((a) < (b) ? (a) : (b))

/* report.c: failures in words. */

/* Any other status is the program's own. */
enum exit_status {
	EXIT_POLICY = 123,       /* ended for a system call */
	EXIT_LIMIT = 124,        /* ended by a limit */
	EXIT_SETUP = 125,        /* the run could not be set up */
	EXIT_NOT_RUNNABLE = 126, /* the program was refused */
	EXIT_SIGNAL = 128,       /* plus the signal's number */
};

/* A line for people, where no launcher can be told. */
void complain(const char *text);
/* Tells the launcher, or where it is not yet known, people. */
_Noreturn void die(enum exit_status status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* names.c: numbers as words. */

enum call {
#define CALL_NUMBER(name) CALL_##name,
	CLOUDABI_SYSCALLS(CALL_NUMBER)
#undef CALL_NUMBER
};

/* NULL for numbers that mean nothing. */
const char *call_name(unsigned call);
const char *error_name(unsigned error);

/* record.c: what the launcher is told while a run lasts, and at its end. */

/* Bytes that somebody else wrote; NULL if there are none. */
struct text {
	const char *bytes;
	size_t len;
};

struct denial {
	uint32_t thread; /* the guest's word */
	unsigned call;   /* one that call_name() knows */
	int descriptor;  /* of the start, or -1 */
	struct text path;
	uint64_t rights; /* those that lack, a subset of those there are */
	cloudabi_errno_t error;
};

struct ending {
	enum ending_kind {
		ENDED_EXITED,      /* number is the status */
		ENDED_SIGNAL,      /* number is the signal */
		ENDED_LIMIT,       /* name is the limit */
		ENDED_POLICY,      /* number and name are the call's */
		ENDED_INTERRUPTED, /* number is the signal that we got */
	} kind;
	int number;
	const char *name;
};

struct usage {
	uint64_t wall_ns;
	uint64_t user_ns;
	uint64_t system_ns;
	uint64_t memory_bytes; /* at the peak, of the largest process */
};

/* All records from now on go to this socket. False if it is none. */
bool record_to(int fd);
bool record_is_possible(void);
/* None of these waits for the launcher; what it has no room for is counted. */
void record_denied(const char *source, const struct denial *denial);
void record_line(uint32_t thread, uint32_t line, struct text file,
		 struct text function);
void record_used(int descriptor);
void record_reached(const char *limit);
/* Counts one that is not even tried. */
void record_lose(void);
/* The last one, for which the launcher has some seconds. */
void record_ended(const struct ending *ending, const struct usage *usage);
void record_failed(enum exit_status status, const char *message);

/* features.c: what the kernel must offer. */

void features_check(void);

/* spec.c: what the launcher wants. */

/* The runtime needs some numbers above the program's while it starts. */
#define SPEC_FDS_MAX (START_FDS_MAX - 16)

struct spec_fd {
	int fd;
	const char *name; /* its place in the manifest */
	uint64_t rights_base;
	uint64_t rights_inheriting;
	bool is_device_meant; /* whatever device it is, but a block device */
	bool is_kernel_meant; /* it may be a file of procfs or the like */
};

/* 0: none. */
struct limits {
	uint64_t memory; /* bytes of address space */
	uint64_t cpu;    /* ns */
	uint64_t wall;   /* ns from the guest's start */
	uint64_t threads;
	uint64_t files;     /* descriptors at a time */
	uint64_t file_size; /* bytes */
	uint64_t processes; /* at a time */
};

struct spec {
	int runtime;
	int program;
	int emulator; /* of another machine, or -1 */
	pid_t launcher;
	int report;
	bool traces;
	bool no_landlock;
	struct limits limits;
	const void *argdata;
	size_t argdata_len;
	struct spec_fd fds[SPEC_FDS_MAX];
	size_t fds_len;
};

/* Fills in a zeroed spec, which borrows from buf. Returns what is wrong. */
const char *spec_parse(const void *buf, size_t len, struct spec *spec);
/* As spec_parse(), from a file that is closed afterwards; or dies. */
void spec_read(int fd, struct spec *spec);

/* filesystem.c: which file systems are doors into the kernel. */

/* Whether the file is on procfs, sysfs or the like; negative errno. */
int filesystem_is_kernel(int fd);

/* trace.c: what a run tells about refusals and uses, if somebody traces it. */

enum trace_source {
	TRACE_BROKER,
	TRACE_PROGRAM,
};

void trace_start(const struct spec *spec);
bool trace_is_on(void);
/* Whether the program got a descriptor of that number at the start. */
bool trace_knows(uint32_t descriptor);
/* Each is told once. */
void trace_used(int descriptor);
void trace_denied(enum trace_source source, const struct denial *denial);

/* capability.c: the directories that the guest holds. */

/* Binds our end of a socket to an address by which it is recognised. */
void name_bind(int sock, const char *tag, size_t tag_len, uint64_t rights_base,
	       uint64_t rights_inheriting);

struct capability {
	int sock; /* our end; the capability exists iff this is not -1 */
	int dir;
	int origin; /* the descriptor of the start that it comes from */
	uint64_t rights_base;
	uint64_t rights_inheriting;
	bool has_ticket;
	unsigned char ticket[BROKER_TICKET_LEN];
};

#define CAPABILITIES_MAX START_FDS_MAX
extern struct capability capabilities[CAPABILITIES_MAX];

void capabilities_start(void);
/* The guest's end of a new capability, or a negative errno. Takes over dir,
 * also in case of failure. */
int capability_create(int dir, int origin, uint64_t rights_base,
		      uint64_t rights_inheriting);
void capability_drop(struct capability *capability);
int capability_issue_ticket(struct capability *capability);
/* Uses the ticket up. NULL if nobody has issued it. */
struct capability *capability_redeem(const unsigned char *ticket);

/* grant.c: what the guest gets at the start. */

/* What a descriptor that can neither be read nor written is good for. */
#define REFERENCE_RIGHTS                                                       \
	(CLOUDABI_RIGHT_FILE_STAT_FGET | CLOUDABI_RIGHT_PROC_EXEC)

struct grants {
	int fds[SPEC_FDS_MAX];
	struct start_fd starts[SPEC_FDS_MAX];
	uint32_t flags; /* enum start_flags */
};

/* Dies if a descriptor must not be granted. Preconditions: nothing has been
 * opened since the spec was read, so that its numbers mean what they meant. */
void grants_judge(const struct spec *spec, struct grants *grants);
/* Turns directories into capabilities. */
void grants_open(const struct spec *spec, struct grants *grants);
/* Closes our copies, once the guest has its own. */
void grants_close(const struct spec *spec, const struct grants *grants);

/* block.c: start blocks. */

void blocks_start(const struct spec *spec, const struct grants *grants);
uint32_t blocks_flags(void);
/* A file for one, or a negative errno. */
int block_create(void);
/* Where the description of a descriptor is; that of one more than there are is
 * where the argument data begins. */
size_t block_place_of_fds(uint32_t number);
/* 0 or a negative errno. */
int block_put(int fd, size_t offset, const void *buf, size_t len);
/* Writes the beginning, and lets nobody change anything any more. */
int block_finish(int fd, uint32_t fds_len, size_t argdata_len);

/* child.c: a new process, from the fork to the exec. */

/* What the runtime finds above the program's descriptors, in that order; those
 * that last are there if they are wanted. */
enum {
	GUEST_OWN_BLOCK,
	GUEST_OWN_PROGRAM,
	GUEST_OWN_RESULT,
	GUEST_OWN_LASTING,
};

struct launch {
	const int *fds; /* the program's */
	uint32_t len;
	int block;
	int program;
	int result;
	int notes;   /* or -1 */
	int control; /* or -1 */
	int runtime;
	int emulator; /* or -1 */
	pid_t broker;
	bool is_alone; /* the only process of the run: leads a session */
	const struct limits *limits;
};

_Noreturn void child_run(const struct launch *launch);
/* Closes all descriptors but some, which are put in order. */
void close_except(int *kept, size_t len);

/* guest.c: the guest from its start to its end: one process, unless there may
 * be several, which process.c sees to. */

/* What a runtime says before its program runs. */
struct starting {
	int result;        /* where it does, or -1 */
	bool has_spoken;   /* it has */
	bool has_given_up; /* it has, and this is why: */
	struct start_result refusal;
	bool has_begun; /* the runtime, if it is emulated */
};

struct guest {
	pid_t pid;   /* 0 if there may be several processes */
	int pidfd;   /* or -1, likewise */
	pid_t group; /* that all processes of the run are in */
	struct starting starting;
	bool is_emulated;
	char program[256]; /* for messages */
	uint64_t start_ns; /* CLOCK_MONOTONIC */
	bool has_ended;
	siginfo_t end; /* how, if it is known already */
	struct usage usage;
	bool is_condemned;
	struct ending verdict; /* why, if it is */
};

void guest_start(const struct spec *spec, const struct grants *grants,
		 struct guest *guest);
/*
 * The filter lets this guest alone be signalled, by the number of its process
 * descriptor. Other process descriptors are held, such as the launcher's, so
 * nothing else may ever get that number: from now on it is above the limit.
 */
void guest_keep_number(struct guest *guest);
/* Makes the socket for a runtime's words, which is not watched yet. Returns
 * the guest's end or a negative errno. */
int starting_open(struct starting *starting);
/* The descriptor that came along with a message, or -1. */
int attached_fd(struct msghdr *message);
/* What the runtime says. False if it has said all.
 * Preconditions: starting->result is not -1. */
bool starting_hear(struct starting *starting);
/* Kills the guest. The first reason counts. */
void guest_condemn(struct guest *guest, struct ending verdict);
/* Returns the status for exit(), after telling the launcher.
 * Preconditions: the guest has ended. */
int guest_reap(struct guest *guest);
/* Adds up what several processes have used. */
void usage_add(struct usage *sum, const struct usage *usage);
/* Takes one of our children that has ended. As the kernel's waitid(). */
int guest_wait(struct usage *usage, unsigned type, int id, siginfo_t *info,
	       int flags);

/* process.c, replace.c: the processes of a run that may have several. */

/* At a time, at most. */
#define PROCESSES_MAX 64
/* Together with those that are to replace another one, or are replaced. */
#define PROCESS_SLOTS (2 * PROCESSES_MAX)

void processes_start(const struct spec *spec);
bool processes_are_several(void);
/* The first one. */
void processes_begin(const struct spec *spec, const int *fds, int block);
/* Something has happened at a descriptor that is watched for a process. */
void processes_take(struct guest *guest, uint64_t index);
/* The spawner has something to say. */
void processes_take_spawner(struct guest *guest);
/* Whether the process of that number may be made now. If so it has been. */
bool processes_grant(uint64_t slot);
/* Takes a grant back of which no use has been made. */
void processes_revoke(uint64_t slot);
/* Waits for all to end. Preconditions: all have been killed. */
void processes_reap(struct guest *guest);

/* exec.c: programs in place of others, as the guest puts them together. */

struct control_request;

/* A file that may be executed from now on. */
void exec_allow(const struct statx *stat);
/* These return an error for the guest. fds are those that came along; they
 * belong to the callee only if it succeeds. */
cloudabi_errno_t exec_begin(unsigned slot, const struct control_request *head,
			    const int *fds, size_t fds_len);
cloudabi_errno_t exec_data(unsigned slot, const void *data, size_t len);
cloudabi_errno_t exec_fds(unsigned slot, const void *starts, size_t len,
			  const int *fds, size_t fds_len);
/* Finishes the start block. What is returned belongs to the slot. */
cloudabi_errno_t exec_finish(unsigned slot, struct launch *launch);
void exec_drop(unsigned slot);

/* spawner.c: the process that starts others. */

/* Those of its own that each runtime gets from it, but for notes. */
#define SPAWN_OWN_LEN 4

/* It keeps the launcher's process descriptor open: see serve(). */
void spawner_start(struct spec *spec, int launcher);
pid_t spawner_pid(void);
/* fds: the program's, then those of GUEST_OWN_*, then notes if the run is
 * traced, then control. 0 or a negative errno. */
int spawner_ask(uint32_t process, const int *fds, size_t len);
/* Takes a reply: a pid or a negative errno, and a process descriptor or -1. False if
 * the spawner has ended. */
bool spawner_hear(uint32_t *process, int *pid, int *pidfd);
/* A process descriptor, or -1 if there is no such process in the group.
 * Preconditions: no reply is outstanding. */
int spawner_find(pid_t pid);

/* limits.c: what the kernel measures and we enforce. */

#define LIMITS_SIGNAL SIGRTMIN

/* Returns a descriptor from which threads are counted, or -1. */
int limits_start(const struct limits *limits, const struct guest *guest);
/* A timer has run out. */
void limits_take(struct guest *guest, int timer);
/* Where there are several processes: one more whose time counts, and what one
 * has used that is no more. */
void limits_follow(unsigned slot, pid_t pid);
void limits_forget(unsigned slot, const struct usage *usage);

/* policy.c: forbidden calls. */

/* One for each runtime that has been started and whose filter is in use, or was
 * a moment ago. */
#define LISTENERS_MAX (2 * PROCESS_SLOTS)

void policy_start(int listener);
/* Whether there has been one. */
bool policy_is_asked(void);
/* Preconditions: the listener is readable or, which is over then, hung up. */
void policy_take(struct guest *guest, unsigned listener, bool is_over);

/* notes.c: what the guest says about itself. */

/* Returns the guest's end of a new socket. */
int notes_open(void);
/* The same one, where other processes are to get it as well; or -1. */
int notes_keep(int end);
int notes_kept(void);
void notes_take(void);
/* Reads what is left. Preconditions: the guest has ended. */
void notes_finish(void);
/* Whether the packet is a note; if so, records it. */
bool notes_judge(const unsigned char *packet, size_t len);

/* landlock.c, seccomp.c: the broker's own confinement. */

/* A ruleset for the capabilities that exist; -1 if the kernel has no
 * Landlock and optional says that this will do; or dies. */
int landlock_prepare(bool optional);
/* What there was at the start, 0 if nothing. */
int landlock_version(void);
void landlock_enter(int ruleset);
/* threads_fd is what limits_start() returned. */
void seccomp_enter(const struct guest *guest, int threads_fd);

/* path.c: names below a directory, and never outside it. */

struct object {
	int fd;
	struct statx stat;
};

/* openat2(), confined. Preconditions: how.resolve is 0. */
cloudabi_errno_t path_open(const struct capability *root, const char *path,
			   struct open_how how, struct object *object);
/* Opens for reference only, with the further flags of open(). */
cloudabi_errno_t path_find(const struct capability *root, const char *path,
			   uint64_t flags, struct object *object);

/* Another descriptor for a directory, or a negative errno. */
int path_reopen(int dir, uint64_t flags);

/* A name and the directory that has, or is to have, it. */
struct place {
	int dir;
	const char *name; /* keeps the slashes at the end of the path */
	bool is_opened;   /* dir is not the capability's own */
};

/* Where a name is made or removed. Splits path, which is written to; the
 * refusal is the error for a path that ends in . or .. */
cloudabi_errno_t place_find(const struct capability *root, char *path,
			    cloudabi_errno_t refusal, struct place *place);
/* Where a file other than a directory is. The refusal is the error for a path
 * that can only lead to a directory. With follow, symbolic links at the end
 * of the path are replaced by what they say. */
cloudabi_errno_t place_file(const struct capability *root, char *path,
			    bool follow, cloudabi_errno_t refusal,
			    struct place *place);
void place_leave(const struct place *place);

/* errno, as CloudABI's. */
cloudabi_errno_t last_error(void);

/* attributes.c: what is known about a file. */

cloudabi_filetype_t filetype_of(mode_t mode);
cloudabi_errno_t stat_fd(int fd, struct statx *stat);

/* request.c, dir.c, open.c, listing.c, attributes.c: requests. */

#define REQUEST_FRAME_MAX (sizeof(struct broker_request) + 2 * BROKER_PATH_MAX)

struct request {
	struct broker_request head;
	char path1[BROKER_PATH_MAX + 1];
	char path2[BROKER_PATH_MAX + 1];
	/* What it concerns if it is refused. */
	int origin; /* of the capability, -1 if there is none */
	bool is_second_path;
	uint64_t lacks; /* rights */
};

struct reply {
	struct broker_reply head;
	unsigned char data[BROKER_DATA_MAX];
	int fd; /* to be attached and closed, or -1 */
};

/* Whether the frame is a request; if so, fills it in. */
bool request_parse(const unsigned char *frame, size_t len,
		   struct request *request);
/* Performs the request in a frame of at least sizeof(struct broker_request)
 * bytes, and fills in the reply. */
void dir_serve(struct capability *capability, const unsigned char *frame,
	       size_t len, struct reply *reply);
cloudabi_errno_t dir_open(struct capability *capability,
			  struct request *request, struct reply *reply);
cloudabi_errno_t dir_list(struct capability *capability,
			  struct request *request, struct reply *reply);
cloudabi_errno_t stat_get(struct capability *capability,
			  struct request *request, struct reply *reply);
cloudabi_errno_t stat_put(struct capability *capability,
			  struct request *request, struct reply *reply);
cloudabi_errno_t stat_fget(struct capability *capability,
			   struct request *request, struct reply *reply);
cloudabi_errno_t stat_fput(struct capability *capability,
			   struct request *request, struct reply *reply);
/* A new capability for the reply. Takes over dir. */
cloudabi_errno_t reply_capability(struct reply *reply, int dir, int origin,
				  uint64_t rights_base,
				  uint64_t rights_inheriting);

/* serve.c: the event loop. */

/* Beyond the indices of capabilities. */
enum watch {
	WATCH_SIGNALS = CAPABILITIES_MAX,
	WATCH_GUEST,
	WATCH_LAUNCHER,
	WATCH_RESULT,
	WATCH_NOTES,
	WATCH_SPAWNER,
	WATCH_POLICY, /* and the following, one for each listener */
	WATCH_PROCESSES = WATCH_POLICY + LISTENERS_MAX, /* and all above */
};

void serve_start(void);
/* Wakes the loop when fd is readable; an index of capabilities or one of the
 * above. 0 or negative errno. */
int serve_watch(int fd, uint64_t index);
/* The same, when nobody holds the other end any more. */
int serve_watch_end(int fd, uint64_t index);
/* Changes the index. */
int serve_watch_end_as(int fd, uint64_t index);
/* Whether the other side has read all that was sent to it. */
bool serve_is_read(int sock);
/* Serves until the guest has ended, and ends it when the launcher does.
 * Returns the status for exit(). */
int serve(struct guest *guest, int launcher_pidfd);

#endif
