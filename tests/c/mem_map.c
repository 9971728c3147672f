/* SPDX-License-Identifier: BSD-2-Clause */
/* mem_map: memory and files, shared and private, and never executable. */

#include "test.h"

#define RW (CLOUDABI_PROT_READ | CLOUDABI_PROT_WRITE)
#define ANON (CLOUDABI_MAP_ANON | CLOUDABI_MAP_PRIVATE)

static cloudabi_errno_t map(cloudabi_mprot_t prot, cloudabi_mflags_t flags,
			    cloudabi_fd_t fd, unsigned char **memory)
{
	return sys.mem_map(NULL, page_size, prot, flags, fd, 0,
			   (void **)memory);
}

static void test_memory(void)
{
	unsigned char *memory;
	void *again;

	OK(map(RW, ANON, CLOUDABI_MAP_ANON_FD, &memory));
	EQUAL(memory[page_size - 1], 0);
	memory[0] = 'x';
	OK(sys.mem_map(memory, page_size, RW, ANON | CLOUDABI_MAP_FIXED,
		       CLOUDABI_MAP_ANON_FD, 0, &again));
	EQUAL((uintptr_t)again, (uintptr_t)memory);
	EQUAL(memory[0], 0);
	OK(map(0, ANON, CLOUDABI_MAP_ANON_FD, &memory));

	FAILS(map(RW, CLOUDABI_MAP_ANON, CLOUDABI_MAP_ANON_FD, &memory),
	      EINVAL);
	FAILS(map(RW, ANON | CLOUDABI_MAP_SHARED, CLOUDABI_MAP_ANON_FD,
		  &memory),
	      EINVAL);
	FAILS(map(RW, ANON | 0x10, CLOUDABI_MAP_ANON_FD, &memory), EINVAL);
	FAILS(map(RW, ANON, READ_WRITE, &memory), EINVAL);
	FAILS(sys.mem_map(NULL, page_size, RW, ANON, CLOUDABI_MAP_ANON_FD,
			  page_size, &again),
	      EINVAL);
	FAILS(sys.mem_map(NULL, 0, RW, ANON, CLOUDABI_MAP_ANON_FD, 0, &again),
	      EINVAL);
	FAILS(sys.mem_map(NULL, SIZE_MAX / 2, RW, ANON, CLOUDABI_MAP_ANON_FD, 0,
			  &again),
	      ENOMEM);
}

static void test_nothing_is_executable(void)
{
	unsigned char *memory;

	FAILS(map(RW | CLOUDABI_PROT_EXEC, ANON, CLOUDABI_MAP_ANON_FD, &memory),
	      ENOTSUP);
	FAILS(map(CLOUDABI_PROT_EXEC, ANON, CLOUDABI_MAP_ANON_FD, &memory),
	      ENOTSUP);
	FAILS(map(CLOUDABI_PROT_EXEC | CLOUDABI_PROT_READ, CLOUDABI_MAP_PRIVATE,
		  READ_ONLY, &memory),
	      ENOTSUP);
	FAILS(map(8, ANON, CLOUDABI_MAP_ANON_FD, &memory), ENOTSUP);
}

static void test_file(void)
{
	unsigned char *shared, *private;

	OK(map(RW, CLOUDABI_MAP_SHARED, READ_WRITE, &shared));
	EQUAL(shared[9], '9');
	OK(map(RW, CLOUDABI_MAP_PRIVATE, READ_WRITE, &private));
	private[0] = 'p';
	EQUAL(shared[0], '0');
	shared[1] = 's';
	expect_text(READ_WRITE, "0s23456789");

	OK(map(CLOUDABI_PROT_READ, CLOUDABI_MAP_SHARED, READ_ONLY, &shared));
	EQUAL(shared[9], '9');
	OK(map(RW, CLOUDABI_MAP_PRIVATE, READ_ONLY, &private));
	private[0] = 'p';
	FAILS(map(RW, CLOUDABI_MAP_SHARED, READ_ONLY, &shared), ENOTCAPABLE);

	FAILS(map(RW, CLOUDABI_MAP_SHARED, 900, &shared), EBADF);
	FAILS(map(RW, CLOUDABI_MAP_SHARED, SOCKET, &shared), ENOTCAPABLE);
	FAILS(map(RW, CLOUDABI_MAP_SHARED, DIRECTORY, &shared), ENOTCAPABLE);
	restrict_rights(READ_WRITE, CLOUDABI_RIGHT_FD_READ);
	FAILS(map(CLOUDABI_PROT_READ, CLOUDABI_MAP_SHARED, READ_WRITE, &shared),
	      ENOTCAPABLE);
	restrict_rights(READ_WRITE, CLOUDABI_RIGHT_MEM_MAP);
	FAILS(map(0, CLOUDABI_MAP_SHARED, READ_WRITE, &shared), ENOTCAPABLE);
}

static void test_shared_memory(void)
{
	cloudabi_fd_t fd = make_memory(page_size);
	unsigned char *a, *b;

	OK(map(RW, CLOUDABI_MAP_SHARED, fd, &a));
	OK(map(RW, CLOUDABI_MAP_SHARED, fd, &b));
	CHECK(a != b);
	a[5] = 'x';
	EQUAL(b[5], 'x');
}

void test(void)
{
	test_memory();
	test_nothing_is_executable();
	test_file();
	test_shared_memory();
}
