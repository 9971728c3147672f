/* SPDX-License-Identifier: BSD-2-Clause */
/* Refusals that are the library's own, bottom/program_notes.c. */

#ifndef NOTES_H
#define NOTES_H

#include <cloudabi.h>
#include <cloudabi_syscalls.h>
#include <features.h>

/* The numbers of the calls. */
enum abi_call {
#define X(name) CALL_##name,
	CLOUDABI_SYSCALLS(X)
#undef X
};

/*
 * Returns ENOTCAPABLE. If somebody traces the program, it is noted that this
 * call, which would have been made for the path, is not even possible.
 * path: NULL if it is not about a path.
 */
hidden cloudabi_errno_t __refuse(enum abi_call call, const char *path);

#endif
