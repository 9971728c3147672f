/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls of 32-bit hosts, which take 64-bit values in halves. */

#ifndef RUNTIME_HOST32_H
#define RUNTIME_HOST32_H

/* Included by host.h alone, in its middle. */

/* Of several calls of a kind 32-bit hosts have an older one, for values of 32
 * bits. It is never used, so the newer one can go by its name. */
#undef __NR_clock_getres
#undef __NR_clock_gettime
#undef __NR_fadvise64
#undef __NR_fcntl
#undef __NR_fstat
#undef __NR_ftruncate
#undef __NR_futex
#undef __NR_lseek
#undef __NR_mmap
#undef __NR_ppoll
#define __NR_clock_getres __NR_clock_getres_time64
#define __NR_clock_gettime __NR_clock_gettime64
#define __NR_fadvise64 ARCH_NR_FADVISE
#define __NR_fcntl __NR_fcntl64
#define __NR_fstat __NR_fstat64
#define __NR_ftruncate __NR_ftruncate64
#define __NR_futex __NR_futex_time64
#define __NR_lseek __NR__llseek
#define __NR_mmap __NR_mmap2
#define __NR_ppoll __NR_ppoll_time64

/* Of mmap2(), whatever the size of a page is. */
#define HOST_MAP_UNIT 4096

#define HOST_HALVES(value)                                                     \
	(unsigned long)(value), (unsigned long)((uint64_t)(value) >> 32)

/* Seconds are unsigned, and end in 2106. */
typedef struct stat64 host_stat;

static inline long host_lseek(uint32_t fd, int64_t offset, uint32_t whence,
			      uint64_t *result)
{
	uint64_t position;
	long r = host_call(__NR_lseek, fd, (uint64_t)offset >> 32, offset,
			   &position, whence);

	if (r == 0)
		*result = position;
	return r;
}

static inline long host_ftruncate(uint32_t fd, uint64_t size)
{
#if ARCH_ALIGNS_HALVES
	return host_call(__NR_ftruncate, fd, 0, HOST_HALVES(size));
#else
	return host_call(__NR_ftruncate, fd, HOST_HALVES(size));
#endif
}

static inline long host_fadvise(uint32_t fd, uint64_t offset, uint64_t len,
				uint32_t advice)
{
#if ARCH_ALIGNS_HALVES
	return host_call(__NR_fadvise64, fd, advice, HOST_HALVES(offset),
			 HOST_HALVES(len));
#else
	return host_call(__NR_fadvise64, fd, HOST_HALVES(offset),
			 HOST_HALVES(len), advice);
#endif
}

static inline long host_fallocate(uint32_t fd, uint64_t offset, uint64_t len)
{
	return host_call(__NR_fallocate, fd, 0, HOST_HALVES(offset),
			 HOST_HALVES(len));
}

static inline long host_preadv(uint32_t fd, const void *iovs, size_t len,
			       uint64_t offset)
{
	return host_call(__NR_preadv, fd, iovs, len, HOST_HALVES(offset));
}

static inline long host_pwritev(uint32_t fd, const void *iovs, size_t len,
				uint64_t offset)
{
	return host_call(__NR_pwritev, fd, iovs, len, HOST_HALVES(offset));
}

static inline void *host_mmap(void *addr, size_t len, uint32_t prot,
			      uint32_t flags, uint32_t fd, uint64_t offset)
{
	uint64_t unit = offset / HOST_MAP_UNIT;

	if (offset % HOST_MAP_UNIT != 0)
		return (void *)-EINVAL;
	if (unit > UINT32_MAX)
		return (void *)-EOVERFLOW;
	return (void *)host_call(__NR_mmap, addr, len, prot, flags, fd, unit);
}

#endif
