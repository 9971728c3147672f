/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors and files for test programs. */

#include "test.h"

cloudabi_fdstat_t fdstat_of(cloudabi_fd_t fd)
{
	cloudabi_fdstat_t stat;

	OK(sys.fd_stat_get(fd, &stat));
	return stat;
}

cloudabi_rights_t rights_of(cloudabi_fd_t fd)
{
	return fdstat_of(fd).fs_rights_base;
}

void restrict_rights(cloudabi_fd_t fd, cloudabi_rights_t lost)
{
	cloudabi_fdstat_t stat = fdstat_of(fd);

	stat.fs_rights_base &= ~lost;
	OK(sys.fd_stat_put(fd, &stat, CLOUDABI_FDSTAT_RIGHTS));
}

cloudabi_fd_t limited(cloudabi_fd_t fd, cloudabi_rights_t base,
		      cloudabi_rights_t inheriting)
{
	cloudabi_fdstat_t stat = fdstat_of(fd);
	cloudabi_fd_t copy;

	stat.fs_rights_base &= base;
	stat.fs_rights_inheriting &= inheriting;
	OK(sys.fd_dup(fd, &copy));
	OK(sys.fd_stat_put(copy, &stat, CLOUDABI_FDSTAT_RIGHTS));
	return copy;
}

cloudabi_fd_t without(cloudabi_fd_t fd, cloudabi_rights_t lost)
{
	return limited(fd, ~lost, UINT64_MAX);
}

cloudabi_errno_t put_flags(cloudabi_fd_t fd, cloudabi_fdflags_t flags)
{
	return sys.fd_stat_put(fd, &(cloudabi_fdstat_t){.fs_flags = flags},
			       CLOUDABI_FDSTAT_FLAGS);
}

void make_pair(cloudabi_filetype_t type, cloudabi_fd_t *a, cloudabi_fd_t *b)
{
	OK(sys.fd_create2(type, a, b));
}

cloudabi_fd_t make_memory(cloudabi_filesize_t size)
{
	const cloudabi_filestat_t stat = {.st_size = size};
	cloudabi_fd_t fd;

	OK(sys.fd_create1(CLOUDABI_FILETYPE_SHARED_MEMORY, &fd));
	OK(sys.file_stat_fput(fd, &stat, CLOUDABI_FILESTAT_SIZE));
	return fd;
}

cloudabi_errno_t put(cloudabi_fd_t fd, const char *text)
{
	const cloudabi_ciovec_t iov = {text, strlen(text)};
	size_t n;
	cloudabi_errno_t error = sys.fd_write(fd, &iov, 1, &n);

	if (error == 0)
		EQUAL(n, iov.buf_len);
	return error;
}

cloudabi_errno_t get(cloudabi_fd_t fd, char *buf, size_t len, size_t *n)
{
	const cloudabi_iovec_t iov = {buf, len};

	return sys.fd_read(fd, &iov, 1, n);
}

void expect_text(cloudabi_fd_t fd, const char *text)
{
	char buf[256];
	size_t n;

	OK(get(fd, buf, sizeof(buf), &n));
	EQUAL(n, strlen(text));
	EQUAL(memcmp(buf, text, n), 0);
}

cloudabi_errno_t open_at(cloudabi_fd_t dir, const char *path, int mode,
			 cloudabi_oflags_t oflags, cloudabi_fd_t *fd)
{
	const cloudabi_lookup_t lookup = {dir, CLOUDABI_LOOKUP_SYMLINK_FOLLOW};
	cloudabi_fdstat_t stat;
	cloudabi_errno_t error = sys.fd_stat_get(dir, &stat);

	if (error != 0)
		return error;
	stat.fs_flags = 0;
	stat.fs_rights_base = stat.fs_rights_inheriting;
	if (!(mode & READ))
		stat.fs_rights_base &= ~CLOUDABI_RIGHTS_READING;
	if (!(mode & WRITE))
		stat.fs_rights_base &= ~CLOUDABI_RIGHTS_WRITING;
	return sys.file_open(lookup, path, strlen(path), oflags, &stat, fd);
}

cloudabi_errno_t send_fds(cloudabi_fd_t sock, const cloudabi_fd_t *fds,
			  size_t len)
{
	const cloudabi_ciovec_t iov = {"x", 1};
	const cloudabi_send_in_t in = {&iov, 1, fds, len, 0};
	cloudabi_send_out_t out;

	return sys.sock_send(sock, &in, &out);
}

cloudabi_errno_t receive(cloudabi_fd_t sock, char *buf, size_t len,
			 cloudabi_fd_t *fds, size_t fds_len,
			 cloudabi_riflags_t flags, cloudabi_recv_out_t *out)
{
	const cloudabi_iovec_t iov = {buf, len};
	const cloudabi_recv_in_t in = {&iov, buf == NULL ? 0 : 1, fds, fds_len,
				       flags};

	return sys.sock_recv(sock, &in, out);
}

cloudabi_fd_t pass(cloudabi_fd_t fd)
{
	cloudabi_recv_out_t out;
	cloudabi_fd_t a, b, arrived;
	char buf[4];

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	OK(send_fds(a, &fd, 1));
	OK(receive(b, buf, sizeof(buf), &arrived, 1, 0, &out));
	EQUAL(out.ro_datalen, 1);
	EQUAL(out.ro_fdslen, 1);
	EQUAL(out.ro_flags, 0);
	OK(sys.fd_close(a));
	OK(sys.fd_close(b));
	return arrived;
}

cloudabi_errno_t open_with(cloudabi_fd_t dir, const char *path,
			   cloudabi_oflags_t oflags, cloudabi_rights_t base,
			   cloudabi_fd_t *fd)
{
	const cloudabi_lookup_t lookup = {dir, CLOUDABI_LOOKUP_SYMLINK_FOLLOW};
	const cloudabi_fdstat_t wanted = {.fs_rights_base = base};

	return sys.file_open(lookup, path, strlen(path), oflags, &wanted, fd);
}

/* "…0000" becomes a name that was not there before. */
static void make_unique(char *name)
{
	static uint32_t counter;
	char *end = name + strlen(name) - 1;

	for (uint32_t i = ++counter; i > 0; i >>= 3)
		*end-- += i & 7;
}

cloudabi_fd_t new_directory(void)
{
	char name[] = "directory-0000";
	cloudabi_fd_t fd;

	make_unique(name);
	make_directory(DIRECTORY, name);
	OK(open_at(DIRECTORY, name, READ, CLOUDABI_O_DIRECTORY, &fd));
	make_file(fd, "file", "content");
	make_directory(fd, "sub");
	make_link(fd, "link", "file");
	return fd;
}

cloudabi_fd_t new_file(const char *text)
{
	char name[] = "file-0000";
	cloudabi_fd_t fd;

	make_unique(name);
	make_file(DIRECTORY, name, text);
	OK(open_at(DIRECTORY, name, READ | WRITE, 0, &fd));
	return fd;
}

void make_file(cloudabi_fd_t dir, const char *name, const char *text)
{
	cloudabi_fd_t fd;

	OK(open_at(dir, name, WRITE, CLOUDABI_O_CREAT | CLOUDABI_O_EXCL, &fd));
	OK(put(fd, text));
	OK(sys.fd_close(fd));
}

void make_directory(cloudabi_fd_t dir, const char *name)
{
	OK(sys.file_create(dir, name, strlen(name),
			   CLOUDABI_FILETYPE_DIRECTORY));
}

void make_link(cloudabi_fd_t dir, const char *name, const char *text)
{
	OK(sys.file_symlink(text, strlen(text), dir, name, strlen(name)));
}

void expect_file(cloudabi_fd_t dir, const char *path, const char *text)
{
	cloudabi_fd_t fd;

	OK(open_at(dir, path, READ, 0, &fd));
	expect_text(fd, text);
	OK(sys.fd_close(fd));
}

static cloudabi_errno_t try_stat(cloudabi_fd_t dir, const char *path,
				 cloudabi_filestat_t *stat)
{
	return sys.file_stat_get((cloudabi_lookup_t){dir, 0}, path,
				 strlen(path), stat);
}

bool exists(cloudabi_fd_t dir, const char *path)
{
	cloudabi_filestat_t stat;
	cloudabi_errno_t error = try_stat(dir, path, &stat);

	if (error != 0)
		EQUAL(error, CLOUDABI_ENOENT);
	return error == 0;
}

cloudabi_filestat_t stat_of(cloudabi_fd_t fd)
{
	cloudabi_filestat_t stat;

	OK(sys.file_stat_fget(fd, &stat));
	return stat;
}

cloudabi_filestat_t stat_at(cloudabi_fd_t dir, const char *path)
{
	cloudabi_filestat_t stat;

	OK(try_stat(dir, path, &stat));
	return stat;
}
