/* SPDX-License-Identifier: BSD-2-Clause */
/* mem_protect: what can be done with pages, and never to execute them. */

#include "test.h"

#define RW (CLOUDABI_PROT_READ | CLOUDABI_PROT_WRITE)

CASE(back_and_forth)
{
	unsigned char *memory = allocate(page_size);

	memory[0] = 1;
	OK(sys.mem_protect(memory, page_size, CLOUDABI_PROT_READ));
	EQUAL(memory[0], 1);
	OK(sys.mem_protect(memory, page_size, 0));
	OK(sys.mem_protect(memory, page_size, RW));
	EQUAL(memory[0], 1);
	memory[0] = 2;
}

CASE(one_page_of_many)
{
	unsigned char *memory = allocate(3 * page_size);

	OK(sys.mem_protect(memory + page_size, page_size, 0));
	memory[page_size - 1] = 1;
	memory[2 * page_size] = 2;
}

CASE(length_is_rounded_up)
{
	unsigned char *memory = allocate(page_size);

	OK(sys.mem_protect(memory, page_size, 0));
	OK(sys.mem_protect(memory, 1, RW));
	memory[page_size - 1] = 1;
}

NATIVE(no_length, "a length of zero is refused")
{
	OK(sys.mem_protect(allocate(page_size), 0, RW));
}

/* What the descriptor of a shared mapping does not allow stays forbidden. */
CASE(file_for_reading)
{
	void *memory;

	OK(sys.mem_map(NULL, page_size, CLOUDABI_PROT_READ, CLOUDABI_MAP_SHARED,
		       READ_ONLY, 0, &memory));
	FAILS(sys.mem_protect(memory, page_size, RW), EACCES);
}

CASE(unknown_protection)
{
	FAILS(sys.mem_protect(allocate(page_size), page_size, 8), ENOTSUP);
	FAILS(sys.mem_protect(allocate(page_size), page_size, 0x80 | RW),
	      ENOTSUP);
}

CASE(writable_and_executable)
{
	FAILS(sys.mem_protect(allocate(page_size), page_size,
			      RW | CLOUDABI_PROT_EXEC),
	      ENOTSUP);
}

/* A deviation: nothing becomes executable once the program runs. */
CASE(executable)
{
	FAILS(sys.mem_protect(allocate(page_size), page_size,
			      CLOUDABI_PROT_EXEC),
	      ENOTSUP);
	FAILS(sys.mem_protect(allocate(page_size), page_size,
			      CLOUDABI_PROT_READ | CLOUDABI_PROT_EXEC),
	      ENOTSUP);
}

CASE(no_page)
{
	FAILS(sys.mem_protect((char *)allocate(page_size) + 1, 1, RW), EINVAL);
}

NATIVE(nothing_mapped, "unmapped memory can be protected")
{
	void *memory = allocate(page_size);

	OK(sys.mem_unmap(memory, page_size));
	FAILS(sys.mem_protect(memory, page_size, RW), ENOMEM);
}

ENDS(writing_what_is_for_reading, -11)
{
	unsigned char *memory = allocate(page_size);

	OK(sys.mem_protect(memory, page_size, CLOUDABI_PROT_READ));
	*(volatile unsigned char *)memory = 1;
}

ENDS(reading_what_has_no_access, -11)
{
	unsigned char *memory = allocate(page_size);

	OK(sys.mem_protect(memory, page_size, 0));
	*(volatile unsigned char *)memory;
}
