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

#ifdef __cplusplus
}
#endif

#endif
