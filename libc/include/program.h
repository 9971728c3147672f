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
