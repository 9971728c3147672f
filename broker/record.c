/* SPDX-License-Identifier: BSD-2-Clause */
/* What the launcher is told: one argdata map with one pair per packet. */

#include <codec.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "broker.h"

/* How long a launcher that does not listen delays the end of a run. */
#define PATIENCE_S 5

#define TOKENS_MAX 32
#define TEXTS_MAX (3 * BROKER_PATH_MAX)
#define PACKET_MAX (TEXTS_MAX + 16 * TOKENS_MAX)

/* There is one at a time, and no memory to be had after seccomp_enter(). */
struct record {
	struct argdata_token tokens[TOKENS_MAX];
	size_t len;
	char texts[TEXTS_MAX];
	size_t texts_len;
};

static struct record record;
static int launcher = -1;
static uint32_t lost;

bool record_to(int fd)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	int type = 0;
	socklen_t len = sizeof(type);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0 ||
	    type != SOCK_SEQPACKET ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
		       sizeof(patience)) != 0)
		return false;
	launcher = fd;
	/* That of the launcher's end is its own business. */
	return fcntl(fd, F_SETFL, 0) == 0;
}

bool record_is_possible(void)
{
	return launcher != -1;
}

static void put(struct argdata_token token)
{
	record.tokens[record.len++] = token;
}

static void put_mark(enum argdata_kind kind)
{
	put((struct argdata_token){.kind = kind});
}

/* Longer texts than the format of their source allows do not come here. */
static void put_text(enum argdata_kind kind, const char *text, size_t len)
{
	if (len > TEXTS_MAX - record.texts_len)
		len = TEXTS_MAX - record.texts_len;
	put((struct argdata_token){
		.kind = kind,
		.offset = record.texts_len,
		.len = len,
	});
	memcpy(record.texts + record.texts_len, text, len);
	record.texts_len += len;
}

static void put_str(const char *text)
{
	put_text(ARGDATA_STR, text, strlen(text));
}

static void put_int(int64_t number)
{
	put((struct argdata_token){.kind = ARGDATA_INT, .number = number});
}

static void pair_int(const char *key, int64_t number)
{
	put_str(key);
	put_int(number);
}

static void pair_bool(const char *key, bool value)
{
	put_str(key);
	put((struct argdata_token){.kind = ARGDATA_BOOL, .number = value});
}

static void pair_str(const char *key, const char *text)
{
	put_str(key);
	put_str(text);
}

/* Text from outside, which need not be UTF-8. */
static void pair_foreign(const char *key, struct text text)
{
	bool is_utf8 = text.len ==
		       argdata_utf8_prefix((const unsigned char *)text.bytes,
					   text.len);

	put_str(key);
	if (text.bytes == NULL)
		put_mark(ARGDATA_NULL);
	else
		put_text(is_utf8 ? ARGDATA_STR : ARGDATA_BINARY, text.bytes,
			 text.len);
}

/* {kind: the one value that follows} */
static void start(const char *kind)
{
	record.len = 0;
	record.texts_len = 0;
	put_mark(ARGDATA_MAP);
	put_str(kind);
}

/* {kind: {the pairs that follow, up to end_map()}} */
static void start_map(const char *kind)
{
	start(kind);
	put_mark(ARGDATA_MAP);
}

static void end_map(void)
{
	put_mark(ARGDATA_END);
}

static bool transmit(int flags)
{
	static unsigned char packet[PACKET_MAX];
	struct iovec part = {packet, 0};
	const struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	put_mark(ARGDATA_END);
	part.iov_len = argdata_measure(record.tokens, record.len);
	argdata_emit(record.tokens, record.len, record.texts, packet);
	return sendmsg(launcher, &message, flags | MSG_NOSIGNAL) >= 0;
}

/* Says first what could not be said before. */
static bool tell_lost(int flags)
{
	if (lost == 0)
		return true;
	start("lost");
	put_int(lost);
	if (!transmit(flags))
		return false;
	lost = 0;
	return true;
}

void record_lose(void)
{
	lost++;
}

/* Whether there is a launcher that has room for one more record, which the
 * caller fills in and sends. */
static bool begin(void)
{
	if (launcher != -1 && tell_lost(MSG_DONTWAIT))
		return true;
	record_lose();
	return false;
}

static void finish(void)
{
	if (!transmit(MSG_DONTWAIT))
		record_lose();
}

void record_used(int descriptor)
{
	if (!begin())
		return;
	start("used");
	put_int(descriptor);
	finish();
}

void record_reached(const char *limit)
{
	if (!begin())
		return;
	start("reached");
	put_str(limit);
	finish();
}

void record_line(uint32_t thread, uint32_t line, struct text file,
		 struct text function)
{
	if (!begin())
		return;
	start_map("line");
	pair_int("thread", thread);
	pair_int("line", line);
	pair_foreign("file", file);
	pair_foreign("function", function);
	end_map();
	finish();
}

void record_denied(const char *source, const struct denial *denial)
{
	if (!begin())
		return;
	start_map("denied");
	pair_str("source", source);
	pair_int("thread", denial->thread);
	pair_str("call", call_name(denial->call));
	put_str("descriptor");
	if (denial->descriptor < 0)
		put_mark(ARGDATA_NULL);
	else
		put_int(denial->descriptor);
	pair_foreign("path", denial->path);
	pair_int("rights", (int64_t)denial->rights);
	pair_str("error", error_name(denial->error));
	end_map();
	finish();
}

static const char *const kinds[] = {
	[ENDED_EXITED] = "exited",
	[ENDED_SIGNAL] = "signal",
	[ENDED_LIMIT] = "limit",
	[ENDED_POLICY] = "policy",
	[ENDED_INTERRUPTED] = "interrupted",
};

static void put_ending(const struct ending *ending)
{
	pair_str("kind", kinds[ending->kind]);
	switch (ending->kind) {
	case ENDED_EXITED:
		pair_int("status", ending->number);
		break;
	case ENDED_SIGNAL:
	case ENDED_INTERRUPTED:
		pair_int("signal", ending->number);
		break;
	case ENDED_LIMIT:
		pair_str("limit", ending->name);
		break;
	case ENDED_POLICY:
		pair_str("call", ending->name);
		pair_int("number", ending->number);
		break;
	}
}

void record_ended(const struct ending *ending, const struct usage *usage)
{
	if (launcher == -1)
		return;
	tell_lost(0);
	start_map("ended");
	put_ending(ending);
	pair_int("wall", (int64_t)usage->wall_ns);
	pair_int("user", (int64_t)usage->user_ns);
	pair_int("system", (int64_t)usage->system_ns);
	pair_int("memory", (int64_t)usage->memory_bytes);
	pair_int("landlock", landlock_version());
	pair_bool("listener", policy_is_asked());
	end_map();
	transmit(0);
}

void record_failed(enum exit_status status, const char *message)
{
	tell_lost(0);
	start_map("ended");
	pair_str("kind", "failed");
	pair_int("status", status);
	pair_str("message", message);
	end_map();
	transmit(0);
}
