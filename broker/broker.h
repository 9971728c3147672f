/* SPDX-License-Identifier: BSD-2-Clause */
/* The broker's parts, in the order in which a run passes through them. */

#ifndef BROKER_BROKER_H
#define BROKER_BROKER_H

#include <linux/openat2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <cloudabi.h>
#include <cloudabi_rights.h>
#include <cloudabi_syscalls.h>

#include "protocol.h"

#define NS_PER_S 1000000000

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
	uint64_t memory_bytes; /* at the peak */
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

/* guest.c: the guest process, from fork to reaping. */

struct guest {
	pid_t pid;
	int pidfd;
	int result;        /* where the runtime speaks before the program */
	bool has_spoken;   /* it has */
	bool has_given_up; /* it has, and this is why: */
	struct start_result refusal;
	bool is_emulated;
	bool has_begun;    /* the runtime, if it is emulated */
	char program[256]; /* for messages */
	uint64_t start_ns; /* CLOCK_MONOTONIC */
	bool has_ended;
	bool is_condemned;
	struct ending verdict; /* why, if it is */
};

void guest_start(const struct spec *spec, const struct grants *grants,
		 struct guest *guest);
/* What the runtime says. Preconditions: guest->result is readable. */
void guest_hear(struct guest *guest);
/* Kills the guest. The first reason counts. */
void guest_condemn(struct guest *guest, struct ending verdict);
/* Returns the status for exit(), after telling the launcher.
 * Preconditions: guest->pidfd has become readable. */
int guest_reap(struct guest *guest);

/* limits.c: what the kernel measures and we enforce. */

#define LIMITS_SIGNAL SIGRTMIN

/* Returns a descriptor from which threads are counted, or -1. */
int limits_start(const struct limits *limits, const struct guest *guest);
/* A timer has run out. */
void limits_take(struct guest *guest, int timer);

/* policy.c: forbidden calls. */

void policy_start(int listener);
/* Preconditions: the listener is readable or, which is over then, hung up. */
void policy_take(struct guest *guest, bool is_over);

/* notes.c: what the guest says about itself. */

/* Returns the guest's end of a new socket. */
int notes_open(void);
void notes_take(void);
/* Reads what is left. Preconditions: the guest has ended. */
void notes_finish(void);
/* Whether the packet is a note; if so, records it. */
bool notes_judge(const unsigned char *packet, size_t len);

/* landlock.c, seccomp.c: the broker's own confinement. */

/* A ruleset for the capabilities that exist; -1 if the kernel has no
 * Landlock and optional says that this will do; or dies. */
int landlock_prepare(bool optional);
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
	WATCH_POLICY,
	WATCH_NOTES,
};

void serve_start(void);
/* Wakes the loop when fd is readable; an index of capabilities or one of the
 * above. 0 or negative errno. */
int serve_watch(int fd, uint64_t index);
/* Serves until the guest has ended, and ends it when the launcher does.
 * Returns the status for exit(). */
int serve(struct guest *guest, int launcher_pidfd);

#endif
