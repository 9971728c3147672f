/* SPDX-License-Identifier: BSD-2-Clause */
/* Forbidden calls: which one it was that a guest is ended for. */

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "broker.h"
#include "control.h"

/*
 * The guest's filter does not kill for a call that it knows nothing of, but
 * asks whoever holds its listener, which the runtime hands over before it looks
 * at anything that comes from the program. Nothing gets weaker by that:
 *
 * - The kernel makes such a call only if it is told SECCOMP_USER_NOTIF_FLAG_
 *   CONTINUE. We never answer at all; our own filter lets SECCOMP_IOCTL_NOTIF_
 *   RECV through and nothing that could answer.
 * - Unless there may be several processes. Then two calls are answered so:
 *   the clone() of a process that has been promised, and a prctl() by which a
 *   process ends with us. What is judged are the values of registers, of which
 *   the kernel has a copy that it then goes by: no other thread can change
 *   them in between. All else is as above.
 * - Until we have killed the guest the calling thread waits, in the kernel. Its
 *   other threads go on with what they may do anyway.
 * - If we die, the guest is killed with us; until then such calls fail.
 * - A guest in whose filter there is no listener, because the kernel cannot, or
 *   because there is one around us already, is killed by the kernel itself.
 * - What the filter judges by architecture, and what later stages take away, is
 *   for the kernel to kill in any case.
 * - A listener comes once from each runtime, and never from a program: it has
 *   no socket that leads here.
 */

/* Newer kernels may have more to say. */
union notification {
	struct seccomp_notif known;
	unsigned char room[512];
};

static int listeners[LISTENERS_MAX];
static unsigned listeners_len;

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

/* A place that was given up, or one more. */
static unsigned find_place(void)
{
	unsigned i = 0;

	while (i < listeners_len && listeners[i] != -1)
		i++;
	if (i == listeners_len && listeners_len++ == LISTENERS_MAX)
		die(EXIT_SETUP, "there are too many listeners");
	return i;
}

void policy_start(int fd)
{
	unsigned place = find_place();

	listeners[place] = fd;
	if (serve_watch(fd, WATCH_POLICY + place) != 0)
		die(EXIT_SETUP, "cannot watch the program's calls");
}

bool policy_is_asked(void)
{
	return listeners_len > 0;
}

static const struct {
	uint32_t arch;
	int clone, prctl;
} machines[] = {
	{AUDIT_ARCH_X86_64, 56, 157},
	{AUDIT_ARCH_I386, 120, 172},
	{AUDIT_ARCH_AARCH64, 220, 167},
	{AUDIT_ARCH_ARM, 120, 172},
};

/* A process as the runtime makes one, and that it ends with us. */
static bool is_permitted(const struct seccomp_data *call)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		if (call->arch != machines[i].arch)
			continue;
		if (call->nr == machines[i].prctl)
			return call->args[0] == PR_SET_PDEATHSIG &&
			       call->args[1] == SIGKILL;
		return call->nr == machines[i].clone &&
		       call->args[0] == CONTROL_CLONE_FLAGS &&
		       processes_grant(call->args[2]);
	}
	return false;
}

/* Whether the kernel has been told to make the call, or nobody is left. */
static bool permit(int listener, const struct seccomp_notif *call)
{
	struct seccomp_notif_resp answer = {
		.id = call->id,
		.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE,
	};

	if (!processes_are_several() || !is_permitted(&call->data))
		return false;
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) != 0 &&
	    call->data.args[0] == CONTROL_CLONE_FLAGS)
		processes_revoke(call->data.args[2]);
	return true;
}

void policy_take(struct guest *guest, unsigned place, bool is_over)
{
	int listener = listeners[place];
	union notification call = {0};
	unsigned number;

	if (is_over) {
		close(listener); /* which also ends the watch */
		listeners[place] = -1;
		return;
	}
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) {
		/* Who asked may be gone by now. */
		if (errno != ENOENT && errno != EINTR)
			die(EXIT_SETUP, "cannot learn of forbidden calls");
		return;
	}
	if (permit(listener, &call.known))
		return;
	number = (unsigned)call.known.data.nr;
	guest_condemn(
		guest,
		(struct ending){ENDED_POLICY, (int)number,
				host_call_name(call.known.data.arch, number)});
}
