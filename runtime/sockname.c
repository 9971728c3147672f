/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses of sockets. */

#include "sockname.h"

#include "../broker/control.h"
#include "host.h"

/* The values of sockaddr.family. */
enum family {
	FAMILY_UNKNOWN,
	FAMILY_INET,
	FAMILY_INET6,
	FAMILY_UNIX,
};

static uint16_t from_network_order(uint16_t value)
{
	unsigned char bytes[sizeof(value)];

	memcpy(bytes, &value, sizeof(value));
	return bytes[0] << 8 | bytes[1];
}

cloudabi_sockaddr_t sockname_translate(const union sockname *name, uint32_t len)
{
	cloudabi_sockaddr_t result = {.family = FAMILY_UNKNOWN};

	if (len < sizeof(name->family))
		return result;
	switch (name->family) {
	case HOST_AF_UNIX:
		result.family = FAMILY_UNIX;
		break;
	case HOST_AF_INET:
		result.family = FAMILY_INET;
		memcpy(result.addr, &name->inet.sin_addr,
		       sizeof(name->inet.sin_addr));
		result.port = from_network_order(name->inet.sin_port);
		break;
	case HOST_AF_INET6:
		result.family = FAMILY_INET6;
		memcpy(result.addr, &name->inet6.sin6_addr,
		       sizeof(name->inet6.sin6_addr));
		result.port = from_network_order(name->inet6.sin6_port);
		break;
	}
	return result;
}

static cloudabi_sockaddr_t ask(long call, uint32_t fd)
{
	union sockname name;
	uint32_t len = sizeof(name);

	if (host_call(call, fd, &name, &len) < 0)
		len = 0;
	return sockname_translate(&name, len);
}

cloudabi_recv_names_t sockname_ask(uint32_t fd)
{
	return (cloudabi_recv_names_t){
		.sockname = ask(__NR_getsockname, fd),
		.peername = ask(__NR_getpeername, fd),
	};
}

cloudabi_filetype_t sockname_capability(uint32_t fd, struct broker_name *name)
{
	static const char directory[sizeof(name->tag)] = BROKER_NAME_TAG;
	static const char other[sizeof(name->tag)] = BROKER_PROCESS_TAG;
	union sockname peer;
	uint32_t len = sizeof(peer);

	if (host_call(__NR_getpeername, fd, &peer, &len) < 0 ||
	    len != offsetof(struct sockaddr_un, sun_path) + sizeof(*name) ||
	    peer.family != HOST_AF_UNIX)
		return CLOUDABI_FILETYPE_UNKNOWN;
	memcpy(name, peer.local.sun_path, sizeof(*name));
	if (memcmp(name->tag, directory, sizeof(directory)) == 0)
		return CLOUDABI_FILETYPE_DIRECTORY;
	if (memcmp(name->tag, other, sizeof(other)) == 0)
		return CLOUDABI_FILETYPE_PROCESS;
	return CLOUDABI_FILETYPE_UNKNOWN;
}
