/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls on memory. */

#include "fdtable.h"
#include "host.h"
#include "sys.h"
#include "trace.h"

/* Nothing can become executable once the program runs: see seccomp.c. */
static cloudabi_errno_t translate_prot(cloudabi_mprot_t prot, uint32_t *result)
{
	if (prot & CLOUDABI_PROT_EXEC)
		return trace_refuse(CLOUDABI_ENOTSUP, CLOUDABI_NOTE_NO_FD, 0);
	if (prot & ~(CLOUDABI_PROT_READ | CLOUDABI_PROT_WRITE))
		return CLOUDABI_ENOTSUP;
	*result = (prot & CLOUDABI_PROT_READ ? PROT_READ : 0) |
		  (prot & CLOUDABI_PROT_WRITE ? PROT_WRITE : 0);
	return 0;
}

static cloudabi_errno_t translate_flags(cloudabi_mflags_t flags,
					uint32_t *result)
{
	cloudabi_mflags_t kind =
		flags & (CLOUDABI_MAP_PRIVATE | CLOUDABI_MAP_SHARED);

	if (kind != CLOUDABI_MAP_PRIVATE && kind != CLOUDABI_MAP_SHARED)
		return CLOUDABI_EINVAL;
	if (flags & ~(kind | CLOUDABI_MAP_ANON | CLOUDABI_MAP_FIXED))
		return CLOUDABI_EINVAL;
	*result = (kind == CLOUDABI_MAP_SHARED ? MAP_SHARED : MAP_PRIVATE) |
		  (flags & CLOUDABI_MAP_ANON ? MAP_ANONYMOUS : 0) |
		  (flags & CLOUDABI_MAP_FIXED ? MAP_FIXED : 0);
	return 0;
}

static cloudabi_errno_t check_object(cloudabi_mprot_t prot,
				     cloudabi_mflags_t flags, cloudabi_fd_t fd,
				     cloudabi_filesize_t off)
{
	cloudabi_rights_t rights = CLOUDABI_NEEDS_MEM_MAP;

	if (flags & CLOUDABI_MAP_ANON)
		return fd == CLOUDABI_MAP_ANON_FD && off == 0 ? 0 :
								CLOUDABI_EINVAL;
	if (prot & CLOUDABI_PROT_READ)
		rights |= CLOUDABI_NEEDS_MEM_MAP_READ;
	if (prot & CLOUDABI_PROT_WRITE && flags & CLOUDABI_MAP_SHARED)
		rights |= CLOUDABI_NEEDS_MEM_MAP_WRITE;
	return fdtable_check(fd, rights);
}

/* Addresses alone, without access, are what programs look for to try things
 * out: without them they do something else. */
static cloudabi_errno_t failure(const void *mapping, uint32_t host_prot)
{
	if ((long)mapping == -ENOMEM && host_prot != PROT_NONE)
		return trace_exhaustion();
	return error_of((long)mapping);
}

cloudabi_errno_t sys_mem_map(void *addr, size_t len, cloudabi_mprot_t prot,
			     cloudabi_mflags_t flags, cloudabi_fd_t fd,
			     cloudabi_filesize_t off, void **mem)
{
	uint32_t host_prot;
	uint32_t host_flags;
	void *mapping;
	cloudabi_errno_t error = translate_prot(prot, &host_prot);

	if (error == 0)
		error = translate_flags(flags, &host_flags);
	if (error == 0)
		error = check_object(prot, flags, fd, off);
	if (error != 0)
		return error;
	mapping = host_mmap(addr, len, host_prot, host_flags, fd, off);
	if (host_failed(mapping))
		return failure(mapping, host_prot);
	*mem = mapping;
	return 0;
}

cloudabi_errno_t sys_mem_protect(void *mapping, size_t mapping_len,
				 cloudabi_mprot_t prot)
{
	uint32_t host_prot;
	cloudabi_errno_t error = translate_prot(prot, &host_prot);

	if (error != 0)
		return error;
	return error_of(
		host_call(__NR_mprotect, mapping, mapping_len, host_prot));
}

cloudabi_errno_t sys_mem_unmap(void *mapping, size_t mapping_len)
{
	return error_of(host_munmap(mapping, mapping_len));
}

cloudabi_errno_t sys_mem_sync(void *mapping, size_t mapping_len,
			      cloudabi_msflags_t flags)
{
	cloudabi_msflags_t how = flags & ~CLOUDABI_MS_INVALIDATE;
	uint32_t host_flags =
		flags & CLOUDABI_MS_INVALIDATE ? MS_INVALIDATE : 0;

	if (how != CLOUDABI_MS_ASYNC && how != CLOUDABI_MS_SYNC)
		return CLOUDABI_EINVAL;
	host_flags |= how == CLOUDABI_MS_SYNC ? MS_SYNC : MS_ASYNC;
	return error_of(
		host_call(__NR_msync, mapping, mapping_len, host_flags));
}

cloudabi_errno_t sys_mem_advise(void *mapping, size_t mapping_len,
				cloudabi_advice_t advice)
{
	uint32_t host_advice;

	switch (advice) {
	case CLOUDABI_ADVICE_DONTNEED:
		/* The host's MADV_DONTNEED would lose the data. */
	case CLOUDABI_ADVICE_NORMAL:
		host_advice = MADV_NORMAL;
		break;
	case CLOUDABI_ADVICE_RANDOM:
		host_advice = MADV_RANDOM;
		break;
	case CLOUDABI_ADVICE_SEQUENTIAL:
		host_advice = MADV_SEQUENTIAL;
		break;
	case CLOUDABI_ADVICE_WILLNEED:
		host_advice = MADV_WILLNEED;
		break;
	default:
		return CLOUDABI_EINVAL;
	}
	return error_of(
		host_call(__NR_madvise, mapping, mapping_len, host_advice));
}
