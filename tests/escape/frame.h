/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames of the broker's protocol, right or wrong ones. */

#ifndef ESCAPE_FRAME_H
#define ESCAPE_FRAME_H

#include <stddef.h>

#include "../../broker/protocol.h"

#define FRAME_PATHS_MAX (2 * BROKER_PATH_MAX)

struct frame {
	struct broker_request head;
	char paths[FRAME_PATHS_MAX];
};

void frame_make(struct frame *frame, uint32_t op, const char *path1,
		const char *path2);
/* Sends one and receives the reply: its descriptor, 0, or a negative errno. */
long frame_ask(long dir, const struct frame *frame);
/* The length that fits what the frame says of itself. */
size_t frame_len(const struct frame *frame);
long frame_send(long socket, const void *frame, size_t len);
/* Where a descriptor comes with a frame. */
long frame_send_with(long socket, const void *frame, size_t len, long fd,
		     int count);
long frame_receive(long socket);
/* -1: there is no reply within some time. */
long frame_await(long socket);
/* Says the data of the last reply. */
void frame_say(void);
long frame_ticket(long dir, uint8_t *ticket);
/* A directory on which frames may be forged; on Linux a socket that takes
 * them, and nobody answers. */
long frame_target(void);
/* Another one each time, to be closed. */
long frame_fresh_target(void);

#endif
