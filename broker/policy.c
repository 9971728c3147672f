/* SPDX-License-Identifier: BSD-2-Clause */
/* Forbidden calls: which one it was that a guest is ended for. */

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "broker.h"

/*
 * The guest's filter does not kill for a call that it knows nothing of, but
 * asks whoever holds its listener, which the runtime hands over before it looks
 * at anything that comes from the program. Nothing gets weaker by that:
 *
 * - The kernel makes such a call only if it is told SECCOMP_USER_NOTIF_FLAG_
 *   CONTINUE. We never answer at all; our own filter lets SECCOMP_IOCTL_NOTIF_
 *   RECV through and nothing that could answer.
 * - Until we have killed the guest the calling thread waits, in the kernel. Its
 *   other threads go on with what they may do anyway.
 * - If we die, the guest is killed with us; until then such calls fail.
 * - A guest in whose filter there is no listener, because the kernel cannot, or
 *   because there is one around us already, is killed by the kernel itself.
 * - What the filter judges by architecture, and what later stages take away, is
 *   for the kernel to kill in any case.
 * - A listener does not come a second time, and never from a program: it has
 *   no socket that leads here.
 */

/* Newer kernels may have more to say. */
union notification {
	struct seccomp_notif known;
	unsigned char room[512];
};

static int listener;

#define HOST_CALL(name, number) [number] = #name,
static const char *const own_calls[] = {
#include "host_calls.inc"
};
#ifdef __x86_64__
static const char *const i686_calls[] = {
#include "host_calls_32.inc"
};
#endif
#undef HOST_CALL

/* Of the machines whose programs this one runs, by the kernel's word. */
static const struct {
	uint32_t machine;
	const char *const *names;
	size_t len;
} tables[] = {
#define TABLE(machine, names)                                                  \
	{                                                                      \
		machine, names, sizeof(names) / sizeof(*(names))               \
	}
#ifdef __x86_64__
	TABLE(AUDIT_ARCH_X86_64, own_calls),
	TABLE(AUDIT_ARCH_I386, i686_calls),
#elif defined(__i386__)
	TABLE(AUDIT_ARCH_I386, own_calls),
#elif defined(__aarch64__)
	TABLE(AUDIT_ARCH_AARCH64, own_calls),
#elif defined(__arm__)
	TABLE(AUDIT_ARCH_ARM, own_calls),
#endif
};

static const char *host_call_name(uint32_t machine, unsigned number)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (tables[i].machine == machine && number < tables[i].len &&
		    tables[i].names[number] != NULL)
			return tables[i].names[number];
	return "";
}

void policy_start(int fd)
{
	listener = fd;
	if (serve_watch(fd, WATCH_POLICY) != 0)
		die(EXIT_SETUP, "cannot watch the program's calls");
}

void policy_take(struct guest *guest, bool is_over)
{
	union notification call = {0};
	unsigned number;

	if (is_over) {
		close(listener); /* which also ends the watch */
		return;
	}
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) {
		/* Who asked may be gone by now. */
		if (errno != ENOENT && errno != EINTR)
			die(EXIT_SETUP, "cannot learn of forbidden calls");
		return;
	}
	number = (unsigned)call.known.data.nr;
	guest_condemn(
		guest,
		(struct ending){ENDED_POLICY, (int)number,
				host_call_name(call.known.data.arch, number)});
}
