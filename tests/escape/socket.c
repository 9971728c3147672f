/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages with descriptors, and addresses. */

#include "socket.h"

#include "probe.h"

#define FDS_MAX 253

struct control {
	size_t len;
	int32_t level, type;
	int32_t fds[FDS_MAX];
};

size_t address_inet(struct address *address, long port)
{
	static const char loopback[4] = {127, 0, 0, 1};

	memset(address, 0, sizeof(*address));
	address->family = AF_INET;
	address->bytes[0] = (char)(port >> 8);
	address->bytes[1] = (char)port;
	memcpy(address->bytes + 2, loopback, sizeof(loopback));
	return 16;
}

size_t address_unix(struct address *address, const char *path)
{
	memset(address, 0, sizeof(*address));
	address->family = AF_UNIX;
	memcpy(address->bytes, path, length(path));
	return 2 + length(path) + 1;
}

size_t address_abstract(struct address *address, const char *name)
{
	memset(address, 0, sizeof(*address));
	address->family = AF_UNIX;
	memcpy(address->bytes + 1, name, length(name));
	return 2 + 1 + length(name);
}

long socket_send_fds(long socket, const void *bytes, size_t len, long fd,
		     int count)
{
	const struct vector vector = vector_of(bytes, len);
	struct control control = {.level = SOL_SOCKET, .type = 1};
	struct message message = {
		.vectors = &vector,
		.vectors_len = 1,
		.control = &control,
	};

	for (int i = 0; i < count; i++)
		control.fds[i] = (int32_t)fd;
	control.len = offsetof(struct control, fds) + 4 * (size_t)count;
	message.control_len = control.len;
	return CALL(sendmsg, socket, &message, MSG_NOSIGNAL);
}

long socket_receive(long socket, void *bytes, size_t len, long *fd)
{
	const struct vector vector = vector_of(bytes, len);
	struct control control = {.len = 0};
	struct message message = {
		.vectors = &vector,
		.vectors_len = 1,
		.control = &control,
		.control_len = offsetof(struct control, fds) + 4,
	};
	long r = CALL(recvmsg, socket, &message, 0);

	if (r >= 0 && message.control_len > offsetof(struct control, fds))
		*fd = control.fds[0];
	return r;
}
