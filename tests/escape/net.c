/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets: new ones, and more with those that are held. */

#include "probe.h"
#include "socket.h"

static struct address address;

static long inet_socket(long type)
{
	return CALL(socket, AF_INET, type, 0);
}

static long connect_inet(long fd, long port)
{
	size_t len = address_inet(&address, port);

	return then(fd, CALL(connect, fd, &address, len));
}

static long connect_unix(const char *path)
{
	long fd = CALL(socket, AF_UNIX, SOCK_STREAM, 0);
	size_t len = address_unix(&address, path);

	return then(fd, CALL(connect, fd, &address, len));
}

static long connect_abstract(void)
{
	long fd = CALL(socket, AF_UNIX, SOCK_STREAM, 0);
	size_t len = address_abstract(&address, word(WORD_KEY));

	return then(fd, CALL(connect, fd, &address, len));
}

static long send_udp(void)
{
	long fd = inet_socket(SOCK_DGRAM);
	size_t len = address_inet(&address, word_number(WORD_UDP));

	return then(fd, CALL(sendto, fd, "x", 1, 0, &address, len));
}

static long message_to(long fd, size_t address_len, long flags)
{
	const struct vector vector = vector_of("x", 1);
	const struct message message = {
		.name = &address,
		.name_len = (uint32_t)address_len,
		.vectors = &vector,
		.vectors_len = 1,
	};

	return then(fd, CALL(sendmsg, fd, &message, flags));
}

static long send_udp_message(void)
{
	size_t len = address_inet(&address, word_number(WORD_UDP));

	return message_to(inet_socket(SOCK_DGRAM), len, 0);
}

static long send_many(void)
{
	const struct vector vector = vector_of("x", 1);
	struct {
		struct message message;
		unsigned len;
	} messages = {{.vectors = &vector, .vectors_len = 1}, 0};

	return CALL(sendmmsg, PEER, &messages, 1, 0);
}

/* Connects with the first data. */
static long fast_open(void)
{
	size_t len = address_inet(&address, word_number(WORD_TCP));

	return CALL(sendto, LISTENER, "x", 1, 0x20000000, &address, len);
}

static long fast_open_message(void)
{
	size_t len = address_inet(&address, word_number(WORD_TCP));

	return message_to(LISTENER, len, 0x20000000);
}

static long bind_abstract_pair(void)
{
	int ends[2];
	size_t len = address_abstract(&address, "other name");
	long r = CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, ends);

	return then(r, CALL(bind, ends[0], &address, len));
}

static long send_credentials(void)
{
	const struct vector vector = vector_of("x", 1);
	struct {
		size_t len;
		int32_t level, type;
		int32_t pid, uid, gid;
	} control = {.level = SOL_SOCKET, .type = 2, .pid = 1};
	struct message message = {
		.vectors = &vector,
		.vectors_len = 1,
		.control = &control,
		.control_len = sizeof(control),
	};

	control.len = offsetof(typeof(control), pid) + 12;
	return CALL(sendmsg, PEER, &message, MSG_NOSIGNAL);
}

static long option(long level, long name)
{
	int value[64];
	int len = sizeof(value);

	return CALL(getsockopt, PEER, level, name, value, &len);
}

static long set_option(long fd, long level, long name)
{
	const int one = 1;

	return CALL(setsockopt, fd, level, name, &one, sizeof(one));
}

static void reaching(void)
{
	const long tcp = word_number(WORD_TCP);

	PROBE(NETWORK, 32, "connect_tcp",
	      connect_inet(inet_socket(SOCK_STREAM), tcp));
	PROBE(NETWORK, 33, "connect_held", connect_inet(LISTENER, tcp));
	PROBE(NETWORK, 33, "fast_open", fast_open());
	PROBE(NETWORK, 33, "fast_open_message", fast_open_message());
	PROBE(UDP, 32, "sendto_udp", send_udp());
	PROBE(UDP, 32, "sendmsg_udp", send_udp_message());
	PROBE(UNIX, 32, "connect_unix", connect_unix(at("outside/socket")));
	PROBE(ABSTRACT, 32, "connect_abstract", connect_abstract());
	PROBE(RESULT, 32, "datagram_pair",
	      CALL(socketpair, AF_UNIX, SOCK_DGRAM, 0, &address));
	PROBE(RESULT, 32, "netlink", CALL(socket, AF_NETLINK, SOCK_RAW, 0));
	PROBE(RESULT MAYBE, 32, "raw_icmp", CALL(socket, AF_INET, SOCK_RAW, 1));
	PROBE(RESULT MAYBE, 32, "packet", CALL(socket, 17, SOCK_RAW, 0x300));
	PROBE(RESULT MAYBE, 32, "vsock", CALL(socket, 40, SOCK_STREAM, 0));
	PROBE(RESULT MAYBE, 32, "af_alg", CALL(socket, 38, SOCK_SEQPACKET, 0));
	PROBE(RESULT, 33, "bind_held",
	      CALL(bind, LISTENER, &address, address_inet(&address, 0)));
	PROBE(RESULT, 33, "bind_pair", bind_abstract_pair());
	PROBE(RESULT, 33, "listen", CALL(listen, inet_socket(SOCK_STREAM), 1));
	PROBE(REACHES(22), 33, "accept_unlistening",
	      raw6(__NR_accept4, inet_socket(SOCK_STREAM), 0, 0, 0, 0, 0));
}

static void options(void)
{
	PROBE(RESULT, 33, "peer_credentials", option(SOL_SOCKET, 17));
	PROBE(RESULT, 33, "peer_groups", option(SOL_SOCKET, 59));
	PROBE(RESULT MAYBE, 33, "peer_pidfd", option(SOL_SOCKET, 77));
	PROBE(RESULT, 33, "send_buffer", option(SOL_SOCKET, 7));
	PROBE(RESULT, 33, "set_pass_credentials",
	      set_option(PEER, SOL_SOCKET, 16));
	PROBE(RESULT, 33, "set_reuse_port",
	      set_option(LISTENER, SOL_SOCKET, 15));
	PROBE(RESULT, 33, "set_send_buffer", set_option(PEER, SOL_SOCKET, 7));
	PROBE(RESULT MAYBE, 33, "set_mark",
	      set_option(LISTENER, SOL_SOCKET, 36));
	PROBE(REACHES(14) MAYBE, 14, "set_filter",
	      CALL(setsockopt, LISTENER, SOL_SOCKET, 26, 1, 16));
	PROBE(REACHES(92) MAYBE, 14, "set_netfilter",
	      CALL(setsockopt, LISTENER, 0, 64, 1, 0));
	PROBE(RESULT, 31, "sendmmsg", send_many());
	PROBE(RESULT MAYBE, 31, "credentials_of_another", send_credentials());
}

void net_probes(void)
{
	reaching();
	options();
}
