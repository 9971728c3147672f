/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of host calls that a guest may make, and its compiler to BPF.
 *
 * A verdict rests on the call's number and on values in registers. Whatever a
 * pointer leads to can change after the verdict, so calls that state in memory
 * what they do (clone3, openat2, ioctl, bind …) cannot be here at all.
 *
 * A child inherits the filter, so where there may be several processes none of
 * them can send signals: tgkill() with the parent's own id would do for it.
 * How a process is made is not here either, but with the broker, which decides
 * on all that is not (broker/policy.c).
 */

#include "seccomp.h"

#include <linux/seccomp.h>

#include "base.h"
#include "host.h"

enum kind {
	NO_RULE,
	BITS,    /* outside `free` the argument's bits are those of `value` */
	OWN_PID, /* the argument is the id of the process */
};

/* The upper half of an argument that is judged has to be 0, always. */
struct rule {
	uint8_t kind;
	uint8_t arg;
	uint32_t value;
	uint32_t free;
};

/* clang-format off */
#define EQUAL(arg, value) {BITS, arg, value, 0}
#define WITHIN(arg, free) {BITS, arg, 0, free}
#define EQUAL_BUT(arg, value, free) {BITS, arg, value, free}
#define PID(arg) {OWN_PID, arg, 0, 0}

/* The reasons are for people; they do not get into the binary. */
#define ROW(name, when, reason, ...) {__NR_##name, when, {__VA_ARGS__}}
/* clang-format on */

struct row {
	uint16_t nr;
	uint8_t when;
	struct rule rules[3];
};

#define EITHER (SECCOMP_LOADING | SECCOMP_RUNNING)

/*
 * A call with several rows passes if one of them fits. A call without rules
 * never runs this program on kernels that remember such verdicts (5.11); those
 * with rules are in the order of their frequency.
 */
static const struct row rows[] = {
	ROW(readv, EITHER, "read from a descriptor that is held"),
	ROW(writev, EITHER, "write to one; requests to the broker"),
	ROW(futex, EITHER, "sleep",
	    EQUAL_BUT(1, HOST_FUTEX_WAIT, FUTEX_CLOCK_REALTIME)),
	ROW(futex, EITHER, "wake; all other operations stay closed",
	    EQUAL(1, HOST_FUTEX_WAKE)),
	ROW(recvmsg, EITHER, "replies of the broker, sockets; no urgent data",
	    WITHIN(2, HOST_RECV_FLAGS)),
	ROW(mmap, EITHER, "memory and files, never executable",
	    WITHIN(2, PROT_READ | PROT_WRITE), WITHIN(3, HOST_MAP_FLAGS)),
	ROW(mmap, SECCOMP_LOADING, "the program's text, never writable",
	    WITHIN(2, PROT_READ | PROT_EXEC),
	    EQUAL(3, MAP_PRIVATE | MAP_FIXED)),
	ROW(munmap, EITHER, "give memory back"),
	ROW(mprotect, EITHER, "RELRO, guard pages; nothing turns executable",
	    WITHIN(2, PROT_READ | PROT_WRITE)),
	ROW(ppoll, EITHER, "wait for descriptors"),
	ROW(preadv, EITHER, "read at a position"),
	ROW(pwritev, EITHER, "write at a position"),
	ROW(lseek, EITHER, "move the position of a descriptor"),
	ROW(fstat, EITHER, "attributes of what is held"),
	ROW(close, EITHER, "give a descriptor up"),
	ROW(sendto, EITHER, "send on a connected socket; no address",
	    EQUAL(3, HOST_SEND_FLAGS), EQUAL(4, 0)),
	ROW(sendmsg, SECCOMP_HANDING | SECCOMP_SENDING,
	    "pass descriptors on, if no socket is held that takes an address",
	    EQUAL(2, HOST_SEND_FLAGS)),
	ROW(accept4, EITHER, "connections to a listening socket"),
	ROW(getsockname, EITHER, "addresses of a socket that is held"),
	ROW(getpeername, EITHER, "the same, of the other side"),
	ROW(getsockopt, EITHER, "the type of a socket that was received",
	    EQUAL(1, HOST_SOL_SOCKET), EQUAL(2, HOST_SO_TYPE)),
	ROW(shutdown, EITHER, "end a connection"),
	ROW(socketpair, EITHER, "a pair that nobody else can address",
	    EQUAL(0, HOST_AF_UNIX),
	    EQUAL_BUT(1, HOST_SOCK_STREAM,
		      HOST_SOCK_STREAM ^ HOST_SOCK_SEQPACKET)),
	ROW(memfd_create, SECCOMP_FILES,
	    "shared memory, which nothing can execute",
	    WITHIN(1, HOST_MEMFD_FLAGS)),
	ROW(fcntl, EITHER, "modes of a descriptor", EQUAL(1, F_GETFL)),
	ROW(fcntl, EITHER, "of these, two can change; no signals by O_ASYNC",
	    EQUAL(1, F_SETFL), WITHIN(2, O_APPEND | O_NONBLOCK)),
	ROW(dup, EITHER, "another number for what is held"),
	ROW(dup3, EITHER, "the same, at a number that exists"),
	ROW(fsync, EITHER, "flush a file"),
	ROW(fdatasync, EITHER, "flush its data"),
	ROW(ftruncate, EITHER, "size of a file open for writing"),
	ROW(fallocate, EITHER, "reserve room in one, the plain mode only",
	    EQUAL(1, 0)),
	ROW(fadvise64, EITHER, "hints on the use of a file"),
	ROW(madvise, EITHER, "hints on the use of memory; none drops data",
	    WITHIN(2, HOST_ADVICE)),
	ROW(msync, EITHER, "flush a mapping"),
	ROW(getrandom, EITHER, "random bytes"),
	ROW(clock_gettime, EITHER, "clocks of the system and of this process",
	    WITHIN(0, HOST_CLOCKS)),
	ROW(clock_getres, EITHER, "their resolution", WITHIN(0, HOST_CLOCKS)),
	ROW(sched_yield, EITHER, "let other threads run"),
	ROW(clone, EITHER, "a thread of this process, exactly",
	    EQUAL(0, HOST_CLONE_FLAGS)),
	ROW(exit, EITHER, "the end of a thread"),
	ROW(exit_group, EITHER, "the end of the process"),
	ROW(tgkill, SECCOMP_ALONE, "a signal to itself", PID(0)),
	ROW(restart_syscall, EITHER, "the kernel's own, after a stop"),
	ROW(seccomp, SECCOMP_LOADING, "tighter filters before the start",
	    EQUAL(0, SECCOMP_SET_MODE_FILTER), EQUAL(1, 0)),
};

#define DATA(field) offsetof(struct seccomp_data, field)

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LOW_HALF 0
#define HIGH_HALF 4
#else
#define LOW_HALF 4
#define HIGH_HALF 0
#endif

struct output {
	struct sock_filter *program;
	size_t len;
	uint32_t pid;
};

static void emit(struct output *out, uint16_t code, uint32_t k, uint8_t jt,
		 uint8_t jf)
{
	if (out->len < SECCOMP_PROGRAM_MAX)
		out->program[out->len] = (struct sock_filter){code, jt, jf, k};
	out->len++;
}

static void emit_load(struct output *out, uint32_t offset)
{
	emit(out, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}

static void emit_return(struct output *out, uint32_t verdict)
{
	emit(out, BPF_RET | BPF_K, verdict, 0, 0);
}

#define RULE_LEN 5

/* Goes on with the next instruction if the rule holds, else skips `fail`. */
static void emit_rule(struct output *out, const struct rule *rule, uint8_t fail)
{
	uint32_t arg = DATA(args) + 8 * rule->arg;
	uint32_t value = rule->kind == OWN_PID ? out->pid : rule->value;

	emit_load(out, arg + HIGH_HALF);
	emit(out, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, fail + RULE_LEN - 2);
	emit_load(out, arg + LOW_HALF);
	emit(out, BPF_ALU | BPF_AND | BPF_K, ~rule->free, 0, 0);
	emit(out, BPF_JMP | BPF_JEQ | BPF_K, value, 0, fail);
}

static uint8_t row_rules(const struct row *row)
{
	uint8_t n = 0;

	while (n < ARRAY_LEN(row->rules) && row->rules[n].kind != NO_RULE)
		n++;
	return n;
}

/*
 * Preconditions: the accumulator holds the call's number, and does again where
 * the row does not fit.
 */
static void emit_row(struct output *out, const struct row *row,
		     uint32_t verdict)
{
	uint8_t rules = row_rules(row);
	uint8_t reload = rules > 0;

	emit(out, BPF_JMP | BPF_JEQ | BPF_K, row->nr, 0,
	     rules * RULE_LEN + 1 + reload);
	for (uint8_t i = 0; i < rules; i++)
		emit_rule(out, &row->rules[i], (rules - i - 1) * RULE_LEN + 1);
	emit_return(out, verdict);
	if (reload)
		emit_load(out, DATA(nr));
}

/* No other machine's calls, and none under other numbers. */
static void emit_start(struct output *out)
{
	emit_load(out, DATA(arch));
	emit(out, BPF_JMP | BPF_JEQ | BPF_K, ARCH_AUDIT, 1, 0);
	emit_return(out, SECCOMP_RET_KILL_PROCESS);
	emit_load(out, DATA(nr));
#ifdef ARCH_FOREIGN_CALLS
	emit(out, BPF_JMP | BPF_JGE | BPF_K, ARCH_FOREIGN_CALLS, 0, 1);
	emit_return(out, SECCOMP_RET_KILL_PROCESS);
#endif
}

static size_t finish(struct output *out, uint32_t verdict)
{
	emit_return(out, verdict);
	return out->len <= SECCOMP_PROGRAM_MAX ? out->len : 0;
}

size_t seccomp_compile(struct sock_filter *program, unsigned when, uint32_t pid,
		       uint32_t otherwise)
{
	struct output out = {program, 0, pid};

	emit_start(&out);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].when & when)
			emit_row(&out, &rows[i], SECCOMP_RET_ALLOW);
	}
	return finish(&out, otherwise);
}

static bool goes(const struct row *row, unsigned before, unsigned when)
{
	return (row->when & before) != 0 && (row->when & when) == 0;
}

/* A call can go and be allowed by another row all the same. */
static void emit_rest(struct output *out, uint16_t nr, unsigned when)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].nr == nr && rows[i].when & when)
			emit_row(out, &rows[i], SECCOMP_RET_ALLOW);
	}
}

size_t seccomp_compile_tighter(struct sock_filter *program, unsigned before,
			       unsigned when, uint32_t pid)
{
	struct output out = {program, 0, pid};

	emit_start(&out);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!goes(&rows[i], before, when))
			continue;
		emit_rest(&out, rows[i].nr, when);
		emit_row(&out, &rows[i], SECCOMP_RET_KILL_PROCESS);
	}
	return finish(&out, SECCOMP_RET_ALLOW);
}

static long install(struct sock_filter *program, size_t len, uint32_t flags)
{
	struct sock_fprog fprog = {.len = len, .filter = program};

	if (len == 0)
		return -E2BIG;
	return host_seccomp(SECCOMP_SET_MODE_FILTER, flags, &fprog);
}

long seccomp_kill_instead(unsigned when, uint32_t pid)
{
	struct sock_filter program[SECCOMP_PROGRAM_MAX];

	return install(
		program,
		seccomp_compile(program, when, pid, SECCOMP_RET_KILL_PROCESS),
		0);
}

long seccomp_start(unsigned when, uint32_t pid, long *listener)
{
	struct sock_filter program[SECCOMP_PROGRAM_MAX];
	size_t len =
		seccomp_compile(program, when, pid, SECCOMP_RET_USER_NOTIF);

	*listener = install(program, len, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	return *listener >= 0 ? 0 : seccomp_kill_instead(when, pid);
}

long seccomp_tighten(unsigned before, unsigned when, uint32_t pid)
{
	struct sock_filter program[SECCOMP_PROGRAM_MAX];

	return install(program,
		       seccomp_compile_tighter(program, before, when, pid), 0);
}
