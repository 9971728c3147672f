/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests that no honest runtime makes; the broker has to live with them. */

#include "broker.h"
#include "frame.h"
#include "probe.h"
#include "socket.h"

#define LARGE 70000

static struct frame frame;
static char large[LARGE];

/* A frame to be spoiled: it looks at a file. */
static struct broker_request *fresh(void)
{
	frame_make(&frame, BROKER_STAT_GET, "file", "");
	return &frame.head;
}

static long deliver(size_t len)
{
	long socket = frame_target();
	long r = frame_send(socket, &frame, len);

#ifdef __CloudABI__
	if (r >= 0)
		frame_await(socket);
#endif
	return r;
}

static long of_length(size_t len)
{
	long socket = frame_target();
	long r;

	memcpy(large, &frame, sizeof(frame.head));
	r = frame_send(socket, large, len);
#ifdef __CloudABI__
	if (r >= 0)
		frame_await(socket);
#endif
	return r;
}

static long with_lengths(uint32_t path1, uint32_t path2, uint32_t data)
{
	struct broker_request *head = fresh();

	head->path1_len = path1;
	head->path2_len = path2;
	head->data_len = data;
	return deliver(sizeof(*head) + 4);
}

static long with_op(uint32_t op)
{
	fresh()->op = op;
	return deliver(frame_len(&frame));
}

/* Every field that the request has, at its largest. */
static long all_ones(void)
{
	const uint32_t path_len = fresh()->path1_len;

	memset(&frame.head, 0xff, sizeof(frame.head));
	frame.head.op = BROKER_OPEN;
	frame.head.path1_len = path_len;
	frame.head.path2_len = 0;
	return deliver(frame_len(&frame));
}

static long with_nul(void)
{
	fresh();
	frame.paths[1] = '\0';
	return deliver(frame_len(&frame));
}

static long with_long_path(char filler)
{
	struct broker_request *head = fresh();

	head->path1_len = BROKER_PATH_MAX;
	for (size_t i = 0; i < BROKER_PATH_MAX; i++)
		frame.paths[i] = i % 2 != 0 ? '/' : filler;
	return deliver(frame_len(&frame));
}

/* Numbers that look random and are the same each time. */
static uint32_t next_number(void)
{
	static uint32_t state = 2463534242u;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

static long noise(size_t len)
{
	long r = 0;

	for (int i = 0; i < 200; i++) {
		long socket = frame_fresh_target();

		for (size_t j = 0; j < len; j++)
			large[j] = (char)next_number();
		large[0] = (char)(i % 16);
		large[1] = large[2] = large[3] = 0;
		r = frame_send(socket, large, len);
		CALL(close, socket);
	}
	return r < 0 && r != -EPIPE ? r : 0;
}

/* Requests, and nobody reads what comes back. */
static long flood(int count)
{
	long socket = frame_target();
	long r = 0;

	fresh();
	for (int i = 0; i < count && r >= 0; i++)
		r = CALL(sendto, socket, &frame, frame_len(&frame),
			 MSG_NOSIGNAL, 0, 0);
#ifdef __CloudABI__
	return r;
#else
	return r < 0 ? r : 0;
#endif
}

static long with_descriptors(int count)
{
	long socket = frame_target();

	fresh();
	return frame_send_with(socket, &frame, frame_len(&frame), OUTPUT,
			       count);
}

/* Its own end, so that what is sent holds itself. */
static long with_itself(void)
{
	long socket = frame_target();

	fresh();
	return frame_send_with(socket, &frame, frame_len(&frame), socket, 1);
}

static long half_closed(int how)
{
	long socket = frame_target();

	fresh();
	frame_send(socket, &frame, frame_len(&frame));
	return CALL(shutdown, socket, how);
}

static long vanishing(void)
{
	long socket = frame_target();

	fresh();
	frame.head.op = BROKER_OPEN;
	frame_send(socket, &frame, frame_len(&frame));
	return CALL(close, socket);
}

static long forged_ticket(unsigned char value)
{
	frame_make(&frame, BROKER_RENAME, "file", "new");
	memset(frame.head.ticket, value, BROKER_TICKET_LEN);
	return deliver(frame_len(&frame));
}

/* A ticket that was used, by hand. */
static long used_ticket(void)
{
	uint8_t ticket[BROKER_TICKET_LEN] = {0};

#ifdef __CloudABI__
	frame_ticket(ROOM, ticket);
#endif
	for (int i = 0; i < 2; i++) {
		frame_make(&frame, BROKER_LINK, "file",
			   i == 0 ? "new" : "harm");
		memcpy(frame.head.ticket, ticket, sizeof(ticket));
		deliver(frame_len(&frame));
	}
	return 0;
}

static long listing(uint64_t cookie, uint32_t data_len)
{
	frame_make(&frame, BROKER_READDIR, "", "");
	frame.head.cookie = cookie;
	frame.head.data_len = data_len;
	return deliver(frame_len(&frame));
}

static long times(uint64_t time)
{
	frame_make(&frame, BROKER_STAT_PUT, "file", "");
	frame.head.fsflags = 0xf;
	frame.head.atim = frame.head.mtim = time;
	return deliver(frame_len(&frame));
}

static void lengths(void)
{
	begin_group("frame-");
	PROBE(WATCHED, 36, "empty", deliver(0));
	PROBE(WATCHED, 36, "one_byte", (fresh(), deliver(1)));
	PROBE(WATCHED, 36, "short_head",
	      (fresh(), deliver(sizeof(frame.head) - 1)));
	PROBE(WATCHED, 36, "head_only", (fresh(), deliver(sizeof(frame.head))));
	PROBE(WATCHED, 36, "too_short",
	      (fresh(), deliver(frame_len(&frame) - 1)));
	PROBE(WATCHED, 36, "too_long",
	      (fresh(), deliver(frame_len(&frame) + 1)));
	PROBE(WATCHED, 36, "largest",
	      (fresh(), of_length(sizeof(frame.head) + FRAME_PATHS_MAX)));
	PROBE(WATCHED, 36, "beyond_largest",
	      (fresh(), of_length(sizeof(frame.head) + FRAME_PATHS_MAX + 1)));
	PROBE(WATCHED, 36, "huge", (fresh(), of_length(LARGE)));
	PROBE(WATCHED, 36, "path_len_max", with_lengths(~0u, 0, 0));
	PROBE(WATCHED, 36, "path_len_wraps", with_lengths(~0u, 5, 0));
	PROBE(WATCHED, 36, "path_len_signed", with_lengths(0x80000004, 0, 0));
	PROBE(WATCHED, 36, "path2_len_max", with_lengths(4, ~0u - 3, 0));
	PROBE(WATCHED, 36, "data_len_max", with_lengths(4, 0, ~0u));
	PROBE(WATCHED, 36, "data_len_bound", with_lengths(4, 0, 32769));
	PROBE(WATCHED, 36, "long_path_dots", with_long_path('.'));
	PROBE(WATCHED, 36, "long_path_names", with_long_path('a'));
	PROBE(WATCHED, 36, "nul_in_path", with_nul());
}

static void contents(void)
{
	begin_group("frame-");
	PROBE(WATCHED, 36, "op_none", with_op(0));
	PROBE(WATCHED, 36, "op_beyond", with_op(BROKER_TICKET + 1));
	PROBE(WATCHED, 36, "op_max", with_op(~0u));
	PROBE(WATCHED, 36, "op_signed", with_op(0x80000000));
	PROBE(WATCHED, 36, "op_without_path", with_op(BROKER_SYNC));
	PROBE(WATCHED, 36, "op_two_paths", with_op(BROKER_SYMLINK));
	PROBE(WATCHED, 36, "all_ones", all_ones());
	PROBE(WATCHED, 36, "noise_small", noise(sizeof(frame.head)));
	PROBE(WATCHED, 36, "noise_paths", noise(sizeof(frame.head) + 64));
	PROBE(WATCHED, 36, "noise_large", noise(4096));
	PROBE(WATCHED, 36, "list_cookie_max", listing(~0ull, 32768));
	PROBE(WATCHED, 36, "list_cookie_signed", listing(1ull << 63, 32768));
	PROBE(WATCHED, 36, "list_no_room", listing(0, 0));
	PROBE(WATCHED, 36, "list_little_room", listing(0, 1));
	PROBE(WATCHED, 36, "times_max", times(~0ull));
	PROBE(WATCHED, 36, "ticket_ones", forged_ticket(0xff));
	PROBE(WATCHED, 36, "ticket_used", used_ticket());
}

static void manners(void)
{
	begin_group("frame-");
	PROBE(WATCHED, 36, "two_requests", flood(2));
	PROBE(WATCHED, 36, "flood", flood(40));
	PROBE(WATCHED, 36, "shutdown_read", half_closed(0));
	PROBE(WATCHED, 36, "shutdown_write", half_closed(1));
	PROBE(WATCHED, 36, "shutdown_both", half_closed(2));
	PROBE(WATCHED, 36, "vanishing", vanishing());
	PROBE(WATCHED, 31, "descriptor", with_descriptors(1));
	PROBE(WATCHED, 31, "descriptors_many", with_descriptors(253));
	PROBE(WATCHED, 31, "descriptor_itself", with_itself());
}

void frames_probes(void)
{
	lengths();
	contents();
	manners();
}
