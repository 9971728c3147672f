/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of libc/bottom share. */

#ifndef CLOUDABI_IMPL_H
#define CLOUDABI_IMPL_H

#include <cloudabi.h>
#include <cloudabi_rights.h>
#include <cloudabi_syscalls.h>
#include <errno.h>
#include <features.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define NSEC_PER_SEC UINT64_C(1000000000)

/* What the auxiliary vector said, bottom/proc_start.c; and fork(). */
struct system_facts {
	size_t page_size;
	size_t ncpus;
	const uint8_t *pid; /* 16 bytes, or NULL */
	pid_t number;       /* what fork() has given the process, or 0 */
	pid_t parent; /* number of the process that this is a copy of, or 0 */
	const void *argdata;
	size_t argdata_len;
	struct cloudabi_notes *notes; /* NULL unless the program is traced */
};

extern hidden struct system_facts __system_facts;

/* The numbers of errors are those of the ABI: errno takes them as they are. */
static inline int __result(cloudabi_errno_t error)
{
	if (error == 0)
		return 0;
	errno = error;
	return -1;
}

/* Clocks and times, bottom/clock.c. */
hidden cloudabi_errno_t __clock_to_abi(clockid_t clock, cloudabi_clockid_t *id);
hidden cloudabi_errno_t __timespec_to_abi(const struct timespec *ts,
					  cloudabi_timestamp_t *timestamp);
hidden void __timespec_from_abi(cloudabi_timestamp_t timestamp,
				struct timespec *ts);

/* Descriptors, bottom/fd.c. */
hidden cloudabi_filetype_t __fd_type(int fd);
hidden bool __is_socket(cloudabi_filetype_t type);
hidden cloudabi_errno_t __fd_unless_capable(int fd, cloudabi_errno_t error,
					    cloudabi_filetype_t wanted,
					    cloudabi_errno_t otherwise);

/* What programs expect of a socket call on something else, bottom/sock.c. */
hidden cloudabi_errno_t __sock_error(int fd, cloudabi_errno_t error);

#endif
