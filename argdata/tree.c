/* SPDX-License-Identifier: BSD-2-Clause */
/* argdata trees: constructors and serialisation. */

#include "codec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const argdata_t argdata_null = {.form = FORM_ENCODED};
const argdata_t argdata_false = {
	.form = FORM_ENCODED,
	.size = 1,
	.encoded.buf = (const unsigned char[]){ARGDATA_BOOL},
};
const argdata_t argdata_true = {
	.form = FORM_ENCODED,
	.size = 2,
	.encoded.buf = (const unsigned char[]){ARGDATA_BOOL, 1},
};

/* Constructors. */

static argdata_t *create(argdata_t node)
{
	argdata_t *ad = malloc(sizeof(*ad));

	if (ad != NULL)
		*ad = node;
	return ad;
}

static argdata_t *refuse(int error)
{
	errno = error;
	return NULL;
}

argdata_t *argdata_from_buffer(const void *buf, size_t len,
			       int (*convert_fd)(void *, size_t), void *arg)
{
	return create((argdata_t){
		.form = FORM_ENCODED,
		.size = len,
		.encoded = {buf, convert_fd, arg},
	});
}

argdata_t *argdata_create_binary(const void *buf, size_t len)
{
	return create((argdata_t){
		.form = FORM_BINARY, .size = 1 + len, .text = {buf, false}});
}

static argdata_t *create_str(const char *text, size_t len, bool terminated)
{
	if (argdata_utf8_prefix((const unsigned char *)text, len) < len)
		return refuse(EILSEQ);
	return create((argdata_t){
		.form = FORM_STR,
		.size = 1 + len + 1,
		.text = {text, terminated},
	});
}

argdata_t *argdata_create_str(const char *text, size_t len)
{
	return create_str(text, len, false);
}

argdata_t *argdata_create_str_c(const char *text)
{
	return create_str(text, strlen(text), true);
}

argdata_t *argdata_create_fd(int fd)
{
	if (fd < 0)
		return refuse(EBADF);
	return create((argdata_t){.form = FORM_FD, .size = 5, .fd = fd});
}

/* A node that owns its len <= 13 payload bytes, fewer if it is an integer. */
static argdata_t *create_scalar(enum argdata_kind kind,
				const unsigned char *payload, size_t len)
{
	struct {
		argdata_t node;
		unsigned char bytes[14];
	} *scalar = malloc(sizeof(*scalar));

	if (scalar == NULL)
		return NULL;
	scalar->bytes[0] = (unsigned char)kind;
	if (kind == ARGDATA_FLOAT)
		memcpy(scalar->bytes + 1, payload, len);
	else
		len = argdata_put_integer(scalar->bytes + 1, payload, len);
	scalar->node = (argdata_t){
		.form = FORM_ENCODED,
		.size = 1 + len,
		.encoded.buf = scalar->bytes,
	};
	return &scalar->node;
}

argdata_t *argdata_create_float(double value)
{
	unsigned char bytes[8];
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	put_be(bytes, sizeof(bytes), bits);
	return create_scalar(ARGDATA_FLOAT, bytes, sizeof(bytes));
}

argdata_t *argdata_create_int_s(intmax_t value)
{
	unsigned char bytes[8];

	put_be(bytes, sizeof(bytes), (uint64_t)value);
	return create_scalar(ARGDATA_INT, bytes, sizeof(bytes));
}

argdata_t *argdata_create_int_u(uintmax_t value)
{
	unsigned char bytes[9] = {0};

	put_be(bytes + 1, 8, value);
	return create_scalar(ARGDATA_INT, bytes, sizeof(bytes));
}

/* Seconds times NS_PER_S plus ns, in 13 bytes and without a wider type. For a
 * negative time the complement is computed, which is not negative. */
argdata_t *argdata_create_timestamp(const struct timespec *value)
{
	unsigned char bytes[13];
	uint64_t s, carry, flip;

	if (value->tv_nsec < 0 || value->tv_nsec >= NS_PER_S)
		return refuse(EINVAL);
	flip = value->tv_sec < 0 ? UINT64_MAX : 0;
	s = (uint64_t)value->tv_sec ^ flip;
	carry = (uint64_t)(flip ? NS_PER_S - 1 - value->tv_nsec :
				  value->tv_nsec);
	for (size_t i = sizeof(bytes); i-- > 0; s >>= 8) {
		carry += (s & 0xff) * NS_PER_S;
		bytes[i] = (unsigned char)(carry ^ flip);
		carry >>= 8;
	}
	return create_scalar(ARGDATA_TIMESTAMP, bytes, sizeof(bytes));
}

static size_t child_count(const argdata_t *ad)
{
	return ad->form == FORM_MAP ? 2 * ad->list.len : ad->list.len;
}

static const argdata_t *child(const argdata_t *ad, size_t index)
{
	if (ad->form == FORM_SEQ)
		return ad->list.values[index];
	return index % 2 == 0 ? ad->list.keys[index / 2] :
				ad->list.values[index / 2];
}

static argdata_t *create_list(argdata_t ad)
{
	ad.size = 1;
	for (size_t i = 0; i < child_count(&ad); i++) {
		const argdata_t *c = child(&ad, i);

		if (__builtin_add_overflow(ad.size, c->size, &ad.size) ||
		    __builtin_add_overflow(
			    ad.size, argdata_prefix_size(c->size), &ad.size))
			return refuse(EOVERFLOW);
		if (ad.depth < c->depth)
			ad.depth = c->depth;
	}
	if (++ad.depth > ARGDATA_DEPTH_MAX)
		return refuse(EOVERFLOW);
	return create(ad);
}

argdata_t *argdata_create_map(argdata_t const *const *keys,
			      argdata_t const *const *values, size_t len)
{
	return create_list(
		(argdata_t){.form = FORM_MAP, .list = {keys, values, len}});
}

argdata_t *argdata_create_seq(argdata_t const *const *entries, size_t len)
{
	return create_list(
		(argdata_t){.form = FORM_SEQ, .list = {NULL, entries, len}});
}

void argdata_free(argdata_t *ad)
{
	free(ad);
}

/* Serialisation: one walk, which only counts descriptors without out. */

struct sink {
	unsigned char *out;
	int *fds; /* NULL: write descriptor numbers */
	size_t fds_len;
};

static void put(struct sink *sink, const void *data, size_t len)
{
	if (sink->out == NULL || len == 0)
		return;
	memcpy(sink->out, data, len);
	sink->out += len;
}

static void put_tag(struct sink *sink, enum argdata_kind kind)
{
	unsigned char tag = (unsigned char)kind;

	put(sink, &tag, 1);
}

/* The number that stands for a descriptor in the message. */
static uint32_t number_fd(struct sink *sink, int fd)
{
	size_t i = 0;

	if (sink->out == NULL)
		return (uint32_t)sink->fds_len++;
	if (fd < 0 || sink->fds == NULL)
		return (uint32_t)(fd < 0 ? -1 : fd);
	while (i < sink->fds_len && sink->fds[i] != fd)
		i++;
	sink->fds[i] = fd;
	if (i == sink->fds_len)
		sink->fds_len++;
	return (uint32_t)i;
}

static void put_fd(struct sink *sink, int fd)
{
	unsigned char bytes[4];

	put_be(bytes, sizeof(bytes), number_fd(sink, fd));
	put_tag(sink, ARGDATA_FD);
	put(sink, bytes, sizeof(bytes));
}

/* A copy, in which descriptors get their new numbers. What is malformed
 * stays as it is from there on. */
static void put_encoded(struct sink *sink, const argdata_t *ad)
{
	struct argdata_scanner scanner;
	struct argdata_token token;
	unsigned char *copy = sink->out;

	put(sink, ad->encoded.buf, ad->size);
	argdata_scan_start(&scanner, ad->encoded.buf, ad->size, SIZE_MAX);
	while (argdata_scan(&scanner, &token, 1) > 0) {
		uint32_t number;

		if (token.kind != ARGDATA_FD)
			continue;
		number = number_fd(sink, convert_fd(ad, token.number));
		if (copy != NULL)
			put_be(copy + token.offset, 4, number);
	}
}

/* Everything of a node except its children. */
static void put_node(struct sink *sink, const argdata_t *ad)
{
	switch (ad->form) {
	case FORM_ENCODED:
		put_encoded(sink, ad);
		break;
	case FORM_BINARY:
		put_tag(sink, ARGDATA_BINARY);
		put(sink, ad->text.data, ad->size - 1);
		break;
	case FORM_STR:
		put_tag(sink, ARGDATA_STR);
		put(sink, ad->text.data, ad->size - 2);
		put(sink, "", 1);
		break;
	case FORM_FD:
		put_fd(sink, ad->fd);
		break;
	case FORM_MAP:
		put_tag(sink, ARGDATA_MAP);
		break;
	case FORM_SEQ:
		put_tag(sink, ARGDATA_SEQ);
		break;
	}
}

static void put_tree(struct sink *sink, const argdata_t *ad)
{
	struct {
		const argdata_t *ad;
		size_t next;
	} open[ARGDATA_DEPTH_MAX], *top = open;

	for (;;) {
		put_node(sink, ad);
		if (ad->form == FORM_MAP || ad->form == FORM_SEQ) {
			top->ad = ad;
			top->next = 0;
			top++;
		}
		while (top > open && top[-1].next == child_count(top[-1].ad))
			top--;
		if (top == open)
			return;
		ad = child(top[-1].ad, top[-1].next++);
		if (sink->out != NULL)
			sink->out = argdata_put_prefix(sink->out, ad->size);
	}
}

void argdata_serialized_length(const argdata_t *ad, size_t *len,
			       size_t *fds_len)
{
	struct sink sink = {0};

	*len = ad->size;
	if (fds_len == NULL)
		return;
	put_tree(&sink, ad);
	*fds_len = sink.fds_len;
}

size_t argdata_serialize(const argdata_t *ad, void *buf, int *fds)
{
	struct sink sink = {.out = buf, .fds = fds};

	put_tree(&sink, ad);
	return sink.fds_len;
}
