/* SPDX-License-Identifier: BSD-2-Clause */
/* mem_sync: from a mapping to its file. */

#include "test.h"

#define ASYNC CLOUDABI_MS_ASYNC
#define INVALIDATE CLOUDABI_MS_INVALIDATE
#define SYNC CLOUDABI_MS_SYNC

static void *map(cloudabi_fd_t fd)
{
	void *memory;

	OK(sys.mem_map(NULL, page_size,
		       CLOUDABI_PROT_READ | CLOUDABI_PROT_WRITE,
		       CLOUDABI_MAP_SHARED, fd, 0, &memory));
	return memory;
}

CASE(sync)
{
	cloudabi_fd_t fd = new_file("0123456789");
	char *memory = map(fd);

	memory[0] = 'x';
	OK(sys.mem_sync(memory, page_size, SYNC));
	expect_text(fd, "x123456789");
}

CASE(async)
{
	OK(sys.mem_sync(map(new_file("text")), page_size, ASYNC));
}

CASE(invalidate)
{
	cloudabi_fd_t fd = new_file("0123456789");
	char *memory = map(fd);

	OK(put(fd, "ab"));
	OK(sys.mem_sync(memory, page_size, SYNC | INVALIDATE));
	OK(sys.mem_sync(memory, page_size, ASYNC | INVALIDATE));
	EQUAL(memcmp(memory, "ab23", 4), 0);
}

CASE(memory_without_a_file)
{
	OK(sys.mem_sync(allocate(page_size), page_size, SYNC));
	OK(sys.mem_sync(map(make_memory(page_size)), page_size, SYNC));
}

CASE(no_length)
{
	OK(sys.mem_sync(allocate(page_size), 0, SYNC));
}

CASE(neither_or_both)
{
	void *memory = allocate(page_size);

	FAILS(sys.mem_sync(memory, page_size, 0), EINVAL);
	FAILS(sys.mem_sync(memory, page_size, INVALIDATE), EINVAL);
	FAILS(sys.mem_sync(memory, page_size, ASYNC | SYNC), EINVAL);
	FAILS(sys.mem_sync(memory, page_size, ASYNC | SYNC | INVALIDATE),
	      EINVAL);
}

CASE(unknown_flags)
{
	void *memory = allocate(page_size);

	FAILS(sys.mem_sync(memory, page_size, 8), EINVAL);
	FAILS(sys.mem_sync(memory, page_size, SYNC | 0x80), EINVAL);
}

CASE(no_page)
{
	FAILS(sys.mem_sync((char *)allocate(page_size) + 1, 1, SYNC), EINVAL);
}

NATIVE(nothing_mapped, "unmapped memory can be flushed")
{
	void *memory = allocate(page_size);

	OK(sys.mem_unmap(memory, page_size));
	FAILS(sys.mem_sync(memory, page_size, SYNC), ENOMEM);
}
