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

#include "protocol.h"

/* report.c: what people read, one line at a time. */

/* Our own failures; any other status is the program's. */
enum exit_status {
	EXIT_SETUP = 125,        /* the run could not be set up */
	EXIT_NOT_RUNNABLE = 126, /* the program was refused */
};

void report(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void die(enum exit_status status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

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
};

struct spec {
	int runtime;
	int program;
	bool no_landlock;
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

/* capability.c: the directories that the guest holds. */

struct capability {
	int sock; /* our end; the capability exists iff this is not -1 */
	int dir;
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
int capability_create(int dir, uint64_t rights_base,
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
	int result;        /* where a runtime that gives up says why */
	char program[256]; /* for messages */
};

void guest_start(const struct spec *spec, const struct grants *grants,
		 struct guest *guest);
void guest_kill(const struct guest *guest);
/* Returns the status for exit(), after reporting what it does not tell. It is
 * number's if we have killed the guest because of a signal of that number.
 * Preconditions: guest->pidfd has become readable. */
int guest_reap(const struct guest *guest, int number);

/* landlock.c, seccomp.c: the broker's own confinement. */

/* A ruleset for the capabilities that exist; -1 if the kernel has no
 * Landlock and optional says that this will do; or dies. */
int landlock_prepare(bool optional);
void landlock_enter(int ruleset);
void seccomp_enter(const struct guest *guest);

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
cloudabi_errno_t reply_capability(struct reply *reply, int dir,
				  uint64_t rights_base,
				  uint64_t rights_inheriting);

/* serve.c: the event loop. */

void serve_start(void);
/* Wakes the loop when fd is readable: capabilities[index]. 0 or negative
 * errno. */
int serve_watch(int fd, uint64_t index);
/* Serves until the guest has ended. Returns the status for exit(). */
int serve(const struct guest *guest);

#endif
