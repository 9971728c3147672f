/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory mappings. */

#include <string.h>
#include <sys/mman.h>

#include "cloudabi_impl.h"
#include "libc.h"
#include "mem_blocks.h"

static cloudabi_mprot_t to_prot(int prot)
{
	return (cloudabi_mprot_t)(((prot & PROT_READ) != 0 ?
					   CLOUDABI_PROT_READ :
					   0) |
				  ((prot & PROT_WRITE) != 0 ?
					   CLOUDABI_PROT_WRITE :
					   0) |
				  ((prot & PROT_EXEC) != 0 ?
					   CLOUDABI_PROT_EXEC :
					   0));
}

static cloudabi_mflags_t to_flags(int flags)
{
	return (cloudabi_mflags_t)(((flags & MAP_ANON) != 0 ?
					    CLOUDABI_MAP_ANON :
					    0) |
				   ((flags & MAP_FIXED) != 0 ?
					    CLOUDABI_MAP_FIXED :
					    0) |
				   ((flags & MAP_PRIVATE) != 0 ?
					    CLOUDABI_MAP_PRIVATE :
					    0) |
				   ((flags & MAP_SHARED) != 0 ?
					    CLOUDABI_MAP_SHARED :
					    0));
}

static cloudabi_errno_t map(void *addr, size_t len, int prot, int flags, int fd,
			    off_t offset, void **result)
{
	const int meant = MAP_ANON | MAP_FIXED | MAP_PRIVATE | MAP_SHARED;
	const int harmless = MAP_NORESERVE | MAP_STACK;

	if ((flags & ~(meant | harmless)) != 0 || offset < 0 || len == 0)
		return EINVAL;
	if ((prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC)) != 0)
		return ENOTSUP;
	if ((flags & MAP_ANON) != 0) {
		fd = (int)CLOUDABI_MAP_ANON_FD;
		offset = 0;
	}
	return cloudabi_sys_mem_map(addr, len, to_prot(prot), to_flags(flags),
				    (cloudabi_fd_t)fd,
				    (cloudabi_filesize_t)offset, result);
}

void *__mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	void *result;
	cloudabi_errno_t error =
		map(addr, len, prot, flags, fd, offset, &result);

	if (error == ENOMEM && __blocks_drop())
		error = map(addr, len, prot, flags, fd, offset, &result);
	if (error == 0)
		return result;
	errno = error;
	return MAP_FAILED;
}

weak_alias(__mmap, mmap);

int __munmap(void *addr, size_t len)
{
	return __result(cloudabi_sys_mem_unmap(addr, len));
}

weak_alias(__munmap, munmap);

int __mprotect(void *addr, size_t len, int prot)
{
	size_t start = (size_t)addr & -(size_t)PAGE_SIZE;
	size_t end = ((size_t)addr + len + PAGE_SIZE - 1) & -(size_t)PAGE_SIZE;

	if ((prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC)) != 0)
		return __result(ENOTSUP);
	return __result(cloudabi_sys_mem_protect((void *)start, end - start,
						 to_prot(prot)));
}

weak_alias(__mprotect, mprotect);

int msync(void *addr, size_t len, int flags)
{
	cloudabi_msflags_t how = 0;

	if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) != 0)
		return __result(EINVAL);
	if ((flags & MS_ASYNC) != 0)
		how |= CLOUDABI_MS_ASYNC;
	if ((flags & MS_INVALIDATE) != 0)
		how |= CLOUDABI_MS_INVALIDATE;
	if ((flags & MS_SYNC) != 0)
		how |= CLOUDABI_MS_SYNC;
	return __result(cloudabi_sys_mem_sync(addr, len, how));
}

int posix_madvise(void *addr, size_t len, int advice)
{
	static const cloudabi_advice_t advices[] = {
		[POSIX_MADV_NORMAL] = CLOUDABI_ADVICE_NORMAL,
		[POSIX_MADV_RANDOM] = CLOUDABI_ADVICE_RANDOM,
		[POSIX_MADV_SEQUENTIAL] = CLOUDABI_ADVICE_SEQUENTIAL,
		[POSIX_MADV_WILLNEED] = CLOUDABI_ADVICE_WILLNEED,
		[POSIX_MADV_DONTNEED] = CLOUDABI_ADVICE_DONTNEED,
	};

	if ((unsigned)advice >= sizeof(advices) / sizeof(*advices))
		return EINVAL;
	return cloudabi_sys_mem_advise(addr, len, advices[advice]);
}

/* The names of the first five kinds of advice have the same numbers. */
int __madvise(void *addr, size_t len, int advice)
{
	return __result((cloudabi_errno_t)posix_madvise(addr, len, advice));
}

weak_alias(__madvise, madvise);

/*
 * Resizing the large blocks of malloc(). A block that grows once tends to grow
 * again, and moving it costs a copy of all of it. Therefore half as much again
 * is mapped, of which only the touched pages are really there, and a block that
 * has to move goes to where there is room behind it, so that it can be extended
 * next time. The limit is what malloc() can note as slack of a block.
 */
static const size_t slack_max = (size_t)1 << 30;

enum {
	ROOM = 8
};

static size_t with_slack(size_t needed)
{
	size_t slack = needed / 2 < slack_max ? needed / 2 : slack_max;

	slack &= -(size_t)PAGE_SIZE;
	return needed + slack < needed ? needed : needed + slack;
}

typedef void *map_function(void *hint, size_t len);

static void *map_memory(void *hint, size_t len)
{
	return __mmap(hint, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON,
		      -1, 0);
}

static void *map_addresses(void *hint, size_t len)
{
	return __mmap(hint, len, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0);
}

/* For what the program can do without. The system then tells nobody that a
 * limit has been reached. */
static void *map_spare_memory(void *hint, size_t len)
{
	void *mem = map_addresses(hint, len);

	if (mem == MAP_FAILED ||
	    __mprotect(mem, len, PROT_READ | PROT_WRITE) == 0)
		return mem;
	__munmap(mem, len);
	return MAP_FAILED;
}

/* An address is only a hint, so that nothing else gets hurt. */
static bool extend(char *mem, size_t len, size_t wanted, map_function *map)
{
	char *more = map(mem + len, wanted - len);

	if (more == mem + len)
		return true;
	if (more != MAP_FAILED)
		__munmap(more, wanted - len);
	return false;
}

/* Finds an address with free addresses behind it, or none. */
static void *find_room(size_t len)
{
	size_t room;
	void *mem;

	if (__builtin_mul_overflow(len, ROOM, &room))
		return NULL;
	mem = map_addresses(NULL, room);
	if (mem == MAP_FAILED)
		return NULL;
	__munmap(mem, room);
	return mem;
}

static void *move(void *mem, size_t used, size_t *len, size_t wanted,
		  map_function *map)
{
	void *copy = __block_take(&wanted);

	if (copy == NULL)
		copy = map(find_room(wanted), wanted);
	if (copy == MAP_FAILED)
		return NULL;
	memcpy(copy, mem, used);
	__block_unmap(mem, *len);
	*len = wanted;
	return copy;
}

static void *grow(void *mem, size_t used, size_t *len, size_t wanted,
		  map_function *map)
{
	if (!extend(mem, *len, wanted, map))
		return move(mem, used, len, wanted, map);
	*len = wanted;
	return mem;
}

static void *enlarge(void *mem, size_t used, size_t *len, size_t needed)
{
	size_t wanted = with_slack(needed);
	size_t more = __block_extend((char *)mem + *len, needed - *len,
				     wanted - *len);
	void *result;

	*len += more;
	if (more > 0)
		return mem;
	result = grow(mem, used, len, wanted, map_spare_memory);
	return result != NULL ? result :
				grow(mem, used, len, needed, map_memory);
}

/* The first `used` of `*len` bytes have contents; `needed` is a multiple of
 * the page size. NULL leaves everything as it was. */
void *__resize_mapping(void *mem, size_t used, size_t *len, size_t needed)
{
	if (needed > *len)
		return enlarge(mem, used, len, needed);
	if (needed < used && needed < *len) {
		__block_unmap((char *)mem + needed, *len - needed);
		*len = needed;
	}
	return mem;
}
