/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's calls, constants and structures that the runtime uses. */

#ifndef RUNTIME_HOST_H
#define RUNTIME_HOST_H

#include <stddef.h>
#include <stdint.h>

#include <asm/poll.h>
#include <asm/signal.h>
#include <asm/stat.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/mman.h>
#include <linux/sched.h>
#include <linux/time_types.h>
#include <linux/uio.h>

#include <arch.h>

/* Constants that Linux leaves to the C library, at least beside one. */
#define HOST_AT_SYSINFO 32
#define HOST_S_IFMT 0170000
#define HOST_S_IFSOCK 0140000
#define HOST_S_IFREG 0100000
#define HOST_S_IFBLK 0060000
#define HOST_S_IFCHR 0020000
#define HOST_S_IFIFO 0010000
#define HOST_AF_UNIX 1
#define HOST_AF_INET 2
#define HOST_AF_INET6 10
#define HOST_SOCK_STREAM 1
#define HOST_SOCK_SEQPACKET 5
#define HOST_SOL_SOCKET 1
#define HOST_SO_TYPE 3
#define HOST_SCM_RIGHTS 1
#define HOST_SCM_MAX_FD 253
#define HOST_MSG_PEEK 0x2
#define HOST_MSG_DONTWAIT 0x40
#define HOST_MSG_CTRUNC 0x8
#define HOST_MSG_TRUNC 0x20
#define HOST_MSG_WAITALL 0x100
#define HOST_MSG_NOSIGNAL 0x4000
#define HOST_MSG_CMSG_CLOEXEC 0x40000000
#define HOST_SHUT_RD 0
#define HOST_SHUT_WR 1
#define HOST_SHUT_RDWR 2
#define HOST_SEEK_SET 0
#define HOST_SEEK_CUR 1
#define HOST_SEEK_END 2
#define HOST_FADV_NORMAL 0
#define HOST_FADV_RANDOM 1
#define HOST_FADV_SEQUENTIAL 2
#define HOST_FADV_WILLNEED 3
#define HOST_FADV_DONTNEED 4
#define HOST_FADV_NOREUSE 5
#define HOST_CLOCK_REALTIME 0
#define HOST_CLOCK_MONOTONIC 1
#define HOST_CLOCK_PROCESS_CPUTIME_ID 2
#define HOST_CLOCK_THREAD_CPUTIME_ID 3

/* What seccomp.c lets through of arguments that it judges. */
#define HOST_FUTEX_WAIT (FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG)
#define HOST_FUTEX_WAKE (FUTEX_WAKE | FUTEX_PRIVATE_FLAG)
#define HOST_RECV_FLAGS                                                        \
	(HOST_MSG_PEEK | HOST_MSG_DONTWAIT | HOST_MSG_WAITALL |                \
	 HOST_MSG_CMSG_CLOEXEC)
#define HOST_SEND_FLAGS HOST_MSG_NOSIGNAL
#define HOST_MAP_FLAGS                                                         \
	(MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_NORESERVE)
#define HOST_MEMFD_CLOEXEC 1u
#define HOST_MEMFD_NOEXEC_SEAL 8u
#define HOST_MEMFD_FLAGS (HOST_MEMFD_CLOEXEC | HOST_MEMFD_NOEXEC_SEAL)
#define HOST_ADVICE 3u /* MADV_NORMAL, RANDOM, SEQUENTIAL, WILLNEED */
#define HOST_CLOCKS 3u /* HOST_CLOCK_REALTIME … THREAD_CPUTIME_ID */
#define HOST_CLONE_FLAGS                                                       \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |    \
	 CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID |                  \
	 CLONE_CHILD_CLEARTID)

struct host_msghdr {
	void *name;
	uint32_t name_len;
	const void *iov; /* of the host or of CloudABI: they are alike */
	size_t iov_len;
	void *control;
	size_t control_len;
	uint32_t flags;
};

struct host_cmsghdr {
	size_t len;
	int32_t level;
	int32_t type;
};

#define HOST_CMSG_ALIGN(len)                                                   \
	(((len) + sizeof(size_t) - 1) & ~(sizeof(size_t) - 1))
#define HOST_CMSG_LEN(len) (sizeof(struct host_cmsghdr) + (len))
#define HOST_CMSG_SPACE(len) HOST_CMSG_ALIGN(HOST_CMSG_LEN(len))

/* host_call(nr, …): up to six arguments, each an integer or a pointer. */
#define HOST_ARG(x) ((unsigned long)(x))
#define HOST_CALL7(nr, a, b, c, d, e, f, ...)                                  \
	arch_call(nr, HOST_ARG(a), HOST_ARG(b), HOST_ARG(c), HOST_ARG(d),      \
		  HOST_ARG(e), HOST_ARG(f))
#define host_call(...) HOST_CALL7(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

#if __SIZEOF_POINTER__ == 4
#include "host32.h"
#else
#include "host64.h"
#endif

static inline _Noreturn void host_exit_group(uint32_t status)
{
	for (;;)
		host_call(__NR_exit_group, status);
}

static inline long host_close(uint32_t fd)
{
	return host_call(__NR_close, fd);
}

static inline long host_readv(uint32_t fd, const void *iovs, size_t len)
{
	return host_call(__NR_readv, fd, iovs, len);
}

static inline long host_writev(uint32_t fd, const void *iovs, size_t len)
{
	return host_call(__NR_writev, fd, iovs, len);
}

static inline long host_pread(uint32_t fd, void *buf, size_t len,
			      uint64_t offset)
{
	struct iovec iov = {buf, len};

	return host_preadv(fd, &iov, 1, offset);
}

static inline long host_fstat(uint32_t fd, host_stat *st)
{
	return host_call(__NR_fstat, fd, st);
}

static inline int host_failed(const void *mapping)
{
	return (unsigned long)mapping > -4096ul;
}

static inline long host_munmap(void *addr, size_t len)
{
	return host_call(__NR_munmap, addr, len);
}

static inline long host_futex_wait(const uint32_t *word, uint32_t value,
				   uint32_t clock_flag,
				   const struct __kernel_timespec *deadline)
{
	return host_call(__NR_futex, word, HOST_FUTEX_WAIT | clock_flag, value,
			 deadline, 0, FUTEX_BITSET_MATCH_ANY);
}

static inline long host_futex_wake(const uint32_t *word, uint32_t n)
{
	return host_call(__NR_futex, word, HOST_FUTEX_WAKE, n);
}

static inline long host_recvmsg(uint32_t fd, struct host_msghdr *msg,
				uint32_t flags)
{
	return host_call(__NR_recvmsg, fd, msg, flags | HOST_MSG_CMSG_CLOEXEC);
}

static inline long host_send(uint32_t fd, const void *buf, size_t len)
{
	return host_call(__NR_sendto, fd, buf, len, HOST_SEND_FLAGS, 0, 0);
}

static inline long host_seccomp(uint32_t operation, uint32_t flags,
				const void *args)
{
	return host_call(__NR_seccomp, operation, flags, args);
}

#endif
