/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets that the program was given: messages, connections, addresses. */

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cloudabi_impl.h"

/* Values of cloudabi_sockaddr_t.family. */
enum {
	NAME_INET = 1,
	NAME_INET6 = 2,
	NAME_UNIX = 3
};

static bool is_socket(int fd)
{
	return __is_socket(__fd_type(fd));
}

cloudabi_errno_t __sock_error(int fd, cloudabi_errno_t error)
{
	return error == ENOTCAPABLE && !is_socket(fd) ? ENOTSOCK : error;
}

static cloudabi_errno_t receive(int fd, const cloudabi_recv_in_t *in,
				cloudabi_recv_out_t *out)
{
	memset(out, 0, sizeof(*out));
	return __sock_error(fd,
			    cloudabi_sys_sock_recv((cloudabi_fd_t)fd, in, out));
}

/* An address is cut to the room there is; its full length is told. */
static void put_name(const void *name, size_t len, struct sockaddr *addr,
		     socklen_t *addr_len)
{
	memcpy(addr, name, len < *addr_len ? len : *addr_len);
	*addr_len = (socklen_t)len;
}

static void put_address(const cloudabi_sockaddr_t *from, struct sockaddr *addr,
			socklen_t *addr_len)
{
	struct sockaddr_in inet = {.sin_family = AF_INET};
	struct sockaddr_in6 inet6 = {.sin6_family = AF_INET6};
	sa_family_t family = from->family == NAME_UNIX ? AF_UNIX : AF_UNSPEC;

	if (addr == NULL)
		return;
	switch (from->family) {
	case NAME_INET:
		memcpy(&inet.sin_addr, from->addr, sizeof(inet.sin_addr));
		inet.sin_port = htons(from->port);
		put_name(&inet, sizeof(inet), addr, addr_len);
		break;
	case NAME_INET6:
		memcpy(&inet6.sin6_addr, from->addr, sizeof(inet6.sin6_addr));
		inet6.sin6_port = htons(from->port);
		put_name(&inet6, sizeof(inet6), addr, addr_len);
		break;
	default:
		put_name(&family, sizeof(family), addr, addr_len);
		break;
	}
}

/* Receiving neither data nor descriptors tells the addresses. */
static cloudabi_errno_t get_names(int fd, cloudabi_recv_names_t *names)
{
	const cloudabi_recv_in_t in = {0};
	cloudabi_recv_out_t out;
	cloudabi_errno_t error = receive(fd, &in, &out);

	*names = out.ro_names;
	return error;
}

int getsockname(int fd, struct sockaddr *restrict addr,
		socklen_t *restrict addr_len)
{
	cloudabi_recv_names_t names;
	cloudabi_errno_t error = get_names(fd, &names);

	if (error == 0)
		put_address(&names.sockname, addr, addr_len);
	return __result(error);
}

int getpeername(int fd, struct sockaddr *restrict addr,
		socklen_t *restrict addr_len)
{
	cloudabi_recv_names_t names;
	cloudabi_errno_t error = get_names(fd, &names);

	if (error == 0 && names.peername.family == 0)
		error = ENOTCONN;
	if (error == 0)
		put_address(&names.peername, addr, addr_len);
	return __result(error);
}

/* Receiving a descriptor without data from a listening socket accepts a
 * connection. */
int accept4(int fd, struct sockaddr *restrict addr,
	    socklen_t *restrict addr_len, int flags)
{
	cloudabi_fd_t connection;
	const cloudabi_recv_in_t in = {.ri_fds = &connection, .ri_fds_len = 1};
	cloudabi_recv_out_t out;
	cloudabi_errno_t error;

	if ((flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != 0)
		return __result(EINVAL);
	error = receive(fd, &in, &out);
	if (error == 0 && out.ro_fdslen == 0)
		error = EINVAL;
	if (error != 0)
		return __result(error);
	if ((flags & SOCK_NONBLOCK) != 0)
		fcntl((int)connection, F_SETFL, O_NONBLOCK);
	put_address(&out.ro_names.peername, addr, addr_len);
	return (int)connection;
}

int accept(int fd, struct sockaddr *restrict addr, socklen_t *restrict addr_len)
{
	return accept4(fd, addr, addr_len, 0);
}

int shutdown(int fd, int how)
{
	static const cloudabi_sdflags_t flags[] = {
		[SHUT_RD] = CLOUDABI_SHUT_RD,
		[SHUT_WR] = CLOUDABI_SHUT_WR,
		[SHUT_RDWR] = CLOUDABI_SHUT_RD | CLOUDABI_SHUT_WR,
	};

	if ((unsigned)how >= sizeof(flags) / sizeof(*flags))
		return __result(EINVAL);
	return __result(__sock_error(
		fd, cloudabi_sys_sock_shutdown((cloudabi_fd_t)fd, flags[how])));
}

static int socket_type(int fd)
{
	return __fd_type(fd) == CLOUDABI_FILETYPE_SOCKET_DGRAM ? SOCK_DGRAM :
								 SOCK_STREAM;
}

static int socket_family(int fd)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);

	if (getsockname(fd, (struct sockaddr *)&addr, &len) != 0)
		return AF_UNSPEC;
	return addr.ss_family;
}

static int socket_protocol(int fd)
{
	int family = socket_family(fd);

	if (family != AF_INET && family != AF_INET6)
		return 0;
	return socket_type(fd) == SOCK_DGRAM ? IPPROTO_UDP : IPPROTO_TCP;
}

/* Errors of the past are never kept: each one is the answer to some call. */
static cloudabi_errno_t read_option(int fd, int option, int *value)
{
	switch (option) {
	case SO_DOMAIN:
		*value = socket_family(fd);
		return 0;
	case SO_ERROR:
		*value = 0;
		return 0;
	case SO_PROTOCOL:
		*value = socket_protocol(fd);
		return 0;
	case SO_TYPE:
		*value = socket_type(fd);
		return 0;
	default:
		return ENOPROTOOPT;
	}
}

int getsockopt(int fd, int level, int option, void *restrict value,
	       socklen_t *restrict len)
{
	int number;
	cloudabi_fdstat_t stat;
	cloudabi_errno_t error =
		cloudabi_sys_fd_stat_get((cloudabi_fd_t)fd, &stat);

	if (error == 0 && !is_socket(fd))
		error = ENOTSOCK;
	if (error == 0)
		error = level == SOL_SOCKET ? read_option(fd, option, &number) :
					      ENOPROTOOPT;
	if (error != 0)
		return __result(error);
	if (*len > sizeof(number))
		*len = sizeof(number);
	memcpy(value, &number, *len);
	return 0;
}
