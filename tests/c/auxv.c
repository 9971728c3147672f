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

CASE(random_bytes)
{
	const unsigned char *canary = find(CLOUDABI_AT_CANARY)->a_ptr;
	const unsigned char *uuid = find(CLOUDABI_AT_PID)->a_ptr;

	EQUAL(find(CLOUDABI_AT_CANARYLEN)->a_val, 64);
	CHECK(memcmp(canary, canary + 32, 32) != 0);
	EQUAL(uuid[6] & 0xf0, 0x40);
	EQUAL(uuid[8] & 0xc0, 0x80);
}

CASE(numbers)
{
	EQUAL(page_size & (page_size - 1), 0);
	CHECK(page_size >= 4096);
	CHECK(find(CLOUDABI_AT_NCPUS)->a_val >= 1);
}

/* A string, as argdata has it: what start.c goes by. */
CASE(argument_data)
{
	EQUAL(find(CLOUDABI_AT_ARGDATALEN)->a_val, 12);
	EQUAL(memcmp(find(CLOUDABI_AT_ARGDATA)->a_ptr,
		     "\x08"
		     "every case",
		     12),
	      0);
}

CASE(program_headers)
{
	const char *header = find(CLOUDABI_AT_PHDR)->a_ptr;

	CHECK(header != NULL);
	CHECK(find(CLOUDABI_AT_PHNUM)->a_val >= 2);
	CHECK(find(CLOUDABI_AT_PHNUM)->a_val < 100);
}

CASE(all_calls_but_those_that_are_missing)
{
#define X(name) missing += sys.name == NULL;
	int missing = 0;

	CLOUDABI_SYSCALLS(X)
#undef X
	CHECK(missing <= 2);
}

CASE(stack_is_aligned)
{
	EQUAL((uintptr_t)__builtin_frame_address(0) % STACK_ALIGNMENT, 0);
}
