/* SPDX-License-Identifier: BSD-2-Clause */
/* Notes on the calls of a traced program. */

#include "trace.h"

#include "host.h"
#include "process.h"
#include "thread.h"

enum {
#define X(name) CALL_##name,
	CLOUDABI_SYSCALLS(X)
#undef X
};

static struct cloudabi_notes notes = {.fd = CLOUDABI_NOTE_NO_FD};

/* By the number that a descriptor had at the start. */
static bool used[START_FDS_MAX];

/* Bits by enum cloudabi_note_limit. */
static uint32_t reached;

static uint32_t origin_of(cloudabi_fd_t fd)
{
	return fd < START_FDS_MAX && fdtable[fd].origin != 0 ?
		       fdtable[fd].origin - 1u :
		       CLOUDABI_NOTE_NO_FD;
}

/* The broker notices itself what is done with directories. */
void trace_init(uint32_t notes_fd)
{
	if (notes_fd == CLOUDABI_NOTE_NO_FD)
		return;
	notes.fd = notes_fd;
	fdtable_set_aside(notes_fd, CLOUDABI_RIGHT_FD_WRITE);
	for (uint32_t fd = 0; fd < notes_fd; fd++) {
		if (fdtable_is_directory(fd) && origin_of(fd) < ARRAY_LEN(used))
			used[origin_of(fd)] = true;
	}
}

struct cloudabi_notes *trace_notes(void)
{
	return notes.fd == CLOUDABI_NOTE_NO_FD ? NULL : &notes;
}

/* The socket does not block: what finds no room is lost, and so is a note with
 * a path that leads nowhere. */
static void write_note(struct cloudabi_note note, const struct place *place)
{
	const cloudabi_ciovec_t iovs[] = {
		{&note, sizeof(note)},
		{place->path, MIN(place->path_len, CLOUDABI_NOTE_TEXT_MAX)},
	};

	if (notes.fd == CLOUDABI_NOTE_NO_FD)
		return;
	note.thread = arch_thread()->tid;
	note.texts_len[0] = iovs[1].buf_len;
	host_writev(notes.fd, iovs, ARRAY_LEN(iovs));
}

static const struct place nowhere = {.fd = CLOUDABI_NOTE_NO_FD};

static const struct place *find_place(const struct call *call, cloudabi_fd_t fd)
{
	for (size_t i = 0; i < ARRAY_LEN(call->places); i++) {
		if (call->places[i].fd == fd)
			return &call->places[i];
	}
	return &nowhere;
}

cloudabi_errno_t trace_refuse(cloudabi_errno_t error, cloudabi_fd_t fd,
			      cloudabi_rights_t lacking)
{
	struct thread *self = arch_thread();

	if (self->call == NULL)
		return error;
	self->denied = true;
	write_note(
		(struct cloudabi_note){
			.kind = CLOUDABI_NOTE_DENIED,
			.call = self->call->number,
			.error = error,
			.fd = origin_of(fd),
			.rights = lacking & CLOUDABI_RIGHTS_ALL,
		},
		find_place(self->call, fd));
	return error;
}

cloudabi_errno_t trace_answer(cloudabi_errno_t error)
{
	if (error == CLOUDABI_ENOTCAPABLE || error == CLOUDABI_EACCES ||
	    error == CLOUDABI_EPERM || error == CLOUDABI_EROFS)
		arch_thread()->denied = true;
	return error;
}

void trace_use(cloudabi_fd_t fd)
{
	uint32_t origin = origin_of(fd);

	if (notes.fd == CLOUDABI_NOTE_NO_FD || origin == CLOUDABI_NOTE_NO_FD ||
	    __atomic_load_n(&used[origin], __ATOMIC_RELAXED) ||
	    __atomic_exchange_n(&used[origin], true, __ATOMIC_RELAXED))
		return;
	write_note(
		(struct cloudabi_note){
			.kind = CLOUDABI_NOTE_USED,
			.fd = origin,
		},
		&nowhere);
}

void trace_limit(enum cloudabi_note_limit limit)
{
	uint32_t bit = 1u << limit;

	if (__atomic_fetch_or(&reached, bit, __ATOMIC_RELAXED) & bit)
		return;
	write_note(
		(struct cloudabi_note){
			.kind = CLOUDABI_NOTE_LIMIT,
			.fd = CLOUDABI_NOTE_NO_FD,
			.number = limit,
		},
		&nowhere);
}

cloudabi_errno_t trace_exhaustion(void)
{
	if (process.start_flags & START_NO_MEMORY_FILES)
		trace_limit(CLOUDABI_NOTE_LIMIT_MEMORY);
	return CLOUDABI_ENOMEM;
}

/* To look at a descriptor, to copy it or to give it up is no use of it: that
 * happens to the standard streams of programs that never touch them. */
static bool is_use(uint16_t call)
{
	switch (call) {
	case CALL_fd_close:
	case CALL_fd_dup:
	case CALL_fd_replace:
	case CALL_fd_seek:
	case CALL_fd_stat_get:
	case CALL_fd_stat_put:
	case CALL_file_stat_fget:
		return false;
	default:
		return true;
	}
}

static void begin(const struct call *call)
{
	struct thread *self = arch_thread();

	self->call = call;
	self->denied = false;
	for (size_t i = 0; is_use(call->number) && i < ARRAY_LEN(call->places);
	     i++)
		trace_use(call->places[i].fd);
}

/* The program's function makes calls itself, which do not bring it here. */
static void tell_program(struct thread *self)
{
	void (*on_denied)(void) =
		__atomic_load_n(&notes.on_denied, __ATOMIC_ACQUIRE);

	if (on_denied == NULL || self->telling)
		return;
	self->telling = true;
	on_denied();
	self->telling = false;
}

static cloudabi_errno_t end(cloudabi_errno_t error)
{
	struct thread *self = arch_thread();

	self->call = NULL;
	if (error == CLOUDABI_EMFILE)
		trace_limit(CLOUDABI_NOTE_LIMIT_FILES);
	if (error == CLOUDABI_EFBIG)
		trace_limit(CLOUDABI_NOTE_LIMIT_FILE_SIZE);
	if (self->denied)
		tell_program(self);
	return error;
}

#define TRACED(name, PARAMETERS, ARGUMENTS, place1, place2)                    \
	cloudabi_errno_t traced_##name PARAMETERS                              \
	{                                                                      \
		const struct call call = {CALL_##name, {place1, place2}};      \
                                                                               \
		begin(&call);                                                  \
		return end(sys_##name ARGUMENTS);                              \
	}
#define TRACED_NORETURN(name, PARAMETERS, ARGUMENTS)                           \
	_Noreturn void traced_##name PARAMETERS                                \
	{                                                                      \
		sys_##name ARGUMENTS;                                          \
		__builtin_unreachable();                                       \
	}
#define AT_PATH(fd, path, path_len)                                            \
	(struct place)                                                         \
	{                                                                      \
		fd, path, path_len                                             \
	}
#define AT(fd) AT_PATH(fd, NULL, 0)
#define NOWHERE AT(CLOUDABI_NOTE_NO_FD)
#include "trace.inc"
