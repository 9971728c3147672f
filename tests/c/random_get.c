/* SPDX-License-Identifier: BSD-2-Clause */
/* random_get: as many bytes as wanted. */

#include "test.h"

/* More than hosts give at a time. */
#define MUCH (ROUNDS(40) << 20)

CASE(differs_each_time)
{
	unsigned char a[32], b[32];

	memset(a, 0, sizeof(a));
	memset(b, 0, sizeof(b));
	OK(sys.random_get(a, sizeof(a)));
	OK(sys.random_get(b, sizeof(b)));
	CHECK(memcmp(a, b, sizeof(a)) != 0);
}

/* Exactly the buffer is filled, whatever its size and place. */
CASE(sizes)
{
	unsigned char bytes[300];

	for (size_t len = 0; len < 260; len += len < 20 ? 1 : 13) {
		unsigned char set = 0;

		memset(bytes, 0, sizeof(bytes));
		for (int i = 0; i < 40; i++) {
			OK(sys.random_get(bytes + 1, len));
			set |= len > 0 ? bytes[len] : 0;
		}
		EQUAL(bytes[0], 0);
		EQUAL(bytes[len + 1], 0);
		CHECK(len == 0 || set != 0);
	}
}

/* Of 64 KiB about half of the bits are set; 1 in 10^100 is far off. */
CASE(half_of_the_bits)
{
	static uint32_t words[16384];
	uint32_t bits = 0;

	OK(sys.random_get(words, sizeof(words)));
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		for (uint32_t word = words[i]; word != 0; word &= word - 1)
			bits++;
	}
	CHECK(bits > 262144 - 8192 && bits < 262144 + 8192);
}

CASE(much)
{
	unsigned char *bytes = allocate(MUCH);
	static const unsigned char zeros[64];

	OK(sys.random_get(bytes, MUCH));
	for (size_t at = 0; at < MUCH; at += 65536)
		CHECK(memcmp(bytes + at, zeros, 64) != 0);
	CHECK(memcmp(bytes + MUCH - 64, zeros, 64) != 0);
	OK(sys.mem_unmap(bytes, MUCH));
}

CASE(no_length)
{
	OK(sys.random_get(NULL, 0));
	OK(sys.random_get(NOWHERE, 0));
}

CASE(buffer_nowhere)
{
	FAILS(sys.random_get(NOWHERE, 16), EFAULT);
}

CASE(buffer_for_reading)
{
	void *memory = allocate(page_size);

	OK(sys.mem_protect(memory, page_size, CLOUDABI_PROT_READ));
	FAILS(sys.random_get(memory, 16), EFAULT);
}
