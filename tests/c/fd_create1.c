/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_create1: shared memory and nothing else. */

#include "test.h"

CASE(shared_memory)
{
	cloudabi_fdstat_t stat;
	cloudabi_fd_t fd;

	OK(sys.fd_create1(CLOUDABI_FILETYPE_SHARED_MEMORY, &fd));
	stat = fdstat_of(fd);
	EQUAL(stat.fs_filetype, CLOUDABI_FILETYPE_SHARED_MEMORY);
	EQUAL(stat.fs_flags, 0);
	EQUAL(stat.fs_rights_base, UINT64_C(0x0c180042));
	EQUAL(stat.fs_rights_inheriting, 0);
}

CASE(size_is_zero)
{
	cloudabi_filestat_t stat;
	cloudabi_fd_t fd;

	OK(sys.fd_create1(CLOUDABI_FILETYPE_SHARED_MEMORY, &fd));
	stat = stat_of(fd);
	EQUAL(stat.st_size, 0);
	EQUAL(stat.st_filetype, CLOUDABI_FILETYPE_SHARED_MEMORY);
}

CASE(grows_with_zeros)
{
	cloudabi_fd_t fd = make_memory(page_size);
	void *memory;

	EQUAL(stat_of(fd).st_size, page_size);
	OK(sys.mem_map(NULL, page_size, CLOUDABI_PROT_READ, CLOUDABI_MAP_SHARED,
		       fd, 0, &memory));
	for (size_t i = 0; i < page_size; i++)
		EQUAL(((unsigned char *)memory)[i], 0);
}

CASE(each_is_another)
{
	cloudabi_fd_t a = make_memory(0);
	cloudabi_fd_t b = make_memory(0);

	CHECK(a != b);
	OK(put(a, "only here"));
	expect_text(b, "");
}

static void expect_refusal(cloudabi_filetype_t type)
{
	cloudabi_fd_t fd = 77;

	FAILS(sys.fd_create1(type, &fd), EINVAL);
	EQUAL(fd, 77);
}

CASE(other_types)
{
	expect_refusal(CLOUDABI_FILETYPE_UNKNOWN);
	expect_refusal(CLOUDABI_FILETYPE_BLOCK_DEVICE);
	expect_refusal(CLOUDABI_FILETYPE_CHARACTER_DEVICE);
	expect_refusal(CLOUDABI_FILETYPE_DIRECTORY);
	expect_refusal(CLOUDABI_FILETYPE_PROCESS);
	expect_refusal(CLOUDABI_FILETYPE_REGULAR_FILE);
	expect_refusal(CLOUDABI_FILETYPE_SYMBOLIC_LINK);
}

CASE(types_of_pairs)
{
	expect_refusal(CLOUDABI_FILETYPE_SOCKET_DGRAM);
	expect_refusal(CLOUDABI_FILETYPE_SOCKET_STREAM);
}

/* FIFOs, poll objects and SOCK_SEQPACKET of earlier revisions. */
CASE(retired_types)
{
	expect_refusal(0x30);
	expect_refusal(0x40);
	expect_refusal(0x81);
	expect_refusal(0xff);
}

CASE(table_is_full)
{
	static cloudabi_fd_t fds[1024];
	size_t len = 0;

	while (sys.fd_dup(READ_ONLY, &fds[len]) == 0)
		len++;
	FAILS(sys.fd_create1(CLOUDABI_FILETYPE_SHARED_MEMORY, &fds[len]),
	      EMFILE);
	OK(sys.fd_close(fds[--len]));
	OK(sys.fd_create1(CLOUDABI_FILETYPE_SHARED_MEMORY, &fds[len++]));
	while (len > 0)
		OK(sys.fd_close(fds[--len]));
}

ENDS(result_to_nowhere, -11)
{
	sys.fd_create1(CLOUDABI_FILETYPE_SHARED_MEMORY, NOWHERE);
}
