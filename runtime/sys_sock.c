/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls on sockets, and the two further meanings of sock_recv. */

#include "dirs.h"
#include "fdtable.h"
#include "host.h"
#include "process.h"
#include "sockname.h"
#include "sys.h"
#include "trace.h"

/* Room for the descriptors that come with a message. */
struct passage {
	struct host_cmsghdr header;
	uint32_t fds[HOST_SCM_MAX_FD];
};

/* The same on the way out; copies of directories are closed afterwards. */
struct departure {
	struct passage passage;
	uint32_t copies[HOST_SCM_MAX_FD];
	size_t copies_len;
};

cloudabi_errno_t sys_sock_shutdown(cloudabi_fd_t sock, cloudabi_sdflags_t how)
{
	static const uint8_t directions[] = {
		[CLOUDABI_SHUT_RD] = HOST_SHUT_RD,
		[CLOUDABI_SHUT_WR] = HOST_SHUT_WR,
		[CLOUDABI_SHUT_RD | CLOUDABI_SHUT_WR] = HOST_SHUT_RDWR,
	};
	cloudabi_errno_t error =
		fdtable_check(sock, CLOUDABI_NEEDS_SOCK_SHUTDOWN);

	if (error != 0)
		return error;
	if (how == 0 || how >= ARRAY_LEN(directions))
		return CLOUDABI_EINVAL;
	return error_of(host_call(__NR_shutdown, sock, directions[how]));
}

/* Writing nothing would not make an empty message, so that one is sent. */
static cloudabi_errno_t send_data(cloudabi_fd_t sock,
				  const cloudabi_send_in_t *in, size_t *datalen)
{
	size_t i = 0;
	long r;

	while (i < in->si_data_len && in->si_data[i].buf_len == 0)
		i++;
	if (i == in->si_data_len)
		r = host_send(sock, NULL, 0);
	else
		r = host_writev(sock, in->si_data, in->si_data_len);
	if (r >= 0)
		*datalen = r;
	return error_of(r);
}

/* A directory is not shared with the receiver, who gets one of its own. */
static cloudabi_errno_t board(struct departure *departure, cloudabi_fd_t fd,
			      uint32_t *host_fd)
{
	struct fd_entry entry;
	cloudabi_errno_t error = fdtable_get(fd, 0, &entry);

	trace_use(fd);
	*host_fd = fd;
	if (error != 0 || entry.filetype != CLOUDABI_FILETYPE_DIRECTORY)
		return error;
	error = dirs_clone(fd, entry.base, entry.inheriting, host_fd);
	if (error == 0)
		departure->copies[departure->copies_len++] = *host_fd;
	return error;
}

static cloudabi_errno_t board_all(struct departure *departure,
				  const cloudabi_send_in_t *in)
{
	struct passage *passage = &departure->passage;
	cloudabi_errno_t error = 0;

	departure->copies_len = 0;
	passage->header = (struct host_cmsghdr){
		.len = HOST_CMSG_LEN(in->si_fds_len * sizeof(uint32_t)),
		.level = HOST_SOL_SOCKET,
		.type = HOST_SCM_RIGHTS,
	};
	for (size_t i = 0; error == 0 && i < in->si_fds_len; i++)
		error = board(departure, in->si_fds[i], &passage->fds[i]);
	return error;
}

/* The host call exists only where the broker found it to be safe. */
static cloudabi_errno_t
send_with_fds(cloudabi_fd_t sock, const cloudabi_send_in_t *in, size_t *datalen)
{
	struct departure departure;
	const struct host_msghdr msg = {
		.iov = in->si_data,
		.iov_len = in->si_data_len,
		.control = &departure.passage,
		.control_len =
			HOST_CMSG_SPACE(in->si_fds_len * sizeof(uint32_t)),
	};
	cloudabi_errno_t error;
	long r = 0;

	if (!(process.start_flags & START_ALLOW_SENDMSG))
		return trace_refuse(CLOUDABI_ENOTSUP, sock, 0);
	if (in->si_fds_len > HOST_SCM_MAX_FD)
		return CLOUDABI_EINVAL;
	error = board_all(&departure, in);
	if (error == 0) {
		r = host_call(__NR_sendmsg, sock, &msg, HOST_SEND_FLAGS);
		error = error_of(r);
	}
	for (size_t i = 0; i < departure.copies_len; i++)
		host_close(departure.copies[i]);
	if (error == 0)
		*datalen = r;
	return error;
}

cloudabi_errno_t sys_sock_send(cloudabi_fd_t sock, const cloudabi_send_in_t *in,
			       cloudabi_send_out_t *out)
{
	cloudabi_errno_t error = fdtable_check(sock, CLOUDABI_NEEDS_SOCK_SEND);
	cloudabi_send_in_t copy;

	TAKE(&copy, in);
	if (error != 0)
		return error;
	if (copy.si_flags != 0)
		return CLOUDABI_EINVAL;
	if (copy.si_fds_len > 0)
		return send_with_fds(sock, &copy, &out->so_datalen);
	return send_data(sock, &copy, &out->so_datalen);
}

/* Looks the names up once: a guest cannot change them. */
static cloudabi_recv_names_t names_of(cloudabi_fd_t sock)
{
	struct fd_entry *entry = &fdtable[sock];

	if (!__atomic_load_n(&entry->names_known, __ATOMIC_ACQUIRE)) {
		entry->names = sockname_ask(sock);
		__atomic_store_n(&entry->names_known, true, __ATOMIC_RELEASE);
	}
	return entry->names;
}

static cloudabi_errno_t receive_names(cloudabi_fd_t sock,
				      cloudabi_recv_out_t *out)
{
	host_stat st;
	long r = host_fstat(sock, &st);

	if (r < 0)
		return error_of(r);
	if ((st.st_mode & HOST_S_IFMT) != HOST_S_IFSOCK)
		return CLOUDABI_ENOTSOCK;
	*out = (cloudabi_recv_out_t){.ro_names = names_of(sock)};
	return 0;
}

static cloudabi_filetype_t socket_type_of(uint32_t fd)
{
	uint32_t type;
	uint32_t len = sizeof(type);

	if (host_call(__NR_getsockopt, fd, HOST_SOL_SOCKET, HOST_SO_TYPE, &type,
		      &len) < 0)
		return CLOUDABI_FILETYPE_UNKNOWN;
	return type == HOST_SOCK_STREAM ? CLOUDABI_FILETYPE_SOCKET_STREAM :
					  CLOUDABI_FILETYPE_SOCKET_DGRAM;
}

/* Returns UNKNOWN for what the program could not use. */
static cloudabi_filetype_t filetype_of(uint32_t fd)
{
	host_stat st;

	if (host_fstat(fd, &st) < 0)
		return CLOUDABI_FILETYPE_UNKNOWN;
	switch (st.st_mode & HOST_S_IFMT) {
	case HOST_S_IFBLK:
		return CLOUDABI_FILETYPE_BLOCK_DEVICE;
	case HOST_S_IFCHR:
		return CLOUDABI_FILETYPE_CHARACTER_DEVICE;
	case HOST_S_IFIFO:
		return CLOUDABI_FILETYPE_SOCKET_STREAM;
	case HOST_S_IFREG:
		return CLOUDABI_FILETYPE_REGULAR_FILE;
	case HOST_S_IFSOCK:
		return socket_type_of(fd);
	default:
		return CLOUDABI_FILETYPE_UNKNOWN;
	}
}

/* Recognises a directory or process by the address of the broker's end. */
static bool describe_capability(uint32_t fd, struct fd_entry *entry)
{
	struct broker_name name;
	cloudabi_filetype_t filetype = sockname_capability(fd, &name);

	if (filetype == CLOUDABI_FILETYPE_UNKNOWN)
		return false;
	*entry = (struct fd_entry){
		.base = name.rights_base,
		.inheriting = name.rights_inheriting,
		.filetype = filetype,
	};
	return true;
}

/* Finds the largest rights that the type and the access mode allow. */
static bool describe(uint32_t fd, struct fd_entry *entry)
{
	long flags = host_call(__NR_fcntl, fd, F_GETFL);

	fdtable_maximum(filetype_of(fd), entry);
	if (entry->filetype == CLOUDABI_FILETYPE_UNKNOWN || flags < 0 ||
	    flags & O_PATH)
		return false;
	if (entry->filetype == CLOUDABI_FILETYPE_SOCKET_DGRAM &&
	    describe_capability(fd, entry))
		return true;
	if ((flags & O_ACCMODE) == O_RDONLY)
		entry->base &= ~CLOUDABI_RIGHT_FD_WRITE;
	if ((flags & O_ACCMODE) == O_WRONLY)
		entry->base &= ~CLOUDABI_RIGHT_FD_READ;
	return true;
}

/* What cannot be used is closed and gets no number. */
static cloudabi_fd_t install(uint32_t host_fd)
{
	struct fd_entry entry;
	cloudabi_fd_t fd;

	if (!describe(host_fd, &entry))
		host_close(host_fd);
	else if (fdtable_install(host_fd, &entry, &fd) == 0)
		return fd;
	return -1;
}

static size_t install_all(const struct host_msghdr *msg,
			  const struct passage *passage, cloudabi_fd_t *fds)
{
	size_t len;

	if (msg->control_len < sizeof(passage->header) ||
	    passage->header.level != HOST_SOL_SOCKET ||
	    passage->header.type != HOST_SCM_RIGHTS)
		return 0;
	len = (passage->header.len - sizeof(passage->header)) /
	      sizeof(uint32_t);
	for (size_t i = 0; i < len; i++)
		fds[i] = install(passage->fds[i]);
	return len;
}

static uint32_t host_recv_flags(cloudabi_riflags_t flags)
{
	return (flags & CLOUDABI_SOCK_RECV_PEEK ? HOST_MSG_PEEK : 0) |
	       (flags & CLOUDABI_SOCK_RECV_WAITALL ? HOST_MSG_WAITALL : 0);
}

static cloudabi_roflags_t roflags_of(uint32_t flags)
{
	return (flags & HOST_MSG_CTRUNC ? CLOUDABI_SOCK_RECV_FDS_TRUNCATED :
					  0) |
	       (flags & HOST_MSG_TRUNC ? CLOUDABI_SOCK_RECV_DATA_TRUNCATED : 0);
}

static cloudabi_errno_t receive_message(cloudabi_fd_t sock,
					const cloudabi_recv_in_t *in,
					cloudabi_recv_out_t *out)
{
	size_t fds_max = MIN(in->ri_fds_len, HOST_SCM_MAX_FD);
	struct passage passage;
	union sockname sender;
	struct host_msghdr msg = {
		.name = &sender,
		.name_len = sizeof(sender),
		.iov = in->ri_data,
		.iov_len = in->ri_data_len,
		.control = &passage,
		.control_len = fds_max == 0 ? 0 :
					      HOST_CMSG_LEN(fds_max *
							    sizeof(uint32_t)),
	};
	long r = host_recvmsg(sock, &msg, host_recv_flags(in->ri_flags));

	if (r < 0)
		return error_of(r);
	*out = (cloudabi_recv_out_t){
		.ro_datalen = r,
		.ro_fdslen = install_all(&msg, &passage, in->ri_fds),
		.ro_names = names_of(sock),
		.ro_flags = roflags_of(msg.flags),
	};
	/* A datagram's sender counts more than the socket's usual peer. */
	if (msg.name_len > 0)
		out->ro_names.peername =
			sockname_translate(&sender, msg.name_len);
	return 0;
}

static cloudabi_errno_t accept(cloudabi_fd_t sock, cloudabi_fd_t *fd,
			       cloudabi_recv_out_t *out)
{
	struct fd_entry entry;
	long r = host_call(__NR_accept4, sock, NULL, NULL, 0);
	cloudabi_errno_t error;

	if (r < 0)
		return error_of(r);
	fdtable_maximum(socket_type_of(r), &entry);
	error = fdtable_install(r, &entry, fd);
	if (error == 0)
		*out = (cloudabi_recv_out_t){
			.ro_fdslen = 1,
			.ro_names = names_of(*fd),
		};
	return error;
}

/* Without room for data, the room for descriptors tells what is meant. */
cloudabi_errno_t sys_sock_recv(cloudabi_fd_t sock, const cloudabi_recv_in_t *in,
			       cloudabi_recv_out_t *out)
{
	cloudabi_errno_t error = fdtable_check(sock, CLOUDABI_NEEDS_SOCK_RECV);
	cloudabi_recv_in_t copy;

	TAKE(&copy, in);
	if (error != 0)
		return error;
	if (copy.ri_data_len == 0 && copy.ri_fds_len == 0)
		return receive_names(sock, out);
	if (copy.ri_data_len == 0) {
		error = accept(sock, copy.ri_fds, out);
		/* No listening socket: it is about a message after all. */
		if (error != CLOUDABI_EINVAL && error != CLOUDABI_ENOTSUP)
			return error;
	}
	return receive_message(sock, &copy, out);
}
