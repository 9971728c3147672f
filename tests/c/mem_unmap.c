/* SPDX-License-Identifier: BSD-2-Clause */
/* mem_unmap: memory goes, page by page. */

#include "test.h"

/* The kernel follows the pointer for us. */
static bool is_mapped(const void *page)
{
	const cloudabi_ciovec_t iov = {page, 1};
	cloudabi_fd_t a, b;
	cloudabi_errno_t error;
	size_t n;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	error = sys.fd_write(a, &iov, 1, &n);
	CHECK(error == 0 || error == CLOUDABI_EFAULT);
	OK(sys.fd_close(a));
	OK(sys.fd_close(b));
	return error == 0;
}

CASE(all)
{
	void *memory = allocate(page_size);

	CHECK(is_mapped(memory));
	OK(sys.mem_unmap(memory, page_size));
	CHECK(!is_mapped(memory));
}

CASE(one_page_of_many)
{
	char *memory = allocate(3 * page_size);

	OK(sys.mem_unmap(memory + page_size, page_size));
	CHECK(is_mapped(memory));
	CHECK(!is_mapped(memory + page_size));
	CHECK(is_mapped(memory + 2 * page_size));
	memory[0] = 1;
	memory[2 * page_size] = 1;
}

CASE(length_is_rounded_up)
{
	char *memory = allocate(2 * page_size);

	OK(sys.mem_unmap(memory, 1));
	CHECK(!is_mapped(memory));
	CHECK(is_mapped(memory + page_size));
}

CASE(twice)
{
	void *memory = allocate(page_size);

	OK(sys.mem_unmap(memory, page_size));
	OK(sys.mem_unmap(memory, page_size));
}

CASE(shared_writes_reach_the_file)
{
	cloudabi_fd_t fd = new_file("0123456789");
	void *memory;

	OK(sys.mem_map(NULL, page_size,
		       CLOUDABI_PROT_READ | CLOUDABI_PROT_WRITE,
		       CLOUDABI_MAP_SHARED, fd, 0, &memory));
	memcpy(memory, "x", 1);
	OK(sys.mem_unmap(memory, page_size));
	expect_text(fd, "x123456789");
}

CASE(no_page)
{
	FAILS(sys.mem_unmap((char *)allocate(page_size) + 1, page_size),
	      EINVAL);
}

CASE(no_length)
{
	void *memory = allocate(page_size);

	FAILS(sys.mem_unmap(memory, 0), EINVAL);
	CHECK(is_mapped(memory));
}

CASE(out_of_range)
{
	FAILS(sys.mem_unmap(allocate(page_size), SIZE_MAX - page_size), EINVAL);
}

ENDS(reading_what_is_gone, -11)
{
	void *memory = allocate(page_size);

	OK(sys.mem_unmap(memory, page_size));
	*(volatile char *)memory;
}
