/* SPDX-License-Identifier: BSD-2-Clause */
/* How a program starts, and what it knows of itself. */

#ifndef PROGRAM_H
#define PROGRAM_H

#include <argdata.h>
#include <stddef.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The program. Its argument names every descriptor that it has and means.
 * It ends by exit(). A program that defines main() instead gets arguments
 * only if the data that it is given are strings.
 */
_Noreturn void program_main(const argdata_t *);

/* The argument in its encoded form; both live as long as the process. */
void program_get_raw_argdata(const void **, size_t *);

/* A UUID in lower case that no other process has; empty if there is none. */
const char *program_getpid(void);

/*
 * Runs the program that a descriptor with PROC_EXEC stands for, with the data,
 * in place of this one. Each descriptor in the data becomes one of the new
 * program's: they are numbered from 0, in the order in which they come first,
 * with the rights that they have. Everything else is gone with this program.
 * Returns only if that fails: the number of an error.
 */
int program_exec(int, const argdata_t *);

/*
 * The same in a process of its own, beside this one. Returns a descriptor of
 * the process, or -1 with errno. When nobody has the descriptor or a copy of
 * it any more the process is killed. It can be waited for with poll(), too:
 * it is ready for reading when the process has ended.
 */
int program_spawn(int, const argdata_t *);

/*
 * Makes a second process, a copy of this one with the calling thread alone.
 * Returns 1 in the copy; here 0 and, through the pointer, a descriptor of the
 * process as above, or -1 with errno. What other threads have locked in the
 * copy stays locked, but for what this library itself keeps.
 */
int program_fork(int *);

struct program_end {
	int signal; /* what has killed it, a SIG* of <signal.h>, or 0 */
	int status; /* what it gave to exit(), of which 8 bits remain */
};

/*
 * Waits so many milliseconds, or for ever if that is negative, until the
 * process of a descriptor has ended. Returns 1 if it has, which remains so, 0
 * if it has not, and -1 with errno.
 */
int program_wait(int, struct program_end *, int);

/*
 * Connects stdin, stdout or stderr with a descriptor; -1 disconnects it. They
 * start without one: writing is discarded and reading finds the end of file.
 * Output that is still buffered goes where it went so far. Closing the stream
 * closes the descriptor. Returns 0, or EOF with errno.
 */
int program_set_stream(FILE *, int);

/*
 * While somebody traces the program, the function is called in each thread
 * whose call was refused, before that call returns; errno stays as it is. It
 * may be called at any place that a system call is made from, so it must not
 * allocate memory, wait for anything or use streams. NULL calls nothing.
 */
void program_on_denied(void (*)(void));

/*
 * Tells a trace which line of the program the last refused call of this thread
 * comes from: file, line, function. Does nothing if nobody traces the program.
 */
void program_note_line(const char *, unsigned, const char *);

#ifdef __cplusplus
}
#endif

#endif
