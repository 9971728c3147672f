/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that can be executed, and memory that is not just memory. */

#include "probe.h"

#define RX (PROT_READ | PROT_EXEC)
#define RW (PROT_READ | PROT_WRITE)
#define RWX (RW | PROT_EXEC)
#define EXECUTABLE_IMPLIED 0x0400000l

static long map(long protection, long flags, long fd)
{
	return made(MMAP(0, 4096, protection, flags, fd));
}

static long page(void)
{
	return MMAP(0, 4096, RW, ANONYMOUS, -1);
}

static long map_memory_file(long flags)
{
	long fd = CALL(memfd_create, "x", flags);

	CALL(ftruncate, fd, 4096);
	return then(fd, map(RX, MAP_SHARED, fd));
}

/* A mapping of what is writable as well, under another address. */
static long map_twice(void)
{
	long fd = CALL(memfd_create, "x", 0);

	CALL(ftruncate, fd, 4096);
	return then(then(fd, map(RW, MAP_SHARED, fd)), map(RX, MAP_SHARED, fd));
}

static long map_shared_object(void)
{
	long id = CALL(shmget, 0, 4096, 01700);
	long r = then(id, made(CALL(shmat, id, 0, 0100000 /* SHM_EXEC */)));

	CALL(shmctl, id, 0 /* IPC_RMID */, 0);
	return r;
}

/* All that can be read can then be executed. */
static long implied(void)
{
	return then(CALL(personality, EXECUTABLE_IMPLIED),
		    map(PROT_READ, ANONYMOUS, -1));
}

static long remap(void)
{
	long from = page();

	return made(CALL(mremap, from, 4096, 8192, 1 /* MREMAP_MAYMOVE */));
}

static long remap_text(void)
{
	long text = (long)&memory_probes & ~4095l;

	return made(CALL(mremap, text, 4096, 4096, 5 /* and DONTUNMAP */, 0));
}

static long text_writable(void)
{
	return CALL(mprotect, (long)&memory_probes & ~4095l, 4096, RWX);
}

static void executable(void)
{
	PROBE(RESULT, 16, "mmap_exec", map(RX, ANONYMOUS, -1));
	PROBE(RESULT, 16, "mmap_only_exec", map(PROT_EXEC, ANONYMOUS, -1));
	PROBE(RESULT, 16, "mmap_write_exec", map(RWX, ANONYMOUS, -1));
	PROBE(RESULT, 16, "mmap_file_exec", map(RX, MAP_PRIVATE, FILE_FD));
	PROBE(RESULT, 16, "mmap_file_exec_fixed",
	      made(MMAP(0x30000000, 4096, RX, MAP_PRIVATE | MAP_FIXED,
			FILE_FD)));
	PROBE(RESULT, 16, "mmap_shared_exec",
	      map(RX, MAP_SHARED | MAP_ANONYMOUS, -1));
	PROBE(RESULT, 16, "mprotect_exec", CALL(mprotect, page(), 4096, RX));
	PROBE(RESULT, 16, "mprotect_write_exec",
	      CALL(mprotect, page(), 4096, RWX));
	PROBE(RESULT, 16, "mprotect_grows_down",
	      CALL(mprotect, page(), 4096, RX | 0x01000000) == -EINVAL ? 0 :
									 -1);
	PROBE(RESULT, 16, "text_writable", text_writable());
	PROBE(RESULT, 16, "pkey_mprotect",
	      CALL(pkey_mprotect, page(), 4096, RX, -1));
	PROBE(RESULT MAYBE, 16, "pkey_alloc", CALL(pkey_alloc, 0, 0));
	PROBE(RESULT, 16, "memfd_exec", map_memory_file(0));
	PROBE(RESULT MAYBE, 16, "memfd_exec_flag", map_memory_file(0x10));
	PROBE(RESULT, 16, "memfd_mapped_twice", map_twice());
	PROBE(RESULT, 16, "shm_exec", map_shared_object());
	PROBE(RESULT, 16, "read_implies_exec", implied());
	PROBE(RESULT, 16, "personality", CALL(personality, 0x0040000));
	PROBE(RESULT, 16, "mremap", remap());
	PROBE(RESULT MAYBE, 16, "mremap_text", remap_text());
	PROBE(RESULT, 16, "remap_file_pages",
	      CALL(remap_file_pages,
		   MMAP(0, 8192, RW, MAP_SHARED | MAP_ANONYMOUS, -1), 4096, 0,
		   1, 0));
}

static void special(void)
{
	PROBE(RESULT MAYBE, 14, "userfaultfd", CALL(userfaultfd, 1));
	PROBE(RESULT MAYBE, 16, "memfd_secret", raw6(447, 0, 0, 0, 0, 0, 0));
	PROBE(RESULT, 44, "mlock", CALL(mlock, page(), 4096));
	PROBE(RESULT, 44, "mlock2", CALL(mlock2, page(), 4096, 0));
	PROBE(RESULT, 44, "mlockall", CALL(mlockall, 2));
	PROBE(RESULT, 44, "mmap_locked", map(RW, ANONYMOUS | MAP_LOCKED, -1));
	PROBE(RESULT MAYBE, 44, "mmap_huge",
	      made(MMAP(0, 2 << 20, RW, ANONYMOUS | MAP_HUGETLB, -1)));
	PROBE(RESULT, 44, "mmap_grows_down",
	      map(RW, ANONYMOUS | MAP_GROWSDOWN, -1));
	PROBE(RESULT, 44, "mmap_populate",
	      map(RW, ANONYMOUS | MAP_POPULATE, -1));
	PROBE(RESULT, 44, "brk", CALL(brk, 0));
	PROBE(RESULT, 51, "mincore", CALL(mincore, page(), 4096, (&(char){0})));
	PROBE(RESULT MAYBE, 51, "cachestat",
	      raw6(451, FILE_FD, (long)&(uint64_t[2]){0, 0},
		   (long)&(uint64_t[5]){0}, 0, 0, 0));
	PROBE(RESULT, 51, "madvise_free", CALL(madvise, page(), 4096, 8));
	PROBE(RESULT, 51, "madvise_dontneed", CALL(madvise, page(), 4096, 4));
	PROBE(RESULT MAYBE, 51, "madvise_mergeable",
	      CALL(madvise, page(), 4096, 12));
	PROBE(RESULT MAYBE, 51, "madvise_hugepage",
	      CALL(madvise, MMAP(0, 4 << 20, RW, ANONYMOUS, -1), 4 << 20, 14));
	PROBE(RESULT, 51, "membarrier", CALL(membarrier, 0, 0, 0));
	PROBE(RESULT MAYBE, 44, "mbind", CALL(mbind, page(), 4096, 0, 0, 0, 0));
	PROBE(RESULT MAYBE, 44, "set_mempolicy", CALL(set_mempolicy, 0, 0, 0));
	PROBE(REACHES(22) MAYBE, 17, "rseq", CALL(rseq, 0, 31, 0, 0));
}

void memory_probes(void)
{
	executable();
	special();
}
