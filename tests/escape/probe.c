/* SPDX-License-Identifier: BSD-2-Clause */
/* One attempt to leave the sandbox per run, without any C library. */

/*
 * Built twice from this one file: as a CloudABI executable, to be refused,
 * and as a static Linux executable, to show that the attempt works where
 * nothing confines it. A probe that cannot succeed unconfined proves nothing.
 *
 * Input: the number of the probe, from 1. In the sandbox it arrives as the
 * argument data `[number, output, held]`, the descriptors being 0 and 1; on
 * Linux as argv[1],
 * and without it the names are listed. The output
 * is the raw result of the deciding system call. No output: the attempt was fatal.
 */

#include <linux/io_uring.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <stddef.h>
#include <stdint.h>

#include <asm/unistd.h>

#define AT_FDCWD -100
#define O_WRONLY_CREAT 0101
#ifdef __CloudABI__
#define OUTPUT_FD 0
#define HELD_FD 1
#else
#define OUTPUT_FD 1
#define HELD_FD 3
#endif

/* The tests define CANARY_FILE, which must not appear, and CANARY_PORT and
 * CANARY_PID, which must not be reached. */

struct vector {
	const void *base;
	size_t len;
};

static const char canary_file[] = CANARY_FILE;

#if defined(__x86_64__)
#include "x86_64.h"
#elif defined(__i386__)
#include "i686.h"
#endif

struct inet_address {
	uint16_t family, port;
	uint32_t address;
	uint8_t zero[8];
};

static const struct inet_address canary_address = {
	.family = 2,
	.port = (CANARY_PORT & 0xff) << 8 | CANARY_PORT >> 8,
	.address = 0x0100007f,
};

/* No attempt, but the proof that an allowed call comes back and is heard of. */
static long probe_nothing(void)
{
	return RAW(__NR_sched_yield, 0, 0, 0, 0);
}

static long probe_openat(void)
{
	return RAW(__NR_openat, AT_FDCWD, canary_file, O_WRONLY_CREAT, 0600);
}

static long probe_open(void)
{
	return RAW(__NR_open, canary_file, O_WRONLY_CREAT, 0600, 0);
}

static long probe_openat2(void)
{
	uint64_t how[3] = {O_WRONLY_CREAT, 0600, 0};

	return RAW(__NR_openat2, AT_FDCWD, canary_file, how, sizeof(how));
}

static long probe_mkdir(void)
{
	return RAW(__NR_mkdir, canary_file, 0700, 0, 0);
}

static long probe_symlink(void)
{
	return RAW(__NR_symlink, "/", canary_file, 0, 0);
}

static long probe_mknod(void)
{
	return RAW(__NR_mknod, canary_file, 0100600, 0, 0);
}

static long probe_open_passwd(void)
{
	return RAW(__NR_openat, AT_FDCWD, "/etc/passwd", 0, 0);
}

static long probe_stat(void)
{
	char buffer[256];

	return RAW(__NR_stat, "/etc/passwd", buffer, 0, 0);
}

static long probe_socket(void)
{
	return RAW(__NR_socket, 2, 1, 0, 0);
}

static long probe_socket_netlink(void)
{
	return RAW(__NR_socket, 16, 3, NETLINK_ROUTE, 0);
}

static long inet_socket(void)
{
	return RAW(__NR_socket, 2, 1, 0, 0);
}

static long probe_connect(void)
{
	return RAW(__NR_connect, inet_socket(), &canary_address,
		   sizeof(canary_address), 0);
}

/* Without socket(): a socket that the program holds is re-targeted. On
 * Linux the harness hands in an unconnected socket as descriptor 3. */
static long probe_connect_held(void)
{
	return RAW(__NR_connect, HELD_FD, &canary_address,
		   sizeof(canary_address), 0);
}

static long probe_execve(void)
{
	static const char *const argv[] = {"/usr/bin/touch", CANARY_FILE, NULL};
	static const char *const envp[] = {NULL};

	return RAW(__NR_execve, argv[0], argv, envp, 0);
}

static long probe_execveat(void)
{
	static const char *const argv[] = {"/usr/bin/touch", CANARY_FILE, NULL};
	static const char *const envp[] = {NULL};

	return RAW(__NR_execveat, AT_FDCWD, argv[0], argv, envp);
}

static long probe_ptrace(void)
{
	/* PTRACE_SEIZE does not stop the canary. */
	return RAW(__NR_ptrace, 0x4206, CANARY_PID, 0, 0);
}

static long probe_process_vm_readv(void)
{
	char byte;
	struct vector local = {&byte, 1}, remote = {(void *)0x1000, 1};

	return raw6(__NR_process_vm_readv, CANARY_PID, (long)&local, 1,
		    (long)&remote, 1, 0);
}

static long probe_kill(void)
{
	return RAW(__NR_kill, CANARY_PID, 10, 0, 0);
}

static long probe_tgkill(void)
{
	return RAW(__NR_tgkill, CANARY_PID, CANARY_PID, 10, 0);
}

static long probe_pidfd_open(void)
{
	return RAW(__NR_pidfd_open, CANARY_PID, 0, 0, 0);
}

static long probe_fork(void)
{
	long pid = RAW(__NR_fork, 0, 0, 0, 0);

	if (pid == 0)
		RAW(__NR_exit_group, 0, 0, 0, 0);
	return pid;
}

static long probe_clone3(void)
{
	struct clone_args args = {.exit_signal = 17};
	long pid = RAW(__NR_clone3, &args, sizeof(args), 0, 0);

	if (pid == 0)
		RAW(__NR_exit_group, 0, 0, 0, 0);
	return pid;
}

static long probe_clone_process(void)
{
	long pid = RAW(__NR_clone, 17, 0, 0, 0);

	if (pid == 0)
		RAW(__NR_exit_group, 0, 0, 0, 0);
	return pid;
}

static long probe_unshare(void)
{
	return RAW(__NR_unshare, CLONE_NEWUSER, 0, 0, 0);
}

static long probe_io_uring_setup(void)
{
	static struct io_uring_params params;

	return RAW(__NR_io_uring_setup, 1, &params, 0, 0);
}

static long probe_mprotect_exec(void)
{
	long page = raw6(NR_MMAP, 0, 4096, 3, 0x22, -1, 0);

	return RAW(__NR_mprotect, page, 4096, 5, 0);
}

/* An address can look like a negative number; errors are few. */
static long map(long protection)
{
	unsigned long r = raw6(NR_MMAP, 0, 4096, protection, 0x22, -1, 0);

	return r > -4096ul ? (long)r : 0;
}

static long probe_mmap_exec(void)
{
	return map(5);
}

static long probe_mmap_write_exec(void)
{
	return map(7);
}

static long probe_pkey_mprotect(void)
{
	long page = raw6(NR_MMAP, 0, 4096, 3, 0x22, -1, 0);

	return RAW(__NR_pkey_mprotect, page, 4096, 5, -1);
}

static long probe_memfd_exec(void)
{
	return RAW(__NR_memfd_create, "x", 0x10 /* MFD_EXEC */, 0, 0);
}

static long probe_prctl_dumpable(void)
{
	return RAW(__NR_prctl, 4 /* PR_SET_DUMPABLE */, 1, 0, 0);
}

static long probe_ioctl(void)
{
	static const int zero;

	return RAW(__NR_ioctl, OUTPUT_FD, 0x5452 /* FIOASYNC */, &zero, 0);
}

static long probe_fcntl_setown(void)
{
	return RAW(__NR_fcntl, OUTPUT_FD, 8 /* F_SETOWN */, 0, 0);
}

static long probe_keyctl(void)
{
	return RAW(__NR_keyctl, 0, -3, 1, 0);
}

static long probe_bpf(void)
{
	return RAW(__NR_bpf, 0, canary_file, 0, 0);
}

static long probe_userfaultfd(void)
{
	return RAW(__NR_userfaultfd, 1 /* UFFD_USER_MODE_ONLY */, 0, 0, 0);
}

static long probe_setrlimit(void)
{
	uint64_t limit[2] = {16, 16};

	return RAW(__NR_prlimit64, 0, 7, limit, 0);
}

/* Code instead of a table: nobody relocates pointers for this program. */
#define PROBES(X)                                                              \
	X(nothing)                                                             \
	X(openat)                                                              \
	X(open)                                                                \
	X(openat2)                                                             \
	X(mkdir)                                                               \
	X(symlink)                                                             \
	X(mknod)                                                               \
	X(open_passwd)                                                         \
	X(stat)                                                                \
	X(socket)                                                              \
	X(socket_netlink)                                                      \
	X(connect)                                                             \
	X(connect_held)                                                        \
	X(execve)                                                              \
	X(execveat)                                                            \
	X(ptrace)                                                              \
	X(process_vm_readv)                                                    \
	X(kill)                                                                \
	X(tgkill)                                                              \
	X(pidfd_open)                                                          \
	X(fork)                                                                \
	X(clone3)                                                              \
	X(clone_process)                                                       \
	X(unshare)                                                             \
	X(io_uring_setup)                                                      \
	X(mprotect_exec)                                                       \
	X(mmap_exec)                                                           \
	X(mmap_write_exec)                                                     \
	X(pkey_mprotect)                                                       \
	X(memfd_exec)                                                          \
	X(prctl_dumpable)                                                      \
	X(ioctl)                                                               \
	X(fcntl_setown)                                                        \
	X(keyctl)                                                              \
	X(bpf)                                                                 \
	X(userfaultfd)                                                         \
	X(setrlimit)                                                           \
	MACHINE_PROBES(X)

static void say(const char *text)
{
	size_t len = 0;

	while (text[len] != '\0')
		len++;
	RAW(__NR_writev, OUTPUT_FD, (&(struct vector){text, len}), 1, 0);
}

static void say_number(long value)
{
	char digits[24];
	size_t at = sizeof(digits);
	unsigned long rest = value < 0 ? -(unsigned long)value : value;

	digits[--at] = '\0';
	do {
		digits[--at] = '0' + rest % 10;
	} while ((rest /= 10) != 0);
	if (value < 0)
		digits[--at] = '-';
	say(digits + at);
}

static _Noreturn void run(unsigned long number)
{
	unsigned long at = 0;

#define RUN(name)                                                              \
	if (++at == number)                                                    \
		say_number(probe_##name());
	PROBES(RUN)
	RAW(__NR_exit_group, number < 1 || number > at ? 2 : 0, 0, 0, 0);
	__builtin_trap();
}

#ifdef __CloudABI__

#include <cloudabi.h>

/* The encoding of `[number, …]` with 0 < number < 128 is 07 82 05 number. */
_Noreturn void _start(const cloudabi_auxv_t *auxv)
{
	const unsigned char *argdata = NULL;

	for (; auxv->a_type != CLOUDABI_AT_NULL; auxv++)
		if (auxv->a_type == CLOUDABI_AT_ARGDATA)
			argdata = auxv->a_ptr;
	run(argdata == NULL ? 0 : argdata[3]);
}

#else

__attribute__((used)) _Noreturn void start(const long *stack)
{
	unsigned long number = 0;

	if (stack[0] > 1) {
		for (const char *p = (const char *)stack[2]; *p != '\0'; p++)
			number = number * 10 + (unsigned long)(*p - '0');
		run(number);
	}
#define NAME(name) #name "\n"
	say(PROBES(NAME));
	RAW(__NR_exit_group, 0, 0, 0, 0);
	__builtin_trap();
}

__asm__(START);

#endif
