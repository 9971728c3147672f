/* SPDX-License-Identifier: BSD-2-Clause */
/* mem_unmap: the memory is gone for the kernel, too. */

#include "test.h"

void test(void)
{
	unsigned char *memory = allocate(2 * page_size);

	OK(sys.random_get(memory, 2 * page_size));
	OK(sys.mem_unmap(memory, page_size));
	FAILS(sys.random_get(memory, 1), EFAULT);
	OK(sys.random_get(memory + page_size, 1));
	FAILS(sys.mem_unmap(memory + page_size + 1, page_size), EINVAL);
	FAILS(sys.mem_unmap(memory + page_size, 0), EINVAL);
}
