/* SPDX-License-Identifier: BSD-2-Clause */
/* What a traced program tells about calls that were refused. */

#include <cloudabi_notes.h>
#include <program.h>
#include <string.h>

#include "cloudabi_impl.h"
#include "notes.h"
#include "pthread_impl.h"

static void (*volatile program_hook)(void);

/* The end of a text that has to be cut must not be half a character of UTF-8:
 * bytes that continue one go, and then its first byte. */
static size_t text_len(const char *text)
{
	size_t len = strnlen(text, CLOUDABI_NOTE_TEXT_MAX + 1);

	if (len <= CLOUDABI_NOTE_TEXT_MAX)
		return len;
	do {
		--len;
	} while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80);
	return len;
}

/* The socket does not block: what finds no room is lost. */
static void write_note(struct cloudabi_note note, const char *text1,
		       const char *text2)
{
	const cloudabi_ciovec_t iovs[] = {
		{&note, sizeof(note)},
		{text1, text_len(text1)},
		{text2, text_len(text2)},
	};
	size_t len;

	if (__system_facts.notes == NULL)
		return;
	note.thread = __pthread_self()->tid;
	note.texts_len[0] = (uint16_t)iovs[1].buf_len;
	note.texts_len[1] = (uint16_t)iovs[2].buf_len;
	cloudabi_sys_fd_write(__system_facts.notes->fd, iovs, 3, &len);
}

static void call_hook(void)
{
	int saved = errno;
	void (*hook)(void) = program_hook;

	if (hook != NULL)
		hook();
	errno = saved;
}

cloudabi_errno_t __refuse(enum abi_call call, const char *path)
{
	if (__system_facts.notes == NULL)
		return ENOTCAPABLE;
	write_note(
		(struct cloudabi_note){
			.kind = CLOUDABI_NOTE_DENIED,
			.call = (uint16_t)call,
			.error = ENOTCAPABLE,
			.fd = CLOUDABI_NOTE_NO_FD,
		},
		path == NULL ? "" : path, "");
	call_hook();
	return ENOTCAPABLE;
}

void program_on_denied(void (*hook)(void))
{
	struct cloudabi_notes *notes = __system_facts.notes;

	if (notes == NULL)
		return;
	program_hook = hook;
	__atomic_store_n(&notes->on_denied, call_hook, __ATOMIC_RELEASE);
}

void program_note_line(const char *file, unsigned line, const char *function)
{
	write_note(
		(struct cloudabi_note){
			.kind = CLOUDABI_NOTE_LINE,
			.fd = CLOUDABI_NOTE_NO_FD,
			.number = line,
		},
		file, function);
}
