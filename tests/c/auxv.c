/* SPDX-License-Identifier: BSD-2-Clause */
/* What a program finds when it starts. */

#include "test.h"

static const cloudabi_auxv_t *find(cloudabi_auxtype_t type)
{
	const cloudabi_auxv_t *entry = vector;

	for (; entry->a_type != type; entry++)
		CHECK(entry->a_type != CLOUDABI_AT_NULL);
	return entry;
}

static void test_random_bytes(void)
{
	const unsigned char *canary = find(CLOUDABI_AT_CANARY)->a_ptr;
	const unsigned char *uuid = find(CLOUDABI_AT_PID)->a_ptr;

	EQUAL(find(CLOUDABI_AT_CANARYLEN)->a_val, 64);
	CHECK(memcmp(canary, canary + 32, 32) != 0);
	EQUAL(uuid[6] & 0xf0, 0x40);
	EQUAL(uuid[8] & 0xc0, 0x80);
}

static void test_numbers(void)
{
	EQUAL(page_size & (page_size - 1), 0);
	CHECK(page_size >= 4096);
	CHECK(find(CLOUDABI_AT_NCPUS)->a_val >= 1);
	CHECK(find(CLOUDABI_AT_PHNUM)->a_val >= 2);
	/* A string, as argdata has it. */
	EQUAL(argdata_len, 7);
	EQUAL(memcmp(argdata, "\x08hello", 7), 0);
}

/* The kernel's registers as the interface promises them. */
static void test_stack(void)
{
	EQUAL((uintptr_t)__builtin_frame_address(0) % 16, 0);
}

void test(void)
{
	test_random_bytes();
	test_numbers();
	test_stack();
}
