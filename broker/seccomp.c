/* SPDX-License-Identifier: BSD-2-Clause */
/* seccomp: the system calls that the broker makes while it serves. */

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "broker.h"

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define ARCH AUDIT_ARCH_I386
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#elif defined(__arm__)
#define ARCH AUDIT_ARCH_ARM
#else
#error "unknown machine"
#endif

#define ARGUMENTS_MAX 3

struct rule {
	uint32_t number;
	uint8_t checked; /* bit i: argument i must be values[i] */
	uint64_t values[ARGUMENTS_MAX];
};

#define CALL(name)                                                             \
	{                                                                      \
		.number = __NR_##name                                          \
	}
#define CALL_0(name, a)                                                        \
	{                                                                      \
		.number = __NR_##name, .checked = 1, .values = { a }           \
	}
#define CALL_1(name, b)                                                        \
	{                                                                      \
		.number = __NR_##name, .checked = 2, .values = { 0, b }        \
	}
#define CALL_01(name, a, b)                                                    \
	{                                                                      \
		.number = __NR_##name, .checked = 3, .values = { a, b }        \
	}
#define CALL_12(name, b, c)                                                    \
	{                                                                      \
		.number = __NR_##name, .checked = 6, .values = { 0, b, c }     \
	}
#define CALL_012(name, a, b, c)                                                \
	{                                                                      \
		.number = __NR_##name, .checked = 7, .values = { a, b, c }     \
	}

/* Those of every request come first. */
static const struct rule rules[] = {
/* the dialogue */
#ifdef __NR_epoll_wait
	CALL(epoll_wait),
#endif
	CALL(epoll_pwait),
	CALL(recvfrom),
	CALL_1(ioctl, SIOCOUTQ), /* has the last reply been read? */
	CALL_1(ioctl, SECCOMP_IOCTL_NOTIF_RECV), /* policy.c: no answers */
	CALL(sendmsg),
	CALL(close),
	/* what is done to files */
	CALL(openat2), /* always confined: path.c */
	CALL(statx),
	CALL_1(fcntl, F_SETFL),
	CALL(lseek),
	CALL(getdents64),
	CALL(fstatfs),
	CALL(mkdirat),
	CALL(unlinkat),
	CALL(renameat2),
	CALL(linkat),
	CALL(symlinkat),
	CALL(readlinkat),
	CALL(utimensat),
	CALL(fsync),
#if __SIZEOF_POINTER__ == 4
	CALL_1(fcntl64, F_SETFL),
	CALL_1(fcntl64, F_DUPFD_CLOEXEC),
	CALL(_llseek),
	CALL_0(clock_gettime64, CLOCK_MONOTONIC),
	CALL(fstatfs64),
	CALL(utimensat_time64),
#endif
	/* new capabilities */
	CALL_1(fcntl, F_DUPFD_CLOEXEC),
	CALL_012(socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0),
	CALL(bind), /* their names; there are no other sockets to bind */
	CALL(epoll_ctl),
	CALL(getrandom),
	/* the end, about which records go by sendmsg */
	CALL(read), /* signalfd */
	CALL(waitid),
	CALL_0(clock_gettime, CLOCK_MONOTONIC), /* where the vDSO cannot */
	CALL(exit_group),
};

/* Where there may be several processes. */
static const struct rule process_rules[] = {
	CALL_1(ioctl, SECCOMP_IOCTL_NOTIF_SEND), /* policy.c: some answers */
	/* who they are, and what they say */
	CALL(recvmsg),
	CALL_12(setsockopt, SOL_SOCKET, SO_PASSCRED),
	CALL(pidfd_send_signal), /* those that the spawner has opened for us */
	/* other programs in their place */
	CALL(memfd_create),
	CALL(pwrite64), /* start blocks; nothing else is open for writing */
	CALL_1(fcntl, F_ADD_SEALS),
	CALL_1(fcntl, F_GET_SEALS),
	CALL_1(fcntl, F_GETFL),
	CALL(shutdown),
	/* the time that they have used */
	CALL(timer_create),
	CALL(timer_settime),
	CALL(timer_delete),
	CALL(clock_gettime),
#if __SIZEOF_POINTER__ == 4
	CALL_1(fcntl64, F_ADD_SEALS),
	CALL_1(fcntl64, F_GET_SEALS),
	CALL_1(fcntl64, F_GETFL),
	CALL(timer_settime64),
	CALL(clock_gettime64),
#endif
};

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define RULE_LEN_MAX (3 + 4 * ARGUMENTS_MAX)
#define FILTER_LEN_MAX                                                         \
	(4 + RULE_LEN_MAX * (LEN(rules) + LEN(process_rules) + 4))

struct filter {
	struct sock_filter code[FILTER_LEN_MAX];
	unsigned short len;
};

static void emit(struct filter *filter, uint16_t code, uint8_t jt, uint8_t jf,
		 uint32_t k)
{
	filter->code[filter->len++] = (struct sock_filter){code, jt, jf, k};
}

static void emit_load(struct filter *filter, size_t offset)
{
	emit(filter, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

/* Goes on only if the loaded word is right; otherwise skips the rest of the
 * rule, whose length is known. */
static void emit_test(struct filter *filter, uint32_t value, size_t rest)
{
	emit(filter, BPF_JMP | BPF_JEQ | BPF_K, 0, (uint8_t)rest, value);
}

/* All 64 bits, low word first. */
static void emit_argument(struct filter *filter, size_t index, uint64_t value,
			  size_t rest)
{
	size_t offset = offsetof(struct seccomp_data, args) + 8 * index;

	emit_load(filter, offset);
	emit_test(filter, (uint32_t)value, rest + 2);
	emit_load(filter, offset + 4);
	emit_test(filter, (uint32_t)(value >> 32), rest);
}

static void emit_rule(struct filter *filter, const struct rule *rule)
{
	size_t rest = 1;

	for (size_t i = 0; i < ARGUMENTS_MAX; i++)
		if (rule->checked & 1u << i)
			rest += 4;
	emit_load(filter, offsetof(struct seccomp_data, nr));
	emit_test(filter, rule->number, rest);
	for (size_t i = 0; i < ARGUMENTS_MAX; i++) {
		if ((rule->checked & 1u << i) == 0)
			continue;
		rest -= 4;
		emit_argument(filter, i, rule->values[i], rest);
	}
	emit(filter, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
}

static void emit_rules(struct filter *filter, const struct rule *first,
		       size_t len)
{
	for (size_t i = 0; i < len; i++)
		emit_rule(filter, &first[i]);
}

static void compile(struct filter *filter, const struct guest *guest,
		    int threads_fd)
{
	const struct rule own[] = {
		CALL_0(recvmsg, (uint64_t)guest->starting.result),
		CALL_0(pread64, (uint64_t)threads_fd),
		CALL_01(pidfd_send_signal, (uint64_t)guest->pidfd, SIGKILL),
		CALL_01(kill, (uint64_t) - (int64_t)guest->group, SIGKILL),
	};

	emit_load(filter, offsetof(struct seccomp_data, arch));
	emit(filter, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, ARCH);
	emit(filter, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS);
	emit_rules(filter, rules, LEN(rules));
	emit_rules(filter, own, LEN(own));
	if (processes_are_several())
		emit_rules(filter, process_rules, LEN(process_rules));
	emit(filter, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS);
}

void seccomp_enter(const struct guest *guest, int threads_fd)
{
	struct filter filter = {0};
	struct sock_fprog program = {.filter = filter.code};

	compile(&filter, guest, threads_fd);
	program.len = filter.len;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
		die(EXIT_SETUP, "seccomp failed: %s", strerror(errno));
}
