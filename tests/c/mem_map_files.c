/* SPDX-License-Identifier: BSD-2-Clause */
/* mem_map: files and shared memory. */

#include "test.h"

#define READABLE CLOUDABI_PROT_READ
#define RW (CLOUDABI_PROT_READ | CLOUDABI_PROT_WRITE)
#define SHARED CLOUDABI_MAP_SHARED
#define PRIVATE CLOUDABI_MAP_PRIVATE

static cloudabi_errno_t map(cloudabi_fd_t fd, cloudabi_mprot_t prot,
			    cloudabi_mflags_t flags, unsigned char **memory)
{
	return sys.mem_map(NULL, page_size, prot, flags, fd, 0,
			   (void **)memory);
}

CASE(private_writes_stay_here)
{
	cloudabi_fd_t fd = new_file("0123456789");
	unsigned char *memory;

	OK(map(fd, RW, PRIVATE, &memory));
	EQUAL(memory[9], '9');
	memory[0] = 'p';
	expect_text(fd, "0123456789");
}

CASE(shared_writes_reach_the_file)
{
	cloudabi_fd_t fd = new_file("0123456789");
	unsigned char *memory;

	OK(map(fd, RW, SHARED, &memory));
	memory[0] = 's';
	expect_text(fd, "s123456789");
}

CASE(file_writes_reach_the_mapping)
{
	cloudabi_fd_t fd = new_file("0123456789");
	unsigned char *memory;

	OK(map(fd, READABLE, SHARED, &memory));
	OK(put(fd, "ab"));
	EQUAL(memcmp(memory, "ab23456789", 10), 0);
}

/* The rest of the last page is zeros that reach no file. */
CASE(tail_of_the_file)
{
	cloudabi_fd_t fd = new_file("0123456789");
	unsigned char *memory;

	OK(map(fd, RW, SHARED, &memory));
	for (size_t i = 10; i < page_size; i++)
		EQUAL(memory[i], 0);
	memory[20] = 'x';
	EQUAL(stat_of(fd).st_size, 10);
	expect_text(fd, "0123456789");
}

CASE(position_in_the_file)
{
	cloudabi_fd_t fd = new_file("");
	const cloudabi_ciovec_t iov = {"second", 6};
	void *memory;
	size_t n;

	OK(sys.fd_pwrite(fd, &iov, 1, page_size, &n));
	OK(sys.mem_map(NULL, page_size, READABLE, PRIVATE, fd, page_size,
		       &memory));
	EQUAL(memcmp(memory, "second", 6), 0);
	FAILS(sys.mem_map(NULL, page_size, READABLE, PRIVATE, fd, 1, &memory),
	      EINVAL);
}

NATIVE(position_above_4_gib, "positions have 32 bits")
{
	cloudabi_filesize_t far = UINT64_C(5) << 30;
	cloudabi_fd_t fd = new_file("");
	const cloudabi_ciovec_t iov = {"far", 3};
	void *memory;
	size_t n;

	OK(sys.fd_pwrite(fd, &iov, 1, far, &n));
	OK(sys.mem_map(NULL, page_size, READABLE, SHARED, fd, far, &memory));
	EQUAL(memcmp(memory, "far", 4), 0);
}

CASE(fixed)
{
	unsigned char *room = allocate(2 * page_size);
	void *memory;

	OK(sys.mem_map(room + page_size, page_size, READABLE,
		       PRIVATE | CLOUDABI_MAP_FIXED, READ_ONLY, 0, &memory));
	EQUAL((uintptr_t)memory, (uintptr_t)room + page_size);
	EQUAL(memcmp(memory, "0123456789", 10), 0);
	EQUAL(room[0], 0);
}

CASE(shared_memory)
{
	cloudabi_fd_t fd = make_memory(page_size);
	unsigned char *a, *b;

	OK(map(fd, RW, SHARED, &a));
	OK(map(fd, RW, SHARED, &b));
	CHECK(a != b);
	a[5] = 'x';
	EQUAL(b[5], 'x');
}

CASE(private_writes_into_a_file_for_reading)
{
	unsigned char *memory;

	OK(map(READ_ONLY, RW, PRIVATE, &memory));
	memory[0] = 'p';
	FAILS(map(READ_ONLY, RW, SHARED, &memory), ENOTCAPABLE);
}

CASE(no_access)
{
	unsigned char *memory;

	OK(map(limited(READ_ONLY, CLOUDABI_RIGHT_MEM_MAP, 0), 0, PRIVATE,
	       &memory));
}

/* A deviation: nothing becomes executable once the program runs. */
CASE(executable)
{
	unsigned char *memory;

	FAILS(map(READ_ONLY, READABLE | CLOUDABI_PROT_EXEC, PRIVATE, &memory),
	      ENOTSUP);
}

CASE(missing_right)
{
	cloudabi_fd_t fd = new_file("text");
	unsigned char *memory;

	FAILS(map(without(fd, CLOUDABI_RIGHT_MEM_MAP), 0, PRIVATE, &memory),
	      ENOTCAPABLE);
	FAILS(map(without(fd, CLOUDABI_RIGHT_FD_READ), READABLE, PRIVATE,
		  &memory),
	      ENOTCAPABLE);
	FAILS(map(without(fd, CLOUDABI_RIGHT_FD_WRITE), RW, SHARED, &memory),
	      ENOTCAPABLE);
	OK(map(without(fd, CLOUDABI_RIGHT_FD_WRITE), RW, PRIVATE, &memory));
}

CASE(what_cannot_be_mapped)
{
	unsigned char *memory;

	FAILS(map(SOCKET, READABLE, SHARED, &memory), ENOTCAPABLE);
	FAILS(map(DIRECTORY, READABLE, SHARED, &memory), ENOTCAPABLE);
	FAILS(map(OUTPUT, READABLE, SHARED, &memory), ENOTCAPABLE);
}

CASE(no_descriptor)
{
	unsigned char *memory;

	FAILS(map(NO_FD, READABLE, SHARED, &memory), EBADF);
	FAILS(map(CLOUDABI_MAP_ANON_FD, READABLE, SHARED, &memory), EBADF);
}

CASE(no_length)
{
	void *memory;

	FAILS(sys.mem_map(NULL, 0, READABLE, SHARED, READ_ONLY, 0, &memory),
	      EINVAL);
}

ENDS(beyond_the_end_of_the_file, -7)
{
	void *memory;

	OK(sys.mem_map(NULL, 2 * page_size, READABLE, PRIVATE, READ_ONLY, 0,
		       &memory));
	*((volatile unsigned char *)memory + page_size);
}
