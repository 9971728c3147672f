/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls of 64-bit hosts that 32-bit ones make in another way. */

#ifndef RUNTIME_HOST64_H
#define RUNTIME_HOST64_H

/* Included by host.h alone, in its middle. */

typedef struct stat host_stat;

static inline long host_lseek(uint32_t fd, int64_t offset, uint32_t whence,
			      uint64_t *result)
{
	long r = host_call(__NR_lseek, fd, offset, whence);

	if (r >= 0)
		*result = r;
	return r < 0 ? r : 0;
}

static inline long host_ftruncate(uint32_t fd, uint64_t size)
{
	return host_call(__NR_ftruncate, fd, size);
}

static inline long host_fadvise(uint32_t fd, uint64_t offset, uint64_t len,
				uint32_t advice)
{
	return host_call(__NR_fadvise64, fd, offset, len, advice);
}

static inline long host_fallocate(uint32_t fd, uint64_t offset, uint64_t len)
{
	return host_call(__NR_fallocate, fd, 0, offset, len);
}

/* The position is in halves everywhere; here the first is all of it. */
static inline long host_preadv(uint32_t fd, const void *iovs, size_t len,
			       uint64_t offset)
{
	return host_call(__NR_preadv, fd, iovs, len, offset, 0);
}

static inline long host_pwritev(uint32_t fd, const void *iovs, size_t len,
				uint64_t offset)
{
	return host_call(__NR_pwritev, fd, iovs, len, offset, 0);
}

/* Returns the address, or a negative errno as a pointer: see host_failed(). */
static inline void *host_mmap(void *addr, size_t len, uint32_t prot,
			      uint32_t flags, uint32_t fd, uint64_t offset)
{
	return (void *)host_call(__NR_mmap, addr, len, prot, flags, fd, offset);
}

#endif
