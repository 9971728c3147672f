/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_stat_get: types, modes and rights, as they are at the start. */

#include "test.h"

/* The numbers are those of the reference. */
#define BASE_DIRECTORY UINT64_C(0x13eff698)
#define INHERITING_DIRECTORY UINT64_C(0x11ffff7ff)
#define BASE_FILE UINT64_C(0x11c3801ff)
#define BASE_MEMORY UINT64_C(0x0c180042)
#define BASE_SOCKET UINT64_C(0x801008004a)
#define BASE_TERMINAL UINT64_C(0x1008004a)
#define ALL_RIGHTS UINT64_C(0x815ffff7ff)

static void expect(cloudabi_fd_t fd, cloudabi_filetype_t type,
		   cloudabi_rights_t base, cloudabi_rights_t inheriting)
{
	cloudabi_fdstat_t stat;

	memset(&stat, 0xff, sizeof(stat));
	OK(sys.fd_stat_get(fd, &stat));
	EQUAL(stat.fs_filetype, type);
	EQUAL(stat.fs_flags, 0);
	EQUAL(stat.fs_rights_base, base);
	EQUAL(stat.fs_rights_inheriting, inheriting);
}

CASE(directory_of_the_start)
{
	expect(DIRECTORY, CLOUDABI_FILETYPE_DIRECTORY, BASE_DIRECTORY,
	       INHERITING_DIRECTORY);
	expect(ELSEWHERE, CLOUDABI_FILETYPE_DIRECTORY, BASE_DIRECTORY,
	       INHERITING_DIRECTORY);
}

CASE(file_of_the_start)
{
	expect(READ_WRITE, CLOUDABI_FILETYPE_REGULAR_FILE, BASE_FILE, 0);
}

CASE(file_for_reading)
{
	expect(READ_ONLY, CLOUDABI_FILETYPE_REGULAR_FILE,
	       BASE_FILE & ~CLOUDABI_RIGHT_FD_WRITE, 0);
}

CASE(socket_of_the_start)
{
	expect(SOCKET, CLOUDABI_FILETYPE_SOCKET_STREAM, BASE_SOCKET,
	       ALL_RIGHTS);
	expect(LISTENER, CLOUDABI_FILETYPE_SOCKET_STREAM, BASE_SOCKET,
	       ALL_RIGHTS);
}

CASE(pipe_for_writing)
{
	expect(OUTPUT, CLOUDABI_FILETYPE_SOCKET_STREAM,
	       BASE_SOCKET & ~CLOUDABI_RIGHT_FD_READ, ALL_RIGHTS);
}

/* A deviation: no device has more rights than a terminal at the start. */
CASE(device)
{
	expect(DEVICE, CLOUDABI_FILETYPE_CHARACTER_DEVICE, BASE_TERMINAL, 0);
	expect(pass(DEVICE), CLOUDABI_FILETYPE_CHARACTER_DEVICE, ALL_RIGHTS, 0);
}

CASE(shared_memory)
{
	expect(make_memory(1), CLOUDABI_FILETYPE_SHARED_MEMORY, BASE_MEMORY, 0);
}

CASE(pair)
{
	cloudabi_fd_t a, b;

	make_pair(CLOUDABI_FILETYPE_SOCKET_DGRAM, &a, &b);
	expect(a, CLOUDABI_FILETYPE_SOCKET_DGRAM, BASE_SOCKET, ALL_RIGHTS);
	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	expect(b, CLOUDABI_FILETYPE_SOCKET_STREAM, BASE_SOCKET, ALL_RIGHTS);
}

CASE(opened_directory)
{
	expect(new_directory(), CLOUDABI_FILETYPE_DIRECTORY, BASE_DIRECTORY,
	       INHERITING_DIRECTORY);
}

CASE(opened_file)
{
	expect(new_file(""), CLOUDABI_FILETYPE_REGULAR_FILE, BASE_FILE, 0);
}

CASE(modes)
{
	cloudabi_fd_t fd = new_file("");

	OK(put_flags(fd, CLOUDABI_FDFLAG_APPEND | CLOUDABI_FDFLAG_NONBLOCK));
	EQUAL(fdstat_of(fd).fs_flags,
	      CLOUDABI_FDFLAG_APPEND | CLOUDABI_FDFLAG_NONBLOCK);
}

CASE(without_any_right)
{
	expect(limited(new_file(""), 0, 0), CLOUDABI_FILETYPE_REGULAR_FILE, 0,
	       0);
	expect(limited(DIRECTORY, 0, 0), CLOUDABI_FILETYPE_DIRECTORY, 0, 0);
	expect(limited(SOCKET, 0, 0), CLOUDABI_FILETYPE_SOCKET_STREAM, 0, 0);
}

CASE(no_descriptor)
{
	cloudabi_fdstat_t stat;

	FAILS(sys.fd_stat_get(NO_FD, &stat), EBADF);
	FAILS(sys.fd_stat_get(1024, &stat), EBADF);
	FAILS(sys.fd_stat_get(UINT32_MAX, &stat), EBADF);
}

ENDS(result_to_nowhere, -11)
{
	sys.fd_stat_get(READ_ONLY, NOWHERE);
}
