/* SPDX-License-Identifier: BSD-2-Clause */
/* What the fuzz targets share. Buffers are of the exact size, so that the
 * sanitizers notice each byte too many. */

#ifndef FUZZ_H
#define FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "decl/marshal.h"

#define CHECK(condition)                                                       \
	do {                                                                   \
		if (!(condition)) {                                            \
			fprintf(stderr, "line %d: %s\n", __LINE__,             \
				#condition);                                   \
			abort();                                               \
		}                                                              \
	} while (0)

int LLVMFuzzerTestOneInput(const unsigned char *buf, size_t len);

struct bytes {
	unsigned char *data;
	size_t len;
};

static inline void *allocate(size_t len)
{
	void *memory = malloc(len > 0 ? len : 1);

	CHECK(memory != NULL);
	return memory;
}

static inline struct bytes emit(struct argdata_token *tokens, size_t tokens_len,
				const void *payloads)
{
	size_t len = argdata_measure(tokens, tokens_len);
	struct bytes message = {allocate(len), len};

	argdata_emit(tokens, tokens_len, payloads, message.data);
	return message;
}

/* The message that marshal's bytes mean; none if they have no argdata form. */
static inline struct bytes from_marshal(const void *buf, size_t len)
{
	size_t count = argdata_from_marshal(buf, len, NULL, 0);
	struct argdata_token *tokens = allocate(count * sizeof(*tokens));
	struct bytes message = {NULL, 0};

	CHECK(argdata_from_marshal(buf, len, tokens, count) == count);
	if (count > 0)
		message = emit(tokens, count, buf);
	free(tokens);
	return message;
}

/* Room for it, as Lib/cloudabi/argdata.py computes it, has to be enough. */
static inline struct bytes to_marshal(const void *buf, size_t len)
{
	size_t room = 3 * len + 5;
	struct bytes packed = {allocate(room), 0};
	unsigned char *exact;

	packed.len = argdata_to_marshal(buf, len, packed.data, room);
	exact = allocate(packed.len);
	CHECK(argdata_to_marshal(buf, len, exact, packed.len) == packed.len);
	CHECK(memcmp(exact, packed.data, packed.len) == 0);
	free(exact);
	return packed;
}

#endif
