/* SPDX-License-Identifier: BSD-2-Clause */
/* Judging the descriptors that the launcher wants the program to have. */

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "broker.h"

/* What the program is told about a descriptor, and what matters to us. */
struct class
{
	cloudabi_filetype_t filetype;
	uint64_t max_base;
	uint64_t max_inheriting;
	bool takes_descriptors; /* messages can carry descriptors */
	bool takes_addresses;   /* messages can name their receiver */
};

static const struct class directory = {
	.filetype = CLOUDABI_FILETYPE_DIRECTORY,
	.max_base = CLOUDABI_MAX_BASE_DIRECTORY,
	.max_inheriting = CLOUDABI_MAX_INHERITING_DIRECTORY,
};
static const struct class regular_file = {
	.filetype = CLOUDABI_FILETYPE_REGULAR_FILE,
	.max_base = CLOUDABI_MAX_BASE_REGULAR_FILE,
	.max_inheriting = CLOUDABI_MAX_INHERITING_REGULAR_FILE,
};
static const struct class character_device = {
	.filetype = CLOUDABI_FILETYPE_CHARACTER_DEVICE,
	.max_base = CLOUDABI_MAX_BASE_TERMINAL,
	.max_inheriting = CLOUDABI_MAX_INHERITING_TERMINAL,
};

#define SOCKET_CLASS(type)                                                     \
	.filetype = type, .max_base = CLOUDABI_MAX_BASE_SOCKET,                \
	.max_inheriting = CLOUDABI_MAX_INHERITING_SOCKET

static const struct class pipe_class = {
	SOCKET_CLASS(CLOUDABI_FILETYPE_SOCKET_STREAM),
};
static const struct class unix_stream = {
	SOCKET_CLASS(CLOUDABI_FILETYPE_SOCKET_STREAM),
	.takes_descriptors = true,
};
static const struct class unix_seqpacket = {
	SOCKET_CLASS(CLOUDABI_FILETYPE_SOCKET_DGRAM),
	.takes_descriptors = true,
};
static const struct class inet_stream = {
	SOCKET_CLASS(CLOUDABI_FILETYPE_SOCKET_STREAM),
};
static const struct class datagram = {
	SOCKET_CLASS(CLOUDABI_FILETYPE_SOCKET_DGRAM),
	.takes_addresses = true,
};

/* Any other socket may do more than these rights say. */
static const struct {
	int domain, type, protocol;
	const struct class *class;
} sockets[] = {
	{AF_UNIX, SOCK_STREAM, 0, &unix_stream},
	{AF_UNIX, SOCK_SEQPACKET, 0, &unix_seqpacket},
	{AF_UNIX, SOCK_DGRAM, 0, &datagram},
	{AF_INET, SOCK_STREAM, IPPROTO_TCP, &inet_stream},
	{AF_INET6, SOCK_STREAM, IPPROTO_TCP, &inet_stream},
	{AF_INET, SOCK_DGRAM, IPPROTO_UDP, &datagram},
	{AF_INET6, SOCK_DGRAM, IPPROTO_UDP, &datagram},
};

static int socket_option(int fd, int option)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 ? value :
								       -1;
}

static const struct class *judge_socket(int fd)
{
	int domain = socket_option(fd, SO_DOMAIN);
	int type = socket_option(fd, SO_TYPE);
	int protocol = socket_option(fd, SO_PROTOCOL);

	for (size_t i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++)
		if (sockets[i].domain == domain && sockets[i].type == type &&
		    sockets[i].protocol == protocol)
			return sockets[i].class;
	return NULL;
}

/* null, zero, full, random and urandom, which do nothing but data. */
static bool is_harmless_device(dev_t device)
{
	unsigned number = minor(device);

	return major(device) == 1 &&
	       (number == 3 || number == 5 || (number >= 7 && number <= 9));
}

/* A file in memory that nobody promised not to execute. */
static bool is_executable_memory(int fd, const struct stat *stat)
{
	return stat->st_nlink == 0 && (stat->st_mode & 0111) != 0 &&
	       fcntl(fd, F_GET_SEALS) >= 0;
}

/* NULL, with a reason, if the program must not have the descriptor. */
static const struct class *judge_type(const struct spec_fd *wanted,
				      const struct stat *stat,
				      const char **reason)
{
	int fd = wanted->fd;

	*reason = "is neither file, directory, pipe, socket nor terminal";
	switch (stat->st_mode & S_IFMT) {
	case S_IFDIR:
		return &directory;
	case S_IFREG:
		*reason = "is an executable file in memory; "
			  "create it with MFD_NOEXEC_SEAL";
		return is_executable_memory(fd, stat) ? NULL : &regular_file;
	case S_IFIFO:
		return &pipe_class;
	case S_IFSOCK:
		*reason = "is a socket other than UNIX, TCP and UDP";
		return judge_socket(fd);
	case S_IFCHR:
		*reason = "is a device that the program could control";
		return wanted->is_device_meant ||
				       is_harmless_device(stat->st_rdev) ||
				       isatty(fd) ?
			       &character_device :
			       NULL;
	case S_IFBLK:
		*reason = "is a block device";
		return NULL;
	default:
		return NULL;
	}
}

static const struct class *judge(const struct spec_fd *wanted,
				 const char **reason)
{
	struct stat stat;
	int fd = wanted->fd, mode = fcntl(fd, F_GETFL);

	*reason = "is not open";
	if (mode < 0 || fstat(fd, &stat) != 0)
		return NULL;
	*reason = "is a control of the kernel, such as those in /proc and /sys";
	if (filesystem_is_kernel(fd) != 0 &&
	    !(wanted->is_kernel_meant && S_ISREG(stat.st_mode)))
		return NULL;
	*reason = "was opened with O_PATH, "
		  "which suits files and directories only";
	if (mode & O_PATH && !S_ISDIR(stat.st_mode) && !S_ISREG(stat.st_mode))
		return NULL;
	return judge_type(wanted, &stat, reason);
}

static uint64_t rights_of_mode(int fd)
{
	int mode = fcntl(fd, F_GETFL);

	if (mode & O_PATH)
		return REFERENCE_RIGHTS;
	switch (mode & O_ACCMODE) {
	case O_RDONLY:
		return ~CLOUDABI_RIGHT_FD_WRITE;
	case O_WRONLY:
		return ~CLOUDABI_RIGHT_FD_READ;
	default:
		return UINT64_MAX;
	}
}

/* The launcher's own descriptor has a position that others may share, and
 * cannot be listed if it came from O_PATH; a new one is better. */
static int reopen_directory(int fd, struct start_fd *start)
{
	int dir = path_reopen(fd, O_RDONLY);

	if (dir != -EACCES)
		return dir;
	start->rights_base &=
		~(CLOUDABI_RIGHT_FILE_READDIR | CLOUDABI_RIGHT_FD_SYNC);
	return path_reopen(fd, O_PATH);
}

static int open_directory(int fd, int number, struct start_fd *start)
{
	int dir = reopen_directory(fd, start);

	if (dir < 0)
		return dir;
	return capability_create(dir, number, start->rights_base,
				 start->rights_inheriting);
}

static const struct class *grant(const struct spec_fd *wanted, size_t number,
				 struct start_fd *start)
{
	const char *reason;
	const struct class *class = judge(wanted, &reason);

	if (class == NULL)
		die(EXIT_SETUP, "%s: descriptor %d %s", wanted->name,
		    wanted->fd, reason);
	*start = (struct start_fd){
		.filetype = class->filetype,
		.origin = (uint16_t)(1 + number),
		.rights_base = wanted->rights_base & class->max_base,
		.rights_inheriting =
			wanted->rights_inheriting & class->max_inheriting,
	};
	if (class != &directory)
		start->rights_base &= rights_of_mode(wanted->fd);
	return class;
}

static bool is_readable_file(int fd)
{
	struct stat stat;
	int mode = fcntl(fd, F_GETFL);

	return mode >= 0 && (mode & (O_ACCMODE | O_PATH)) == O_RDONLY &&
	       fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode);
}

void grants_judge(const struct spec *spec, struct grants *grants)
{
	bool takes_descriptors = false, takes_addresses = false;

	if (!is_readable_file(spec->runtime))
		die(EXIT_SETUP, "the runtime is no file opened for reading");
	if (spec->emulator != -1 && !is_readable_file(spec->emulator))
		die(EXIT_SETUP, "the emulator is no file opened for reading");
	if (!is_readable_file(spec->program))
		die(EXIT_NOT_RUNNABLE,
		    "the program is no file opened for reading");
	for (size_t i = 0; i < spec->fds_len; i++) {
		const struct class *class =
			grant(&spec->fds[i], i, &grants->starts[i]);

		takes_descriptors |= class->takes_descriptors;
		takes_addresses |= class->takes_addresses;
	}
	if ((takes_descriptors || spec->limits.processes > 1) &&
	    !takes_addresses)
		grants->flags |= START_ALLOW_SENDMSG;
}

static void allow_execution(int fd)
{
	struct statx stat;

	if (stat_fd(fd, &stat) == 0)
		exec_allow(&stat);
}

void grants_open(const struct spec *spec, struct grants *grants)
{
	for (size_t i = 0; i < spec->fds_len; i++) {
		struct start_fd *start = &grants->starts[i];
		int fd = spec->fds[i].fd;

		if (start->filetype == CLOUDABI_FILETYPE_DIRECTORY)
			fd = open_directory(fd, (int)i, start);
		else if (start->rights_base & CLOUDABI_RIGHT_PROC_EXEC)
			allow_execution(fd);
		if (fd < 0)
			die(EXIT_SETUP, "%s: cannot open the directory: %s",
			    spec->fds[i].name, strerror(-fd));
		grants->fds[i] = fd;
	}
}

void grants_close(const struct spec *spec, const struct grants *grants)
{
	for (size_t i = 0; i < spec->fds_len; i++) {
		if (spec->fds[i].fd != STDERR_FILENO)
			close(spec->fds[i].fd);
		if (grants->fds[i] != STDERR_FILENO)
			close(grants->fds[i]);
	}
	close(spec->runtime);
	close(spec->program);
	if (spec->emulator != -1)
		close(spec->emulator);
}
