/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a traced program's calls come to, told to the broker.
 *
 * Only a traced program gets the calls named traced_NAME in place of sys_NAME.
 * They note what they are before they begin, so that the places where calls
 * fail need to say no more than why. All others do not pay for any of this.
 */

#ifndef RUNTIME_TRACE_H
#define RUNTIME_TRACE_H

#include <cloudabi_notes.h>

#include "fdtable.h"
#include "sys.h"

/* A descriptor that a call gets, and the path that starts there, if any. */
struct place {
	cloudabi_fd_t fd;
	const char *path;
	size_t path_len;
};

/* A call at work. */
struct call {
	uint16_t number;
	struct place places[2];
};

#define DISPATCH(number, name) __typeof__(cloudabi_sys_##name) traced_##name;
#define DISPATCH_NONE(number, name)
#include "dispatch.inc"

/* Preconditions: the table of descriptors is filled. */
void trace_init(uint32_t notes_fd);

/* What the program learns of this; NULL if it is not traced. */
struct cloudabi_notes *trace_notes(void);

/*
 * Notes that the call is refused and returns the error. fd is what lacks the
 * rights, or CLOUDABI_NOTE_NO_FD.
 */
cloudabi_errno_t trace_refuse(cloudabi_errno_t error, cloudabi_fd_t fd,
			      cloudabi_rights_t lacking);

/* Passes on the broker's answer to a call. Refusals are on its record. */
cloudabi_errno_t trace_answer(cloudabi_errno_t error);

/* Notes the first use of a descriptor that was there at the start. */
void trace_use(cloudabi_fd_t fd);

/* Notes, once, that a limit makes calls fail. */
void trace_limit(enum cloudabi_note_limit limit);

/* Returns ENOMEM; a note says so if memory is limited. */
cloudabi_errno_t trace_exhaustion(void);

#endif
