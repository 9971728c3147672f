/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_create1: shared memory and nothing else. */

#include "test.h"

void test(void)
{
	cloudabi_fd_t fd;
	cloudabi_fdstat_t stat;
	cloudabi_filestat_t file;
	unsigned char *memory;

	OK(sys.fd_create1(CLOUDABI_FILETYPE_SHARED_MEMORY, &fd));
	OK(sys.fd_stat_get(fd, &stat));
	EQUAL(stat.fs_filetype, CLOUDABI_FILETYPE_SHARED_MEMORY);
	EQUAL(stat.fs_rights_base, CLOUDABI_MAX_BASE_SHARED_MEMORY);
	EQUAL(stat.fs_rights_inheriting, 0);
	OK(sys.file_stat_fget(fd, &file));
	EQUAL(file.st_filetype, CLOUDABI_FILETYPE_SHARED_MEMORY);
	EQUAL(file.st_size, 0);

	file.st_size = page_size;
	OK(sys.file_stat_fput(fd, &file, CLOUDABI_FILESTAT_SIZE));
	OK(sys.mem_map(NULL, page_size,
		       CLOUDABI_PROT_READ | CLOUDABI_PROT_WRITE,
		       CLOUDABI_MAP_SHARED, fd, 0, (void **)&memory));
	memory[0] = 'x';

	FAILS(sys.fd_create1(CLOUDABI_FILETYPE_REGULAR_FILE, &fd), EINVAL);
	FAILS(sys.fd_create1(CLOUDABI_FILETYPE_SOCKET_STREAM, &fd), EINVAL);
	FAILS(sys.fd_create1(0, &fd), EINVAL);
	FAILS(sys.fd_create1(255, &fd), EINVAL);
}
