/* SPDX-License-Identifier: BSD-2-Clause */
/* mem_map: fresh memory, and arguments that contradict each other. */

#include "test.h"

#define RW (CLOUDABI_PROT_READ | CLOUDABI_PROT_WRITE)
#define ANON (CLOUDABI_MAP_ANON | CLOUDABI_MAP_PRIVATE)
#define NONE CLOUDABI_MAP_ANON_FD

static cloudabi_errno_t map(void *addr, size_t len, cloudabi_mprot_t prot,
			    cloudabi_mflags_t flags, unsigned char **memory)
{
	return sys.mem_map(addr, len, prot, flags, NONE, 0, (void **)memory);
}

/* Tells by a host call whether memory can be read; reading could kill. */
static bool is_readable(const void *byte)
{
	const cloudabi_ciovec_t iov = {byte, 1};
	size_t n;
	cloudabi_errno_t error = sys.fd_pwrite(READ_WRITE, &iov, 1, 0, &n);

	if (error != 0)
		EQUAL(error, CLOUDABI_EFAULT);
	return error == 0;
}

CASE(zeros)
{
	unsigned char *memory;

	OK(map(NULL, 3 * page_size, RW, ANON, &memory));
	EQUAL((uintptr_t)memory & (page_size - 1), 0);
	for (size_t i = 0; i < 3 * page_size; i++)
		EQUAL(memory[i], 0);
	memory[3 * page_size - 1] = 1;
}

CASE(length_is_rounded_up)
{
	unsigned char *memory;

	OK(map(NULL, 1, RW, ANON, &memory));
	memory[page_size - 1] = 1;
	EQUAL(memory[page_size - 1], 1);
}

CASE(shared_between_nobody)
{
	unsigned char *memory;

	OK(map(NULL, page_size, RW, CLOUDABI_MAP_ANON | CLOUDABI_MAP_SHARED,
	       &memory));
	memory[0] = 1;
	EQUAL(memory[0], 1);
}

CASE(no_access)
{
	unsigned char *memory;

	OK(map(NULL, page_size, 0, ANON, &memory));
	CHECK(!is_readable(memory));
	OK(sys.mem_protect(memory, page_size, RW));
	CHECK(is_readable(memory));
}

CASE(fixed_replaces)
{
	unsigned char *memory, *again;

	OK(map(NULL, 3 * page_size, RW, ANON, &memory));
	memset(memory, 'x', 3 * page_size);
	OK(map(memory + page_size, page_size, RW, ANON | CLOUDABI_MAP_FIXED,
	       &again));
	EQUAL((uintptr_t)again, (uintptr_t)memory + page_size);
	EQUAL(memory[page_size - 1], 'x');
	EQUAL(memory[page_size], 0);
	EQUAL(memory[2 * page_size], 'x');
}

CASE(fixed_at_no_page)
{
	unsigned char *memory = allocate(2 * page_size);
	unsigned char *again;

	FAILS(map(memory + 1, page_size, RW, ANON | CLOUDABI_MAP_FIXED, &again),
	      EINVAL);
}

/* A hint is followed where there is room, and never replaces anything. */
CASE(hint)
{
	unsigned char *memory = allocate(page_size);
	unsigned char *other;

	memory[0] = 'x';
	OK(map(memory, page_size, RW, ANON, &other));
	CHECK(other != memory);
	EQUAL(memory[0], 'x');
	OK(map(memory + 1, page_size, RW, ANON, &other));
	EQUAL((uintptr_t)other & (page_size - 1), 0);
	EQUAL(memory[0], 'x');
}

CASE(private_or_shared)
{
	unsigned char *memory;

	FAILS(map(NULL, page_size, RW, CLOUDABI_MAP_ANON, &memory), EINVAL);
	FAILS(map(NULL, page_size, RW, ANON | CLOUDABI_MAP_SHARED, &memory),
	      EINVAL);
}

CASE(unknown_flags)
{
	unsigned char *memory;

	FAILS(map(NULL, page_size, RW, ANON | 0x10, &memory), EINVAL);
	FAILS(map(NULL, page_size, RW, ANON | 0x80, &memory), EINVAL);
}

CASE(unknown_protection)
{
	unsigned char *memory;

	FAILS(map(NULL, page_size, 8, ANON, &memory), ENOTSUP);
	FAILS(map(NULL, page_size, RW | 0x80, ANON, &memory), ENOTSUP);
}

CASE(writable_and_executable)
{
	unsigned char *memory;

	FAILS(map(NULL, page_size, RW | CLOUDABI_PROT_EXEC, ANON, &memory),
	      ENOTSUP);
	FAILS(map(NULL, page_size, CLOUDABI_PROT_WRITE | CLOUDABI_PROT_EXEC,
		  ANON, &memory),
	      ENOTSUP);
}

/* A deviation: nothing becomes executable once the program runs. */
CASE(executable)
{
	unsigned char *memory;

	FAILS(map(NULL, page_size, CLOUDABI_PROT_EXEC, ANON, &memory), ENOTSUP);
	FAILS(map(NULL, page_size, CLOUDABI_PROT_EXEC | CLOUDABI_PROT_READ,
		  ANON, &memory),
	      ENOTSUP);
}

CASE(descriptor_and_position_of_memory)
{
	void *memory;

	FAILS(sys.mem_map(NULL, page_size, RW, ANON, READ_WRITE, 0, &memory),
	      EINVAL);
	FAILS(sys.mem_map(NULL, page_size, RW, ANON, NONE, page_size, &memory),
	      EINVAL);
}

CASE(no_length)
{
	unsigned char *memory;

	FAILS(map(NULL, 0, RW, ANON, &memory), EINVAL);
}

CASE(too_much)
{
	unsigned char *memory;

	FAILS(map(NULL, -16 * page_size, RW, ANON, &memory), ENOMEM);
	FAILS(map(NULL, SIZE_MAX, RW, ANON, &memory), ENOMEM);
}

/* The reference judges protection, then flags, then the descriptor. */
CASE(order_of_checks)
{
	void *memory;

	FAILS(sys.mem_map(NULL, page_size, 8, 0, NO_FD, 0, &memory), ENOTSUP);
	FAILS(sys.mem_map(NULL, page_size, RW, 0, NO_FD, 0, &memory), EINVAL);
	FAILS(sys.mem_map(NULL, page_size, RW, CLOUDABI_MAP_PRIVATE, NO_FD, 0,
			  &memory),
	      EBADF);
}

/* Results are stored by calls that succeed only. */
CASE(result_stays_after_an_error)
{
	void *memory = NOWHERE;

	FAILS(sys.mem_map(NULL, 0, RW, ANON, NONE, 0, &memory), EINVAL);
	FAILS(sys.mem_map(NULL, SIZE_MAX, RW, ANON, NONE, 0, &memory), ENOMEM);
	EQUAL((uintptr_t)memory, (uintptr_t)NOWHERE);
}

ENDS(reading_what_has_no_access, -11)
{
	unsigned char *memory;

	OK(map(NULL, page_size, 0, ANON, &memory));
	*(volatile unsigned char *)memory;
}

ENDS(writing_what_is_for_reading, -11)
{
	unsigned char *memory;

	OK(map(NULL, page_size, CLOUDABI_PROT_READ, ANON, &memory));
	*(volatile unsigned char *)memory = 1;
}

ENDS(result_to_nowhere, -11)
{
	sys.mem_map(NULL, page_size, RW, ANON, NONE, 0, NOWHERE);
}
