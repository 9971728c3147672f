/* SPDX-License-Identifier: BSD-2-Clause */
/* mem_sync: one of two ways. */

#include "test.h"

void test(void)
{
	void *memory;

	OK(sys.mem_map(NULL, page_size,
		       CLOUDABI_PROT_READ | CLOUDABI_PROT_WRITE,
		       CLOUDABI_MAP_SHARED, READ_WRITE, 0, &memory));
	OK(sys.mem_sync(memory, page_size, CLOUDABI_MS_SYNC));
	OK(sys.mem_sync(memory, page_size, CLOUDABI_MS_ASYNC));
	OK(sys.mem_sync(memory, page_size,
			CLOUDABI_MS_SYNC | CLOUDABI_MS_INVALIDATE));

	FAILS(sys.mem_sync(memory, page_size, 0), EINVAL);
	FAILS(sys.mem_sync(memory, page_size, CLOUDABI_MS_INVALIDATE), EINVAL);
	FAILS(sys.mem_sync(memory, page_size,
			   CLOUDABI_MS_SYNC | CLOUDABI_MS_ASYNC),
	      EINVAL);
	FAILS(sys.mem_sync(memory, page_size, CLOUDABI_MS_SYNC | 8), EINVAL);
	FAILS(sys.mem_sync((char *)memory + 1, page_size, CLOUDABI_MS_SYNC),
	      EINVAL);
	OK(sys.mem_unmap(memory, page_size));
	FAILS(sys.mem_sync(memory, page_size, CLOUDABI_MS_SYNC), ENOMEM);
}
