/* SPDX-License-Identifier: BSD-2-Clause */
/* mem_protect: reading and writing come and go, executing never comes. */

#include "test.h"

#define RW (CLOUDABI_PROT_READ | CLOUDABI_PROT_WRITE)

void test(void)
{
	unsigned char *memory = allocate(page_size);

	memory[0] = 'x';
	OK(sys.mem_protect(memory, page_size, 0));
	OK(sys.mem_protect(memory, page_size, CLOUDABI_PROT_READ));
	EQUAL(memory[0], 'x');
	/* The kernel writes no more than the program could. */
	FAILS(sys.random_get(memory, 1), EFAULT);
	OK(sys.mem_protect(memory, page_size, RW));
	memory[0] = 'y';

	FAILS(sys.mem_protect(memory, page_size, CLOUDABI_PROT_EXEC), ENOTSUP);
	FAILS(sys.mem_protect(memory, page_size,
			      CLOUDABI_PROT_READ | CLOUDABI_PROT_EXEC),
	      ENOTSUP);
	FAILS(sys.mem_protect(memory, page_size, RW | CLOUDABI_PROT_EXEC),
	      ENOTSUP);
	FAILS(sys.mem_protect(memory, page_size, 8), ENOTSUP);
	FAILS(sys.mem_protect(memory + 1, page_size, RW), EINVAL);
	OK(sys.mem_unmap(memory, page_size));
	FAILS(sys.mem_protect(memory, page_size, RW), ENOMEM);
}
