/* SPDX-License-Identifier: BSD-2-Clause */
/* What argdata.c, tree.c and access.c share; not for programs. */

#ifndef ARGDATA_CODEC_H
#define ARGDATA_CODEC_H

#include "argdata.h"

#define NS_PER_S 1000000000

/* The value in the len bytes at start, of a container only the frame. */
int argdata_read_value(const unsigned char *buf, size_t start, size_t len,
		       struct argdata_token *token,
		       struct argdata_error *error);

/*
 * The length prefix at *position. Afterwards *position is past it, and the
 * *len bytes from there on are the value.
 *
 * Preconditions: *position < end.
 */
int argdata_read_prefix(const unsigned char *buf, size_t end, size_t *position,
			size_t *len, struct argdata_error *error);

/* How many leading bytes of text are valid UTF-8. */
size_t argdata_utf8_prefix(const unsigned char *text, size_t len);

size_t argdata_prefix_size(size_t len);
/* Returns where the value has to go. */
unsigned char *argdata_put_prefix(unsigned char *out, size_t len);

/* Copies a big-endian number without superfluous bytes; returns its size. */
size_t argdata_put_integer(unsigned char *out, const unsigned char *bytes,
			   size_t len);

enum form {
	FORM_ENCODED, /* finished bytes: received, or a created scalar */
	FORM_BINARY,
	FORM_STR,
	FORM_FD,
	FORM_MAP,
	FORM_SEQ,
};

/* Iterators carry nodes in bytes of their own, hence may_alias. */
struct __attribute__((may_alias)) argdata {
	enum form form;
	unsigned int depth; /* of created containers, a leaf has 0 */
	size_t size;        /* of the encoded value */
	union {
		struct {
			const unsigned char *buf;
			int (*convert_fd)(void *, size_t);
			void *arg;
		} encoded;
		struct {
			const void *data;
			bool terminated; /* a zero byte follows */
		} text;                  /* or binary */
		int fd;
		struct {
			argdata_t const *const *keys;
			argdata_t const *const *values;
			size_t len;
		} list;
	};
};

/* The descriptor that an index in an encoded node means, or negative. */
static inline int convert_fd(const argdata_t *ad, int64_t index)
{
	if (ad->encoded.convert_fd == NULL)
		return -1;
	return ad->encoded.convert_fd(ad->encoded.arg, (size_t)index);
}

static inline uint64_t get_be(const unsigned char *bytes, size_t len,
			      uint64_t value)
{
	while (len-- > 0)
		value = value << 8 | *bytes++;
	return value;
}

static inline void put_be(unsigned char *out, size_t len, uint64_t value)
{
	while (len-- > 0) {
		out[len] = (unsigned char)value;
		value >>= 8;
	}
}

#endif
