/* SPDX-License-Identifier: BSD-2-Clause */
/* What each call asks of files, sockets and shared memory. */

#include "capability.h"

static char buf[64];
static const cloudabi_iovec_t in = {buf, sizeof(buf)};
static const cloudabi_ciovec_t out = {"x", 1};
static size_t n;

static cloudabi_fd_t file(void)
{
	return new_file("0123456789");
}

/* A socket with something to read and somebody to write to. */
static cloudabi_fd_t socket(void)
{
	cloudabi_fd_t a, b;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	OK(put(b, "text"));
	return a;
}

static cloudabi_errno_t seek(cloudabi_fd_t fd, cloudabi_filedelta_t offset,
			     cloudabi_whence_t whence)
{
	cloudabi_filesize_t at;

	return sys.fd_seek(fd, offset, whence, &at);
}

static cloudabi_errno_t put_size(cloudabi_fd_t fd)
{
	const cloudabi_filestat_t stat = {.st_size = 3};

	return sys.file_stat_fput(fd, &stat, CLOUDABI_FILESTAT_SIZE);
}

static cloudabi_errno_t stat_fget(cloudabi_fd_t fd)
{
	cloudabi_filestat_t stat;

	return sys.file_stat_fget(fd, &stat);
}

static cloudabi_errno_t map(cloudabi_fd_t fd, cloudabi_mprot_t prot,
			    cloudabi_mflags_t flags)
{
	void *memory;

	return sys.mem_map(NULL, page_size, prot, flags, fd, 0, &memory);
}

static cloudabi_errno_t send(cloudabi_fd_t fd)
{
	const cloudabi_send_in_t message = {&out, 1, NULL, 0, 0};
	cloudabi_send_out_t sent;

	return sys.sock_send(fd, &message, &sent);
}

static cloudabi_errno_t receive_some(cloudabi_fd_t fd)
{
	cloudabi_recv_out_t received;

	return receive(fd, buf, 2, NULL, 0, 0, &received);
}

CASE(fd_datasync_without_fd_datasync)
{
	NEEDS(file(), RIGHT(FD_DATASYNC), RIGHT(FD_DATASYNC),
	      sys.fd_datasync(fd));
}

CASE(fd_pread_without_fd_read)
{
	NEEDS(file(), RIGHT(FD_READ) | RIGHT(FD_SEEK), RIGHT(FD_READ),
	      sys.fd_pread(fd, &in, 1, 0, &n));
}

CASE(fd_pread_without_fd_seek)
{
	NEEDS(file(), RIGHT(FD_READ) | RIGHT(FD_SEEK), RIGHT(FD_SEEK),
	      sys.fd_pread(fd, &in, 1, 0, &n));
}

CASE(fd_pwrite_without_fd_write)
{
	NEEDS(file(), RIGHT(FD_WRITE) | RIGHT(FD_SEEK), RIGHT(FD_WRITE),
	      sys.fd_pwrite(fd, &out, 1, 0, &n));
}

CASE(fd_pwrite_without_fd_seek)
{
	NEEDS(file(), RIGHT(FD_WRITE) | RIGHT(FD_SEEK), RIGHT(FD_SEEK),
	      sys.fd_pwrite(fd, &out, 1, 0, &n));
}

CASE(fd_read_without_fd_read)
{
	NEEDS(file(), RIGHT(FD_READ), RIGHT(FD_READ),
	      sys.fd_read(fd, &in, 1, &n));
}

CASE(fd_read_of_a_socket_without_fd_read)
{
	NEEDS(socket(), RIGHT(FD_READ), RIGHT(FD_READ),
	      sys.fd_read(fd, &in, 1, &n));
}

CASE(fd_read_of_memory_without_fd_read)
{
	NEEDS(make_memory(4), RIGHT(FD_READ), RIGHT(FD_READ),
	      sys.fd_read(fd, &in, 1, &n));
}

/* One of the two is enough. */
CASE(fd_seek_without_fd_tell)
{
	NEEDS(file(), RIGHT(FD_TELL), RIGHT(FD_TELL) | RIGHT(FD_SEEK),
	      seek(fd, 0, CLOUDABI_WHENCE_CUR));
}

CASE(fd_seek_without_fd_seek)
{
	NEEDS(file(), RIGHT(FD_SEEK), RIGHT(FD_SEEK),
	      seek(fd, 1, CLOUDABI_WHENCE_CUR));
}

CASE(fd_seek_to_the_start_without_fd_seek)
{
	NEEDS(file(), RIGHT(FD_SEEK), RIGHT(FD_SEEK),
	      seek(fd, 0, CLOUDABI_WHENCE_SET));
}

CASE(fd_seek_to_the_end_without_fd_seek)
{
	NEEDS(file(), RIGHT(FD_SEEK), RIGHT(FD_SEEK),
	      seek(fd, 0, CLOUDABI_WHENCE_END));
}

CASE(fd_stat_put_without_fd_stat_put_flags)
{
	NEEDS(file(), RIGHT(FD_STAT_PUT_FLAGS), RIGHT(FD_STAT_PUT_FLAGS),
	      put_flags(fd, CLOUDABI_FDFLAG_APPEND));
}

CASE(fd_stat_put_of_a_socket_without_fd_stat_put_flags)
{
	NEEDS(socket(), RIGHT(FD_STAT_PUT_FLAGS), RIGHT(FD_STAT_PUT_FLAGS),
	      put_flags(fd, CLOUDABI_FDFLAG_NONBLOCK));
}

CASE(fd_sync_without_fd_sync)
{
	NEEDS(file(), RIGHT(FD_SYNC), RIGHT(FD_SYNC), sys.fd_sync(fd));
}

CASE(fd_write_without_fd_write)
{
	NEEDS(file(), RIGHT(FD_WRITE), RIGHT(FD_WRITE), put(fd, "x"));
}

CASE(fd_write_to_a_socket_without_fd_write)
{
	NEEDS(socket(), RIGHT(FD_WRITE), RIGHT(FD_WRITE), put(fd, "x"));
}

CASE(fd_write_to_memory_without_fd_write)
{
	NEEDS(make_memory(4), RIGHT(FD_WRITE), RIGHT(FD_WRITE), put(fd, "x"));
}

CASE(file_advise_without_file_advise)
{
	NEEDS(file(), RIGHT(FILE_ADVISE), RIGHT(FILE_ADVISE),
	      sys.file_advise(fd, 0, 4, CLOUDABI_ADVICE_NORMAL));
}

CASE(file_allocate_without_file_allocate)
{
	NEEDS(file(), RIGHT(FILE_ALLOCATE), RIGHT(FILE_ALLOCATE),
	      sys.file_allocate(fd, 0, 100));
}

CASE(file_stat_fget_without_file_stat_fget)
{
	NEEDS(file(), RIGHT(FILE_STAT_FGET), RIGHT(FILE_STAT_FGET),
	      stat_fget(fd));
}

CASE(file_stat_fget_of_a_socket_without_file_stat_fget)
{
	NEEDS(socket(), RIGHT(FILE_STAT_FGET), RIGHT(FILE_STAT_FGET),
	      stat_fget(fd));
}

CASE(file_stat_fget_of_memory_without_file_stat_fget)
{
	NEEDS(make_memory(4), RIGHT(FILE_STAT_FGET), RIGHT(FILE_STAT_FGET),
	      stat_fget(fd));
}

CASE(file_stat_fput_without_file_stat_fput_size)
{
	NEEDS(file(), RIGHT(FILE_STAT_FPUT_SIZE), RIGHT(FILE_STAT_FPUT_SIZE),
	      put_size(fd));
}

CASE(file_stat_fput_of_memory_without_file_stat_fput_size)
{
	NEEDS(make_memory(4), RIGHT(FILE_STAT_FPUT_SIZE),
	      RIGHT(FILE_STAT_FPUT_SIZE), put_size(fd));
}

CASE(mem_map_without_mem_map)
{
	NEEDS(file(), RIGHT(MEM_MAP), RIGHT(MEM_MAP),
	      map(fd, 0, CLOUDABI_MAP_PRIVATE));
}

CASE(mem_map_without_fd_read)
{
	NEEDS(file(), RIGHT(MEM_MAP) | RIGHT(FD_READ), RIGHT(FD_READ),
	      map(fd, CLOUDABI_PROT_READ, CLOUDABI_MAP_PRIVATE));
}

/* On the host a file that is written is one that is read as well. */
CASE(mem_map_without_fd_write)
{
	NEEDS(file(), RIGHT(MEM_MAP) | RIGHT(FD_WRITE), RIGHT(FD_WRITE),
	      map(fd, CLOUDABI_PROT_WRITE, CLOUDABI_MAP_SHARED));
}

CASE(mem_map_of_memory_without_mem_map)
{
	NEEDS(make_memory(4), RIGHT(MEM_MAP) | RIGHT(FD_READ), RIGHT(MEM_MAP),
	      map(fd, CLOUDABI_PROT_READ, CLOUDABI_MAP_SHARED));
}

CASE(mem_map_of_memory_without_fd_write)
{
	NEEDS(make_memory(4), RIGHT(MEM_MAP) | RIGHT(FD_WRITE), RIGHT(FD_WRITE),
	      map(fd, CLOUDABI_PROT_WRITE, CLOUDABI_MAP_SHARED));
}

/* With the right neither: nothing becomes executable here. */
CASE(mem_map_without_mem_map_exec)
{
	FAILS(map(without(file(), RIGHT(MEM_MAP_EXEC)), CLOUDABI_PROT_EXEC,
		  CLOUDABI_MAP_PRIVATE),
	      ENOTSUP);
	FAILS(map(file(), CLOUDABI_PROT_EXEC, CLOUDABI_MAP_PRIVATE), ENOTSUP);
}

CASE(poll_without_poll_fd_readwrite)
{
	NEEDS(file(), RIGHT(POLL_FD_READWRITE) | RIGHT(FD_READ),
	      RIGHT(POLL_FD_READWRITE),
	      poll_fd(CLOUDABI_EVENTTYPE_FD_READ, fd));
}

CASE(poll_without_fd_read)
{
	NEEDS(socket(), RIGHT(POLL_FD_READWRITE) | RIGHT(FD_READ),
	      RIGHT(FD_READ), poll_fd(CLOUDABI_EVENTTYPE_FD_READ, fd));
}

CASE(poll_without_fd_write)
{
	NEEDS(socket(), RIGHT(POLL_FD_READWRITE) | RIGHT(FD_WRITE),
	      RIGHT(FD_WRITE), poll_fd(CLOUDABI_EVENTTYPE_FD_WRITE, fd));
}

CASE(poll_for_writing_without_poll_fd_readwrite)
{
	NEEDS(socket(), RIGHT(POLL_FD_READWRITE) | RIGHT(FD_WRITE),
	      RIGHT(POLL_FD_READWRITE),
	      poll_fd(CLOUDABI_EVENTTYPE_FD_WRITE, fd));
}

/* No other descriptor has it. */
CASE(poll_without_poll_proc_terminate)
{
	const cloudabi_subscription_t sub = {
		.type = CLOUDABI_EVENTTYPE_PROC_TERMINATE,
		.proc_terminate = {READ_ONLY},
	};
	cloudabi_event_t event;

	EQUAL(poll(&sub, &event, 1), 1);
	EQUAL(event.error, CLOUDABI_ENOTCAPABLE);
}

CASE(sock_recv_without_fd_read)
{
	NEEDS(socket(), RIGHT(FD_READ), RIGHT(FD_READ), receive_some(fd));
}

CASE(sock_send_without_fd_write)
{
	NEEDS(socket(), RIGHT(FD_WRITE), RIGHT(FD_WRITE), send(fd));
}

CASE(sock_shutdown_without_sock_shutdown)
{
	NEEDS(socket(), RIGHT(SOCK_SHUTDOWN), RIGHT(SOCK_SHUTDOWN),
	      sys.sock_shutdown(fd, CLOUDABI_SHUT_WR));
}
