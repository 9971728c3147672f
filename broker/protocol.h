/* SPDX-License-Identifier: BSD-2-Clause */
/* What the guest's runtime and the broker say to each other. */

#ifndef BROKER_PROTOCOL_H
#define BROKER_PROTOCOL_H

#include <stdint.h>

#include <cloudabi_notes.h>

/*
 * Start. The broker's child executes the runtime, if need be in an emulator,
 * with argv[1] = N in decimal, the number of descriptors that the program
 * receives. They are 0 … N-1;
 * above them the runtime finds three of its own, which it closes before the
 * program's first instruction, and up to two that stay:
 *
 *   N      the start block, a sealed memfd: struct start_block, then
 *          struct start_fd[fds_len], then argdata
 *   N + 1  the program's ELF file, open for reading
 *   N + 2  a SOCK_SEQPACKET socket that carries one struct start_result,
 *          or is closed without a word once the program runs; an emulated
 *          runtime first sends one byte, so that its end is not taken for
 *          that of an emulator which has not come so far
 *
 * The next numbers, in this order, if the start block says so:
 *
 *   notes_fd    if the run is traced, a SOCK_SEQPACKET socket that takes
 *               cloudabi_notes.h's packets as long as the program runs
 *   control_fd  if there may be several processes, the socket of control.h
 */
#define START_MAGIC 0x636c6f7564303031ull
#define START_FDS_MAX 1024

enum start_flags {
	/* A granted UNIX socket needs sendmsg(), and no datagram socket is
	 * among the descriptors: see runtime/seccomp.c. */
	START_ALLOW_SENDMSG = 1,
	/* The kernel lacks Landlock and the launcher accepted that. */
	START_NO_LANDLOCK = 2,
	/* Memory is limited, and files in memory would not count. */
	START_NO_MEMORY_FILES = 4,
	/* An emulator runs the runtime, and has neither seccomp nor Landlock
	 * for it: the launcher accepted that nothing is enforced. */
	START_EMULATED = 8,
};

struct start_fd {
	uint64_t rights_base;
	uint64_t rights_inheriting;
	uint8_t filetype; /* CLOUDABI_FILETYPE_* */
	uint8_t padding;
	uint16_t origin; /* 1 + its number in the run's first program, or 0 */
	uint32_t padding2;
};

struct start_block {
	uint64_t magic;
	uint32_t flags;       /* enum start_flags */
	uint32_t fds_len;     /* <= START_FDS_MAX */
	uint64_t argdata_len; /* bytes, straight after the last start_fd */
	uint32_t ncpus;
	uint32_t notes_fd;    /* or CLOUDABI_NOTE_NO_FD */
	uint32_t threads_max; /* at a time, 0 if there is no limit */
	uint32_t control_fd;  /* 0 if there is none */
};

enum start_stage {
	START_STAGE_BLOCK = 1, /* the start block is malformed */
	START_STAGE_CONFINE,   /* a required kernel feature is missing */
	START_STAGE_ELF,       /* the program is no acceptable executable */
	START_STAGE_MEMORY,    /* the program does not fit into memory */
};

/* Sent by the runtime only when it gives up. */
struct start_result {
	uint32_t stage;      /* enum start_stage */
	uint32_t host_errno; /* Linux errno, 0 if none applies */
	char message[120];   /* NUL-terminated English, printable ASCII */
};

/*
 * Directory capabilities. Each is one end of a SOCK_SEQPACKET pair. The
 * holder sends one request as a plain write() and then reads one reply;
 * requests on one capability are serialised by its holder. A request is
 * struct broker_request, then path1_len bytes, then path2_len bytes, and
 * nothing else. Paths carry no terminator and no NUL byte.
 *
 * A request that is not as described, has unknown flags, or has a path or
 * lookup_flags that its operation does not take, gives EINVAL. The capability
 * ends with a request shorter than struct broker_request, and with one that
 * is made before the last reply has been read.
 *
 * Besides the errors of the calls that they stand for: ENOTCAPABLE for files
 * of procfs, sysfs and the like, and for an unknown ticket; EMFILE for more
 * than START_FDS_MAX capabilities at a time.
 */
#define BROKER_PATH_MAX 4095
#define BROKER_DATA_MAX 32768

/*
 * The broker's end of a capability is bound to an abstract address, which
 * getpeername() tells whoever holds the other end: so a process that gets it
 * from another one sees that it is a directory, and what it permits. A guest
 * can bind nothing itself. The address makes no connection possible.
 */
#define BROKER_NAME_TAG "\0cloudabi-directory"
#define BROKER_NONCE_LEN 16

struct broker_name {
	char tag[24]; /* BROKER_NAME_TAG or the like, then zeros */
	uint64_t rights_base;
	uint64_t rights_inheriting;
	uint8_t nonce[BROKER_NONCE_LEN]; /* no two addresses are the same */
};

enum broker_op {
	/* file_open: path1, lookup_flags, oflags, fdflags, rights_*.
	 * Reply: descriptor, filetype, rights_*; a directory's descriptor is
	 * a new capability. ENOTSUP for sockets and devices; a FIFO is never
	 * waited for. A descriptor for writing needs FD_WRITE among the
	 * inheriting rights, whichever right of writing was asked for; one
	 * below a directory without FD_READ there cannot be read at all. */
	BROKER_OPEN = 1,
	BROKER_CREATE_DIRECTORY, /* path1 */
	/* path1 below this capability, path2 below the one that `ticket`
	 * names (all zero: this one); lookup_flags apply to path1. */
	BROKER_LINK,
	BROKER_RENAME,    /* as BROKER_LINK */
	BROKER_READDIR,   /* cookie, data_len -> cloudabi_dirent_t records */
	BROKER_READLINK,  /* path1, data_len -> text, cut at data_len */
	BROKER_STAT_FGET, /* -> cloudabi_filestat_t of the directory */
	BROKER_STAT_FPUT, /* fsflags, atim, mtim: of the directory */
	BROKER_STAT_GET,  /* path1, lookup_flags -> cloudabi_filestat_t */
	BROKER_STAT_PUT,  /* path1, lookup_flags, fsflags, atim, mtim */
	BROKER_SYMLINK,   /* path1 = target text, path2 = new name here */
	BROKER_UNLINK,    /* path1, ulflags */
	BROKER_SYNC,      /* fsync of the directory */
	/* A new capability for the same directory with rights_*, which must
	 * not exceed this one's. Reply: descriptor, filetype, rights_*. */
	BROKER_CLONE,
	/* -> BROKER_TICKET_LEN random bytes that let one later BROKER_LINK
	 * or BROKER_RENAME on another capability name this one. Each
	 * capability has at most one outstanding ticket; it is used up by
	 * the first request that presents it. */
	BROKER_TICKET,
};

#define BROKER_TICKET_LEN 16

struct broker_request {
	uint32_t op;           /* enum broker_op */
	uint32_t lookup_flags; /* CLOUDABI_LOOKUP_* */
	uint16_t oflags;       /* CLOUDABI_O_* */
	uint16_t fdflags;      /* CLOUDABI_FDFLAG_* */
	uint16_t fsflags;      /* CLOUDABI_FILESTAT_* */
	uint8_t ulflags;       /* CLOUDABI_UNLINK_* */
	uint8_t padding;
	uint64_t rights_base;
	uint64_t rights_inheriting;
	uint64_t cookie;
	uint64_t atim; /* ns since the epoch */
	uint64_t mtim;
	uint8_t ticket[BROKER_TICKET_LEN];
	uint32_t data_len; /* largest data wanted, <= BROKER_DATA_MAX */
	uint32_t path1_len;
	uint32_t path2_len;
	uint32_t thread; /* who asks; for records only */
};

/* Followed by data_len bytes. At most one descriptor is attached. */
struct broker_reply {
	uint32_t error;    /* CLOUDABI_E*; 0 on success */
	uint32_t filetype; /* CLOUDABI_FILETYPE_* */
	uint64_t rights_base;
	uint64_t rights_inheriting;
	uint32_t data_len;
	uint32_t padding;
};

_Static_assert(sizeof(struct start_fd) == 24, "start_fd");
_Static_assert(sizeof(struct start_block) == 40, "start_block");
_Static_assert(sizeof(struct start_result) == 128, "start_result");
_Static_assert(sizeof(struct broker_name) == 56, "broker_name");
_Static_assert(sizeof(struct broker_request) == 88, "broker_request");
_Static_assert(sizeof(struct broker_reply) == 32, "broker_reply");

#endif
