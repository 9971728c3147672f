/* SPDX-License-Identifier: BSD-2-Clause */
/* What all attempts share: how they are named, made and answered. */

/*
 * One program, built from these files for each machine and twice: as a
 * CloudABI executable, to be refused, and as a static Linux executable, to
 * show that the attempts work where nothing confines them. A probe that cannot
 * succeed unconfined proves nothing. Nobody relocates pointers for it, so
 * there are no tables of them.
 */

#ifndef ESCAPE_PROBE_H
#define ESCAPE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/sched.h>

#include "raw.h"

/* Of i686's calls of one name, the ones that runtimes use today. */
#ifdef __i386__
#undef __NR_fcntl
#define __NR_fcntl __NR_fcntl64
#undef __NR_ftruncate
#define __NR_ftruncate __NR_ftruncate64
#undef __NR_ppoll
#define __NR_ppoll __NR_ppoll_time64
#endif

/* The descriptors that run.py hands in, of both worlds. */
enum held {
#ifdef __CloudABI__
	OUTPUT,
#else
	OUTPUT = 1,
	BEFORE_OTHERS,
#endif
	TREE,     /* a directory, for reading */
	ROOM,     /* one below it, for writing as well */
	FILE_FD,  /* a file, open for reading */
	LISTENER, /* a TCP socket: listening, on Linux unconnected */
	PEER,     /* a UNIX stream socket, connected to run.py */
	TERMINAL, /* a pseudo terminal, open for both */
	HELD_END,
};

/* The words that run.py passes, in this order; the first is the name. */
enum word {
	WORD_NAME,
	WORD_FOLDER,    /* the host's tree */
	WORD_PROCESS,   /* an unconfined process that must not be reached */
	WORD_NEIGHBOUR, /* the program in another sandbox */
	WORD_TCP,       /* ports where nobody must come */
	WORD_UDP,
	WORD_KEY, /* of objects that must not be made; unique */
	WORDS,
	WORDS_MAX = 9, /* of modes */
};

/* Where both processes have a page with the secret. */
#define SECRET_AT 0x20000000ul
#define SECRET_LEN 32

/* What an attempt does to the host, as canaries see it; names for run.py. */
#define OUTSIDE "outside"     /* changes below FOLDER, but not TREE */
#define READONLY "readonly"   /* changes TREE outside ROOM */
#define SECRET "secret"       /* the output holds the secret */
#define NETWORK "network"     /* somebody comes to the TCP port */
#define UDP "udp"             /* or to the other one */
#define UNIX "unix"           /* to FOLDER/outside/socket */
#define ABSTRACT "abstract"   /* or to the abstract one */
#define SIGNAL "signal"       /* WORD_PROCESS gets a signal */
#define NEIGHBOUR "neighbour" /* WORD_NEIGHBOUR is no more, or not itself */
#define MEMORY "memory"       /* WORD_PROCESS's page is another */
#define TYPED "typed"         /* somebody types at the terminal */
#define TERMIOS "terminal"    /* its settings change */
#define OBJECT "object"       /* there is a System V object with the key */
#define MOUNTED "mounted"     /* the host's mounts change */
/* Only the call says that it has worked. */
#define RESULT "result"
/* It gets so far that the kernel looks at what makes no sense. */
#define REACHES(errno) "errno " #errno
/* Nothing but what happens to the host and to the neighbour is judged. */
#define WATCHED "watched"
/* Put after another one: hosts may refuse that to anybody. */
#define MAYBE "?"

/* `attempt` gives a negative errno, or what else a call returns. The class is
 * the row of docs/security.md. */
#define PROBE(proof, class, name, attempt)                                     \
	do {                                                                   \
		if (selects(proof, class, name))                               \
			answer((long)(attempt));                               \
	} while (0)

#define CALL6(nr, a, b, c, d, e, f, ...)                                       \
	raw6(__NR_##nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), \
	     (long)(f))
#define CALL(...) CALL6(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

#if __SIZEOF_POINTER__ == 4
#define NR_MMAP __NR_mmap2
#else
#define NR_MMAP __NR_mmap
#endif
#define MMAP(addr, len, prot, flags, fd)                                       \
	raw6(NR_MMAP, (long)(addr), len, prot, flags, fd, 0)
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)

struct vector {
	const void *base;
	size_t len;
};

/* No compiler makes that a constant, which would have to be relocated. */
static inline struct vector vector_of(const void *base, size_t len)
{
	__asm__("" : "+r"(base));
	return (struct vector){base, len};
}

/* core.c */

/* Everything that is named from here on gets a name of two parts. */
void begin_group(const char *prefix);
bool selects(const char *proof, int class, const char *name);
_Noreturn void answer(long result);
void say(const char *text);
/* Lets the output have a secret, if the memory can be read. */
long say_memory(const void *bytes, size_t len);
/* The same from a descriptor, which is passed on if it is an error. */
long spill(long fd);
const char *word(enum word index);
long word_number(enum word index);
/* The process's number, for which a sandbox may not let one ask. */
long own_id(void);
/* Waits for a while, or for input; what poll() returns. */
long wait(long fd, long ms);
/* A path below FOLDER; valid until the fourth later call. */
const char *at(const char *path);
/* Whether the address is an error. */
static inline bool is_error(long result)
{
	return (unsigned long)result > -4096ul;
}
/* 0 for an address, which may look like a negative number. */
static inline long made(long result)
{
	return is_error(result) ? result : 0;
}
/* The second result, and the second call, only if the first has worked. */
#define then(first, second)                                                    \
	({                                                                     \
		long first_ = (long)(first);                                   \
		is_error(first_) ? first_ : (long)(second);                    \
	})
/* Errors of the broker's are told from those of the host's kernel. */
#define BROKER_ERROR(error) (-1000l - (long)(error))
/* A process that ends at once, if the call makes one. */
long leave_child(long pid);
void *memcpy(void *to, const void *from, size_t len);
void *memset(void *bytes, int value, size_t len);
size_t length(const char *text);

#define PROCESS word_number(WORD_PROCESS)
#define NEIGHBOUR_PID word_number(WORD_NEIGHBOUR)

/* The topics, one file each; those of a machine are in raw_<arch>.c. */
#define TOPICS(X)                                                              \
	X(fs)                                                                  \
	X(reopen)                                                              \
	X(paths)                                                               \
	X(rights)                                                              \
	X(frames)                                                              \
	X(forged)                                                              \
	X(net)                                                                 \
	X(ipc)                                                                 \
	X(proc)                                                                \
	X(memory)                                                              \
	X(kernel)                                                              \
	X(terminal)                                                            \
	X(leaks)                                                               \
	X(bombs)                                                               \
	X(machine)

#define DECLARE(topic) void topic##_probes(void);
TOPICS(DECLARE)
#undef DECLARE

#endif
