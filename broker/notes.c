/* SPDX-License-Identifier: BSD-2-Clause */
/* What a traced guest says about itself: shown, never believed. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker.h"

/* More than that, from one run, are not even read. */
#define NOTES_MAX 100000

#define TEXTS 2

struct note {
	struct cloudabi_note head;
	struct text texts[TEXTS];
};

static int notes = -1;
static int kept = -1;
static unsigned taken;

int notes_open(void)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		die(EXIT_SETUP, "socketpair failed: %s", strerror(errno));
	/* The guest does not wait for us either. */
	if (fcntl(ends[1], F_SETFL, O_NONBLOCK) != 0 ||
	    serve_watch(ends[0], WATCH_NOTES) != 0)
		die(EXIT_SETUP, "cannot watch the program's notes");
	notes = ends[0];
	return ends[1];
}

int notes_keep(int end)
{
	kept = end;
	return end;
}

int notes_kept(void)
{
	return kept;
}

static void close_notes(void)
{
	close(notes); /* which also ends the watch */
	notes = -1;
	record_lose();
}

/* The texts, if the packet is exactly that long. */
static bool split(const unsigned char *packet, size_t len, struct note *note)
{
	size_t at = sizeof(note->head);

	if (len < at)
		return false;
	memcpy(&note->head, packet, at);
	for (size_t i = 0; i < TEXTS; i++) {
		size_t text_len = note->head.texts_len[i];

		if (text_len > CLOUDABI_NOTE_TEXT_MAX || text_len > len - at)
			return false;
		note->texts[i] = (struct text){
			text_len != 0 ? (const char *)packet + at : NULL,
			text_len,
		};
		at += text_len;
	}
	return at == len;
}

static bool take_denied(const struct note *note)
{
	const struct cloudabi_note *head = &note->head;
	const struct denial denial = {
		.thread = head->thread,
		.call = head->call,
		.descriptor = trace_knows(head->fd) ? (int)head->fd : -1,
		.path = note->texts[0],
		.rights = head->rights,
		.error = head->error,
	};

	if (call_name(head->call) == NULL || error_name(head->error) == NULL ||
	    (head->rights & ~CLOUDABI_RIGHTS_ALL) != 0 ||
	    note->texts[1].len != 0)
		return false;
	trace_denied(TRACE_PROGRAM, &denial);
	return true;
}

static bool take_line(const struct note *note)
{
	static const struct text empty = {"", 0};
	struct text file = note->texts[0], function = note->texts[1];

	record_line(note->head.thread, note->head.number,
		    file.len != 0 ? file : empty,
		    function.len != 0 ? function : empty);
	return true;
}

static bool take_used(const struct note *note)
{
	if (!trace_knows(note->head.fd) || note->texts[0].len != 0 ||
	    note->texts[1].len != 0)
		return false;
	trace_used((int)note->head.fd);
	return true;
}

static bool take_limit(const struct note *note)
{
	static const char *const names[] = {
		[CLOUDABI_NOTE_LIMIT_MEMORY] = "memory",
		[CLOUDABI_NOTE_LIMIT_THREADS] = "threads",
		[CLOUDABI_NOTE_LIMIT_FILES] = "files",
		[CLOUDABI_NOTE_LIMIT_FILE_SIZE] = "file_size",
		[CLOUDABI_NOTE_LIMIT_PROCESSES] = "processes",
	};
	uint32_t limit = note->head.number;

	if (limit >= sizeof(names) / sizeof(names[0]) || names[limit] == NULL ||
	    note->texts[0].len != 0 || note->texts[1].len != 0)
		return false;
	record_reached(names[limit]);
	return true;
}

bool notes_judge(const unsigned char *packet, size_t len)
{
	struct note note;

	if (!split(packet, len, &note))
		return false;
	switch (note.head.kind) {
	case CLOUDABI_NOTE_DENIED:
		return take_denied(&note);
	case CLOUDABI_NOTE_LINE:
		return take_line(&note);
	case CLOUDABI_NOTE_USED:
		return take_used(&note);
	case CLOUDABI_NOTE_LIMIT:
		return take_limit(&note);
	default:
		return false;
	}
}

/* Whether there was one. */
static bool take_packet(void)
{
	static unsigned char packet[sizeof(struct cloudabi_note) +
				    TEXTS * CLOUDABI_NOTE_TEXT_MAX];
	ssize_t len =
		recv(notes, packet, sizeof(packet), MSG_DONTWAIT | MSG_TRUNC);

	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (len <= 0) {
		close(notes);
		notes = -1;
	} else if ((size_t)len > sizeof(packet) || ++taken > NOTES_MAX ||
		   !notes_judge(packet, (size_t)len)) {
		close_notes();
	}
	return true;
}

/* One at a time, so that nobody else has to wait for a flood of them. */
void notes_take(void)
{
	if (notes != -1)
		take_packet();
}

void notes_finish(void)
{
	while (notes != -1 && take_packet())
		;
}
