/* SPDX-License-Identifier: BSD-2-Clause */
/* Speaking to the broker in system calls. */

#include "frame.h"

#include "broker.h"
#include "probe.h"
#include "socket.h"

static struct {
	struct broker_reply head;
	char data[BROKER_DATA_MAX];
} reply;

size_t frame_len(const struct frame *frame)
{
	return sizeof(frame->head) + frame->head.path1_len +
	       frame->head.path2_len;
}

void frame_make(struct frame *frame, uint32_t op, const char *path1,
		const char *path2)
{
	memset(&frame->head, 0, sizeof(frame->head));
	frame->head.op = op;
	frame->head.path1_len = length(path1);
	frame->head.path2_len = length(path2);
	memcpy(frame->paths, path1, length(path1));
	memcpy(frame->paths + length(path1), path2, length(path2));
}

long frame_send(long socket, const void *frame, size_t len)
{
	const struct vector vector = vector_of(frame, len);

	return CALL(writev, socket, &vector, 1);
}

long frame_send_with(long socket, const void *frame, size_t len, long fd,
		     int count)
{
	return socket_send_fds(socket, frame, len, fd, count);
}

long frame_receive(long socket)
{
	long fd = -1;
	long len = socket_receive(socket, &reply, sizeof(reply), &fd);

	if (len < (long)sizeof(reply.head))
		return len < 0 ? len : -EPIPE;
	if (reply.head.error != 0)
		return BROKER_ERROR(reply.head.error);
	return fd >= 0 ? fd : 0;
}

long frame_await(long socket)
{
	return wait(socket, 5000) == 1 ? frame_receive(socket) : -1;
}

long frame_ask(long dir, const struct frame *frame)
{
	long r = frame_send(dir, frame, frame_len(frame));

	return r < 0 ? r : frame_receive(dir);
}

void frame_say(void)
{
	say_memory(reply.data, reply.head.data_len);
}

long frame_ticket(long dir, uint8_t *ticket)
{
	struct frame frame;
	long r;

	frame_make(&frame, BROKER_TICKET, "", "");
	frame.head.data_len = BROKER_TICKET_LEN;
	r = frame_ask(dir, &frame);
	if (r >= 0)
		memcpy(ticket, reply.data, BROKER_TICKET_LEN);
	return r;
}

long frame_target(void)
{
#ifdef __CloudABI__
	return TREE;
#else
	int ends[2];
	long r = CALL(socketpair, AF_UNIX, SOCK_SEQPACKET, 0, ends);

	return r < 0 ? r : ends[0];
#endif
}

long frame_fresh_target(void)
{
#ifdef __CloudABI__
	return dir_open(TREE, ".", DIR_FOLDER);
#else
	return frame_target();
#endif
}
