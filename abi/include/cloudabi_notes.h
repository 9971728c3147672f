/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest tells about itself while somebody traces it. */

#ifndef CLOUDABI_NOTES_H
#define CLOUDABI_NOTES_H

#include <stdint.h>

/*
 * No part of the ABI. A traced guest holds one more descriptor, a
 * SOCK_SEQPACKET socket for writing. The runtime and the C library write
 * packets to it: struct cloudabi_note, then `texts_len[0]` and `texts_len[1]`
 * bytes. They are the guest's own words, which whoever reads them may show but
 * not believe.
 *
 * The auxiliary vector of a traced guest has the address of this structure
 * under AT_CLOUDABI_NOTES.
 */
#define AT_CLOUDABI_NOTES 0x6e6f7465

struct cloudabi_notes {
	/* The socket. Nothing can be done with it but writing. */
	uint32_t fd;
	/* The program's to set: the runtime calls it in each thread after a
	 * call was refused, here or by the broker, before that call returns.
	 * The function may make calls; if they are refused it is not called. */
	void (*on_denied)(void);
};

enum cloudabi_note_kind {
	/* A call was refused by the runtime: thread, call, error, fd, rights
	 * (those that lack; 0 if it is no matter of rights); the first text is
	 * the path, if the call has one. */
	CLOUDABI_NOTE_DENIED = 1,
	/* What the thread's last refused call, here or at the broker, came
	 * from: number is the line, the texts are file and function. */
	CLOUDABI_NOTE_LINE,
	/* fd, which was there at the start, is used for the first time. */
	CLOUDABI_NOTE_USED,
	/* A limit made a call fail: number is enum cloudabi_note_limit. */
	CLOUDABI_NOTE_LIMIT,
};

enum cloudabi_note_limit {
	CLOUDABI_NOTE_LIMIT_MEMORY = 1,
	CLOUDABI_NOTE_LIMIT_THREADS,
	CLOUDABI_NOTE_LIMIT_FILES,
	CLOUDABI_NOTE_LIMIT_FILE_SIZE,
	CLOUDABI_NOTE_LIMIT_PROCESSES,
};

#define CLOUDABI_NOTE_NO_FD UINT32_MAX
#define CLOUDABI_NOTE_TEXT_MAX 4096

struct cloudabi_note {
	uint32_t kind;   /* enum cloudabi_note_kind */
	uint32_t thread; /* cloudabi_tid_t */
	uint16_t call;   /* number of the ABI call */
	uint16_t error;  /* CLOUDABI_E* */
	uint32_t fd;     /* or CLOUDABI_NOTE_NO_FD */
	uint64_t rights; /* CLOUDABI_RIGHT_* */
	uint32_t number;
	uint16_t texts_len[2]; /* bytes, each <= CLOUDABI_NOTE_TEXT_MAX */
};

_Static_assert(sizeof(struct cloudabi_note) == 32, "cloudabi_note");

#endif
