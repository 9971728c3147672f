/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A mistake in the broker: a request of a certain kind makes it do whatever
 * system call the guest asks for, as if somebody had taken it over. The linker
 * puts this in front of the broker's own functions (--wrap), so that nothing
 * of it is in the broker itself.
 *
 * The program's name says what is left out, for comparison: whatever ends in
 * "bare" enters neither barrier, "landlock" and "seccomp" only the one.
 */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../../broker/broker.h"

#define PLANTED_OP 0x5eed

/* What follows the head of such a request; then bytes for the arena. */
struct planted {
	int64_t number; /* -1: none, to look at the arena only */
	int64_t arguments[6];
};

static unsigned char arena[BROKER_DATA_MAX];

void __real_dir_serve(struct capability *capability, const unsigned char *frame,
		      size_t len, struct reply *reply);
void __wrap_dir_serve(struct capability *capability, const unsigned char *frame,
		      size_t len, struct reply *reply);
void __real_landlock_enter(int ruleset);
void __wrap_landlock_enter(int ruleset);
void __real_seccomp_enter(const struct guest *guest, int threads_fd);
void __wrap_seccomp_enter(const struct guest *guest, int threads_fd);

static bool has(const char *barrier)
{
	const char *name = program_invocation_short_name;
	size_t len = strlen(name), end = strlen(barrier);

	return len < end || strcmp(name + len - end, barrier) != 0;
}

static long perform(const struct planted *planted)
{
	const int64_t *a = planted->arguments;
	long result;

	if (planted->number == -1)
		return 0;
	result = syscall(planted->number, a[0], a[1], a[2], a[3], a[4], a[5]);
	return result == -1 ? -errno : result;
}

/* The reply says the result, where the arena is, and what is in it. */
void __wrap_dir_serve(struct capability *capability, const unsigned char *frame,
		      size_t len, struct reply *reply)
{
	const size_t head = sizeof(struct broker_request);
	struct planted planted;
	uint32_t op;

	memcpy(&op, frame, sizeof(op));
	if (op != PLANTED_OP || len < head + sizeof(planted)) {
		__real_dir_serve(capability, frame, len, reply);
		return;
	}
	memcpy(&planted, frame + head, sizeof(planted));
	memcpy(arena, frame + head + sizeof(planted),
	       len - head - sizeof(planted));
	reply->fd = -1;
	reply->head = (struct broker_reply){
		.rights_base = (uint64_t)perform(&planted),
		.rights_inheriting = (uintptr_t)arena,
		.data_len = 4096,
	};
	memcpy(reply->data, arena, reply->head.data_len);
}

void __wrap_landlock_enter(int ruleset)
{
	if (has("bare") && has("seccomp"))
		__real_landlock_enter(ruleset);
}

void __wrap_seccomp_enter(const struct guest *guest, int threads_fd)
{
	if (has("bare") && has("landlock"))
		__real_seccomp_enter(guest, threads_fd);
}
