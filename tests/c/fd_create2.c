/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_create2: two sockets that are connected. */

#include "test.h"

static void expect_pair(cloudabi_filetype_t type)
{
	cloudabi_fdstat_t stat;
	cloudabi_fd_t fds[2];

	make_pair(type, &fds[0], &fds[1]);
	CHECK(fds[0] != fds[1]);
	for (int i = 0; i < 2; i++) {
		stat = fdstat_of(fds[i]);
		EQUAL(stat.fs_filetype, type);
		EQUAL(stat.fs_flags, 0);
		EQUAL(stat.fs_rights_base, UINT64_C(0x801008004a));
		EQUAL(stat.fs_rights_inheriting, UINT64_C(0x815ffff7ff));
		OK(put(fds[i], "there"));
		expect_text(fds[1 - i], "there");
	}
}

CASE(stream)
{
	expect_pair(CLOUDABI_FILETYPE_SOCKET_STREAM);
}

CASE(dgram)
{
	expect_pair(CLOUDABI_FILETYPE_SOCKET_DGRAM);
}

CASE(stream_joins_writes)
{
	cloudabi_fd_t a, b;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	OK(put(a, "one"));
	OK(put(a, "two"));
	expect_text(b, "onetwo");
}

CASE(dgram_keeps_messages_apart)
{
	cloudabi_fd_t a, b;

	make_pair(CLOUDABI_FILETYPE_SOCKET_DGRAM, &a, &b);
	OK(put(a, "one"));
	OK(put(a, "two"));
	expect_text(b, "one");
	expect_text(b, "two");
}

static void expect_refusal(cloudabi_filetype_t type)
{
	cloudabi_fd_t a = 77;
	cloudabi_fd_t b = 78;

	FAILS(sys.fd_create2(type, &a, &b), EINVAL);
	EQUAL(a, 77);
	EQUAL(b, 78);
}

CASE(other_types)
{
	expect_refusal(CLOUDABI_FILETYPE_UNKNOWN);
	expect_refusal(CLOUDABI_FILETYPE_BLOCK_DEVICE);
	expect_refusal(CLOUDABI_FILETYPE_CHARACTER_DEVICE);
	expect_refusal(CLOUDABI_FILETYPE_DIRECTORY);
	expect_refusal(CLOUDABI_FILETYPE_PROCESS);
	expect_refusal(CLOUDABI_FILETYPE_REGULAR_FILE);
	expect_refusal(CLOUDABI_FILETYPE_SHARED_MEMORY);
	expect_refusal(CLOUDABI_FILETYPE_SYMBOLIC_LINK);
}

CASE(retired_types)
{
	expect_refusal(0x30);
	expect_refusal(0x40);
	expect_refusal(0x81);
	expect_refusal(0xff);
}

/* Room for one is too little for two, and stays. */
CASE(table_is_full)
{
	static cloudabi_fd_t fds[1024];
	cloudabi_fd_t a = 77;
	cloudabi_fd_t b = 78;
	size_t len = 0;

	while (sys.fd_dup(READ_ONLY, &fds[len]) == 0)
		len++;
	FAILS(sys.fd_create2(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b), EMFILE);
	OK(sys.fd_close(fds[--len]));
	FAILS(sys.fd_create2(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b), EMFILE);
	EQUAL(a, 77);
	EQUAL(b, 78);
	OK(sys.fd_close(fds[--len]));
	OK(sys.fd_create2(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b));
	OK(sys.fd_close(a));
	OK(sys.fd_close(b));
	while (len > 0)
		OK(sys.fd_close(fds[--len]));
}

ENDS(result_to_nowhere, -11)
{
	cloudabi_fd_t fd;

	sys.fd_create2(CLOUDABI_FILETYPE_SOCKET_STREAM, &fd, NOWHERE);
}
