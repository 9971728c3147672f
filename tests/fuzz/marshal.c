/* SPDX-License-Identifier: BSD-2-Clause */
/* libFuzzer: bytes that claim to be marshal's. What is taken for a value is
 * one: its message is well-formed, and survives a second round. */

#include "fuzz.h"

static void check(struct bytes message)
{
	struct argdata_error error;
	struct bytes packed, again;

	CHECK(argdata_validate(message.data, message.len, 0, &error) == 0);
	packed = to_marshal(message.data, message.len);
	/* A key that is a map is nothing that Python makes. */
	if (packed.len > 0) {
		again = from_marshal(packed.data, packed.len);
		CHECK(again.len == message.len);
		CHECK(memcmp(again.data, message.data, again.len) == 0);
		free(again.data);
	}
	free(packed.data);
}

int LLVMFuzzerTestOneInput(const unsigned char *buf, size_t len)
{
	struct bytes message = from_marshal(buf, len);

	if (message.data != NULL)
		check(message);
	free(message.data);
	return 0;
}
