/* SPDX-License-Identifier: BSD-2-Clause */
/* Sending and receiving bytes and descriptors. */

#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "cloudabi_impl.h"
#include "notes.h"

/* Descriptors stay closed on execution, and there is no signal for a broken
 * connection, whether or not a program asks for that. */
static const int implied = MSG_NOSIGNAL | MSG_CMSG_CLOEXEC;

static cloudabi_errno_t receive_flags(int flags, cloudabi_riflags_t *result)
{
	if ((flags & ~(implied | MSG_PEEK | MSG_WAITALL)) != 0)
		return ENOTSUP;
	*result = (cloudabi_riflags_t)(((flags & MSG_PEEK) != 0 ?
						CLOUDABI_SOCK_RECV_PEEK :
						0) |
				       ((flags & MSG_WAITALL) != 0 ?
						CLOUDABI_SOCK_RECV_WAITALL :
						0));
	return 0;
}

/* How many descriptors one control message in the buffer can hold. */
static size_t room_for_fds(const struct msghdr *message)
{
	if (message->msg_control == NULL ||
	    message->msg_controllen < CMSG_LEN(sizeof(int)))
		return 0;
	return (message->msg_controllen - CMSG_LEN(0)) / sizeof(int);
}

static void put_control(struct msghdr *message, size_t fds)
{
	struct cmsghdr *header = message->msg_control;

	if (fds == 0) {
		message->msg_controllen = 0;
		return;
	}
	*header = (struct cmsghdr){
		.cmsg_len = (socklen_t)CMSG_LEN(fds * sizeof(int)),
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
	};
	message->msg_controllen = header->cmsg_len;
}

static int lost(cloudabi_roflags_t flags)
{
	return ((flags & CLOUDABI_SOCK_RECV_FDS_TRUNCATED) != 0 ? MSG_CTRUNC :
								  0) |
	       ((flags & CLOUDABI_SOCK_RECV_DATA_TRUNCATED) != 0 ? MSG_TRUNC :
								   0);
}

/* Sockets are connected, or the system would have to name the sender. */
ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	cloudabi_recv_in_t in = {
		.ri_data = (const cloudabi_iovec_t *)message->msg_iov,
		.ri_data_len = (size_t)message->msg_iovlen,
		.ri_fds_len = room_for_fds(message),
	};
	cloudabi_recv_out_t out;
	cloudabi_errno_t error = receive_flags(flags, &in.ri_flags);

	if (in.ri_fds_len > 0)
		in.ri_fds = (cloudabi_fd_t *)CMSG_DATA(
			(struct cmsghdr *)message->msg_control);
	if (error == 0)
		error = __sock_error(fd, cloudabi_sys_sock_recv(
						 (cloudabi_fd_t)fd, &in, &out));
	if (error != 0)
		return __result(error);
	put_control(message, out.ro_fdslen);
	message->msg_flags = lost(out.ro_flags);
	message->msg_namelen = 0;
	return (ssize_t)out.ro_datalen;
}

ssize_t recvfrom(int fd, void *restrict buf, size_t len, int flags,
		 struct sockaddr *restrict addr, socklen_t *restrict addr_len)
{
	struct iovec iov = {buf, len};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t result = recvmsg(fd, &message, flags);

	if (result >= 0 && addr != NULL)
		*addr_len = 0;
	return result;
}

ssize_t recv(int fd, void *buf, size_t len, int flags)
{
	return recvfrom(fd, buf, len, flags, NULL, NULL);
}

/* The descriptors of the one control message that can be sent. */
static cloudabi_errno_t attach_fds(const struct msghdr *message,
				   cloudabi_send_in_t *in)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);

	if (header == NULL)
		return 0;
	if (header->cmsg_level != SOL_SOCKET ||
	    header->cmsg_type != SCM_RIGHTS || header->cmsg_len < CMSG_LEN(0) ||
	    header->cmsg_len > message->msg_controllen ||
	    header->cmsg_len + sizeof(*header) <= message->msg_controllen)
		return EINVAL;
	in->si_fds = (const cloudabi_fd_t *)CMSG_DATA(header);
	in->si_fds_len = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	return 0;
}

/* An address would be authority from nowhere: only connected sockets send. */
ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	cloudabi_send_in_t in = {
		.si_data = (const cloudabi_ciovec_t *)message->msg_iov,
		.si_data_len = (size_t)message->msg_iovlen,
	};
	cloudabi_send_out_t out;
	cloudabi_errno_t error = 0;

	if (message->msg_name != NULL)
		error = __refuse(CALL_sock_send, NULL);
	else if ((flags & ~implied) != 0)
		error = ENOTSUP;
	else
		error = attach_fds(message, &in);
	if (error == 0)
		error = __sock_error(fd, cloudabi_sys_sock_send(
						 (cloudabi_fd_t)fd, &in, &out));
	return error == 0 ? (ssize_t)out.so_datalen : __result(error);
}

ssize_t sendto(int fd, const void *buf, size_t len, int flags,
	       const struct sockaddr *addr, socklen_t addr_len)
{
	struct iovec iov = {(void *)buf, len};
	struct msghdr message = {
		.msg_name = (void *)addr,
		.msg_namelen = addr_len,
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};

	return sendmsg(fd, &message, flags);
}

ssize_t send(int fd, const void *buf, size_t len, int flags)
{
	return sendto(fd, buf, len, flags, NULL, 0);
}
