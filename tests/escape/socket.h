/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages with descriptors, and addresses. */

#ifndef ESCAPE_SOCKET_H
#define ESCAPE_SOCKET_H

#include <stddef.h>
#include <stdint.h>

#define AF_UNIX 1
#define AF_INET 2
#define AF_NETLINK 16
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define SOCK_SEQPACKET 5
#define SOCK_NONBLOCK 04000
#define SOL_SOCKET 1
#define MSG_DONTWAIT 0x40
#define MSG_NOSIGNAL 0x4000

struct address {
	uint16_t family;
	char bytes[106];
};

struct message {
	const void *name;
	uint32_t name_len;
	const void *vectors;
	size_t vectors_len;
	void *control;
	size_t control_len;
	uint32_t flags;
};

/* Each returns its length. */
size_t address_inet(struct address *address, long port);
size_t address_unix(struct address *address, const char *path);
size_t address_abstract(struct address *address, const char *name);

/* Sends `fd` `count` times, 253 at most, along with bytes. */
long socket_send_fds(long socket, const void *bytes, size_t len, long fd,
		     int count);
/* Receives, and one descriptor at most, without which *fd stays. */
long socket_receive(long socket, void *bytes, size_t len, long *fd);

#endif
